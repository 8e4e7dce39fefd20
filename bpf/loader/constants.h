/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Load-time settings: `const volatile` integers of an object, found by their BTF. */
#ifndef LOADER_CONSTANTS_H
#define LOADER_CONSTANTS_H

#include <bpf/libbpf.h>
#include <jansson.h>

/* Sets one constant before the load; fails when it does not exist or does not fit. */
int constant_set(struct bpf_object *object, const char *name, json_int_t value);

/* Sets every member of a JSON object of numbers (NULL: none). */
int constants_set(struct bpf_object *object, json_t *constants);

#endif
