// Sees when the loop no longer comes round: a script in an endless loop, a library that waits for ever.
//
// Two in a row, both fed by the loop: an interrupt after eight seconds, which can still say where the processor is, and 0.3 s
// behind it the watchdog, which needs nobody. The watchdog's counter falls twice a microsecond (RP2040-E1), so 8.3 s is the most.
#ifndef HANG_WATCH_H
#define HANG_WATCH_H

// Begins. `hung` is an interrupt's handler, entered at once, above every other interrupt; it calls hang_watch_is_false_alarm.
void hang_watch_begin(void (*hung)(void));

// The loop came round. From its thread, each turn; some ten cycles.
void hang_watch_feed(void);

// Around the loop's sleep, which may be long: then the interrupt feeds.
void hang_watch_sleep(_Bool asleep);

// From `hung`, which says whether it came into another interrupt: true when the loop only slept, and is fed. A sleeping loop whose
// interrupt goes on a tenth of a second later hangs too. False gives `hung` the watchdog's 8.3 s for last words.
_Bool hang_watch_is_false_alarm(_Bool in_interrupt);

#endif
