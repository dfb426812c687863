// Puts the web's classes on the global object. Preloaded, so that they lie in flash.

import { define } from "../base/define.ts";
import { AbortController, AbortSignal } from "./abort-controller.ts";
import { DOMException } from "./dom-exception.ts";
import { Event, EventTarget } from "./event-target.ts";
import { Headers } from "./headers.ts";
import { TextDecoder, TextEncoder } from "./text.ts";

define({ AbortController, AbortSignal, DOMException, Event, EventTarget, Headers, TextDecoder, TextEncoder });
