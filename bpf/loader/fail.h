/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The one failure of a verb: what was tried, what came back, what to do next.
 * The first failure wins; later ones are consequences of it.
 */
#ifndef LOADER_FAIL_H
#define LOADER_FAIL_H

#include <jansson.h>

/* Records the failure and returns -1, so that callers can `return fail(...)`. */
int fail(const char *what, const char *cause, const char *remedy);

/* Adds a field (verifierLog, sourceLine, foreign) to the recorded failure. */
void fail_detail(const char *key, json_t *value);

/* The recorded failure, or NULL. */
json_t *failure(void);

/* Forgets the failure: for a verb that goes on after one of several items failed. */
void fail_reset(void);

/* Keeps the last warnings of libbpf, so that a failure can quote them. */
void libbpf_log_start(void);
const char *libbpf_log(void);
void libbpf_log_clear(void);

#endif
