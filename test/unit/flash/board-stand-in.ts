// A machine and a board for flash and monitor, in a time of its own: nothing of it waits.

import type { BoardHost, Drive, OpenPort, PortInfo } from "../../../tools/board/board-host.ts";

export const pico: PortInfo = { path: "/dev/ttyACM0", vendorId: "2e8a", productId: "000a", serialNumber: "E6614" };
export const info = "UF2 Bootloader v3.0\nModel: Raspberry Pi RP2\nBoard-ID: RPI-RP2\n";

export class StandIn implements BoardHost {
	ports: PortInfo[] = [];
	drives: Drive[] = [];
	unmounted: string | undefined;
	readonly opened: string[] = [];
	readonly written: { path: string; bytes: Uint8Array }[] = [];
	/** Called when time passes: lets things appear. */
	onTime: (ms: number) => void = () => {};
	/** Called when a port is opened; may throw. */
	onOpen: (path: string, baudRate: number) => void = () => {};
	/** Called after each piece that was written; may throw. */
	onPiece: (written: number, total: number) => void = () => {};
	/** The ports that are open now. */
	readonly sessions: { send(text: string): void; vanish(): void; readonly typed: string[] }[] = [];
	#ms = 0;

	async listPorts(): Promise<PortInfo[]> {
		return this.ports;
	}

	async openPort(path: string, baudRate: number): Promise<OpenPort> {
		this.opened.push(`${path} at ${baudRate}`);
		this.onOpen(path, baudRate);
		let onData: (bytes: Uint8Array) => void = () => {};
		let onClose = () => {};
		const typed: string[] = [];
		this.sessions.push({ send: text => onData(new TextEncoder().encode(text)), vanish: () => onClose(), typed });
		return {
			write: bytes => void typed.push(new TextDecoder().decode(bytes)),
			onData: listener => { onData = listener; },
			onClose: listener => { onClose = listener; },
			close: async () => onClose(),
		};
	}

	async listDrives(): Promise<Drive[]> {
		return this.drives;
	}

	async mountDrive(): Promise<string | undefined> {
		return this.unmounted;
	}

	async writeFile(path: string, bytes: Uint8Array, onProgress: (written: number) => void): Promise<void> {
		for (let at = 0; at < bytes.length;) {
			const end = Math.min(at + 32 * 1024, bytes.length);
			this.onPiece(end, bytes.length);
			at = end;
			onProgress(at);
		}
		this.written.push({ path, bytes });
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
