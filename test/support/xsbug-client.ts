// A debugger that follows a script: speaks the xsbug protocol to a simulated board's second serial port, in virtual time.
// Each wait runs the board until the engine has said what is waited for.

import assert from "node:assert/strict";
import type { PicoW } from "../../simulator/simulator.ts";
import { type XsbugElement, type XsbugMotion, type XsbugPlace, XsbugReader, xsbugCommands } from "../../tools/debug/xsbug-messages.ts";

/** Where the engine stands, and what it lists there. */
export interface Stop extends XsbugPlace {
	/** "breakpoint", "step", "debugger", or what was thrown. */
	readonly reason: string;
	/** Innermost first; host frames have no place. */
	readonly frames: readonly { readonly name: string; readonly place: string }[];
	readonly listing: Listing;
}

/** Elements of one message, by name: "local", "global", "grammar". */
type Listing = ReadonlyMap<string, XsbugElement>;

const turnMicros = 1000;

export class XsbugClient {
	readonly board: PicoW;
	readonly #reader = new XsbugReader();
	readonly #elements: XsbugElement[] = [];
	/** What the engine logged, in order. */
	log = "";

	/** Takes the board's second port; `open` opens it. */
	constructor(board: PicoW) {
		this.board = board;
		board.serialPort(1).onData = bytes => {
			for (const element of this.#reader.read(bytes)) {
				if (element.name === "log") {
					this.log += element.text;
				} else {
					this.#elements.push(element);
				}
			}
		};
	}

	/** Opens the port: the engine greets when script next looks. */
	open(): void {
		this.board.serialPort(1).open();
	}

	/** Goes away, as a program that ends does. */
	vanish(): void {
		this.board.serialPort(1).close();
		this.#elements.length = 0;
	}

	send(...commands: readonly string[]): void {
		this.board.serialPort(1).write(Buffer.from(commands.join("")));
	}

	/** Runs the board until an element of this name comes; those before it are dropped. */
	async next(name: string, timeoutMs = 2000): Promise<XsbugElement> {
		for (const end = this.board.clock.micros + timeoutMs * 1000; ;) {
			for (let element = this.#elements.shift(); element !== undefined; element = this.#elements.shift()) {
				if (element.name === name) {
					return element;
				}
			}
			assert.ok(this.board.clock.micros < end, `no <${name}> within ${timeoutMs} ms; console: ${this.board.console.text.slice(-300)}`);
			await this.board.run({ timeoutMicros: turnMicros });
		}
	}

	/** Runs the board until the engine stands somewhere. */
	async stop(timeoutMs = 2000): Promise<Stop> {
		const listing = new Map<string, XsbugElement>();
		for (const name of ["frames", "local", "global", "grammar"]) {
			listing.set(name, await this.next(name, timeoutMs));
		}
		const { attributes, text } = await this.next("break");
		return {
			path: attributes.path ?? "",
			line: Number(attributes.line),
			reason: /^# Break: (.*)!\n$/s.exec(text)?.[1] ?? text,
			frames: listing.get("frames")!.children.map(({ attributes: { name = "", path, line } }) => ({ name, place: path === undefined ? "" : `${path}:${line}` })),
			listing,
		};
	}

	/** Lets the engine go on, to where it stands next. */
	async move(motion: XsbugMotion, timeoutMs?: number): Promise<Stop> {
		this.send(xsbugCommands.motion(motion));
		return this.stop(timeoutMs);
	}

	/** Unfolds an object, or lists another frame, and answers the new listing. */
	async list(command: string): Promise<Listing> {
		this.send(command);
		const listing = new Map<string, XsbugElement>();
		for (const name of ["local", "global", "grammar"]) {
			listing.set(name, await this.next(name));
		}
		return listing;
	}

	/** The element of a listing's part at the end of these names. */
	static at(listing: Listing, part: "local" | "global" | "grammar", ...names: readonly string[]): XsbugElement {
		let found = listing.get(part);
		for (const name of names) {
			const inside = found?.children;
			found = inside?.find(({ attributes }) => attributes.name === name);
			assert.ok(found !== undefined, `no ${name} of ${names.join(".")} among ${inside?.map(({ attributes }) => attributes.name).join(", ")}`);
		}
		return found!;
	}

	/** Names and values of what is directly inside. */
	static values(element: XsbugElement): Record<string, string> {
		return Object.fromEntries(element.children.map(({ attributes: { name = "", value = "" } }) => [name, value]));
	}
}
