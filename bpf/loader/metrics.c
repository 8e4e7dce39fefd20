// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#include "metrics.h"

#include <bpf/bpf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attached.h"
#include "fail.h"
#include "kernel.h"
#include "measure.h"
#include "paths.h"
#include "text.h"
#include "version.h"

#define MAX_PROGRAMS 64

void metric_label(FILE *out, const char *label, const char *value)
{
	fprintf(out, "%s=\"", label);
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			fputc('\\', out);
		fputc(*value, out);
	}
	fputc('"', out);
}

void metric_begin(FILE *out, const char *name, const struct measured *program)
{
	fprintf(out, "%s{", name);
	metric_label(out, "program", program->manifest.name);
	fputc(',', out);
}

static const char *word(json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value ? value : "";
}

static json_int_t number(json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static void attached(FILE *out, const struct metric *metric, const struct measured *program)
{
	json_t *target;
	size_t i;

	json_array_foreach(json_object_get(program->facts, "targets"), i, target)
	{
		const char *place = word(target, "interface");
		bool ours = json_is_true(json_object_get(target, "attached")) &&
			    json_is_true(json_object_get(target, "ours"));

		metric_begin(out, metric->name, program);
		metric_label(out, "function", word(target, "function"));
		fputc(',', out);
		metric_label(out, "hook", word(target, "hook"));
		fputc(',', out);
		metric_label(out, "place", *place ? place : word(target, "target"));
		fputc(',', out);
		metric_label(out, "version", word(program->facts, "version"));
		fputc(',', out);
		metric_label(out, "object_sha256", word(program->facts, "objectSha256"));
		fprintf(out, "} %d\n", ours);
	}
}

static void drift(FILE *out, const struct metric *metric, const struct measured *program)
{
	json_t *problems = json_object_get(program->facts, "problems");

	metric_begin(out, metric->name, program);
	fprintf(out, "} %zu\n", json_array_size(problems));
}

/* A number of the kernel's facts about each attached program; the metric's label is its key. */
static void program_fact(FILE *out, const struct metric *metric, const struct measured *program)
{
	json_t *target;
	size_t i;

	json_array_foreach(json_object_get(program->facts, "targets"), i, target)
	{
		json_t *loaded = json_object_get(target, "program");

		if (!json_is_object(loaded))
			continue;
		metric_begin(out, metric->name, program);
		metric_label(out, "function", word(target, "function"));
		fprintf(out, "} %" JSON_INTEGER_FORMAT "\n", number(loaded, metric->label));
	}
}

/*
 * Runs, or nanoseconds as seconds, that the kernel has counted while it was asked to. It
 * counts what it calls itself: of a chain the root, which stands for all its slots.
 */
static void run_cost(FILE *out, const struct metric *metric, const struct measured *program)
{
	json_t *target;
	size_t i;

	json_array_foreach(json_object_get(program->facts, "targets"), i, target)
	{
		json_int_t root = number(target, "rootProgramId");
		struct bpf_prog_info info;
		int fd;

		if (root && !program->first_on_interface)
			continue;
		fd = bpf_prog_get_fd_by_id(root ? root
						: number(json_object_get(target, "program"), "id"));
		if (fd >= 0 && program_info(fd, &info) && info.run_cnt) {
			fprintf(out, "%s{", metric->name);
			metric_label(out, "program",
				     root ? text(ROOT_PREFIX "%s", word(target, "interface"))
					  : program->manifest.name);
			fputc(',', out);
			metric_label(out, "function", root ? "xdp_root" : word(target, "function"));
			if (metric->word)
				fprintf(out, "} %.9f\n", info.run_time_ns / 1e9);
			else
				fprintf(out, "} %" PRIu64 "\n", (uint64_t)info.run_cnt);
		}
		if (fd >= 0)
			close(fd);
	}
}

static bool fills_up(__u32 type)
{
	return type == BPF_MAP_TYPE_HASH || type == BPF_MAP_TYPE_PERCPU_HASH ||
	       type == BPF_MAP_TYPE_LRU_HASH || type == BPF_MAP_TYPE_LRU_PERCPU_HASH ||
	       type == BPF_MAP_TYPE_LPM_TRIE;
}

static size_t count_entries(int fd, const struct bpf_map_info *info)
{
	unsigned char *key = malloc(info->key_size);
	size_t count = 0;
	void *last = NULL;

	if (!key)
		abort();
	/* A table that changes meanwhile may send the walk back to its start: it is bounded. */
	while (count <= info->max_entries && !bpf_map_get_next_key(fd, last, key)) {
		last = key;
		count++;
	}
	free(key);
	return count > info->max_entries ? info->max_entries : count;
}

static void map_pressure(FILE *out, const struct metric *metric, const struct measured *program)
{
	const char *dir = text(PIN_DIR "/%s/maps", program->manifest.name);
	const char **names;
	int found = list_dir(dir, &names);

	for (int i = 0; i < found; i++) {
		int fd = bpf_obj_get(text("%s/%s", dir, names[i]));
		struct bpf_map_info info;

		if (fd >= 0 && map_info(fd, &info) && fills_up(info.type)) {
			metric_begin(out, metric->name, program);
			metric_label(out, "map", names[i]);
			fprintf(out, "} %zu\n",
				metric->word ? info.max_entries : count_entries(fd, &info));
		}
		if (fd >= 0)
			close(fd);
	}
}

static const struct metric metrics[] = {
	{ .name = "ebpf_program_attached",
	  .type = "gauge",
	  .help = "Whether the version that was applied is attached at its place.",
	  .samples = attached },
	{ .name = "ebpf_program_drift",
	  .type = "gauge",
	  .help = "Deviations from what was applied.",
	  .samples = drift },
	{ .name = "ebpf_program_verified_instructions",
	  .type = "gauge",
	  .help = "Instructions that the verifier walked.",
	  .samples = program_fact,
	  .label = "verifiedInsns" },
	{ .name = "ebpf_program_jited_bytes",
	  .type = "gauge",
	  .help = "Machine code of the program.",
	  .samples = program_fact,
	  .label = "jitedBytes" },
	{ .name = "ebpf_program_measured_runs_total",
	  .type = "counter",
	  .help = "Runs while the kernel was asked to time programs.",
	  .samples = run_cost },
	{ .name = "ebpf_program_measured_seconds_total",
	  .type = "counter",
	  .help = "Time of these runs.",
	  .samples = run_cost,
	  .word = 1 },
	{ .name = "ebpf_map_entries",
	  .type = "gauge",
	  .help = "Entries of a map that can fill up.",
	  .samples = map_pressure },
	{ .name = "ebpf_map_max_entries",
	  .type = "gauge",
	  .help = "Entries such a map has room for.",
	  .samples = map_pressure,
	  .word = 1 },
};

static int gather(struct measured *programs)
{
	const char **names;
	int found = attached_names(&names), count = 0;

	for (int i = 0; i < found && count < MAX_PROGRAMS; i++) {
		const char *current = version_current(names[i]);
		struct measured *program = &programs[count];
		const struct target *xdp;

		if (!current)
			continue;
		if (manifest_read(version_dir(names[i], current), &program->manifest)) {
			fail_reset(); /* its own drift says so */
			continue;
		}
		program->facts = attached_facts(names[i]);
		program->function = program->manifest.targets[0].function;
		program->first_on_interface = true;
		xdp = manifest_xdp(&program->manifest);
		for (int j = 0; xdp && j < count; j++) {
			const struct target *other = manifest_xdp(&programs[j].manifest);

			if (other && !strcmp(other->interface, xdp->interface))
				program->first_on_interface = false;
		}
		count++;
	}
	return count;
}

/* Head and samples of one metric; nothing where no program has any. */
static int write_metric(FILE *out, const struct metric *metric, const struct measured *programs,
			int count)
{
	char *samples = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&samples, &size);

	if (!memory)
		abort();
	for (int i = 0; i < count; i++)
		metric->samples(memory, metric, &programs[i]);
	fclose(memory);
	if (size)
		fprintf(out, "# HELP %s %s\n# TYPE %s %s\n%s", metric->name, metric->help,
			metric->name, metric->type, samples);
	free(samples);
	return size != 0;
}

int verb_metrics(const char *path, const char *seconds, json_t **answer)
{
	static struct measured programs[MAX_PROGRAMS];
	char *content = NULL;
	size_t size = 0;
	int count, written = 0, stats = -1;
	FILE *out;

	if (seconds && (stats = measure_for(seconds)) < 0)
		return -1;
	if (lock_node(LOCK_READERS))
		return -1;
	count = gather(programs);
	out = open_memstream(&content, &size);
	if (!out)
		abort();
	for (size_t i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++)
		written += write_metric(out, &metrics[i], programs, count);
	for (size_t i = 0; i < map_metric_count; i++)
		written += write_metric(out, &map_metrics[i], programs, count);
	fclose(out);
	if (stats >= 0)
		close(stats);
	/* The collector runs as a user of its own. */
	if (write_file(path, content, size) || chmod(path, 0644))
		return failure() ? -1
				 : fail(text("Making %s readable", path), "chmod failed",
					"check the file system");
	*answer = json_pack("{s:s, s:i, s:i}", "written", path, "programs", count, "metrics",
			    written);
	return 0;
}
