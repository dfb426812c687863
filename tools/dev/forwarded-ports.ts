// Ports of this machine behind which a simulated board's listen: `--forward 8080:80`.

import { createServer, type Server, type Socket } from "node:net";
import { InvalidArgumentError } from "commander";
import { UserError } from "../user-error.ts";

export interface ForwardedPort {
	readonly hostPort: number;
	readonly devicePort: number;
}

/** Reads HOSTPORT:DEVICEPORT; commander hands in what was read before. */
export function addForwardedPort(text: string, before: readonly ForwardedPort[] = []): ForwardedPort[] {
	const [hostPort, devicePort, rest] = text.split(":").map(Number);
	const isPort = (port: number | undefined): boolean => Number.isInteger(port) && port! >= 1 && port! <= 65_535;
	if (rest !== undefined || !isPort(hostPort) || !isPort(devicePort)) {
		throw new InvalidArgumentError("expected HOSTPORT:DEVICEPORT, two ports from 1 to 65535, such as 8080:80");
	}
	return [...before, { hostPort: hostPort!, devicePort: devicePort! }];
}

/**
 * Listens on 127.0.0.1 alone, and hands each connection over.
 *
 * @throws UserError a port is taken, or not ours to take
 */
export async function listenOn(ports: readonly ForwardedPort[], connected: (devicePort: number, socket: Socket) => void): Promise<Server[]> {
	const servers: Server[] = [];
	for (const { hostPort, devicePort } of ports) {
		const server = createServer({ allowHalfOpen: true, noDelay: true }, socket => connected(devicePort, socket));
		servers.push(server);
		await new Promise<void>((resolve, reject) => {
			server.once("error", (cause: NodeJS.ErrnoException) => {
				for (const one of servers) one.close();
				reject(new UserError(`--forward ${hostPort}:${devicePort}: port ${hostPort} of this machine cannot be listened on (${cause.code})`, { cause }));
			});
			server.listen(hostPort, "127.0.0.1", resolve);
		});
	}
	return servers;
}
