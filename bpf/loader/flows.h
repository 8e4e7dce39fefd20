/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The flow tables of xdp_conntrack and tc_flow, as bpf/include/conntrack_maps.h describes them. */
#ifndef LOADER_FLOWS_H
#define LOADER_FLOWS_H

#include <jansson.h>
#include <linux/types.h>
#include <stddef.h>

#include "conntrack_maps.h"

/* A flow's values of all CPUs in one: packets and bytes added, the state of the latest. */
struct flow_value flow_sum(const unsigned char *values, size_t size);

/* The state's name, NULL for a number that is none. */
const char *flow_state_name(__u32 state);

/* The flows of a program's tables with the most bytes; count is a number from 1 to 10000. */
int verb_flows(const char *program, const char *count, json_t **answer);

#endif
