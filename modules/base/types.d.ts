// The types of the globals that every app has.

declare const console: typeof import("./console.ts").console;
declare const trace: typeof import("./console.ts").trace;
