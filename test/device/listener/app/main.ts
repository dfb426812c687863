// Servers for the tests: one story, chosen by config.story.

import config from "mc/config";
import { instrumentation } from "instrumentation";
import { networkInstrumentation } from "network/instrumentation";
import Listener from "embedded:io/socket/listener";
import TCP from "embedded:io/socket/tcp";
import { join } from "wifi";

const { story } = config as unknown as { story: string };
const port = 7;

/** Sends back what comes, at the pace at which it can; tells its end. */
function echo(from: TCP): void {
	let waiting: Uint8Array[] = [];
	const send = (to: TCP): void => {
		while (waiting.length > 0 && to.writable > 0) {
			const [piece] = waiting as [Uint8Array];
			const count = Math.min(piece.length, to.writable);
			to.write(piece.subarray(0, count));
			if (count < piece.length) waiting[0] = piece.subarray(count);
			else waiting.shift();
		}
	};
	const { remoteAddress, remotePort } = from;
	new TCP({
		from,
		onReadable() {
			// What is not sent yet stays with the sender: the window closes.
			if (waiting.length === 0) waiting.push(new Uint8Array(this.read() as ArrayBuffer));
			send(this);
		},
		onWritable() {
			send(this);
			if (waiting.length === 0 && this.readable > 0) waiting.push(new Uint8Array(this.read() as ArrayBuffer));
			send(this);
		},
		onError({ code }) {
			console.log("ended", remoteAddress, remotePort, code);
		},
	});
}

function figures(): string {
	const { connections, connectionsWaiting, listeners, packets, segments } = networkInstrumentation();
	return [connections.used - connectionsWaiting, listeners.used, packets.used, segments.used, instrumentation().nativeHeap.used].join(" ");
}

function server(): Listener {
	return new Listener({
		port,
		onReadable(count) {
			for (; count > 0; count--) echo(this.read()!);
			if (this.read() !== undefined) console.log("one too many");
		},
	});
}

const stories: Readonly<Record<string, () => void>> = {
	echo() {
		setInterval(() => console.log("figures", figures()), 10_000);
		console.log("figures", figures());
		const listener = server();
		console.log("listening", listener.port);
	},
	/** Of whoever comes first nothing is read, for twenty seconds. */
	"first not read"() {
		let first: TCP | undefined;
		const listener = new Listener({
			port,
			onReadable(count) {
				for (; count > 0; count--) {
					const tcp = this.read()!;
					if (first === undefined) {
						first = tcp;
						setTimeout(() => echo(tcp), 20_000);
					} else {
						echo(tcp);
					}
				}
			},
		});
		console.log("listening", listener.port);
	},
	/** Nobody reads what comes in. */
	"never read"() {
		const listener = new Listener({ port });
		console.log("listening", listener.port);
		setTimeout(() => {
			listener.close();
			listener.close();
			console.log("closed", String(listener.port));
		}, 5000);
	},
	/** Each way of closing from within a callback. */
	closing() {
		const listener: Listener = new Listener({
			port,
			onReadable() {
				const first = this.read()!;
				this.close();
				new TCP({
					from: first,
					onWritable() {
						this.close();
						console.log("closed in onWritable");
					},
				});
				try {
					new TCP({ from: first });
				} catch (error) {
					console.log("twice", (error as { code: string }).code);
				}
				try {
					this.read();
				} catch (error) {
					console.log("read", (error as { code: string }).code);
				}
			},
		});
		console.log("listening", listener.port);
	},
	refusals() {
		const code = (what: () => unknown): string => {
			try {
				what();
				return "none";
			} catch (error) {
				return (error as { code?: string }).code ?? String(error);
			}
		};
		const first = new Listener({ port });
		const second = new Listener();
		console.log("codes", code(() => new Listener({ port: 8 })), second.port! > 0);
		second.close();
		console.log("codes", code(() => new Listener({ port })), code(() => new Listener({ port: 70_000 })), code(() => new Listener({ address: "nowhere" })));
		first.close();
		new Listener({ port }).close();
		console.log("listening", "again");
	},
};

await join();
stories[story]!();
