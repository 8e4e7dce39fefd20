/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The manifest of one version of one program, as lib/src/bpf-manifest.ts writes it. */
#ifndef LOADER_MANIFEST_H
#define LOADER_MANIFEST_H

#include <jansson.h>
#include <stdbool.h>

#define MANIFEST_SCHEMA 1
#define MAX_TARGETS	16
#define CHAIN_SLOTS	8

enum hook {
	HOOK_XDP,
	HOOK_TC,
	HOOK_TRACEPOINT,
	HOOK_RAW_TP,
	HOOK_KPROBE,
	HOOK_UPROBE,
	HOOK_CGROUP,
	HOOK_SOCK_OPS,
	HOOK_LSM,
};

enum xdp_mode { MODE_AUTO, MODE_NATIVE, MODE_GENERIC };

struct target {
	const char *function;
	enum hook hook;
	const char *interface; /* xdp, tc */
	int slot;	       /* xdp: 0..7 */
	enum xdp_mode mode;    /* xdp */
	bool egress;	       /* tc */
	const char *where;     /* tracepoint, kernel symbol, binary:symbol or cgroup path */
	const char *key;       /* names the link's pin: link_<key> */
};

struct manifest {
	const char *dir;
	const char *name;
	const char *version;
	const char *object_sha256;
	const char *object_path;
	struct target targets[MAX_TARGETS];
	int target_count;
	json_t *constants;
	json_t *maps;  /* map name -> keep | recreate | migrate */
	json_t *smoke; /* [{packet: hex, expect?: "XDP_PASS"}] */
	bool takeover;
	int health_seconds;
};

const char *hook_name(enum hook hook);
const char *mode_name(enum xdp_mode mode);

/* Reads <dir>/manifest.json and checks every field. */
int manifest_read(const char *dir, struct manifest *manifest);

/* The XDP target, of which a manifest has at most one; NULL without. */
struct target *manifest_xdp(struct manifest *manifest);

/* Fails unless the object has the hash that the manifest states. */
int manifest_check_object(const struct manifest *manifest);

/* Lower-case SHA-256 of a file, or NULL (errno). */
const char *file_sha256(const char *path);

/* Lower-case SHA-256 of bytes. */
const char *bytes_sha256(const void *bytes, size_t size);

#endif
