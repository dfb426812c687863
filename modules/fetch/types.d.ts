// The types of fetch's globals, for every app that includes fetch's manifest.

declare const fetch: typeof import("./fetch.ts").default;
declare type Response = import("./response.ts").Response;
declare const Response: typeof import("./response.ts").Response;
