// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#include "object.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "constants.h"
#include "fail.h"
#include "paths.h"
#include "shape.h"
#include "text.h"
#include "verifier.h"

/* The largest log that kernels before 6.4 accept is 16 MiB - 1 (UINT_MAX >> 8). */
#define VERIFIER_LOG_BYTES ((1u << 24) - 1)

bool map_is_pinned(const struct bpf_map *map)
{
	return !bpf_map__is_internal(map) && strcmp(bpf_map__name(map), "chain");
}

static const char *doing(const struct manifest *m)
{
	return text("Loading version %s of %s", m->version, m->name);
}

int object_open(const struct manifest *m, struct bpf_object **object)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = m->name);

	libbpf_log_clear();
	*object = bpf_object__open_file(m->object_path, &options);
	if (!*object)
		return fail(doing(m), text("%s: %s", errno_text(errno), libbpf_log()),
			    "build the object for BPF with BTF: clang -g -O2 -target bpf");
	return 0;
}

static int use_chain(const struct manifest *m, struct bpf_object *object, const struct root *root,
		     int slot)
{
	struct bpf_map *chain = bpf_object__find_map_by_name(object, "chain");
	const char *difference;

	if (!chain)
		return fail(
			doing(m), "the XDP object has no map named chain",
			"include chain.bpf.h and end the pass path with 'return next_slot(ctx);'");
	difference = shape_difference(object, chain, root->chain_fd);
	if (difference)
		return fail(doing(m),
			    text("its chain differs from the interface's: %s", difference),
			    "build it with this release's chain.bpf.h");
	if (bpf_map__reuse_fd(chain, root->chain_fd))
		return fail(doing(m), errno_text(errno), "run it again");
	return constant_set(object, "slot", slot);
}

/* Decides what becomes of one map that the object declares. */
static int use_map(const struct manifest *m, const struct bpf_object *object,
		   struct loaded_map *entry)
{
	const char *pin = text(PIN_DIR "/%s/maps/%s", m->name, entry->name);
	const char *policy = json_string_value(json_object_get(m->maps, entry->name));
	const char *difference;
	int fd = bpf_obj_get(pin);

	entry->old_fd = -1;
	entry->fate = MAP_NEW;
	if (fd < 0)
		return 0;
	policy = policy ? policy : "keep";
	difference = shape_difference(object, entry->map, fd);
	if (!difference) {
		entry->fate = MAP_REUSED;
		if (bpf_map__reuse_fd(entry->map, fd))
			return fail(doing(m), errno_text(errno), "run it again");
		return 0;
	}
	if (!strcmp(policy, "recreate")) {
		entry->fate = MAP_RECREATED;
		return 0;
	}
	if (!strcmp(policy, "migrate")) {
		if (!shape_can_copy(object, entry->map, fd))
			return fail(text("Migrating the map %s of %s", entry->name, m->name),
				    difference,
				    "only max_entries and flags can change by migrate: set the "
				    "map's policy to recreate, which empties it");
		entry->fate = MAP_MIGRATED;
		entry->old_fd = fd;
		return 0;
	}
	return fail(
		text("Keeping the map %s of %s over version %s", entry->name, m->name, m->version),
		difference,
		text("set maps.%s to recreate (empties it) or migrate (copies it), or give the new "
		     "map another name",
		     entry->name));
}

static int use_maps(const struct manifest *m, struct loaded *loaded)
{
	struct bpf_map *map;
	const char *name;
	json_t *policy;

	json_object_foreach(m->maps, name, policy)
	{
		map = bpf_object__find_map_by_name(loaded->object, name);
		if (!map || !map_is_pinned(map))
			return fail(doing(m),
				    text("the policy for map %s names no map of the object", name),
				    "correct maps in the config");
	}
	bpf_object__for_each_map(map, loaded->object)
	{
		struct loaded_map *entry = &loaded->maps[loaded->map_count];

		if (!map_is_pinned(map))
			continue;
		if (loaded->map_count == MAX_MAPS)
			return fail(doing(m), "the object has more than 64 maps", "split it");
		/* Our pins are the only ones: LIBBPF_PIN_BY_NAME has one namespace for all. */
		bpf_map__set_pin_path(map, NULL);
		/* A copy: reuse_fd gives the map the kernel's (shortened) name. */
		entry->name = text("%s", bpf_map__name(map));
		entry->map = map;
		if (use_map(m, loaded->object, entry))
			return -1;
		loaded->map_count++;
	}
	return 0;
}

static bool wanted(const struct manifest *m, const char *function)
{
	for (int i = 0; i < m->target_count; i++)
		if (!strcmp(m->targets[i].function, function))
			return true;
	return false;
}

