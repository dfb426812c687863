// Puts URL and URLSearchParams on the global object. Preloaded, so that they lie in flash.

import { define } from "../base/define.ts";
import { URL } from "./url.ts";
import { URLSearchParams } from "./url-search-params.ts";

define({ URL, URLSearchParams });
