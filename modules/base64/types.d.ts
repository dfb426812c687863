// The types of the Base64 globals, for every app that includes this folder's manifest.

declare const atob: typeof import("./base64.ts").atob;
declare const btoa: typeof import("./base64.ts").btoa;
