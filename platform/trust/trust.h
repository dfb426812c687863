/*
 * The path validator: from the certificates that a server sent to a root that
 * is trusted (RFC 5280 6.1, and the web's practice of the CA/B Baseline
 * Requirements). Plain C without I/O and without memory of its own: the
 * certificates are read where they stand, and must stay there.
 *
 * The judgement needs no library. Whether a signature is right is asked of the
 * callback, at most once for each pair of child and key.
 */
#ifndef TRUST_H
#define TRUST_H

#include "names.h"
#include "root_store.h"

#define TRUST_DEPTH_MAX 10 /* certificates of a path, leaf and root included */
#define TRUST_SIGNATURES_MAX 24
#define TRUST_SENT_MAX 128

/** Asks whether `child` was signed by the key in `issuer` (its key_info, DER). */
typedef bool (*trust_check)(void *context, const certificate *child, const certificate *issuer);

typedef struct trust_anchor {
	/** Whole, or a root of `store`, which then bears the name that it was asked for by. */
	der certificate;
	const uint8_t *store; /* NULL: the certificate is whole */
	/** The user's own authority, held to RFC 5280 alone; the others are the web's, held to CA/B BR too. */
	bool is_own;
} trust_anchor;

/**
 * Gives root number `index` of those that may have issued what names `issuer`;
 * false when there is none any more. It need not compare the names.
 */
typedef bool (*trust_root)(void *context, const der *issuer, unsigned index, trust_anchor *root);

typedef struct trust_question {
	const der *sent; /* the leaf first, then others in any order */
	unsigned sent_count;
	trust_root root;
	trust_check check;
	void *context; /* handed to the callbacks */
	names_host host;
	int64_t now; /* seconds since 1970 */
	bool for_client; /* a client's certificate: no host is proved */
	int intermediates_max; /* that are not self-issued; negative: as many as fit */
} trust_question;

typedef struct trust_answer {
	trust_code code; /* TRUST_OK: trusted */
	der at_fault; /* the certificate that the code speaks of; the leaf when trusted */
	/* Beside a refusal above the leaf: the one that it has signed, whose issuer is its name, and its dates. */
	der under;
	int64_t not_before, not_after;
	unsigned signatures; /* how many were asked for */
	/* Of a trusted path: how many certificates it has, and where each stands; the last one is the root's number. */
	unsigned depth;
	uint16_t place[TRUST_DEPTH_MAX];
} trust_answer;

/** Memory of one judgement, the caller's, 1.7 KB on the board; it holds nothing before and nothing after. */
typedef struct trust_room {
	const trust_question *question;
	trust_answer *answer;
	certificate path[TRUST_DEPTH_MAX];
	struct {
		const uint8_t *child;
		der key;
		bool right;
	} known[TRUST_SIGNATURES_MAX];
	unsigned comparisons, steps, fault_rank;
	bool spent;
} trust_room;

/** Judges. The answer's code is the only word on it: without one it is trusted. */
void trust_judge(const trust_question *question, trust_room *room, trust_answer *answer);

#endif
