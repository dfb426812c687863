// Puts crypto on the global object. Preloaded, so that it lies in flash.

import { define } from "../base/define.ts";
import crypto from "./crypto.ts";

define({ crypto });
