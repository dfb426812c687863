// The page of a board that asks for its network. Names that were heard on the air and errors are shown as text, whatever they hold.

/** A network to choose from. */
export interface HeardNetwork {
	readonly SSID: string;
	/** dBm. */
	readonly RSSI: number;
	readonly secure: boolean;
}

/** What the page shows. */
export interface PageFacts {
	readonly title: string;
	readonly networks: readonly HeardNetwork[];
	/** Proves that a form came from this page. */
	readonly token: string;
	/** What became of the last try. */
	readonly message?: string;
}

const entities: Readonly<Record<string, string>> = Object.freeze({ "&": "&amp;", "<": "&lt;", ">": "&gt;", "\"": "&quot;", "'": "&#39;" });

function text(of: string): string {
	return of.replace(/[&<>"']/g, character => entities[character]!);
}

function page(title: string, body: string, refreshSeconds?: number): string {
	return `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">${
		refreshSeconds === undefined ? "" : `<meta http-equiv="refresh" content="${refreshSeconds};url=/">`}<title>${text(title)}</title><style>
body{font:1.1em system-ui,sans-serif;max-width:26em;margin:2em auto;padding:0 1em}label{display:block;margin:.6em 0}
input[type=text],input[type=password],button{font:inherit;width:100%;box-sizing:border-box;padding:.5em}.message{border-left:.3em solid #c33;padding-left:.7em}
</style></head><body><h1>${text(title)}</h1>${body}</body></html>\n`;
}

/** The form. */
export function formPage({ title, networks, token, message }: PageFacts): string {
	const choices = networks.map(({ SSID, RSSI, secure }) =>
		`<label><input type="radio" name="ssid" value="${text(SSID)}" required> ${text(SSID)} <small>${RSSI} dBm${secure ? "" : ", open"}</small></label>`).join("\n");
	return page(title, `${message === undefined ? "" : `<p class="message">${text(message)}</p>`}
<p>Which Wi-Fi network is this board to join? It must be on 2.4 GHz.</p>
<form method="post" action="/join" autocomplete="off"><input type="hidden" name="token" value="${text(token)}">
${choices}
<label><input type="radio" name="ssid" value=""${networks.length === 0 ? " checked" : ""}> another: <input type="text" name="other" maxlength="32"></label>
<label>Passphrase, empty for an open network: <input type="password" name="password" maxlength="64"></label>
<button>Join</button></form><p><a href="/scan">Look for networks again</a></p>`);
}

/** Something takes a while: the page asks again by itself. */
export function waitingPage(title: string, sentence: string): string {
	return page(title, `<p>${text(sentence)}</p>`, 4);
}

/** The last page. */
export function joinedPage(title: string, ssid: string, address: string): string {
	return page(title, `<p>The board has joined ${text(ssid)} as ${text(address)}. Its own network closes now.</p>`);
}
