// Puts atob and btoa on the global object. Preloaded, so that they lie in flash.

import { define } from "../base/define.ts";
import { atob, btoa } from "./base64.ts";

define({ atob, btoa });
