// The type of the global, for every app that includes this folder's manifest.

declare const crypto: typeof import("./crypto.ts").default;
