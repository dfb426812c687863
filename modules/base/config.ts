// The configuration that the image was given: the manifest's `config`, and the network ("mc/config", as in the Moddable
// SDK). It is read when it is first asked for; the password is there for who asks for it by name, and in no listing.

const text = native<(record: string) => string | undefined>("xs_config_text");

let values: Record<string, unknown> | undefined;

function read(): Record<string, unknown> {
	if (values === undefined) {
		values = JSON.parse(text("CONF") ?? "{}") as Record<string, unknown>;
		for (const [name, record, enumerable] of [["ssid", "SSID", true], ["password", "PASS", false], ["security", "SECU", true]] as const) {
			const value = text(record);
			if (value !== undefined) Object.defineProperty(values, name, { value, enumerable, configurable: true });
		}
	}
	return values;
}

/** Read-only; what a value is, the app knows. Keys are those of `config` in manifest.json, `ssid`, `password` and `security`. */
const config: Readonly<Record<string, any>> = new Proxy({}, {
	get: (_, key) => Reflect.get(read(), key),
	has: (_, key) => Reflect.has(read(), key),
	ownKeys: () => Reflect.ownKeys(read()),
	getOwnPropertyDescriptor(_, key) {
		const descriptor = Reflect.getOwnPropertyDescriptor(read(), key);
		return descriptor && { ...descriptor, writable: false, configurable: true };
	},
	set: () => false,
	defineProperty: () => false,
	deleteProperty: () => false,
});

export default config;
