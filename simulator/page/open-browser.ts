/** Opens an address in the browser of whoever sits at this computer. */
import { spawn } from "node:child_process";

/** @returns false when there is no browser to ask. */
export function openBrowser(url: string): Promise<boolean> {
	const [program, ...parameters] = process.platform === "darwin" ? ["open", url]
		: process.platform === "win32" ? ["rundll32", "url.dll,FileProtocolHandler", url]
		: ["xdg-open", url];
	return new Promise((resolve) => {
		const child = spawn(program, parameters, { stdio: "ignore", detached: true });
		child.once("error", () => resolve(false));
		child.once("exit", (status) => resolve(status === 0));
		child.once("spawn", () => child.unref());
	});
}
