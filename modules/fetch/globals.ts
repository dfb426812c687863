// Puts fetch and what it speaks of on the global object. Preloaded, so that they lie in flash.

import { define } from "../base/define.ts";
import fetch from "./fetch.ts";
import { Response } from "./response.ts";

define({ fetch, Response });
