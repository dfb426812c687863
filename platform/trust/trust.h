/*
 * The path validator: from the certificates that a server sent to a root that
 * is trusted (RFC 5280 6.1, and the web's practice of the CA/B Baseline
 * Requirements). Plain C without I/O and without memory of its own: the
 * certificates are read where they stand, and must stay there.
 *
 * The judgement needs no library. Whether a signature is right is asked of the
 * callback, at most once for each pair of child and issuer.
 */
#ifndef TRUST_H
#define TRUST_H

#include "names.h"

#define TRUST_DEPTH_MAX 10 /* certificates of a path, leaf and root included */
#define TRUST_SIGNATURES_MAX 24
#define TRUST_SENT_MAX 64

/** Asks whether `child` was signed by the key in `issuer` (its key_info, DER). */
typedef bool (*trust_check)(void *context, const certificate *child, const certificate *issuer);

/** Gives root number `index` in DER; false when there is none any more. */
typedef bool (*trust_root)(void *context, unsigned index, der *root);

typedef struct trust_question {
	const der *sent; /* the leaf first, then others in any order */
	unsigned sent_count;
	trust_root root;
	trust_check check;
	void *context; /* handed to both callbacks */
	names_host host;
	int64_t now; /* seconds since 1970 */
	bool for_client; /* a client's certificate: no host is proved */
	int intermediates_max; /* that are not self-issued; negative: as many as fit */
} trust_question;

typedef struct trust_answer {
	const char *code; /* NULL: trusted */
	der at_fault; /* the certificate that the code speaks of; the leaf when trusted */
	unsigned signatures; /* how many were asked for */
} trust_answer;

/** Judges. The answer's code is the only word on it: without one it is trusted. */
void trust_judge(const trust_question *question, trust_answer *answer);

#endif
