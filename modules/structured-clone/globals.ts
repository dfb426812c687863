// Puts structuredClone on the global object. Preloaded, so that it lies in flash.

import { define } from "../base/define.ts";
import { structuredClone } from "./structured-clone.ts";

define({ structuredClone });
