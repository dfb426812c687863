// Puts what every app has on the global object. Preloaded, so that it lies in flash.

import { console, trace } from "./console.ts";
import { define } from "./define.ts";
import { clearTimeout, queueMicrotask, setInterval, setTimeout } from "./timer.ts";

define({ clearInterval: clearTimeout, clearTimeout, console, queueMicrotask, setInterval, setTimeout, trace });
