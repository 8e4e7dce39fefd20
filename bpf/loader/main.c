// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * ebpf-loader: attaches versions of BPF programs on one node, and tells what is
 * attached. One verb a run; the answer is one line of JSON on standard output,
 * and so is the error ({"error": {...}}, exit status 1). Wrong usage exits 2.
 */
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply.h"
#include "confirm.h"
#include "fail.h"
#include "flows.h"
#include "health.h"
#include "map_confirm.h"
#include "mapio.h"
#include "measure.h"
#include "metrics.h"
#include "split.h"

static const char usage[] =
	"usage: ebpf-loader apply DIR [--confirm SECONDS]\n"
	"       ebpf-loader confirm NAME VERSION\n"
	"       ebpf-loader observe [NAME]\n"
	"       ebpf-loader rollback NAME\n"
	"       ebpf-loader remove NAME [--maps]\n"
	"       ebpf-loader probe [HOOK TARGET]\n"
	"       ebpf-loader boot\n"
	"       ebpf-loader measure SECONDS\n"
	"       ebpf-loader flows NAME COUNT\n"
	"       ebpf-loader metrics FILE [--measure SECONDS]\n"
	"       ebpf-loader map dump NAME MAP [--digest]\n"
	"       ebpf-loader map put [--confirm SECONDS] NAME MAP FILE [MAP FILE]...\n"
	"       ebpf-loader map confirm NAME\n"
	"       ebpf-loader events NAME SECONDS\n"
	"       ebpf-loader health FILE [--forget]\n"
	"       ebpf-loader split start DIR | split end NAME\n"
	"       ebpf-loader split dose TARGET DOSE SECONDS | split brake TARGET | split show "
	"TARGET\n";

enum { WRONG_USAGE = -2 };

/* Seconds of a word; false when it is no whole number from 0 to an hour. */
static bool read_seconds(const char *word, int *seconds)
{
	char *end;

	*seconds = strtol(word, &end, 10);
	return *word && !*end && *seconds >= 0 && *seconds <= 3600;
}

static int run_map_put(int count, char **words, json_t **answer)
{
	int seconds = 0;

	if (count >= 2 && !strcmp(words[0], "--confirm")) {
		if (!read_seconds(words[1], &seconds))
			return WRONG_USAGE;
		count -= 2;
		words += 2;
	}
	if (count < 3 || count % 2 == 0)
		return WRONG_USAGE;
	return verb_map_put(words[0], seconds, (count - 1) / 2, words + 1, answer);
}

static int run_map(int count, char **words, json_t **answer)
{
	if (count >= 3 && !strcmp(words[0], "dump")) {
		bool digest = count == 4 && !strcmp(words[3], "--digest");

		if (count == 3 || digest)
			return verb_map_dump(words[1], words[2], digest, answer);
	}
	if (count >= 1 && !strcmp(words[0], "put"))
		return run_map_put(count - 1, words + 1, answer);
	if (count == 2 && !strcmp(words[0], "confirm"))
		return verb_map_confirm(words[1], answer);
	return WRONG_USAGE;
}

static int run_split(int count, char **words, json_t **answer)
{
	const char *verb = count >= 2 ? words[0] : "";

	if (!strcmp(verb, "start") && count == 2)
		return verb_split_start(words[1], answer);
	if (!strcmp(verb, "end") && count == 2)
		return verb_split_end(words[1], answer);
	if (!strcmp(verb, "dose") && count == 4)
		return verb_split_dose(words[1], words[2], words[3], answer);
	if (!strcmp(verb, "brake") && count == 2)
		return verb_split_brake(words[1], answer);
	if (!strcmp(verb, "show") && count == 2)
		return verb_split_show(words[1], answer);
	return WRONG_USAGE;
}

static int run_apply(int count, char **words, json_t **answer)
{
	int seconds = 0;

	if (count == 3 && !strcmp(words[1], "--confirm")) {
		if (!read_seconds(words[2], &seconds))
			return WRONG_USAGE;
	} else if (count != 1) {
		return WRONG_USAGE;
	}
	return verb_apply(words[0], seconds, answer);
}

static int run(int count, char **words, json_t **answer)
{
	const char *verb = count ? words[0] : "";

	if (!strcmp(verb, "apply"))
		return run_apply(count - 1, words + 1, answer);
	if (!strcmp(verb, "confirm") && count == 3)
		return verb_confirm(words[1], words[2], answer);
	if (!strcmp(verb, "observe") && count <= 2)
		return verb_observe(count == 2 ? words[1] : NULL, answer);
	if (!strcmp(verb, "rollback") && count == 2)
		return verb_rollback(words[1], answer);
	if (!strcmp(verb, "remove") && count == 2)
		return verb_remove(words[1], false, answer);
	if (!strcmp(verb, "remove") && count == 3 && !strcmp(words[2], "--maps"))
		return verb_remove(words[1], true, answer);
	if (!strcmp(verb, "probe") && (count == 1 || count == 3))
		return verb_probe(count == 3 ? words[1] : NULL, count == 3 ? words[2] : NULL,
				  answer);
	if (!strcmp(verb, "boot") && count == 1)
		return verb_boot(answer);
	if (!strcmp(verb, "measure") && count == 2)
		return verb_measure(words[1], answer);
	if (!strcmp(verb, "health") && count == 2)
		return verb_health(words[1], answer);
	if (!strcmp(verb, "health") && count == 3 && !strcmp(words[2], "--forget"))
		return verb_health_forget(words[1], answer);
	if (!strcmp(verb, "flows") && count == 3)
		return verb_flows(words[1], words[2], answer);
	if (!strcmp(verb, "metrics") && count == 2)
		return verb_metrics(words[1], NULL, answer);
	if (!strcmp(verb, "metrics") && count == 4 && !strcmp(words[2], "--measure"))
		return verb_metrics(words[1], words[3], answer);
	if (!strcmp(verb, "events") && count == 3)
		return verb_events(words[1], words[2], answer);
	if (!strcmp(verb, "split"))
		return run_split(count - 1, words + 1, answer);
	if (!strcmp(verb, "map"))
		return run_map(count - 1, words + 1, answer);
	return WRONG_USAGE;
}

int main(int argc, char **argv)
{
	json_t *answer = NULL;
	int result;

	libbpf_log_start();
	result = run(argc - 1, argv + 1, &answer);
	if (result == WRONG_USAGE) {
		fputs(usage, stderr);
		return 2;
	}
	if (result) {
		if (!failure())
			fail("Running ebpf-loader", "it failed without a reason",
			     "report it with the command line");
		answer = json_pack("{s:O}", "error", failure());
	}
	json_dumpf(answer, stdout, JSON_COMPACT | JSON_ENSURE_ASCII);
	putchar('\n');
	return fflush(stdout) || result ? 1 : 0;
}
