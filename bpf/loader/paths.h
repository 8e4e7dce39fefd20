/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Where things lie on a node, and the file operations that a kill cannot halve. */
#ifndef LOADER_PATHS_H
#define LOADER_PATHS_H

#include <stdbool.h>
#include <stddef.h>

#define STATE_DIR   "/var/lib/ebpf-platform/bpf"
#define BPFFS	    "/sys/fs/bpf"
#define PIN_DIR	    BPFFS "/ebpf-platform"
#define RUN_DIR	    "/run/ebpf-platform"
#define RECORD_DIR  RUN_DIR "/bpf"
#define LOCK_FILE   RUN_DIR "/bpf.lock"
#define ROOT_PREFIX "xdp_root_"

enum lock_kind { LOCK_READERS, LOCK_WRITER };

/* Takes the node's lock, waiting at most 60 s; it falls with the process. */
int lock_node(enum lock_kind kind);

/* Lets the lock go before the end of the process. */
void unlock_node(void);

/* Fails unless /sys/fs/bpf is a BPF file system. */
int require_bpffs(void);

/* bpffs refuses dots in names (VLAN devices have one): they become %2e. */
const char *pin_name(const char *name);

/* [a-z][a-z0-9_-]{0,62}, and none that looks like the folder of an XDP root. */
bool valid_name(const char *name);

/* Twelve lower-case hexadecimal digits. */
bool valid_version(const char *version);

int make_dirs(const char *path);

/* Whole contents of a file with a trailing NUL; NULL when it cannot be read (errno). */
char *read_file(const char *path, size_t *size);

/* Writes beside, syncs and renames, so that a reader sees old or new. */
int write_file(const char *path, const void *bytes, size_t size);

/* Points a symlink at target by renaming a new one over it. */
int replace_symlink(const char *path, const char *target);

/* Target of a symlink, or NULL when there is none. */
const char *symlink_target(const char *path);

/* Removes a file or a folder with all that is in it; absence is success. */
int remove_tree(const char *path);

bool path_exists(const char *path);

/* Names in a folder, sorted, without "." and ".."; none when it does not exist. */
int list_dir(const char *path, const char ***names);

#endif
