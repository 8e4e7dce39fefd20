// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#include "verifier.h"

#include <stdbool.h>
#include <string.h>

#include "text.h"

#define TAIL_LINES 40
#define TAIL_BYTES 8192

static bool starts(const char *line, const char *with)
{
	return !strncmp(line, with, strlen(with));
}

/* Lines of statistics that end a log, after the reason. */
static bool is_statistics(const char *line)
{
	return starts(line, "processed ") || starts(line, "verification time") ||
	       starts(line, "stack depth") || starts(line, "max_states") ||
	       starts(line, "-- END PROG LOAD LOG") || !*line;
}

/* Where the tail begins: at most 40 lines and 8 KiB from the end. */
static const char *tail_of(const char *log, size_t length)
{
	const char *from = log + length;
	int lines = 0;

	while (from > log && (size_t)(log + length - from) < TAIL_BYTES) {
		if (from[-1] == '\n' && ++lines > TAIL_LINES)
			break;
		from--;
	}
	return from;
}

struct verdict verifier_verdict(char *log)
{
	struct verdict verdict = { .reason = "the verifier gave no reason" };
	size_t length = strlen(log);

	verdict.tail = text("%s", tail_of(log, length));
	while (length) {
		char *line;

		while (length && log[length - 1] == '\n')
			log[--length] = '\0';
		line = strrchr(log, '\n');
		line = line ? line + 1 : log;
		if (!is_statistics(line)) {
			verdict.reason = line;
			break;
		}
		*line = '\0';
		length = line - log;
	}
	/* The nearest source line above the reason: "; text @ file.c:12" (6.9 on) or "; text". */
	for (char *at = log; (at = strstr(at, "; ")); at++)
		if (at == log || at[-1] == '\n')
			verdict.source = text("%.*s", (int)strcspn(at + 2, "\n"), at + 2);
	return verdict;
}
