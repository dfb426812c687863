// Puts the web's classes on the global object. Preloaded, so that they lie in flash.

import { AbortController, AbortSignal } from "./abort-controller.ts";
import { DOMException } from "./dom-exception.ts";
import { Event, EventTarget } from "./event-target.ts";
import { Headers } from "./headers.ts";
import { TextDecoder, TextEncoder } from "./text.ts";

/** Defines globals as the web does: not enumerable, but open to change (Web IDL 3.8). */
export function define(globals: Readonly<Record<string, unknown>>): void {
	for (const [name, value] of Object.entries(globals)) {
		Object.defineProperty(globalThis, name, { value, writable: true, enumerable: false, configurable: true });
	}
}

define({ AbortController, AbortSignal, DOMException, Event, EventTarget, Headers, TextDecoder, TextEncoder });
