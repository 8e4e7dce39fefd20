/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Points at which a test build (build.sh --faults) ends itself with SIGKILL when
 * EBPF_LOADER_FAULT names them. The shipped build contains none.
 */
#ifndef LOADER_FAULT_H
#define LOADER_FAULT_H

#ifdef LOADER_FAULTS
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static inline void fault_point(const char *name)
{
	const char *wanted = getenv("EBPF_LOADER_FAULT");

	if (wanted && !strcmp(wanted, name))
		raise(SIGKILL);
}
#else
static inline void fault_point(const char *name)
{
	(void)name;
}
#endif

#endif
