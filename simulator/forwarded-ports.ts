/** Ports of this machine behind which a simulated board's listen: `--forward 8080:80`. */
import { createServer, type Server, type Socket } from "node:net";

export interface ForwardedPort {
	readonly hostPort: number;
	readonly devicePort: number;
}

/** @throws with a sentence unless `text` is HOSTPORT:DEVICEPORT. */
export function parseForwardedPort(text: string): ForwardedPort {
	const [hostPort, devicePort, rest] = text.split(":").map(Number);
	const isPort = (port: number | undefined): port is number => port !== undefined && Number.isInteger(port) && port >= 1 && port <= 65_535;
	if (rest !== undefined || !isPort(hostPort) || !isPort(devicePort)) {
		throw new Error("HOSTPORT:DEVICEPORT is expected, two ports from 1 to 65535, such as 8080:80");
	}
	return { hostPort, devicePort };
}

/**
 * Listens on 127.0.0.1 alone, and hands each connection over.
 *
 * @throws with a sentence when a port is taken, or not ours to take.
 */
export async function listenOn(ports: readonly ForwardedPort[], connected: (devicePort: number, socket: Socket) => void): Promise<Server[]> {
	const servers: Server[] = [];
	for (const { hostPort, devicePort } of ports) {
		const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => connected(devicePort, socket));
		servers.push(server);
		await new Promise<void>((resolve, reject) => {
			server.once("error", (cause: NodeJS.ErrnoException) => {
				servers.forEach((one) => one.close());
				reject(new Error(`--forward ${hostPort}:${devicePort}: port ${hostPort} of this machine cannot be listened on (${cause.code})`, { cause }));
			});
			server.listen(hostPort, "127.0.0.1", resolve);
		});
	}
	return servers;
}
