// Where the Wi-Fi network's name and passphrase come from.

import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import { networkSettings } from "../../../tools/build/network-settings.ts";
import { folderWith } from "./folder.ts";

const none = "/absent/network.json";

test("the command line goes before the environment, and that before the local file; they are not mixed", context => {
	const file = join(folderWith(context, { "network.json": '{"ssid": "local", "password": "local passphrase"}' }), "network.json");
	const environment = { PICOFETCH_SSID: "environment", PICOFETCH_PASSWORD: "environment passphrase" };
	assert.deepEqual(networkSettings({ ssid: "given", password: "given passphrase" }, environment, file), { ssid: "given", password: "given passphrase" });
	assert.deepEqual(networkSettings({ ssid: "open" }, environment, file), { ssid: "open" });
	assert.deepEqual(networkSettings({ ssid: "given", password: "given passphrase", security: "wpa3" }, environment, file), { ssid: "given", password: "given passphrase", security: "wpa3" });
	assert.deepEqual(networkSettings({}, { ...environment, PICOFETCH_SECURITY: "wpa2/wpa3" }, file), { ssid: "environment", password: "environment passphrase", security: "wpa2/wpa3" });
	assert.deepEqual(networkSettings({ ssid: "key", password: "0123456789abcdef".repeat(4) }, {}, none), { ssid: "key", password: "0123456789abcdef".repeat(4) });
	assert.deepEqual(networkSettings({}, environment, file), { ssid: "environment", password: "environment passphrase" });
	assert.deepEqual(networkSettings({}, {}, file), { ssid: "local", password: "local passphrase" });
	assert.deepEqual(networkSettings({}, {}, none), {});
});

test("what a network cannot use is refused, and no passphrase is in the sentence", context => {
	const refused = (work: () => unknown, expected: RegExp) => assert.throws(work, (error: Error) => {
		assert.match(error.message, expected);
		assert.doesNotMatch(error.message, /s3cret/);
		return true;
	});
	refused(() => networkSettings({ password: "s3cret passphrase" }, {}, none), /--password was given without --ssid/);
	refused(() => networkSettings({ ssid: "net", password: "s3cret" }, {}, none), /passphrase of 6 bytes, expected 8 to 63/);
	refused(() => networkSettings({ ssid: "net", password: "s3cret".repeat(11).slice(0, 64) }, {}, none), /passphrase of 64 bytes, expected 8 to 63, or 64 hexadecimal digits/);
	refused(() => networkSettings({ security: "wpa3" }, {}, none), /--security was given without --ssid/);
	refused(() => networkSettings({ ssid: "net", security: "wpa3" }, {}, none), /found no passphrase, which security "wpa3" asks for/);
	refused(() => networkSettings({ ssid: "net", password: "s3cret passphrase", security: "open" }, {}, none), /security "open" has no use for/);
	refused(() => networkSettings({}, { PICOFETCH_SSID: "net", PICOFETCH_PASSWORD: "s3cret passphrase", PICOFETCH_SECURITY: "wep" }, none), /found security "wep", expected open, wpa2, wpa2\/wpa3, wpa3/);
	refused(() => networkSettings({ ssid: "ä".repeat(17), password: "s3cret passphrase" }, {}, none), /network name of 34 bytes, expected 1 to 32/);
	const file = join(folderWith(context, { "network.json": '{"ssid": "net", "password": "s3cret passphrase"' }), "network.json");
	refused(() => networkSettings({}, {}, file), /network\.json: found no JSON object/);
});
