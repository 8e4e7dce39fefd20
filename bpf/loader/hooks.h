/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Which attach points this kernel has, beside the kinds of programs that it loads. */
#ifndef LOADER_HOOKS_H
#define LOADER_HOOKS_H

#include "manifest.h"

/*
 * Why nothing can be attached to a hook, or to one target of it (@where, NULL: the
 * hook alone); NULL when it can. Changes nothing on the node.
 */
const char *hook_fault(enum hook hook, const char *where);

/* Number of a hook by its name in manifests; -1 when there is none. */
int hook_number(const char *name);

/* The two parts of a uprobe's target, `/path/of/binary:symbol`; false when it is none. */
bool uprobe_parts(const char *where, const char **binary, const char **symbol);

#endif
