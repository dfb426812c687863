// A network without a network: the classes that HTTPClient and fetch are handed, with a script in the test's hand.
// A socket keeps the promises of TCP and TLSSocket: counts are totals, the end is told once everything was read.

import type { CodedError as CodedErrorClass } from "../../../modules/base/error.ts";
import { CodedError } from "../../../modules/base/error.ts";
import type { SocketClass } from "../../../modules/network/http/client.ts";

interface SocketOptions {
	readonly address: string;
	readonly port: number;
	readonly tls?: { readonly host: string };
	onReadable(count: number): void;
	onWritable(count: number): void;
	onError(error: CodedErrorClass): void;
}

export class FakeSocket {
	readonly options: SocketOptions;
	readonly session: Record<string, string | boolean> | undefined;
	closed = false;
	#written: number[] = [];
	#incoming = new Uint8Array(0);
	#room = 0;
	#end: CodedErrorClass | undefined;
	/** Makes the next write throw. */
	writeError: Error | undefined;

	constructor(options: SocketOptions) {
		this.options = options;
		if (options.tls) this.session = { protocol: "TLSv1.3", cipher: "TLS_AES_128_GCM_SHA256", subject: `CN=${options.tls.host}`, issuer: "CN=root", notAfter: "", resumed: false };
	}

	// What the code under test calls.

	read(to?: number | ArrayBuffer | Uint8Array): ArrayBuffer | number | undefined {
		if (this.closed || this.#incoming.length === 0) return undefined;
		const wanted = typeof to === "object" ? to.byteLength : to ?? this.#incoming.length;
		const bytes = this.#incoming.slice(0, wanted);
		this.#incoming = this.#incoming.slice(wanted);
		if (this.#incoming.length === 0 && this.#end) setImmediate(() => this.#tellEnd());
		if (typeof to !== "object") return bytes.buffer;
		(to instanceof Uint8Array ? to : new Uint8Array(to)).set(bytes);
		return bytes.length;
	}

	write(bytes: ArrayBuffer | Uint8Array): number {
		if (this.writeError) throw this.writeError;
		if (this.closed) throw new CodedError("ECLOSED", "write after close");
		if (bytes.byteLength > this.#room) throw new RangeError(`${bytes.byteLength} bytes written, room for ${this.#room}`);
		this.#written.push(...bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes));
		this.#room -= bytes.byteLength;
		return this.#room;
	}

	close(): void {
		this.closed = true;
	}

	// What the test calls.

	get written(): string {
		return Buffer.from(this.#written).toString("latin1");
	}

	/** Bytes that nobody has read yet. */
	get unread(): number {
		return this.#incoming.length;
	}

	/** There is room for so many bytes; the first time it means: connected. */
	writable(room = 1460): void {
		this.#room = room;
		if (!this.closed) this.options.onWritable(room);
	}

	/** Bytes have come from the server. */
	feed(bytes: Uint8Array | string): void {
		if (this.closed) return;
		this.#incoming = new Uint8Array(Buffer.concat([this.#incoming, Buffer.from(bytes as string, "latin1")]));
		if (this.#incoming.length > 0) this.options.onReadable(this.#incoming.length);
	}

	/** The connection ends, with this code, as soon as everything was read. */
	end(code = "ECLOSED"): void {
		this.#end = new CodedError(code, `fake ${code}`);
		if (this.#incoming.length === 0) this.#tellEnd();
	}

	/** The connection breaks, whatever was read. */
	break(code: string): void {
		this.#incoming = new Uint8Array(0);
		this.end(code);
	}

	#tellEnd(): void {
		if (this.closed || !this.#end || this.#incoming.length > 0) return;
		this.closed = true;
		this.options.onError(this.#end);
	}
}

export class FakeNetwork {
	/** In the order in which they were opened. */
	readonly sockets: FakeSocket[] = [];
	/** The names that were asked for. */
	readonly names: string[] = [];
	/** What a resolver answers: an address, a code to fail with, or nothing at all. */
	answer: string | { readonly code: string } | undefined = "192.0.2.1";
	/** Makes the next socket's constructor throw. */
	openError: Error | undefined;
	/** Called with each socket once it is connected: the server of a test. */
	server: ((socket: FakeSocket) => void | Promise<void>) | undefined;

	readonly tcp: SocketClass<never>;
	readonly tls: SocketClass<never>;
	readonly resolver: new (options: never) => never;

	constructor() {
		const network = this;
		class Socket extends FakeSocket {
			constructor(options: SocketOptions) {
				if (network.openError) throw network.openError;
				super(options);
				network.sockets.push(this);
				const { server } = network;
				if (server) {
					setImmediate(() => {
						this.writable();
						void server(this);
					});
				}
			}
		}
		class Resolver {
			#closed = false;
			resolve({ host }: { host: string }, told: (error: CodedError | null, address?: string, host?: string) => void): void {
				network.names.push(host);
				setImmediate(() => {
					const { answer } = network;
					if (this.#closed || answer === undefined) return;
					if (typeof answer === "string") told(null, answer, host);
					else told(new CodedError(answer.code, `dns ${host}`));
				});
			}
			close(): void {
				this.#closed = true;
			}
		}
		this.tcp = this.tls = Socket as never;
		this.resolver = Resolver as never;
	}

	get last(): FakeSocket {
		return this.sockets.at(-1)!;
	}
}

/** Lets everything that waits for its turn have it. */
export async function turns(count = 3): Promise<void> {
	for (let i = 0; i < count; i++) await new Promise(resolve => setImmediate(resolve));
}
