// The type of the global, for every app that includes this folder's manifest.

declare const performance: typeof import("./performance.ts").performance;
