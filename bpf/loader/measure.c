/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * What programs cost while they really run: the kernel's own run count and run time
 * (bpf_stats), which are switched on for the asked seconds only, because they add two
 * clock reads to every run.
 *
 * The kernel counts a program that it calls, not one that is reached by a tail call:
 * the XDP root stands for its whole chain.
 */
#include <bpf/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fail.h"
#include "kernel.h"
#include "measure.h"
#include "paths.h"
#include "text.h"
#include "version.h"

#define MAX_SAMPLES 256
#define MAX_SECONDS 60

struct sample {
	const char *name;
	__u32 id;
	__u64 runs;
	__u64 nanoseconds;
};

static bool read_sample(struct sample *sample, struct bpf_prog_info *info)
{
	int fd = bpf_prog_get_fd_by_id(sample->id);
	bool there = fd >= 0 && program_info(fd, info);

	if (fd >= 0)
		close(fd);
	return there;
}

static __u32 linked_program(const char *pin)
{
	struct bpf_link_info info;
	int fd = bpf_obj_get(pin);
	__u32 id = fd >= 0 && link_info(fd, &info) ? info.prog_id : 0;

	if (fd >= 0)
		close(fd);
	return id;
}

static int add(struct sample *samples, int count, const char *name, __u32 id)
{
	struct bpf_prog_info info;
	struct sample *sample = &samples[count];

	*sample = (struct sample){ .name = name, .id = id };
	if (count == MAX_SAMPLES - 1 || !id || !read_sample(sample, &info))
		return count;
	sample->runs = info.run_cnt;
	sample->nanoseconds = info.run_time_ns;
	return count + 1;
}

/* Every root and every program of a current version. */
static int take_samples(struct sample *samples)
{
	const char **names, **pins;
	int found = list_dir(PIN_DIR, &names), count = 0;

	for (int i = 0; i < found; i++) {
		const char *current, *dir;
		int pinned;

		if (!strncmp(names[i], ROOT_PREFIX, strlen(ROOT_PREFIX))) {
			count = add(samples, count, names[i],
				    linked_program(text(PIN_DIR "/%s/link", names[i])));
			continue;
		}
		current = version_current(names[i]);
		if (!current)
			continue;
		dir = version_pins(names[i], current);
		pinned = list_dir(dir, &pins);
		for (int j = 0; j < pinned; j++)
			if (!strncmp(pins[j], "prog_", 5))
				count = add(samples, count, text("%s/%s", names[i], pins[j] + 5),
					    pinned_program_id(text("%s/%s", dir, pins[j])));
	}
	return count;
}

/* Seconds of a measurement; 0 with failure(). */
static double read_seconds(const char *seconds)
{
	char *end;
	double length = strtod(seconds, &end);

	if (!*end && length > 0 && length <= MAX_SECONDS)
		return length;
	fail(text("Measuring programs for '%s' seconds", seconds),
	     "that is no number above 0 and at most 60", "give another number");
	return 0;
}

static int switch_on(void)
{
	int stats = bpf_enable_stats(BPF_STATS_RUN_TIME);

	return stats >= 0 ? stats
			  : fail("Switching on the run time statistics of BPF programs",
				 errno_text(-stats), "run it as root outside a user namespace");
}

/* A signal ends the wait early: the figures are of what has passed. */
static void wait_for(double length)
{
	struct timespec pause = { .tv_sec = (time_t)length,
				  .tv_nsec = (long)((length - (time_t)length) * 1e9) };

	nanosleep(&pause, NULL);
}

int measure_for(const char *seconds)
{
	double length = read_seconds(seconds);
	int stats = length ? switch_on() : -1;

	if (stats >= 0)
		wait_for(length);
	return stats;
}

int verb_measure(const char *seconds, json_t **answer)
{
	static struct sample samples[MAX_SAMPLES];
	double length = read_seconds(seconds);
	int stats = length ? switch_on() : -1, count;
	json_t *programs = json_array();

	if (stats < 0)
		return -1;
	count = take_samples(samples);
	wait_for(length);
	for (int i = 0; i < count; i++) {
		struct bpf_prog_info info;

		if (!read_sample(&samples[i], &info))
			continue;
		json_array_append_new(
			programs,
			json_pack("{s:s, s:I, s:I, s:I}", "name", samples[i].name, "id",
				  (json_int_t)samples[i].id, "runs",
				  (json_int_t)(info.run_cnt - samples[i].runs), "nanoseconds",
				  (json_int_t)(info.run_time_ns - samples[i].nanoseconds)));
	}
	close(stats);
	*answer = json_pack("{s:f, s:o}", "seconds", length, "programs", programs);
	return 0;
}
