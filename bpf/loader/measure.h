/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef LOADER_MEASURE_H
#define LOADER_MEASURE_H

#include <jansson.h>

/*
 * Lets the kernel time programs for some seconds ("0.5"; at most 60) and returns the
 * descriptor that it does so for; -1 with failure(). Their counts stay afterwards.
 */
int measure_for(const char *seconds);

/* Runs and nanoseconds of every XDP root and current program within some seconds (0 to 60). */
int verb_measure(const char *seconds, json_t **answer);

#endif
