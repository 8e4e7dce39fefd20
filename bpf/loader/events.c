// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * What a program reported in its ring buffer `events`, as bytes in hexadecimal. A ring
 * buffer has one reader: what is told here is told nobody else.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "apply.h"
#include "fail.h"
#include "paths.h"
#include "text.h"

#define MAX_SECONDS 60
/* An answer is one line: what comes after these waits in the buffer for the next call. */
#define MAX_EVENTS 4096

static int take(void *context, void *bytes, size_t size)
{
	json_t *events = context;

	json_array_append_new(events, json_string(hex_text(bytes, size)));
	return json_array_size(events) < MAX_EVENTS ? 0 : -EXFULL;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

int verb_events(const char *name, const char *seconds, json_t **answer)
{
	const char *what = text("Reading the events of %s", name);
	json_t *events = json_array();
	struct ring_buffer *ring;
	double length, end;
	char *rest;
	int result, fd;

	length = strtod(seconds, &rest);
	if (*rest || !(length >= 0 && length <= MAX_SECONDS))
		return fail(what, text("'%s' is no number of seconds from 0 to 60", seconds),
			    "give another number");
	fd = valid_name(name) ? bpf_obj_get(text(PIN_DIR "/%s/maps/events", name)) : -1;
	ring = fd < 0 ? NULL : ring_buffer__new(fd, take, events, NULL);
	if (!ring)
		return fail(what,
			    text("it has no ring buffer named events (%s)", errno_text(errno)),
			    "see 'ebpf-loader observe' for programs and their maps");
	end = now() + length;
	do {
		double left = end - now();

		result = ring_buffer__poll(ring, left > 0 ? (int)(left * 1000) : 0);
	} while ((result >= 0 || result == -EINTR) && now() < end);
	if (result < 0 && result != -EINTR && result != -EXFULL)
		return fail(what, errno_text(result), "run it again");
	*answer = json_pack("{s:s, s:o}", "name", name, "events", events);
	return 0;
}
