/* Test vectors through the firmware's primitives: vectors.c. PSA has been initialized. */
#ifndef VECTORS_H
#define VECTORS_H

/** Judges one line, which is taken apart; vectors.c says what stands in it. Answers "ok", "refused" or "other". */
const char *vector_judge(char *line);

#endif
