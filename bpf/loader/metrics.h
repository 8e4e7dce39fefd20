/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* What the node's programs count, as Prometheus text for node-exporter's textfile collector. */
#ifndef LOADER_METRICS_H
#define LOADER_METRICS_H

#include <jansson.h>
#include <stdio.h>

#include "manifest.h"

/* One program with a current version. */
struct measured {
	struct manifest manifest;
	json_t *facts;		 /* attached_facts() */
	const char *function;	 /* of its first target */
	bool first_on_interface; /* XDP: speaks for the root of its interface */
};

/*
 * One metric: its samples for one program, none where it has nothing to say. Samples of
 * a metric stand together in the file, so metrics are the outer loop, programs the inner.
 */
struct metric {
	const char *name;
	const char *type; /* counter, gauge or histogram */
	const char *help;
	void (*samples)(FILE *out, const struct metric *metric, const struct measured *program);
	/* Of the metrics in maps: which program, which of its maps, and how its values are read. */
	const char *function;
	const char *map;
	const char *label;	   /* of an entry's index */
	const char *const *values; /* of that label by index; NULL: the index itself */
	int words;		   /* 64-bit words of a value */
	int word;		   /* the one that is meant */
	double scale;		   /* 0: a whole number */
	int first;		   /* first entry */
};

/* The metrics that are read from maps (metrics_table.c), and how (metrics_maps.c). */
extern const struct metric map_metrics[];
extern const size_t map_metric_count;
void entry_samples(FILE *out, const struct metric *metric, const struct measured *program);
void histogram_samples(FILE *out, const struct metric *metric, const struct measured *program);
void listener_samples(FILE *out, const struct metric *metric, const struct measured *program);
void flow_samples(FILE *out, const struct metric *metric, const struct measured *program);

/* Writes `name{program="...",`: the caller goes on with more labels and `} value`. */
void metric_begin(FILE *out, const char *name, const struct measured *program);

/* Writes `label="value"`, the value with quotes and backslashes escaped. */
void metric_label(FILE *out, const char *label, const char *value);

/*
 * Writes the file in one step. @seconds (NULL: not at all) the kernel times the programs
 * before it. The answer tells where and how much.
 */
int verb_metrics(const char *path, const char *seconds, json_t **answer);

#endif
