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
	assert.deepEqual(networkSettings({}, environment, file), { ssid: "environment", password: "environment passphrase" });
	assert.deepEqual(networkSettings({}, {}, file), { ssid: "local", password: "local passphrase" });
	assert.deepEqual(networkSettings({}, {}, none), {});
});

test("what WPA2 cannot use is refused, and no passphrase is in the sentence", context => {
	const refused = (work: () => unknown, expected: RegExp) => assert.throws(work, (error: Error) => {
		assert.match(error.message, expected);
		assert.doesNotMatch(error.message, /s3cret/);
		return true;
	});
	refused(() => networkSettings({ password: "s3cret passphrase" }, {}, none), /--password was given without --ssid/);
	refused(() => networkSettings({ ssid: "net", password: "s3cret" }, {}, none), /passphrase of 6 bytes, expected 8 to 63/);
	refused(() => networkSettings({ ssid: "ä".repeat(17), password: "s3cret passphrase" }, {}, none), /network name of 34 bytes, expected 1 to 32/);
	const file = join(folderWith(context, { "network.json": '{"ssid": "net", "password": "s3cret passphrase"' }), "network.json");
	refused(() => networkSettings({}, {}, file), /network\.json: found no JSON object/);
});
