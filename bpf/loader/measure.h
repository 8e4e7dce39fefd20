/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef LOADER_MEASURE_H
#define LOADER_MEASURE_H

#include <jansson.h>

/* Runs and nanoseconds of every XDP root and current program within some seconds (0 to 60). */
int verb_measure(const char *seconds, json_t **answer);

#endif
