/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Shapes of the maps of the LSM programs; lib/src/lsm-maps.ts writes them. Integers
 * are in the host's byte order, addresses and ports in network order. A program uses
 * the maps of its own head comment:
 *
 *   settings    ARRAY     1      struct lsm_settings; all zero: the program does nothing
 *   cgroups     HASH      512    struct cgroup_step -> struct cgroup_node
 *   inodes      HASH      4096   struct file_id -> struct lsm_rule
 *   paths       LPM_TRIE  1024   struct path_key -> struct lsm_rule
 *   digests     HASH      1024   struct digest_key -> struct lsm_rule
 *   connect4    LPM_TRIE  1024   struct connect4_key -> struct lsm_rule
 *   connect6    LPM_TRIE  1024   struct connect6_key -> struct lsm_rule
 *   types       HASH      64     struct type_key -> struct lsm_rule
 *   rule_stats  ARRAY     1024   rule number -> struct lsm_rule_stats
 *   stats       ARRAY     4      enum lsm_counter -> u64
 *   events      RINGBUF   256 K  struct lsm_record
 *
 * Rules are numbered from 1; number 0 counts what no rule of an allow-list names.
 */
#ifndef LSM_MAPS_H
#define LSM_MAPS_H

#define LSM_PATH      128 /* bytes of a path with its NUL; longer ones match no rule */
#define LSM_NAME      92  /* bytes of a cgroup's name with its NUL */
#define LSM_TYPE      32  /* bytes of a file system type with its NUL */
#define LSM_DEPTH     8	  /* levels of the cgroup tree that rules can name */
#define LSM_MAX_RULES 1024

enum lsm_mode { LSM_OFF = 0, LSM_AUDIT = 1, LSM_ENFORCE = 2 };

/* What becomes of what no rule names. */
enum lsm_list { LSM_DENY_LIST = 0, LSM_ALLOW_LIST = 1 };

struct lsm_settings {
	__u32 mode;   /* enum lsm_mode */
	__u32 list;   /* enum lsm_list */
	__u32 scoped; /* 1: only processes of cgroups marked CGROUP_SCOPE are judged */
	__u32 unused;
};

enum lsm_rule_flag {
	RULE_ALLOW = 1, /* connect: what it names is allowed, whatever the list says */
	RULE_WRITE = 2, /* file: only opening for writing is denied */
};

struct lsm_rule {
	__u32 number;
	__u32 flags;
};

/* A file by what it is, not by what it is called. The loader turns paths into these. */
struct file_id {
	__u64 device; /* of the file system, as the kernel has it: major << 20 | minor */
	__u64 inode;
};

/* A file ("/usr/bin/wget" and its NUL) or a folder with all below it ("/usr/bin/"). */
struct path_key {
	__u32 bits;
	char path[LSM_PATH];
};

/* fs-verity digest, SHA-256. */
struct digest_key {
	__u8 digest[32];
};

/* Port 0 stands for all ports; a rule with the port goes before one without. */
struct connect4_key {
	__u32 bits; /* 16 for the port, then the prefix */
	__u8 port[2];
	__u8 address[4];
};

struct connect6_key {
	__u32 bits;
	__u8 port[2];
	__u8 address[16];
};

struct type_key {
	char type[LSM_TYPE]; /* also "bind", "remount", "move" */
};

/*
 * One step down the cgroup tree: cgroups are found by name, because their ids change
 * with every start of a service. Node 0 is the root.
 */
struct cgroup_step {
	__u32 parent;
	char name[LSM_NAME];
};

enum cgroup_flag { CGROUP_EXEMPT = 1, CGROUP_SCOPE = 2, CGROUP_PROTECTED = 4 };

struct cgroup_node {
	__u32 node;
	__u32 flags; /* enum cgroup_flag; holds for everything below too */
	__u32 rule;  /* of CGROUP_PROTECTED */
};

struct lsm_rule_stats {
	__u64 audited;
	__u64 denied;
};

enum lsm_counter {
	LSM_DROPPED = 0,  /* events for which the ring buffer had no room */
	LSM_EXEMPT,	  /* matches by an exempt process, let through */
	LSM_OUT_OF_SCOPE, /* matches by a process outside the scope, let through */
	LSM_LONG_PATH,	  /* paths that did not fit; only inode and digest were compared */
	LSM_COUNTERS
};

enum lsm_hook {
	HOOK_EXEC = 1,
	HOOK_MAP_EXEC = 2,
	HOOK_FILE_OPEN = 3,
	HOOK_CONNECT = 4,
	HOOK_SEND = 5,
	HOOK_KILL = 6,
	HOOK_MOUNT = 7,
	HOOK_MOVE_MOUNT = 8,
};

struct lsm_record {
	__u64 time;   /* nanoseconds since boot (CLOCK_BOOTTIME) */
	__u64 cgroup; /* id */
	__u32 pid;
	__u32 uid;
	__u32 rule;
	__u16 hook;	     /* enum lsm_hook */
	__u16 mode;	     /* enum lsm_mode: audit reported it, enforce denied it */
	char comm[16];	     /* who did it */
	char text[LSM_PATH]; /* path, or file system type */
	__u8 address[16];    /* connect: IPv4 in the first four bytes */
	__u8 port[2];
	__u16 family; /* 2 IPv4, 10 IPv6 */
	__u32 number; /* kill: the signal */
};

#endif
