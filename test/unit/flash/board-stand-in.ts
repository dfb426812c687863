// A machine and boards for flash and monitor, in a time of its own: nothing of it waits.

import type { BoardHost, Drive, OpenPort, PortInfo, UnmountedDrive } from "../../../tools/board/board-host.ts";

export const pico: PortInfo = { path: "/dev/ttyACM0", vendorId: "2e8a", productId: "000a", serialNumber: "E6614" };

export class StandIn implements BoardHost {
	ports: PortInfo[] = [];
	drives: Drive[] = [];
	unmounted: UnmountedDrive[] = [];
	/** Links to ports, such as those of /dev/serial/by-id. */
	readonly links = new Map<string, string>();
	/** Folders with something in them that is no drive. */
	readonly folders: string[] = [];
	readonly opened: string[] = [];
	readonly mounted: string[] = [];
	/** What was written, path by path, in pieces. */
	readonly written = new Map<string, Uint8Array[]>();
	/** Called when time passes: lets things appear. */
	onTime: (ms: number) => void = () => {};
	/** Called when a port is opened; may throw. */
	onOpen: (path: string, baudRate: number) => void = () => {};
	/** Called when a drive is to be mounted. */
	onMount: (device: string) => void = () => {};
	/** Called before each piece has its answer; may throw. */
	onPiece: (written: number, total: number) => void = () => {};
	/** Called when all was written and the file is closed; may throw. */
	onWritten: () => void = () => {};
	/** The ports that were opened, in order. */
	readonly sessions: { send(text: string | Uint8Array): void; vanish(): void; readonly typed: string[]; isClosed: boolean }[] = [];
	#ms = 0;

	async listPorts(): Promise<PortInfo[]> {
		return this.ports;
	}

	async resolvePort(path: string): Promise<string | undefined> {
		const real = this.links.get(path) ?? path;
		return this.ports.find(port => port.path === real)?.path;
	}

	async openPort(path: string, baudRate: number): Promise<OpenPort> {
		this.opened.push(`${path} at ${baudRate}`);
		this.onOpen(path, baudRate);
		let onData: (bytes: Uint8Array) => void = () => {};
		let onClose = () => {};
		const typed: string[] = [];
		const session = {
			send: (text: string | Uint8Array) => onData(typeof text === "string" ? new TextEncoder().encode(text) : text),
			vanish: () => onClose(),
			typed,
			isClosed: false,
		};
		this.sessions.push(session);
		return {
			write: bytes => void typed.push(new TextDecoder().decode(bytes)),
			onData: listener => { onData = listener; },
			onClose: listener => { onClose = listener; },
			close: async () => {
				session.isClosed = true;
				onClose();
			},
		};
	}

	async listDrives(): Promise<Drive[]> {
		return this.drives;
	}

	async driveAt(path: string): ReturnType<BoardHost["driveAt"]> {
		return this.drives.find(drive => drive.path === path) ?? (this.folders.includes(path) ? "no drive of a Pico W" : undefined);
	}

	async listUnmountedDrives(): Promise<UnmountedDrive[]> {
		return this.unmounted;
	}

	async mountDrive(device: string): Promise<void> {
		this.mounted.push(device);
		this.onMount(device);
	}

	async writeFile(path: string, pieces: readonly Uint8Array[], onWritten: (bytes: number) => void): Promise<void> {
		const total = pieces.reduce((sum, { length }) => sum + length, 0);
		const taken: Uint8Array[] = [];
		this.written.set(path, taken);
		let written = 0;
		for (const piece of pieces) {
			this.onPiece(written + piece.length, total);
			written += piece.length;
			taken.push(piece);
			onWritten(written);
		}
		this.onWritten();
	}

	async wait(milliseconds: number): Promise<void> {
		this.#ms += milliseconds;
		this.onTime(this.#ms);
		await new Promise(resolve => setImmediate(resolve));
	}

	now(): number {
		return this.#ms;
	}
}
