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
 *   clear OBJ MAP             {}   arrays are zeroed, per-CPU ones too
 *   slot SLOT OBJ             {}   puts a program into the chain; OBJ -1 empties the slot
 *   cpu N                     {}   the CPU on which packets run
 *   bench OBJ REPEAT PACKET   {"ns":N,"verdict":3,"size":N}   CPU time of this thread, all repeats
 *   info OBJ                  {"name":...,"verified":N,"instructions":N,"jited":BYTES,"maps":{...}}
 *
 * A command that fails answers {"error":"..."} and changes nothing else.
 */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

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

static struct loaded objects[MAX_OBJECTS];
static int object_count;
static int cpus;

static void __attribute__((noreturn, format(printf, 1, 2))) die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("runner: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	exit(1);
}

static void __attribute__((format(printf, 1, 2))) reply_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("{\"error\":\"", stdout);
	vprintf(format, args);
	puts("\"}");
}

static int hex_digit(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* Returns the number of bytes, or -1. */
static int from_hex(const char *text, unsigned char *bytes, int room)
{
	int size = strlen(text);

	if (size % 2 || size / 2 > room)
		return -1;
	for (int i = 0; i < size / 2; i++) {
		int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return -1;
		bytes[i] = high << 4 | low;
	}
	return size / 2;
}

static void print_hex(const unsigned char *bytes, size_t size)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < size; i++) {
		putchar(digits[bytes[i] >> 4]);
		putchar(digits[bytes[i] & 15]);
	}
}

static bool is_percpu(const struct bpf_map *map)
{
	enum bpf_map_type type = bpf_map__type(map);

	return type == BPF_MAP_TYPE_PERCPU_ARRAY || type == BPF_MAP_TYPE_PERCPU_HASH ||
	       type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

static bool is_array(const struct bpf_map *map)
{
	enum bpf_map_type type = bpf_map__type(map);

	return type == BPF_MAP_TYPE_PERCPU_ARRAY || type == BPF_MAP_TYPE_ARRAY;
}

/* The kernel rounds the values of per-CPU maps up to 8 bytes. */
static size_t value_stride(const struct bpf_map *map)
{
	size_t size = bpf_map__value_size(map);

	return is_percpu(map) ? (size + 7) & ~7UL : size;
}

static size_t value_total(const struct bpf_map *map)
{
	return is_percpu(map) ? value_stride(map) * cpus : bpf_map__value_size(map);
}

static void *room_for(size_t size)
{
	void *bytes = calloc(1, size ? size : 1);

	if (!bytes)
		die("out of memory for %zu bytes", size);
	return bytes;
}

/* ---- loading ---- */

static struct bpf_map *find_rodata(struct bpf_object *object)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object) if (strstr(bpf_map__name(map), ".rodata")) return map;
	die("%s has no constants", bpf_object__name(object));
}

static void set_constant(struct bpf_object *object, const char *name, __u64 value)
{
	const struct btf *btf = bpf_object__btf(object);
	int id = btf__find_by_name_kind(btf, ".rodata", BTF_KIND_DATASEC);
	const struct btf_type *section = btf__type_by_id(btf, id);
	struct btf_var_secinfo *var = section ? btf_var_secinfos(section) : NULL;
	size_t size;
	char *image = (char *)bpf_map__initial_value(find_rodata(object), &size);

	for (int i = 0; section && i < btf_vlen(section); i++, var++) {
		const struct btf_type *type = btf__type_by_id(btf, var->type);

		if (strcmp(btf__name_by_offset(btf, type->name_off), name))
			continue;
		memcpy(image + var->offset, &value, var->size);
		return;
	}
	die("no constant %s in %s", name, bpf_object__name(object));
}

static void set_sizes(struct bpf_object *object, char **sizes, int count)
{
	for (int i = 0; i < count; i++) {
		char *equals = strchr(sizes[i], '=');
		struct bpf_map *map;

		if (!equals)
			die("-m needs MAP=MAX_ENTRIES, not %s", sizes[i]);
		*equals = 0;
		map = bpf_object__find_map_by_name(object, sizes[i]);
		if (map && bpf_map__set_max_entries(map, strtoul(equals + 1, NULL, 10)))
			die("cannot resize %s", sizes[i]);
		*equals = '=';
	}
}

