/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * What the last apply attached, in /run/ebpf-platform/bpf/<name>.json. Program
 * ids do not repeat within a boot, so boot id and program id together say
 * whether what runs is ours; the kernel's tag cannot (bpf.md, section 4).
 */
#ifndef LOADER_RECORD_H
#define LOADER_RECORD_H

#include <jansson.h>
#include <linux/types.h>

#include "manifest.h"

/* The record of this boot, or NULL. */
json_t *record_read(const char *name);

/*
 * Notes a program that is about to be attached, so that an apply which is killed
 * after the swap still leaves a program that the next one knows as its own.
 */
int record_intent(const char *name, __u32 program_id);

/* Notes what is attached; the intents before it are done with. */
int record_write(const char *name, const char *version, json_t *programs);

int record_remove(const char *name);

/* Recorded program id of a target; 0 when unknown. */
__u32 record_program(json_t *record, const char *key);

/* Name of the platform's program that last put this program id anywhere; NULL: foreign. */
const char *record_owner(__u32 program_id);

#endif
