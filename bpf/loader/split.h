/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Shares of traffic with a lease. A target is `NAME`, a program of the XDP chain a
 * candidate version of which gets a share of the flows (bpf/xdp_split.bpf.c), or
 * `NAME/VIP`, a VIP of the load balancer NAME a share of whose flows goes to its
 * candidate backends (struct lb_split).
 *
 * Dose and brake are one update of one map: they take no lock, so that a brake waits
 * for nobody.
 */
#ifndef LOADER_SPLIT_H
#define LOADER_SPLIT_H

#include <jansson.h>
#include <linux/types.h>
#include <stdbool.h>

#include "root.h"

/* Folder of the pins of a slot's splitter. */
const char *split_dir(const struct root *root, int slot);

/* Loads the version in a folder beside the attached one and puts the splitter before both; dose 0.
 */
int verb_split_start(const char *dir, json_t **answer);

/* Takes splitter and candidate away; the stable version has the slot. Safe when there is none. */
int verb_split_end(const char *name, json_t **answer);

/* Sets the share, 0 to 10000 of 10000, for so many seconds from now; the same again renews the
 * lease. */
int verb_split_dose(const char *target, const char *dose, const char *seconds, json_t **answer);

/* All traffic back, at once. Safe when there is no split. */
int verb_split_brake(const char *target, json_t **answer);

/* Dose, seconds left of the lease, packets of each version. */
int verb_split_show(const char *target, json_t **answer);

#endif
