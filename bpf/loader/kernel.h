/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Facts from the kernel about loaded programs, maps and links. */
#ifndef LOADER_KERNEL_H
#define LOADER_KERNEL_H

#include <jansson.h>
#include <linux/bpf.h>
#include <stdbool.h>

#include "manifest.h"

/* Information by file descriptor; false with errno. */
bool program_info(int fd, struct bpf_prog_info *info);
bool map_info(int fd, struct bpf_map_info *info);
bool link_info(int fd, struct bpf_link_info *info);

/* Id of a pinned program, map or link; 0 when there is none. */
__u32 pinned_program_id(const char *path);
__u32 pinned_map_id(const char *path);

/* Facts of a loaded program for reports, or NULL when it is gone. */
json_t *program_facts(__u32 id);

/* The program's name, or "?" when it is gone. */
const char *program_name(__u32 id);

/* What XDP runs on a device: the program's id (0: none) and its mode. */
__u32 xdp_attached(int ifindex, enum xdp_mode *mode);

/*
 * An open link of this XDP program on this device, or -1 with errno ENOENT
 * (attached by netlink) or EEXIST (more than one fits, as ifindexes repeat in
 * other network namespaces).
 */
int xdp_link_of(__u32 program_id, int ifindex);

/* This boot's id. */
const char *boot_id(void);

/* Names of this node's interfaces, for error messages. */
const char *interface_names(void);

#endif
