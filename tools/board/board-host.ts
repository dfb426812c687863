// The developer's machine as flash and monitor see it: serial ports, drives, time. Tests hand in stand-ins.

/** A serial port that is there. */
export interface PortInfo {
	/** "/dev/ttyACM0", "/dev/cu.usbmodem1101", "COM5". */
	readonly path: string;
	/** USB vendor and product, four hexadecimal digits in lower case; undefined for a port that is no USB device. */
	readonly vendorId?: string | undefined;
	readonly productId?: string | undefined;
	readonly serialNumber?: string | undefined;
	/** The socket that the board is plugged into, where the system tells it: a board that starts anew keeps it. */
	readonly location?: string | undefined;
	/** Equal for the ports of one board, where there is neither location nor serial number. */
	readonly parent?: string | undefined;
	/** USB interface, where the system tells it: a debug build has its console at 0 and its debugger at 2 (platform/debugger). */
	readonly interfaceNumber?: number | undefined;
}

export interface OpenPort {
	write(bytes: Uint8Array): void;
	onData(listener: (bytes: Uint8Array) => void): void;
	/** Called once, when the port has gone or was closed. */
	onClose(listener: () => void): void;
	close(): Promise<void>;
}

/** A drive of the boot loader: RPI-RP2. */
export interface Drive {
	/** Where it is mounted: "/media/ada/RPI-RP2", "/Volumes/RPI-RP2", "E:\\". */
	readonly path: string;
	/** As a port's, where the system tells it. */
	readonly location?: string | undefined;
}

/** A drive of the boot loader that nobody has mounted; Linux alone has such. */
export interface UnmountedDrive {
	/** "/dev/sdb1". */
	readonly device: string;
	readonly location?: string | undefined;
}

export interface BoardHost {
	listPorts(): Promise<PortInfo[]>;
	/** The port behind a name or a link to one, such as those of /dev/serial/by-id; undefined when there is none. */
	resolvePort(path: string): Promise<string | undefined>;
	/** @throws an error with Node's code: EACCES, ENOENT, EBUSY */
	openPort(path: string, baudRate: number): Promise<OpenPort>;
	listDrives(): Promise<Drive[]>;
	/** What is at a path; undefined for nothing, and for an empty folder, which may be a place to mount at. */
	driveAt(path: string): Promise<Drive | "no drive of a Pico W" | undefined>;
	listUnmountedDrives(): Promise<UnmountedDrive[]>;
	/** Mounts a drive, if this user may; `listDrives` has it then. */
	mountDrive(device: string): Promise<void>;
	/** Writes a file on a drive piece by piece, each through to the drive. `onWritten` is called with the sum after each. */
	writeFile(path: string, pieces: readonly Uint8Array[], onWritten: (bytes: number) => void): Promise<void>;
	wait(milliseconds: number): Promise<void>;
	/** Milliseconds, of a clock that only goes forward. */
	now(): number;
}
