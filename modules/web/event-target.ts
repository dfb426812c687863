// Event and EventTarget (WHATWG DOM, section 2), without a tree: there is nothing to bubble through.

export interface EventInit {
	readonly cancelable?: boolean;
}

/** Something that happened. */
export class Event {
	readonly type: string;
	readonly cancelable: boolean;
	readonly timeStamp = Date.now();
	#target: EventTarget | null = null;
	#defaultPrevented = false;
	#stopped = false;

	constructor(type: string, { cancelable = false }: EventInit = {}) {
		this.type = String(type);
		this.cancelable = cancelable;
	}

	get target(): EventTarget | null {
		return this.#target;
	}

	get currentTarget(): EventTarget | null {
		return this.#target;
	}

	get defaultPrevented(): boolean {
		return this.#defaultPrevented;
	}

	/** True once stopImmediatePropagation was called. */
	get stopped(): boolean {
		return this.#stopped;
	}

	preventDefault(): void {
		if (this.cancelable) this.#defaultPrevented = true;
	}

	stopPropagation(): void {}

	stopImmediatePropagation(): void {
		this.#stopped = true;
	}

	/** EventTarget's: where the event happens. */
	happensAt(target: EventTarget): void {
		this.#target = target;
	}
}

export type EventListener = ((event: Event) => void) | { handleEvent(event: Event): void };

export interface EventListenerOptions {
	/** Call the listener once. Default false. */
	readonly once?: boolean;
	/** Removes the listener when it aborts. */
	readonly signal?: { readonly aborted: boolean; addEventListener(type: "abort", listener: () => void): void };
}

interface Registration {
	readonly type: string;
	readonly listener: EventListener;
	readonly once: boolean;
	removed: boolean;
}

/** Something that events happen at. */
export class EventTarget {
	#registrations: Registration[] = [];

	/** Adds a listener; the same one for the same type counts once. */
	addEventListener(type: string, listener: EventListener | null, options: EventListenerOptions | boolean = {}): void {
		if (listener === null) return;
		const { once = false, signal } = typeof options === "object" ? options : {};
		if (signal?.aborted) return;
		if (this.#registrations.some(one => one.type === type && one.listener === listener)) return;
		this.#registrations.push({ type, listener, once, removed: false });
		signal?.addEventListener("abort", () => this.removeEventListener(type, listener));
	}

	removeEventListener(type: string, listener: EventListener | null): void {
		this.#registrations = this.#registrations.filter(one => {
			const remove = one.type === type && one.listener === listener;
			one.removed ||= remove;
			return !remove;
		});
	}

	/**
	 * Calls the listeners of the event's type, in the order in which they were added. What one throws is reported as an
	 * uncaught error and does not keep the others from being called.
	 * @returns false when the event was cancelled
	 */
	dispatchEvent(event: Event): boolean {
		event.happensAt(this);
		for (const one of [...this.#registrations]) {
			if (one.type !== event.type || one.removed) continue;
			if (one.once) this.removeEventListener(one.type, one.listener);
			try {
				if (typeof one.listener === "function") one.listener.call(this, event);
				else one.listener.handleEvent(event);
			} catch (error) {
				queueMicrotask(() => {
					throw error;
				});
			}
			if (event.stopped) break;
		}
		return !event.defaultPrevented;
	}
}
