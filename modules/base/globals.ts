// Puts what every app has on the global object. Preloaded, so that it lies in flash.

import { console, trace } from "./console.ts";
import { define } from "./define.ts";

define({ console, trace });
