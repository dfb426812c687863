// The types of the web's globals, for every app that includes this folder's manifest.

declare type AbortController = import("./abort-controller.ts").AbortController;
declare const AbortController: typeof import("./abort-controller.ts").AbortController;
declare type AbortSignal = import("./abort-controller.ts").AbortSignal;
declare const AbortSignal: typeof import("./abort-controller.ts").AbortSignal;
declare type DOMException = import("./dom-exception.ts").DOMException;
declare const DOMException: typeof import("./dom-exception.ts").DOMException;
declare type Event = import("./event-target.ts").Event;
declare const Event: typeof import("./event-target.ts").Event;
declare type EventTarget = import("./event-target.ts").EventTarget;
declare const EventTarget: typeof import("./event-target.ts").EventTarget;
declare type Headers = import("./headers.ts").Headers;
declare const Headers: typeof import("./headers.ts").Headers;
declare type TextDecoder = import("./text.ts").TextDecoder;
declare const TextDecoder: typeof import("./text.ts").TextDecoder;
declare type TextEncoder = import("./text.ts").TextEncoder;
declare const TextEncoder: typeof import("./text.ts").TextEncoder;
