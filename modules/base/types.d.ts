// The types of the globals that every app has.

declare const console: typeof import("./console.ts").console;
declare const trace: typeof import("./console.ts").trace;
declare const setTimeout: typeof import("./timer.ts").setTimeout;
declare const setInterval: typeof import("./timer.ts").setInterval;
declare const clearTimeout: typeof import("./timer.ts").clearTimeout;
declare const clearInterval: typeof import("./timer.ts").clearTimeout;
declare const queueMicrotask: typeof import("./timer.ts").queueMicrotask;
