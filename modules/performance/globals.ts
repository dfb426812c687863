// Puts performance on the global object. Preloaded, so that it lies in flash.

import { define } from "../base/define.ts";
import { performance } from "./performance.ts";

define({ performance });
