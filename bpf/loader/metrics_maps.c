// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* Reads the metrics of metrics_table.c from the maps; the shapes are those of bpf/include. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/types.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flows.h"
#include "kernel.h"
#include "metrics.h"
#include "paths.h"
#include "records.h"
#include "text.h"
#include "watch_maps.h"

/* The records of a program's map; none when it is not there or not of these values. */
static struct records read_map(const struct metric *metric, const struct measured *program)
{
	int fd = bpf_obj_get(text(PIN_DIR "/%s/maps/%s", program->manifest.name, metric->map));
	struct records none = {};
	struct bpf_map_info info;

	if (fd < 0)
		return none;
	if (!map_describe_readable(metric->map, fd, &info) &&
	    info.value_size % (8 * metric->words) == 0)
		none = records_read(fd, &info);
	close(fd);
	return none;
}

static bool is_about(const struct metric *metric, const struct measured *program)
{
	return !metric->function ||
	       !strncmp(program->function, metric->function, strlen(metric->function));
}

/* A word of a value, summed over the CPUs. */
static __u64 sum_word(const struct records *all, size_t i, int words, int word)
{
	const unsigned char *value = records_at(all, i) + all->key_size;
	__u64 sum = 0, one;

	for (size_t at = 8 * word; at < all->value_size; at += 8 * words) {
		memcpy(&one, value + at, sizeof(one));
		sum += one;
	}
	return sum;
}

static __u32 index_of(const struct records *all, size_t i)
{
	__u32 index;

	memcpy(&index, records_at(all, i), sizeof(index));
	return index;
}

static void write_value(FILE *out, const struct metric *metric, __u64 value)
{
	if (metric->scale)
		fprintf(out, "} %.9g\n", value * metric->scale);
	else
		fprintf(out, "} %llu\n", (unsigned long long)value);
}

/* An array of counters: one sample for each entry that is not zero, with its name where it has one.
 */
void entry_samples(FILE *out, const struct metric *metric, const struct measured *program)
{
	struct records all;

	if (!is_about(metric, program))
		return;
	all = read_map(metric, program);
	for (size_t i = 0; i < all.count; i++) {
		__u32 index = index_of(&all, i);

		metric_begin(out, metric->name, program);
		metric_label(out, metric->label,
			     metric->values ? metric->values[index] : text("%u", index));
		write_value(out, metric, sum_word(&all, i, metric->words, metric->word));
	}
	free(all.bytes);
}

/* Buckets of powers of two of microseconds, as Prometheus counts them: cumulated. */
void histogram_samples(FILE *out, const struct metric *metric, const struct measured *program)
{
	struct metric sums = *metric;
	struct records all;
	__u64 counts[LATENCY_BUCKETS] = {}, total = 0, sum = 0;
	__u32 last = 0;

	if (!is_about(metric, program))
		return;
	all = read_map(metric, program);
	for (size_t i = 0; i < all.count; i++) {
		__u32 bucket = index_of(&all, i) - metric->first;

		if (bucket >= LATENCY_BUCKETS)
			continue;
		counts[bucket] = sum_word(&all, i, 1, 0);
		if (bucket > last)
			last = bucket;
	}
	free(all.bytes);
	sums.map = "sums";
	all = read_map(&sums, program);
	for (size_t i = 0; i < all.count; i++)
		if ((int)index_of(&all, i) == metric->first / LATENCY_BUCKETS)
			sum = sum_word(&all, i, 1, 0);
	free(all.bytes);
	for (__u32 i = 0; i <= last; i++) {
		total += counts[i];
		metric_begin(out, text("%s_bucket", metric->name), program);
		fprintf(out, "le=\"%.6f\"} %llu\n", (double)(2ULL << i) / 1e6,
			(unsigned long long)total);
	}
	metric_begin(out, text("%s_bucket", metric->name), program);
	fprintf(out, "le=\"+Inf\"} %llu\n", (unsigned long long)total);
	metric_begin(out, text("%s_sum", metric->name), program);
	fprintf(out, "} %.6f\n", sum / 1e6);
	metric_begin(out, text("%s_count", metric->name), program);
	fprintf(out, "} %llu\n", (unsigned long long)total);
}

/* Listening sockets of request_health. */
void listener_samples(FILE *out, const struct metric *metric, const struct measured *program)
{
	struct records all;

	if (!is_about(metric, program))
		return;
	all = read_map(metric, program);
	for (size_t i = 0; i < all.count; i++) {
		struct listen_address from;
		char address[INET6_ADDRSTRLEN] = "?";

		memcpy(&from, records_at(&all, i), sizeof(from));
		inet_ntop(from.family == 4 ? AF_INET : AF_INET6, from.address, address,
			  sizeof(address));
		metric_begin(out, metric->name, program);
		metric_label(out, "address", address);
		fputc(',', out);
		metric_label(out, "port", text("%u", ntohs(from.port)));
		write_value(out, metric, sum_word(&all, i, metric->words, metric->word));
	}
	free(all.bytes);
}

static const char *protocol(__u32 number)
{
	return number == 6 ? "tcp" : number == 17 ? "udp" : "other";
}

/* Flows in the table by protocol and state. */
void flow_samples(FILE *out, const struct metric *metric, const struct measured *program)
{
	static const char *const protocols[] = { "tcp", "udp", "other" };
	size_t counts[3][FLOW_RESET + 1] = {};
	struct records all;

	if (!is_about(metric, program))
		return;
	all = read_map(metric, program);
	for (size_t i = 0; i < all.count; i++) {
		const unsigned char *key = records_at(&all, i), *value = key + all.key_size;
		struct flow_value flow = flow_sum(value, all.value_size);
		__u32 proto;

		memcpy(&proto, key + all.key_size - sizeof(proto), sizeof(proto));
		if (flow.state <= FLOW_RESET)
			for (int p = 0; p < 3; p++)
				counts[p][flow.state] += !strcmp(protocols[p], protocol(proto));
	}
	free(all.bytes);
	for (int p = 0; p < 3; p++)
		for (int state = 0; state <= FLOW_RESET; state++) {
			if (!counts[p][state])
				continue;
			metric_begin(out, metric->name, program);
			metric_label(out, "protocol", protocols[p]);
			fputc(',', out);
			metric_label(out, "state", flow_state_name(state));
			fprintf(out, "} %zu\n", counts[p][state]);
		}
}
