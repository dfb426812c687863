/*
 * What RFC 5280 and the CA/B Baseline Requirements ask of each certificate of a
 * path, beside its signature. Used by trust.c only.
 */
#ifndef RULES_H
#define RULES_H

#include "trust.h"

/** The code of a key or a hash that is too weak. */
trust_code rules_weakness(const certificate *of, bool is_leaf, bool is_root);

/** What is wrong with a leaf whatever its root, and whether it speaks for whom it was asked. */
trust_code rules_leaf_fault(const trust_question *question, const certificate *leaf);

/** What is wrong with an authority; `below` are the intermediates under it that count for path length (RFC 5280 4.2.1.9). */
trust_code rules_authority_fault(const trust_question *question, const certificate *authority, int below, bool is_root);

/** What a path to such a root is held to beyond the rules for all; `at_fault` is the depth of who breaks them. */
trust_code rules_path_fault(const trust_question *question, const certificate *path, unsigned depth, bool is_own, unsigned *at_fault);

#endif
