// The types of the URL globals, for every app that includes this folder's manifest.

declare type URL = import("./url.ts").URL;
declare const URL: typeof import("./url.ts").URL;
declare type URLSearchParams = import("./url-search-params.ts").URLSearchParams;
declare const URLSearchParams: typeof import("./url-search-params.ts").URLSearchParams;
