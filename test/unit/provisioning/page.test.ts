// The page of a board that asks for its network.

import assert from "node:assert/strict";
import test from "node:test";
import { formPage, joinedPage, waitingPage } from "../../../modules/provisioning/page.ts";

const hostile = `"><script>alert('&')</script>`;
const harmless = "&quot;&gt;&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;";

test("what the air, the user or an error says is shown as text", () => {
	const pages = [
		formPage({ title: hostile, networks: [{ SSID: hostile, RSSI: -40, secure: true }], token: hostile, message: hostile }),
		waitingPage(hostile, hostile),
		joinedPage(hostile, hostile, hostile),
	];
	for (const page of pages) {
		assert.ok(!page.includes("<script"), page);
		assert.ok(page.includes(harmless));
	}
});

test("networks can be chosen, or another be named; without any the other one is chosen", () => {
	const page = formPage({ title: "Board", token: "t", networks: [{ SSID: "home", RSSI: -40, secure: true }, { SSID: "café", RSSI: -80, secure: false }] });
	assert.match(page, /<input type="radio" name="ssid" value="home" required> home <small>-40 dBm<\/small>/);
	assert.match(page, /value="café" required> café <small>-80 dBm, open<\/small>/);
	assert.doesNotMatch(page, /checked|class="message">/);
	assert.match(formPage({ title: "Board", token: "t", networks: [] }), /name="ssid" value="" checked/);
});
