/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The parts of the packet runner: objects, replies, and the commands by what they are about. */
#ifndef RUNNER_H
#define RUNNER_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stddef.h>

#define MAX_OBJECTS 32
#define MAX_PACKET  65535
#define CHAIN	    "chain"

/* The shape of the inner maps of an object's map of maps: libbpf forgets it when it loads the
 * object. */
struct shape {
	enum bpf_map_type type;
	__u32 key_size, value_size, max_entries;
};

struct loaded {
	struct bpf_object *object;
	struct bpf_program *program;
	struct shape inner;
	int fd;
};

/* objects.c */
extern struct loaded objects[MAX_OBJECTS];
extern int object_count;
extern int cpus;

void load(char *spec, char **sizes, int size_count);
struct loaded *find_object(const char *text);
struct bpf_map *find_map(const char *object, const char *name);

/* text.c */
void die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
void reply_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void *room_for(size_t size);
int from_hex(const char *text, unsigned char *bytes, int room);
void print_hex(const unsigned char *bytes, size_t size);

/* map_commands.c: word[0] is the command, the others its arguments or NULL */
void command_put(char **word);
void command_file(char **word);
void command_delete(char **word);
void command_get(char **word);
void command_dump(char **word);
void command_events(char **word);
void command_clear(char **word);

#endif