static void share_chain(struct bpf_object *object)
{
	struct bpf_map *chain = bpf_object__find_map_by_name(object, CHAIN), *first;

	for (int i = 0; chain && i < object_count; i++) {
		first = bpf_object__find_map_by_name(objects[i].object, CHAIN);
		if (first && bpf_map__reuse_fd(chain, bpf_map__fd(first)))
			die("cannot share the chain: %s", strerror(errno));
		if (first)
			return;
	}
}

static void remember_inner(struct loaded *target)
{
	struct bpf_map *map, *inner;

	bpf_object__for_each_map(map, target->object)
	{
		inner = bpf_map__inner_map(map);
		if (!inner)
			continue;
		target->inner = (struct shape){ bpf_map__type(inner), bpf_map__key_size(inner),
						bpf_map__value_size(inner),
						bpf_map__max_entries(inner) };
	}
}

static void load(char *spec, char **sizes, int size_count)
{
	char *save, *path = strtok_r(spec, ",", &save), *constant;
	struct loaded *target = &objects[object_count];

	if (object_count == MAX_OBJECTS)
		die("more than %d objects", MAX_OBJECTS);
	target->object = bpf_object__open_file(path, NULL);
	if (!target->object)
		die("cannot open %s: %s", path, strerror(errno));
	while ((constant = strtok_r(NULL, ",", &save))) {
		char *equals = strchr(constant, '=');

		if (!equals)
			die("a constant is NAME=VALUE, not %s", constant);
		*equals = 0;
		set_constant(target->object, constant, strtoull(equals + 1, NULL, 0));
	}
	set_sizes(target->object, sizes, size_count);
	share_chain(target->object);
	remember_inner(target);
	if (bpf_object__load(target->object))
		die("the kernel refuses %s", path);
	target->program = bpf_object__next_program(target->object, NULL);
	target->fd = bpf_program__fd(target->program);
	object_count++;
}

/* ---- commands ---- */

static struct loaded *find_object(const char *text)
{
	int index = text ? atoi(text) : -1;

	return index >= 0 && index < object_count ? &objects[index] : NULL;
}

static struct bpf_map *find_map(const char *object, const char *name)
{
	struct loaded *loaded = find_object(object);

	return loaded && name ? bpf_object__find_map_by_name(loaded->object, name) : NULL;
}

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

static void command_put(char **word)
{
	struct bpf_map *map = find_map(word[1], word[2]);
	unsigned char *key, *value;

	if (!map || !word[3] || !word[4]) {
		reply_error("put needs an object, a map, a key and a value");
		return;
	}
	key = room_for(bpf_map__key_size(map));
	value = room_for(value_total(map));
	if (from_hex(word[3], key, bpf_map__key_size(map)) != (int)bpf_map__key_size(map) ||
	    from_hex(word[4], value, value_total(map)) != (int)value_total(map))
		reply_error("key or value of %s has the wrong size", word[2]);
	else if (bpf_map_update_elem(bpf_map__fd(map), key, value, BPF_ANY))
		reply_error("writing %s: %s", word[2], strerror(errno));
	else
		puts("{}");
	free(key);
	free(value);
}

static const char *put_inner(struct bpf_map *outer, const struct shape *shape,
			     const unsigned char *key, const unsigned char *records, __u32 count)
{
	int fd = bpf_map_create(shape->type, "inner", shape->key_size, shape->value_size,
				shape->max_entries, NULL);
	const char *error = NULL;

	if (fd < 0)
		return strerror(errno);
	for (__u32 i = 0; i < count && !error; i++) {
		if (bpf_map_update_elem(fd, records, records + shape->key_size, BPF_ANY))
			error = strerror(errno);
		records += shape->key_size + shape->value_size;
	}
	if (!error && bpf_map_update_elem(bpf_map__fd(outer), key, &fd, BPF_ANY))
		error = strerror(errno);
	close(fd);
	return error;
}

static const char *put_records(struct bpf_map *map, const struct shape *shape,
			       const unsigned char *bytes, size_t size)
{
	bool outer = bpf_map__type(map) == BPF_MAP_TYPE_ARRAY_OF_MAPS;
	size_t key_size = bpf_map__key_size(map);
	const char *error = NULL;

	for (size_t at = 0; at < size && !error;) {
		size_t head = key_size, body = bpf_map__value_size(map);
		__u32 count = 0;

		if (outer) {
			if (size - at < key_size + sizeof(count))
				return "the file ends inside a record";
			memcpy(&count, bytes + at + key_size, sizeof(count));
			head += sizeof(count);
			body = (shape->key_size + shape->value_size) * count;
		}
		if (size - at < head + body)
			return "the file ends inside a record";
		if (outer)
			error = put_inner(map, shape, bytes + at, bytes + at + head, count);
		else if (bpf_map_update_elem(bpf_map__fd(map), bytes + at, bytes + at + head,
					     BPF_ANY))
			error = strerror(errno);
		at += head + body;
	}
	return error;
}

