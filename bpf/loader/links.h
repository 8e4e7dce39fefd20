/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Attach points other than XDP: one pinned bpf_link each, at link_<key>. */
#ifndef LOADER_LINKS_H
#define LOADER_LINKS_H

#include <bpf/libbpf.h>

#include "manifest.h"

/* enum bpf_attach_type of kernel 6.6; the headers of older build machines lack them. */
#define ATTACH_TCX_INGRESS ((enum bpf_attach_type)46)
#define ATTACH_TCX_EGRESS  ((enum bpf_attach_type)47)

/*
 * Puts a loaded program on its target: an update of the pinned link where the
 * kernel can, else a second link pinned over the first by rename, so that at
 * every moment at least one of old and new is attached.
 */
int link_swap(const struct manifest *manifest, const struct target *target,
	      struct bpf_program *program);

/* The same for the pinned program of a previous version (rollback). */
int link_swap_fd(const struct manifest *manifest, const struct target *target, int program_fd);

/* Path of the target's link pin. */
const char *link_path(const char *name, const struct target *target);

/* Program id on the pinned link; 0 when there is no live link. */
__u32 link_program(const char *name, const struct target *target);

/* Fails by name and reason when this kernel cannot carry the hook. */
int link_supported(const struct target *target);

#endif
