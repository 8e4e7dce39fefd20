// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#include "fail.h"

#include <bpf/libbpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LOG_BYTES 4096

static json_t *recorded;
static char log_tail[LOG_BYTES];

int fail(const char *what, const char *cause, const char *remedy)
{
	if (!recorded)
		recorded = json_pack("{s:s, s:s, s:s}", "what", what, "cause", cause, "remedy",
				     remedy);
	return -1;
}

void fail_detail(const char *key, json_t *value)
{
	if (recorded && !json_object_get(recorded, key))
		json_object_set_new(recorded, key, value);
}

json_t *failure(void)
{
	return recorded;
}

void fail_reset(void)
{
	recorded = NULL;
}

static int keep(enum libbpf_print_level level, const char *format, va_list args)
{
	char line[1024];
	size_t used = strlen(log_tail), length;

	if (level != LIBBPF_WARN)
		return 0;
	vsnprintf(line, sizeof(line), format, args);
	length = strlen(line);
	if (used + length >= sizeof(log_tail))
		return 0;
	memcpy(log_tail + used, line, length + 1);
	return 0;
}

void libbpf_log_start(void)
{
	libbpf_set_print(keep);
}

const char *libbpf_log(void)
{
	size_t length = strlen(log_tail);

	while (length && log_tail[length - 1] == '\n')
		log_tail[--length] = '\0';
	return log_tail;
}

void libbpf_log_clear(void)
{
	log_tail[0] = '\0';
}