static void command_file(char **word)
{
	struct bpf_map *map = find_map(word[1], word[2]);
	FILE *file = word[3] ? fopen(word[3], "rb") : NULL;
	unsigned char *bytes;
	const char *error;
	long size;

	if (!map || !file) {
		reply_error("file needs an object, a map and a readable file");
		return;
	}
	fseek(file, 0, SEEK_END);
	size = ftell(file);
	rewind(file);
	bytes = room_for(size);
	if (fread(bytes, 1, size, file) != (size_t)size)
		error = "the file cannot be read whole";
	else
		error = put_records(map, &find_object(word[1])->inner, bytes, size);
	fclose(file);
	free(bytes);
	if (error)
		reply_error("writing %s: %s", word[2], error);
	else
		puts("{}");
}

static void command_delete(char **word)
{
	struct bpf_map *map = find_map(word[1], word[2]);
	unsigned char key[64];

	if (!map || !word[3] || from_hex(word[3], key, sizeof(key)) < 0)
		reply_error("delete needs an object, a map and a key");
	else if (bpf_map_delete_elem(bpf_map__fd(map), key))
		reply_error("deleting from %s: %s", word[2], strerror(errno));
	else
		puts("{}");
}

static void command_get(char **word)
{
	struct bpf_map *map = find_map(word[1], word[2]);
	unsigned char key[64], *value;

	if (!map || !word[3] || from_hex(word[3], key, sizeof(key)) < 0) {
		reply_error("get needs an object, a map and a key");
		return;
	}
	value = room_for(value_total(map));
	fputs("{\"values\":[", stdout);
	if (!bpf_map_lookup_elem(bpf_map__fd(map), key, value)) {
		for (int i = 0; i < (is_percpu(map) ? cpus : 1); i++) {
			fputs(i ? ",\"" : "\"", stdout);
			print_hex(value + i * value_stride(map), bpf_map__value_size(map));
			putchar('"');
		}
	}
	puts("]}");
	free(value);
}

static void command_dump(char **word)
{
	struct bpf_map *map = find_map(word[1], word[2]);
	unsigned char *key, *value;
	bool first = true;
	void *last = NULL;

	if (!map) {
		reply_error("dump needs an object and a map");
		return;
	}
	key = room_for(bpf_map__key_size(map));
	value = room_for(value_total(map));
	fputs("{\"entries\":[", stdout);
	while (!bpf_map_get_next_key(bpf_map__fd(map), last, key)) {
		last = key;
		if (bpf_map_lookup_elem(bpf_map__fd(map), key, value))
			continue;
		fputs(first ? "[\"" : ",[\"", stdout);
		first = false;
		print_hex(key, bpf_map__key_size(map));
		fputs("\",\"", stdout);
		print_hex(value, value_total(map));
		fputs("\"]", stdout);
	}
	puts("]}");
	free(key);
	free(value);
}

static void command_clear(char **word)
{
	struct bpf_map *map = find_map(word[1], word[2]);
	unsigned char *key, *zero;

	if (!map) {
		reply_error("clear needs an object and a map");
		return;
	}
	key = room_for(bpf_map__key_size(map));
	zero = room_for(value_total(map));
	if (is_array(map)) {
		for (__u32 i = 0; i < bpf_map__max_entries(map); i++)
			bpf_map_update_elem(bpf_map__fd(map), &i, zero, BPF_ANY);
	} else {
		while (!bpf_map_get_next_key(bpf_map__fd(map), NULL, key))
			bpf_map_delete_elem(bpf_map__fd(map), key);
	}
	puts("{}");
	free(key);
	free(zero);
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
	{ "run", command_run },	  { "bench", command_bench },	{ "put", command_put },
	{ "file", command_file }, { "delete", command_delete }, { "get", command_get },
	{ "dump", command_dump }, { "clear", command_clear },	{ "slot", command_slot },
	{ "cpu", command_cpu },	  { "info", command_info },
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
