/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Turning a verifier log into reason, source line and a bounded tail. */
#ifndef LOADER_VERIFIER_H
#define LOADER_VERIFIER_H

struct verdict {
	const char *reason; /* what the verifier objects to */
	const char *source; /* C line, with file and number where the kernel gives them; NULL */
	const char *tail;   /* the last lines of the log */
};

/* log is changed. */
struct verdict verifier_verdict(char *log);

#endif
