// URL and URLSearchParams as modules/url has them, beside Node's own.

import assert from "node:assert/strict";
import test from "node:test";
import { URL } from "../../../modules/url/url.ts";
import { URLSearchParams } from "../../../modules/url/url-search-params.ts";

const parts = ["href", "origin", "protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "hash"] as const;

for (const [text, base] of [
	["https://a.example"], ["HTTPS://A.Example:443/"], ["http://a.example:80/x"], ["http://a.example:8080/a/b?c=d#e"],
	["https://a.example./x"], ["https://192.0.2.1/"], ["https://user:pass@a.example/"], ["https://user@a.example:1/"],
	["https://a.example/a b/\u00e9\u{1f600}?q=\u20ac 'x'#f g`"], ["https://a.example/%41%zz/\"<>`{|}?\"<>^`{|}#\"<>^`{|}"],
	["https://a.example/a/./b/../c/.."], ["https://a.example/../../x"], ["https://a.example/a//b/"], ["https://a.example/%2e%2E/x"],
	["b", "https://a.example/x/y?q#f"], ["/b", "https://a.example/x/y?q"], ["?r", "https://a.example/x/y?q#f"], ["#g", "https://a.example/x/y?q#f"],
	["", "https://a.example/x/y?q#f"], ["//b.example/z", "https://a.example/x"], ["http://b.example/", "https://a.example/x"],
	["../z", "https://a.example/x/y/w"], ["./", "https://a.example:444/x/y/w"], ["https://a_b.example/"], ["https://1a.example:065/"],
	["https://[::1]/"], ["https://[::]:8443/x"], ["https://[2001:DB8:0:0:1:0:0:1]:443/"], ["https://[2001:db8:0:1:0:0:0:1]/"], ["http://[1:2:3:4:5:6:7:8]:80/?q#f"],
	["https://[0:0:0:0:0:0:0:0]/"], ["https://[fe80::00a:0:0:0b]/"], ["https://[1:0:3:4:5:6:7:8]/"], ["https://[1:2:3:4:5:6::8]/"], ["https://u:p@[::a]:1/"], ["//[::2]/z", "https://[::1]/x"],
] as const) {
	test(`the parts of ${JSON.stringify(text)}${base === undefined ? "" : ` on ${base}`} are the web's`, () => {
		const ours = new URL(text, base);
		const webs = new globalThis.URL(text, base);
		assert.deepEqual(parts.map(part => ours[part]), parts.map(part => webs[part]));
		assert.deepEqual([String(ours), JSON.stringify(ours)], [String(webs), JSON.stringify(webs)]);
		assert.equal(String(new URL(ours)), String(ours));
	});
}

for (const text of ["", "a.example", "/x", "ftp://a.example/", "https:a.example", "https:///x", "https://", "https://a b/", "https://a.example:65536/",
	"https://a.example:0/", "https://a.example:x/", "https://[]/", "https://[:]/", "https://[:::]/", "https://[::1", "https://[::1]x/", "https://x[::1]/", "https://[1::2::3]/",
	"https://[1:2:3:4:5:6:7]/", "https://[1:2:3:4:5:6:7:8:9]/", "https://[1::2:3:4:5:6:7:8]/", "https://[12345::]/", "https://[::g]/", "https://[fe80::1%25eth0]/",
	"https://[::1.2.3.4]/", "https://[1:2:3:4:5:6:7:]/", "https://[:1:2:3:4:5:6:7]/", "https://::1/", "https://[[::1]]/", "https://1.2.3/", "https://256.1.1.1/", "https://0x7f.1/", "https://01.2.3.4/",
	"https://a..b/", "https://-a.example/", "https://a-.example/", `https://${"a".repeat(64)}.example/`, "https://\u00e9.example/", "https://a\\b/",
	" https://a.example/", "https://a@b@c/", `https://a.example/${"x".repeat(2048)}`]) {
	test(`${JSON.stringify(text.slice(0, 40))} is no URL here`, () => {
		assert.throws(() => new URL(text), error => error instanceof TypeError && (error.cause as { code?: string }).code === "ERR_URL");
		assert.equal(URL.canParse(text), false);
	});
}

test("an empty query and an empty fragment are as none", () => {
	assert.equal(new URL("https://a.example/?#").href, "https://a.example/");
});

test("search and hash can be set, and the pairs of the query with them", () => {
	for (const Class of [URL, globalThis.URL]) {
		const url = new Class("https://a.example/x?a=1#b");
		url.hash = "c d";
		assert.equal(url.href, "https://a.example/x?a=1#c%20d");
		url.searchParams.append("b", "2 & 3");
		assert.equal(url.href, "https://a.example/x?a=1&b=2+%26+3#c%20d");
		url.search = "q=\u20ac";
		assert.deepEqual([url.search, url.searchParams.get("q"), url.searchParams.get("a")], ["?q=%E2%82%AC", "\u20ac", null]);
		url.searchParams.delete("q");
		url.hash = "";
		assert.equal(url.href, "https://a.example/x");
	}
});

test("the pairs of a query are read, changed and written as the web does", () => {
	for (const Class of [URLSearchParams, globalThis.URLSearchParams]) {
		const params = new Class("?b=2&a=1&b=3&&c&d=e=f&g+h=%41%20%C3%A9+\u20ac~*");
		assert.deepEqual([...params], [["b", "2"], ["a", "1"], ["b", "3"], ["c", ""], ["d", "e=f"], ["g h", "A \u00e9 \u20ac~*"]]);
		assert.deepEqual([params.getAll("b"), params.get("x"), params.has("c"), params.has("c", "1")], [["2", "3"], null, true, false]);
		params.set("b", "4");
		params.delete("d");
		params.set("z", "'(!)");
		params.sort();
		assert.equal(params.toString(), "a=1&b=4&c=&g+h=A+%C3%A9+%E2%82%AC%7E*&z=%27%28%21%29");
		assert.deepEqual([[...params.keys()].length, [...params.values()][0]], [5, "1"]);
		assert.equal(new Class({ a: "b", c: "d" }).toString(), "a=b&c=d");
		assert.equal(new Class([["a", "b"]]).toString(), "a=b");
		assert.equal(new Class("\ud800").toString(), "%EF%BF%BD=");
		const seen: string[] = [];
		params.forEach((value, name) => seen.push(name + value));
		assert.equal(seen[0], "a1");
	}
});
