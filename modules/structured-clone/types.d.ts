// The type of the global, for every app that includes this folder's manifest.

declare const structuredClone: typeof import("./structured-clone.ts").structuredClone;
