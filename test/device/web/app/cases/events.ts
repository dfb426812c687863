// Events, signals, timers, exceptions.

import { thrown, type Case } from "../tell.ts";

const wait = (milliseconds: number) => new Promise<void>(resolve => setTimeout(resolve, milliseconds));
const heard = (work: (target: EventTarget, hear: (what: string) => () => void) => void): string[] => {
	const list: string[] = [];
	work(new EventTarget(), what => () => void list.push(what));
	return list;
};
const go = new Event("go").type;

export const events: Readonly<Record<string, readonly Case[]>> = {
	"Event": [
		() => { const { type, bubbles, cancelable, composed, defaultPrevented, eventPhase, isTrusted } = new Event("a"); return [type, bubbles, cancelable, composed, defaultPrevented, eventPhase, isTrusted]; },
		() => { const { bubbles, cancelable, composed } = new Event("a", { bubbles: true, cancelable: true, composed: true }); return [bubbles, cancelable, composed]; },
		() => thrown(() => new (Event as unknown as new () => Event)()), () => new Event(12 as unknown as string).type,
		() => { const event = new Event("a"); event.preventDefault(); return [event.defaultPrevented, event.returnValue]; },
		() => { const event = new Event("a", { cancelable: true }); event.preventDefault(); return [event.defaultPrevented, event.returnValue]; },
		() => [new Event("a").target, new Event("a").currentTarget, new Event("a").composedPath()], () => { const event = new Event("a"); event.stopPropagation(); return event.cancelBubble; },
		() => typeof new Event("a").timeStamp,
	],
	"EventTarget": [
		() => heard((target, hear) => { target.addEventListener(go, hear("a")); target.addEventListener(go, hear("b")); target.dispatchEvent(new Event(go)); }),
		() => heard((target, hear) => { const one = hear("a"); target.addEventListener(go, one); target.addEventListener(go, one); target.dispatchEvent(new Event(go)); }),
		() => heard((target, hear) => { const one = hear("a"); target.addEventListener(go, one); target.addEventListener(go, one, true); target.dispatchEvent(new Event(go)); }),
		() => heard((target, hear) => { const one = hear("a"); target.addEventListener(go, one, { capture: true }); target.removeEventListener(go, one); target.dispatchEvent(new Event(go)); }),
		() => heard((target, hear) => { const one = hear("a"); target.addEventListener(go, one); target.removeEventListener(go, one); target.dispatchEvent(new Event(go)); }),
		() => heard((target, hear) => { target.addEventListener(go, hear("a"), { once: true }); target.dispatchEvent(new Event(go)); target.dispatchEvent(new Event(go)); }),
		() => heard((target, hear) => { target.addEventListener(go, null); target.addEventListener("other", hear("x")); target.dispatchEvent(new Event(go)); }),
		() => heard((target, hear) => { target.addEventListener(go, event => { hear("a")(); event.stopImmediatePropagation(); }); target.addEventListener(go, hear("b")); target.dispatchEvent(new Event(go)); }),
		() => heard((target, hear) => { target.addEventListener(go, event => { hear("a")(); event.stopPropagation(); }); target.addEventListener(go, hear("b")); target.dispatchEvent(new Event(go)); }),
		() => heard((target, hear) => { target.addEventListener(go, { handleEvent: hear("object") }); target.dispatchEvent(new Event(go)); }),
		() => heard((target, hear) => { const second = hear("b"); target.addEventListener(go, () => target.removeEventListener(go, second)); target.addEventListener(go, second); target.dispatchEvent(new Event(go)); }),
		() => heard((target, hear) => { target.addEventListener(go, () => target.addEventListener(go, hear("late"))); target.dispatchEvent(new Event(go)); hear("between")(); target.dispatchEvent(new Event(go)); }),
		() => heard((target, hear) => { const controller = new AbortController(); target.addEventListener(go, hear("a"), { signal: controller.signal }); target.dispatchEvent(new Event(go)); controller.abort(); target.dispatchEvent(new Event(go)); }),
		() => heard((target, hear) => { target.addEventListener(go, hear("a"), { signal: AbortSignal.abort() }); target.dispatchEvent(new Event(go)); }),
		() => { const target = new EventTarget(); target.addEventListener(go, event => event.preventDefault()); return [target.dispatchEvent(new Event(go)), target.dispatchEvent(new Event(go, { cancelable: true }))]; },
		() => { const target = new EventTarget(); target.addEventListener(go, event => event.preventDefault(), { passive: true }); return target.dispatchEvent(new Event(go, { cancelable: true })); },
		() => { const target = new EventTarget(); let seen: unknown[] = []; target.addEventListener(go, function (this: unknown, event) { seen = [this === target, event.target === target, event.currentTarget === target, event.eventPhase, event.composedPath().length]; } as (event: Event) => void); const event = new Event(go); target.dispatchEvent(event); return [...seen, event.target === target, event.currentTarget, event.eventPhase]; },
		() => { const target = new EventTarget(); return [0, 1].map(() => { let answer: unknown; target.addEventListener(go, event => { answer = thrown(() => target.dispatchEvent(event)); }, { once: true }); target.dispatchEvent(new Event(go)); return answer; }); },
		() => { const target = new EventTarget(); const event = new Event(go); return [target.dispatchEvent(event), target.dispatchEvent(event)]; },
		() => { class Bus extends EventTarget { calls = 0; } const bus = new Bus(); bus.addEventListener(go, () => bus.calls++); bus.dispatchEvent(new Event(go)); return bus.calls; },
	],
	"AbortController": [
		() => { const { signal } = new AbortController(); return [signal.aborted, signal.reason, signal instanceof EventTarget, signal.onabort]; },
		() => { const controller = new AbortController(); controller.abort(); return [controller.signal.aborted, controller.signal.reason]; },
		() => { const controller = new AbortController(); controller.abort("why"); controller.abort("again"); return controller.signal.reason; },
		() => { const controller = new AbortController(); controller.abort(null); return controller.signal.reason; },
		() => { const controller = new AbortController(); let count = 0; controller.signal.addEventListener("abort", () => count++); controller.abort(); controller.abort(); return count; },
		() => { const controller = new AbortController(); const list: string[] = []; controller.signal.onabort = event => list.push(event.type); controller.abort(); return list; },
		() => { const controller = new AbortController(); controller.abort(new RangeError("x")); return thrown(() => controller.signal.throwIfAborted()); },
		() => new AbortController().signal.throwIfAborted(), () => thrown(() => new (AbortSignal as unknown as new () => AbortSignal)()),
	],
	"AbortSignal": [
		() => [AbortSignal.abort().aborted, AbortSignal.abort().reason, AbortSignal.abort("x").reason],
		() => AbortSignal.any([]).aborted, () => AbortSignal.any([AbortSignal.abort("first"), AbortSignal.abort("second")]).reason,
		() => { const one = new AbortController(); const two = new AbortController(); const any = AbortSignal.any([one.signal, two.signal]); two.abort("two"); one.abort("one"); return [any.aborted, any.reason]; },
		() => { const one = new AbortController(); const any = AbortSignal.any([AbortSignal.any([one.signal])]); one.abort("deep"); return any.reason; },
		() => { const one = new AbortController(); const any = AbortSignal.any([one.signal]); let count = 0; any.addEventListener("abort", () => count++); one.abort(); return count; },
		async () => { const signal = AbortSignal.timeout(2); await wait(20); return [signal.aborted, signal.reason]; },
		async () => { const signal = AbortSignal.any([AbortSignal.timeout(2), AbortSignal.timeout(50)]); await wait(20); return signal.reason; },
		() => thrown(() => AbortSignal.timeout(-1)), () => AbortSignal.timeout(1000).aborted,
	],
	"DOMException": [
		() => { const { name, message, code } = new DOMException(); return [name, message, code]; }, () => { const { name, message, code } = new DOMException("m", "NotFoundError"); return [name, message, code]; },
		() => new DOMException("m", "Own").code, () => new DOMException("m") instanceof Error, () => String(new DOMException("m", "AbortError")), () => typeof new DOMException("m").stack,
		...["IndexSizeError", "HierarchyRequestError", "InvalidCharacterError", "InvalidStateError", "SyntaxError", "NetworkError", "AbortError", "QuotaExceededError", "TimeoutError", "DataCloneError", "EncodingError", ""]
			.map(name => () => new DOMException("", name).code),
	],
	"timers": [
		async () => { const list: string[] = []; setTimeout(() => list.push("2"), 12); setTimeout(() => list.push("1"), 4); setTimeout(() => list.push("3"), 24); await wait(60); return list; },
		async () => { const list: string[] = []; setTimeout(() => list.push("a"), 5); setTimeout(() => list.push("b"), 5); await wait(30); return list; },
		async () => { let sum = 0; setTimeout((a: number, b: number) => { sum = a + b; }, 1, 3, 4); await wait(20); return sum; },
		async () => { let fired = false; clearTimeout(setTimeout(() => { fired = true; }, 1)); await wait(20); return fired; },
		async () => { let count = 0; const id = setInterval(() => { if (++count === 3) clearInterval(id); }, 2); await wait(60); return count; },
		async () => { let count = 0; const id = setInterval(() => count++, 2); clearTimeout(id); await wait(15); return count; },
		async () => { const list: string[] = []; setTimeout(() => list.push("timer"), 0); queueMicrotask(() => list.push("job")); await null; list.push("after"); await wait(10); return list; },
		async () => { const list: string[] = []; queueMicrotask(() => { list.push("1"); queueMicrotask(() => list.push("3")); }); queueMicrotask(() => list.push("2")); await wait(5); return list; },
		async () => { let count = 0; const id = setInterval(() => count++, NaN); await wait(40); clearInterval(id); return count > 2; },
		async () => { let count = 0; const id = setInterval(() => count++, 2 ** 31); await wait(40); clearInterval(id); return count > 2; },
		async () => { let count = 0; const id = setInterval(() => count++, "3" as unknown as number); await wait(60); clearInterval(id); return count > 2; },
		async () => { let fired = false; setTimeout(() => { fired = true; }, "x" as unknown as number); await wait(20); return fired; },
		async () => { let fired = false; clearTimeout(String(Number(setTimeout(() => { fired = true; }, 1)))); await wait(20); return fired; },
		() => clearTimeout(null as unknown as number), () => clearTimeout("none"), () => clearInterval({} as unknown as number),
		async () => { let fired = false; setTimeout(() => { fired = true; }, -5); await wait(10); return fired; },
		() => thrown(() => setTimeout("code" as unknown as () => void, 1)), () => thrown(() => setInterval(undefined as unknown as () => void, 1)), () => thrown(() => queueMicrotask(1 as unknown as () => void)),
		() => clearTimeout(undefined), () => clearTimeout(123_456_789), () => { const id = setTimeout(() => {}, 1); clearTimeout(id); return clearTimeout(id); },
	],
	"performance": [
		() => typeof performance.now(), () => { const one = performance.now(); return performance.now() >= one; }, async () => { const one = performance.now(); await wait(20); const passed = performance.now() - one; return passed > 18 && passed < 400; },
		() => Math.abs(performance.timeOrigin + performance.now() - Date.now()) < 1000, () => Object.keys(performance.toJSON()).includes("timeOrigin"),
	],
};
