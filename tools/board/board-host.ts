// The developer's machine as flash and monitor see it: serial ports, drives, time. Tests hand in stand-ins.

/** A serial port that is there. */
export interface PortInfo {
	/** "/dev/ttyACM0", "/dev/cu.usbmodem1101", "COM5". */
	readonly path: string;
	/** USB vendor and product, four hexadecimal digits in lower case; undefined for a port that is no USB device. */
	readonly vendorId?: string | undefined;
	readonly productId?: string | undefined;
	readonly serialNumber?: string | undefined;
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
	/** INFO_UF2.TXT. */
	readonly info: string;
}

export interface BoardHost {
	listPorts(): Promise<PortInfo[]>;
	/** @throws an error with Node's code: EACCES, ENOENT, EBUSY */
	openPort(path: string, baudRate: number): Promise<OpenPort>;
	listDrives(): Promise<Drive[]>;
	/** Mounts a boot loader's drive that is there and not mounted. Answers its device when that cannot be done, undefined when there is none. */
	mountDrive(): Promise<string | undefined>;
	/** Writes a file on a drive piece by piece, each through to the drive. */
	writeFile(path: string, bytes: Uint8Array, onProgress: (written: number) => void): Promise<void>;
	wait(milliseconds: number): Promise<void>;
	/** Milliseconds, of a clock that only goes forward. */
	now(): number;
}

/** The board runs a firmware of the Pico SDK with a serial port (its USB product, also picofetch's). */
export function isBoard({ vendorId, productId }: PortInfo): boolean {
	return vendorId === "2e8a" && (productId === "000a" || productId === "0009");
}

/** One port for each board: the first, which is the console; a debug build's second is the debugger's. */
export function consolePorts(ports: readonly PortInfo[]): PortInfo[] {
	const boards = new Map<string, PortInfo>();
	for (const port of ports.filter(isBoard).sort((one, other) => one.path.localeCompare(other.path, "en", { numeric: true }))) {
		const board = port.serialNumber ?? port.path;
		if (!boards.has(board)) boards.set(board, port);
	}
	return [...boards.values()];
}
