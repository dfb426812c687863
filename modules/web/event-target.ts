// Event and EventTarget (WHATWG DOM, section 2), without a tree: there is nothing to bubble through.

import { uptimeMs } from "../base/uptime.ts";
import { DOMException } from "./dom-exception.ts";

// What EventTarget may do to an event.
let begin: (event: Event, target: EventTarget) => void;
let isStopped: (event: Event) => boolean;
let setPassive: (event: Event, passive: boolean) => void;
let end: (event: Event) => void;

export interface EventInit {
	/** Kept, without effect: nothing is above a target. */
	readonly bubbles?: boolean;
	readonly cancelable?: boolean;
	/** Kept, without effect. */
	readonly composed?: boolean;
}

/** Something that happened. */
export class Event {
	readonly type: string;
	readonly bubbles: boolean;
	readonly cancelable: boolean;
	readonly composed: boolean;
	/** Milliseconds, as performance.now. */
	readonly timeStamp = uptimeMs();
	#target: EventTarget | null = null;
	#happening = false;
	#defaultPrevented = false;
	#propagationStopped = false;
	#stopped = false;
	/** The listener that runs now cannot cancel. */
	#passive = false;

	constructor(type: string, { bubbles = false, cancelable = false, composed = false }: EventInit = {}) {
		if (arguments.length === 0) throw new TypeError("Event: expected a type");
		this.type = String(type);
		this.bubbles = Boolean(bubbles);
		this.cancelable = Boolean(cancelable);
		this.composed = Boolean(composed);
	}

	get target(): EventTarget | null {
		return this.#target;
	}

	/** The target while its listeners are called, else null. */
	get currentTarget(): EventTarget | null {
		return this.#happening ? this.#target : null;
	}

	/** 2, AT_TARGET, while listeners are called, else 0, NONE. */
	get eventPhase(): 0 | 2 {
		return this.#happening ? 2 : 0;
	}

	/** False: script made it. */
	get isTrusted(): boolean {
		return false;
	}

	get cancelBubble(): boolean {
		return this.#propagationStopped;
	}

	get returnValue(): boolean {
		return !this.#defaultPrevented;
	}

	get defaultPrevented(): boolean {
		return this.#defaultPrevented;
	}

	preventDefault(): void {
		if (this.cancelable && !this.#passive) this.#defaultPrevented = true;
	}

	stopPropagation(): void {
		this.#propagationStopped = true;
	}

	stopImmediatePropagation(): void {
		this.#propagationStopped = this.#stopped = true;
	}

	/** The target while listeners are called, else none. */
	composedPath(): EventTarget[] {
		return this.#happening ? [this.#target!] : [];
	}

	static {
		begin = (event, target) => {
			if (event.#happening) throw new DOMException(`the event ${event.type} is happening already`, "InvalidStateError");
			event.#target = target;
			event.#happening = true;
		};
		isStopped = event => event.#stopped;
		setPassive = (event, passive) => {
			event.#passive = passive;
		};
		end = event => {
			event.#happening = event.#propagationStopped = event.#stopped = false;
		};
	}
}

export type EventListener = ((event: Event) => void) | { handleEvent(event: Event): void };

export interface EventListenerOptions {
	/** Tells two registrations of one listener apart, and nothing else: nothing is above a target. Default false. */
	readonly capture?: boolean;
	/** Call the listener once. Default false. */
	readonly once?: boolean;
	/** The listener's preventDefault does nothing. Default false. */
	readonly passive?: boolean;
	/** Removes the listener when it aborts. */
	readonly signal?: { readonly aborted: boolean; addEventListener(type: "abort", listener: () => void): void };
}

interface Registration {
	readonly type: string;
	readonly listener: EventListener;
	readonly capture: boolean;
	readonly once: boolean;
	readonly passive: boolean;
	removed: boolean;
}

/** Something that events happen at. */
export class EventTarget {
	#registrations: Registration[] = [];

	/** Adds a listener; the same one for the same type and `capture` counts once. */
	addEventListener(type: string, listener: EventListener | null, options: EventListenerOptions | boolean = {}): void {
		if (listener === null || listener === undefined) return;
		const { once = false, passive = false, signal } = typeof options === "object" ? options : {};
		const capture = captureOf(options);
		if (signal?.aborted) return;
		const name = String(type);
		if (this.#registrations.some(one => one.type === name && one.listener === listener && one.capture === capture)) return;
		this.#registrations.push({ type: name, listener, capture, once, passive, removed: false });
		signal?.addEventListener("abort", () => this.removeEventListener(name, listener, capture));
	}

	removeEventListener(type: string, listener: EventListener | null, options: { readonly capture?: boolean } | boolean = {}): void {
		const name = String(type);
		const capture = captureOf(options);
		this.#registrations = this.#registrations.filter(one => {
			const remove = one.type === name && one.listener === listener && one.capture === capture;
			one.removed ||= remove;
			return !remove;
		});
	}

	/**
	 * Calls the listeners of the event's type, in the order in which they were added. What one throws is reported as an
	 * uncaught error and does not keep the others from being called.
	 * @returns false when the event was cancelled
	 * @throws DOMException InvalidStateError when the event is happening already
	 */
	dispatchEvent(event: Event): boolean {
		begin(event, this);
		const { type } = event;
		for (const one of this.#registrations.filter(each => each.type === type)) {
			if (one.removed) continue;
			if (one.once) this.removeEventListener(type, one.listener, one.capture);
			setPassive(event, one.passive);
			try {
				if (typeof one.listener === "function") one.listener.call(this, event);
				else one.listener.handleEvent(event);
			} catch (error) {
				queueMicrotask(() => {
					throw error;
				});
			}
			if (isStopped(event)) break;
		}
		setPassive(event, false);
		end(event);
		return !event.defaultPrevented;
	}
}

function captureOf(options: { readonly capture?: boolean } | boolean): boolean {
	return typeof options === "boolean" ? options : options?.capture === true;
}