static int choose_functions(const struct manifest *m, struct bpf_object *object)
{
	struct bpf_program *program;
	const char *names = "";

	bpf_object__for_each_program(program, object)
	{
		const char *name = bpf_program__name(program);

		bpf_program__set_autoload(program, wanted(m, name));
		names = text("%s%s%s", names, *names ? ", " : "", name);
	}
	for (int i = 0; i < m->target_count; i++)
		if (!bpf_object__find_program_by_name(object, m->targets[i].function))
			return fail(doing(m),
				    text("the object has no function %s, only %s",
					 m->targets[i].function, names),
				    "correct the function in the config");
	return 0;
}

static int rejected(const struct manifest *m, const struct bpf_object *object, int error)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, object)
	{
		size_t size;
		char *log = (char *)bpf_program__log_buf(program, &size);
		struct verdict verdict;

		if (!log || !*log)
			continue;
		verdict = verifier_verdict(log);
		fail(text("%s: the verifier rejects %s", doing(m), bpf_program__name(program)),
		     verdict.source ? text("%s, at: %s", verdict.reason, verdict.source)
				    : verdict.reason,
		     "correct the source; the version that was attached still is");
		if (verdict.source)
			fail_detail("sourceLine", json_string(verdict.source));
		fail_detail("verifierLog", json_string(verdict.tail));
		return -1;
	}
	return fail(doing(m), text("%s: %s", errno_text(error), libbpf_log()),
		    error == -EPERM || error == -EACCES
			    ? "this kernel refuses this kind of program: see 'ebpf-loader probe'"
			    : "run 'ebpf-loader probe' to see what this kernel can do");
}

int object_load(const struct manifest *m, const struct root *root, struct loaded *loaded)
{
	const struct target *xdp = manifest_xdp((struct manifest *)m);
	struct bpf_program *program;
	int error;

	memset(loaded, 0, sizeof(*loaded));
	if (object_open(m, &loaded->object) || choose_functions(m, loaded->object))
		return -1;
	if (xdp && use_chain(m, loaded->object, root, xdp->slot))
		return -1;
	if (constants_set(loaded->object, m->constants) || use_maps(m, loaded))
		return -1;
	bpf_object__for_each_program(program, loaded->object)
	{
		char *log = calloc(1, VERIFIER_LOG_BYTES);

		if (!log)
			abort();
		bpf_program__set_log_buf(program, log, VERIFIER_LOG_BYTES);
	}
	libbpf_log_clear();
	error = bpf_object__load(loaded->object);
	return error ? rejected(m, loaded->object, error) : 0;
}

int object_function(const struct loaded *loaded, const char *function)
{
	struct bpf_program *program = bpf_object__find_program_by_name(loaded->object, function);

	if (!program || bpf_program__fd(program) < 0)
		return fail(text("Looking for the function %s", function), "it was not loaded",
			    "run it again");
	return bpf_program__fd(program);
}

static const char *const actions[] = { "XDP_ABORTED", "XDP_DROP", "XDP_PASS", "XDP_TX",
				       "XDP_REDIRECT" };

static int smoke_one(const struct manifest *m, int fd, const char *packet, const char *expect)
{
	const char *what = text("Running a smoke packet through version %s of %s", m->version,
				m->name);
	const char *remedy =
		"correct the program or the packet; the version that was attached still is";
	LIBBPF_OPTS(bpf_test_run_opts, run);
	unsigned char *bytes, *out = malloc(65536);
	size_t size;
	int error;

	if (!hex_parse(packet, &bytes, &size) || !out)
		return fail(what, "the packet is no hexadecimal text", remedy);
	run.data_in = bytes;
	run.data_size_in = size;
	run.data_out = out;
	run.data_size_out = 65536;
	error = bpf_prog_test_run_opts(fd, &run);
	if (error)
		return fail(what, errno_text(error), remedy);
	if (run.retval == 0 || run.retval >= 5)
		return fail(what, text("it returned %u, which XDP treats as aborted", run.retval),
			    remedy);
	if (expect && strcmp(expect, actions[run.retval]))
		return fail(what, text("it returned %s, expected %s", actions[run.retval], expect),
			    remedy);
	return 0;
}

int object_smoke(const struct manifest *m, const struct loaded *loaded)
{
	const struct target *xdp = manifest_xdp((struct manifest *)m);
	json_t *packet;
	size_t i;
	int fd;

	if (!xdp || !m->smoke)
		return 0;
	fd = object_function(loaded, xdp->function);
	if (fd < 0)
		return -1;
	json_array_foreach(m->smoke, i, packet)
	{
		const char *hex = NULL, *expect = NULL;

		if (json_unpack(packet, "{s:s, s?s}", "packet", &hex, "expect", &expect))
			return fail("Reading the smoke packets of the manifest",
				    text("packet %zu has no field 'packet'", i),
				    "write {\"packet\": hex, \"expect\": action}");
		if (smoke_one(m, fd, hex, expect))
			return -1;
	}
	return 0;
}
