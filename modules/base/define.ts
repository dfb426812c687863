// Defines globals as the web does: not enumerable, but open to change (Web IDL 3.8). Called while modules are preloaded.

export function define(globals: Readonly<Record<string, unknown>>): void {
	for (const [name, value] of Object.entries(globals)) {
		Object.defineProperty(globalThis, name, { value, writable: true, enumerable: false, configurable: true });
	}
}
