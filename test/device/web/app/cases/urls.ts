// URL and URLSearchParams.

import { thrown, type Case } from "../tell.ts";

const parts = (text: string, base?: string): unknown => thrown(() => {
	const { href, origin, protocol, username, password, host, hostname, port, pathname, search, hash } = new URL(text, base);
	return [href, origin, protocol, username, password, host, hostname, port, pathname, search, hash];
});
const changed = (text: string, change: (url: URL) => void): string => {
	const url = new URL(text);
	change(url);
	return url.href;
};
const query = (init: ConstructorParameters<typeof URLSearchParams>[0], change?: (query: URLSearchParams) => void): unknown => {
	const made = new URLSearchParams(init);
	change?.(made);
	return [String(made), [...made]];
};

export const urls: Readonly<Record<string, readonly Case[]>> = {
	"URL": [
		"https://a.example", "HTTP://A.example:80/a b/../\u00e9?q=\u20ac x#f g", "https://a.example:444/%41/./?a'b", "https://u:p@h.example/", "https://a.example:443/x", "https://a.example/a/b/../../..", "https://a.example/%2e%2e/x",
		"https://a.example?q", "https://a.example#h", "https://a.example/?#", "https://192.168.1.1/", "https://0x7f.1/", "https://[::1]:8080/", "https://a.example\\b\\c", "  https://a.example/  ", "https://a.exa\tmple/\n",
		"http://a.example:0/", "http://a.example:65535/", "mailto:someone@a.example", "https://a.example/\"<>`{}", "https://a.example/?\"<>#`",
	].map(text => () => parts(text)),
	"URL, refused": ["", "a", "//a.example", "https://", "https://a b/", "https://a.example:99999/", "https://a.example:x/", "https://[::1/", "https://%zz/", "https://a<b/", "1http://a/"].map(text => () => parts(text)),
	"URL with a base": ([["b", "https://a.example/x/y"], ["/b", "https://a.example/x/y"], ["../b", "https://a.example/x/y/z"], ["?q", "https://a.example/x?p#f"], ["#g", "https://a.example/x?p#f"], ["//b.example/c", "https://a.example/x"],
		["", "https://a.example/x?p#f"], ["http:b", "https://a.example/"], ["./", "https://a.example/x/y"]] as const).map(([text, base]) => () => parts(text, base)),
	"URL, changed": [
		() => changed("https://a.example/", url => { url.pathname = "/b c"; }), () => changed("https://a.example/", url => { url.search = "q=1"; }), () => changed("https://a.example/?a", url => { url.search = ""; }),
		() => changed("https://a.example/", url => { url.hash = "top"; }), () => changed("https://a.example/", url => { url.port = "8443"; }), () => changed("https://a.example:8443/", url => { url.port = "443"; }),
		() => changed("https://a.example/", url => { url.host = "b.example:81"; }), () => changed("https://a.example/", url => { url.hostname = "c.example"; }), () => changed("https://a.example/", url => { url.protocol = "http"; }),
		() => changed("https://a.example/", url => { url.searchParams.append("q", "a b"); }), () => changed("https://a.example/?a=1&b=2", url => { url.searchParams.delete("a"); }),
		() => changed("https://a.example/?a=1", url => { url.searchParams.set("a", "\u00e9"); }), () => changed("https://a.example/", url => { url.href = "https://b.example/x"; }),
	],
	"URL, more": [
		() => URL.canParse("https://a.example"), () => URL.canParse("no"), () => JSON.stringify(new URL("https://a.example")), () => String(new URL("https://a.example")), () => new URL("https://a.example/?a=1&a=2").searchParams.getAll("a"),
	],
	"URLSearchParams": [
		() => query("a=1&b=%C3%A9+x&a=2&c"), () => query("?%41=%2"), () => query(""), () => query("&&a&=b&"), () => query("a=b=c"), () => query([["a", "1"], ["b", "2 3"]]), () => query({ x: "1", y: "&" }), () => query(new URLSearchParams("z=1")),
		() => query("a=1", made => made.append("a", "2")), () => query("a=1&b=2&a=3", made => made.set("a", "9")), () => query("a=1&b=2&a=3", made => made.delete("a")), () => query("b=1&a=2&b=0", made => made.sort()),
		() => { const made = new URLSearchParams("a=1&a=2"); return [made.get("a"), made.getAll("a"), made.get("x"), made.has("a"), made.has("x"), made.size]; },
		() => { const list: unknown[] = []; new URLSearchParams("a=1&b=2").forEach((value, name) => list.push([name, value])); return list; },
		() => [[...new URLSearchParams("a=1&b=2").keys()], [...new URLSearchParams("a=1&b=2").values()], [...new URLSearchParams("a=1").entries()]],
		() => query("", made => made.append("~!*()'-._", "~!*()'-._ +%&=")), () => query("a=1&b=1", made => made.delete("a", "2")), () => new URLSearchParams("a=1").has("a", "2"),
	],
	"Headers": [
		() => [...new Headers([["B", " 1 "], ["a", "2"], ["b", "3"]])], () => new Headers({ "X-One": "1" }).get("x-one"), () => new Headers().get("none"), () => new Headers({ a: "1" }).has("A"),
		() => { const headers = new Headers({ a: "1" }); headers.append("A", "2"); headers.set("b", "x"); headers.delete("none"); return [...headers]; },
		() => thrown(() => new Headers({ "bad name": "1" })), () => thrown(() => new Headers({ a: "1\n2" })), () => thrown(() => new Headers({ a: "\u20ac" })), () => { const headers = new Headers({ a: "1" }); headers.delete("A"); return [...headers]; },
	],
};
