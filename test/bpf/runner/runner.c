// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Runs packets through XDP programs in the kernel (BPF_PROG_TEST_RUN) for the
 * tests: TypeScript holds the tables and the models, this only carries them out.
 *
 *   runner [-m MAP=MAX_ENTRIES]... OBJECT[,CONSTANT=VALUE]...
 *
 * Every object is loaded, in order; their maps called `chain` are one. Each line
 * on standard input is a command, each gets one line of JSON (bytes are hex):
 *
 *   run OBJ PACKET            {"verdict":3,"packet":"..."}
 *   put OBJ MAP KEY VALUE     {}
 *   file OBJ MAP PATH         {}   records, as `ebpf-loader map put` takes them
 *   delete OBJ MAP KEY        {}
 *   get OBJ MAP KEY           {"values":["..."]}   one for each CPU, or one; none if absent
 *   dump OBJ MAP              {"entries":[["key","value"],...]}
 *   events OBJ MAP            {"events":["..."]}   what a ring buffer holds; it is empty then
 *   clear OBJ MAP             {}   arrays are zeroed, per-CPU ones too
 *   slot SLOT OBJ             {}   puts a program into the chain; OBJ -1 empties the slot
 *   cpu N                     {}   the CPU on which packets run
 *   bench OBJ REPEAT PACKET   {"ns":N,"verdict":3,"size":N}   CPU time of this thread, all repeats
 *   info OBJ                  {"name":...,"verified":N,"instructions":N,"jited":BYTES,"maps":{...}}
 *
 * A command that fails answers {"error":"..."} and changes nothing else.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "runner.h"

static void command_run(char **word)
{
	static unsigned char in[MAX_PACKET], out[MAX_PACKET + 512];
	struct loaded *loaded = find_object(word[1]);
	int size = word[2] ? from_hex(word[2], in, sizeof(in)) : -1;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = in, .data_size_in = size, .data_out = out,
		    .data_size_out = sizeof(out), .repeat = 1);

	if (!loaded || size < 0) {
		reply_error("run needs an object and a packet");
		return;
	}
	if (bpf_prog_test_run_opts(loaded->fd, &opts)) {
		reply_error("running the packet: %s", strerror(errno));
		return;
	}
	printf("{\"verdict\":%u,\"packet\":\"", opts.retval);
	print_hex(out, opts.data_size_out);
	puts("\"}");
}

static __u64 thread_time(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

/* CPU time of the thread, not the wall's: a call with repeats waits about 20 ms for RCU. */
static void command_bench(char **word)
{
	static unsigned char in[MAX_PACKET], out[MAX_PACKET + 512];
	struct loaded *loaded = find_object(word[1]);
	int size = word[3] ? from_hex(word[3], in, sizeof(in)) : -1;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = in, .data_size_in = size, .data_out = out,
		    .data_size_out = sizeof(out));
	__u64 start;

	if (!loaded || size < 0) {
		reply_error("bench needs an object, a number of repeats and a packet");
		return;
	}
	opts.repeat = atoi(word[2]);
	start = thread_time();
	if (bpf_prog_test_run_opts(loaded->fd, &opts))
		reply_error("running the packet: %s", strerror(errno));
	else
		printf("{\"ns\":%llu,\"verdict\":%u,\"size\":%u}\n", thread_time() - start,
		       opts.retval, opts.data_size_out);
}

static void command_slot(char **word)
{
	struct bpf_map *chain = bpf_object__find_map_by_name(objects[0].object, CHAIN);
	struct loaded *loaded = find_object(word[2]);
	__u32 index = word[1] ? atoi(word[1]) : 0;
	int error;

	if (!chain || !word[1] || !word[2]) {
		reply_error("slot needs a slot, an object, and a chain in the first object");
		return;
	}
	if (loaded)
		error = bpf_map_update_elem(bpf_map__fd(chain), &index, &loaded->fd, BPF_ANY);
	else
		error = bpf_map_delete_elem(bpf_map__fd(chain), &index);
	if (error)
		reply_error("slot %u: %s", index, strerror(errno));
	else
		puts("{}");
}

static void command_cpu(char **word)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(word[1] ? atoi(word[1]) : 0, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		reply_error("cpu %s: %s", word[1] ? word[1] : "", strerror(errno));
	else
		puts("{}");
}

static void command_info(char **word)
{
	struct loaded *loaded = find_object(word[1]);
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info);
	struct bpf_map *map;
	bool first = true;

	if (!loaded || bpf_obj_get_info_by_fd(loaded->fd, &info, &size)) {
		reply_error("info needs an object");
		return;
	}
	printf("{\"name\":\"%s\",\"verified\":%u,\"instructions\":%u,\"jited\":%u,\"maps\":{",
	       info.name, info.verified_insns, info.xlated_prog_len / 8, info.jited_prog_len);
	bpf_object__for_each_map(map, loaded->object)
	{
		printf("%s\"%s\":{\"type\":\"%s\",\"key\":%u,\"value\":%u,\"entries\":%u}",
		       first ? "" : ",", bpf_map__name(map),
		       libbpf_bpf_map_type_str(bpf_map__type(map)), bpf_map__key_size(map),
		       bpf_map__value_size(map), bpf_map__max_entries(map));
		first = false;
	}
	puts("}}");
}

static const struct command {
	const char *name;
	void (*run)(char **word);
} commands[] = {
	{ "run", command_run },	      { "bench", command_bench },   { "put", command_put },
	{ "file", command_file },     { "delete", command_delete }, { "get", command_get },
	{ "dump", command_dump },     { "clear", command_clear },   { "slot", command_slot },
	{ "events", command_events }, { "cpu", command_cpu },	    { "info", command_info },
};

static void answer(char *line)
{
	char *save, *word[6] = { strtok_r(line, " ", &save) };

	for (int i = 1; i < 5; i++)
		word[i] = word[i - 1] ? strtok_r(NULL, " ", &save) : NULL;
	for (size_t i = 0; word[0] && i < sizeof(commands) / sizeof(*commands); i++) {
		if (strcmp(word[0], commands[i].name))
			continue;
		commands[i].run(word);
		return;
	}
	reply_error("unknown command");
}

int main(int argc, char **argv)
{
	char *sizes[32], *line = NULL;
	size_t room = 0;
	int size_count = 0, option;
	ssize_t length;

	while ((option = getopt(argc, argv, "m:")) == 'm')
		if (size_count < 32)
			sizes[size_count++] = optarg;
	if (option != -1 || optind == argc)
		die("usage: runner [-m MAP=MAX_ENTRIES]... OBJECT[,CONSTANT=VALUE]...");
	cpus = libbpf_num_possible_cpus();
	for (int i = optind; i < argc; i++)
		load(argv[i], sizes, size_count);

	/* Replies are sent when the pipe has nothing more to ask, so that many commands may be in
	 * flight. */
	setvbuf(stdout, NULL, _IOFBF, 1 << 20);
	puts("{}");
	fflush(stdout);
	while ((length = getline(&line, &room, stdin)) > 0) {
		if (line[length - 1] == '\n')
			line[length - 1] = 0;
		if (!*line)
			fflush(stdout);
		else
			answer(line);
	}
	fflush(stdout);
	return 0;
}
