// Which of the serial ports are boards, and which board is which.

import { quoted } from "../quoted.ts";
import type { PortInfo } from "./board-host.ts";

const vendorRaspberryPi = "2e8a";
/** Firmware of the Pico SDK with its serial port, on RP2040 and RP2350; picofetch's too. */
const productsOfSdk = ["000a", "0009"];

/** The consoles of boards that can be asked for their boot loader. */
export function boardConsoles(ports: readonly PortInfo[]): PortInfo[] {
	return consoles(ports.filter(({ vendorId, productId }) => vendorId === vendorRaspberryPi && productsOfSdk.includes(productId ?? "")));
}

/** The consoles of boards with firmware of any kind. */
export function anyConsoles(ports: readonly PortInfo[]): PortInfo[] {
	return consoles(ports.filter(({ vendorId }) => vendorId === vendorRaspberryPi));
}

/** One port for each board: that of interface 0, where the system tells interfaces, else the first by name. */
function consoles(ports: readonly PortInfo[]): PortInfo[] {
	const first = new Map<string, PortInfo>();
	for (const port of [...ports].sort((one, other) => one.path.localeCompare(other.path, "en", { numeric: true }))) {
		const board = port.location ?? port.parent ?? port.serialNumber ?? port.path;
		// A second port may be there a moment before the first.
		if ((port.interfaceNumber ?? 0) === 0 && !first.has(board)) first.set(board, port);
	}
	return [...first.values()];
}

/**
 * The port at which a board is found again: of the same socket, else the only one of its serial number; of a board that has
 * neither, the only port.
 */
export function sameBoard(ports: readonly PortInfo[], { location, serialNumber }: Pick<PortInfo, "location" | "serialNumber">): PortInfo | undefined {
	const here = location === undefined ? undefined : ports.find(port => port.location === location);
	if (here !== undefined) return here;
	const alike = location === undefined && serialNumber === undefined ? ports : ports.filter(port => serialNumber !== undefined && port.serialNumber === serialNumber);
	return alike.length === 1 ? alike[0] : undefined;
}

/** "--port /dev/ttyACM0 or --port /dev/ttyACM2", as one types it. */
export function choices(option: string, paths: readonly { readonly path: string }[]): string {
	return paths.map(({ path }) => `${option} ${quoted(path)}`).join(" or ");
}
