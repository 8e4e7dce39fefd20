// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fail.h"
#include "flows.h"
#include "kernel.h"
#include "paths.h"
#include "records.h"
#include "text.h"

#define MOST_FLOWS 10000

/* How long the packets of a closed connection may still come: two times TIME_WAIT of Linux. */
#define CLOSED_NS (120 * 1000000000ULL)

static const char *const state_names[] = {
	[FLOW_UNSEEN] = "unseen",     [FLOW_NEW] = "new",
	[FLOW_ANSWERED] = "answered", [FLOW_ESTABLISHED] = "established",
	[FLOW_CLOSING] = "closing",   [FLOW_RESET] = "reset",
};

const char *flow_state_name(__u32 state)
{
	return state <= FLOW_RESET ? state_names[state] : NULL;
}

/*
 * What a flow is in that one CPU has seen @turn, the last of its turns (SYN, FIN, RST), and
 * another @established, packets that turn nothing: those of the same connection reach any
 * CPU, the last ACK of a closed one too, but none so late after the end.
 */
static __u32 joined_state(const struct flow_value *turn, const struct flow_value *established)
{
	if (!established->state)
		return turn->state;
	if (turn->state < FLOW_CLOSING)
		return established->last_seen >= turn->last_seen ? FLOW_ESTABLISHED : turn->state;
	return established->last_seen > turn->last_seen + CLOSED_NS ? FLOW_ESTABLISHED
								    : turn->state;
}

struct flow_value flow_sum(const unsigned char *values, size_t size)
{
	struct flow_value sum = {}, turn = {}, established = {}, one, *latest;

	for (size_t at = 0; at + sizeof(one) <= size; at += sizeof(one)) {
		memcpy(&one, values + at, sizeof(one));
		sum.packets += one.packets;
		sum.bytes += one.bytes;
		sum.flags |= one.flags;
		if (one.last_seen > sum.last_seen)
			sum.last_seen = one.last_seen;
		latest = one.state == FLOW_ESTABLISHED ? &established : &turn;
		/* The clock is coarse: of two at once the later state is the later one. */
		if (one.last_seen > latest->last_seen ||
		    (one.last_seen == latest->last_seen && one.state > latest->state))
			*latest = one;
	}
	sum.state = joined_state(&turn, &established);
	/* Each CPU's first datagram is NEW to it; a TCP packet has flags. */
	if (!sum.flags && sum.packets > 1)
		sum.state = FLOW_ESTABLISHED;
	return sum;
}

struct row {
	const unsigned char *key;
	size_t address_size; /* 4 or 16 */
	struct flow_value value;
};

static int by_bytes(const void *a, const void *b)
{
	const struct row *one = a, *other = b;

	return one->value.bytes < other->value.bytes   ? 1
	       : one->value.bytes > other->value.bytes ? -1
						       : 0;
}

/* Appends the flows of one table; their keys stay in memory until the answer is written. */
static int read_table(const char *program, const char *map, size_t address_size, struct row **rows,
		      size_t *count)
{
	int fd = bpf_obj_get(text(PIN_DIR "/%s/maps/%s", program, map));
	struct bpf_map_info info;
	struct records all;

	if (fd < 0)
		return fail(text("Opening the map %s of %s", map, program), errno_text(errno),
			    "name a program whose source is xdp_conntrack or tc_flow");
	if (map_describe_readable(map, fd, &info))
		return -1;
	if (info.key_size != 2 * address_size + 8)
		return fail(text("Reading the map %s of %s", map, program),
			    "it is no table of flows",
			    "name a program whose source is xdp_conntrack or tc_flow");
	all = records_read(fd, &info);
	close(fd);
	*rows = realloc(*rows, (*count + all.count + 1) * sizeof(**rows));
	if (!*rows)
		abort();
	for (size_t i = 0; i < all.count; i++) {
		const unsigned char *key = records_at(&all, i);

		(*rows)[(*count)++] = (struct row){ key, address_size,
						    flow_sum(key + all.key_size, all.value_size) };
	}
	return 0;
}

static json_t *row_json(const struct row *row, __u64 now)
{
	int family = row->address_size == 4 ? AF_INET : AF_INET6;
	char source[INET6_ADDRSTRLEN], dest[INET6_ADDRSTRLEN];
	__u16 ports[2];
	__u32 protocol;

	inet_ntop(family, row->key, source, sizeof(source));
	inet_ntop(family, row->key + row->address_size, dest, sizeof(dest));
	memcpy(ports, row->key + 2 * row->address_size, sizeof(ports));
	memcpy(&protocol, row->key + 2 * row->address_size + 4, sizeof(protocol));
	return json_pack("{s:s, s:i, s:s, s:i, s:i, s:s, s:I, s:I, s:f}", "source", source,
			 "sourcePort", ntohs(ports[0]), "dest", dest, "destPort", ntohs(ports[1]),
			 "protocol", (int)protocol, "state",
			 flow_state_name(row->value.state) ?: "unknown", "packets",
			 (json_int_t)row->value.packets, "bytes", (json_int_t)row->value.bytes,
			 "idleSeconds",
			 row->value.last_seen < now ? (now - row->value.last_seen) / 1e9 : 0.0);
}

int verb_flows(const char *program, const char *most, json_t **answer)
{
	json_t *flows = json_array();
	struct row *rows = NULL;
	struct timespec clock;
	size_t count = 0;
	char *end;
	long limit = strtol(most, &end, 10);

	if (!valid_name(program) || *end || limit < 1 || limit > MOST_FLOWS)
		return fail(text("Listing %s flows of '%s'", most, program),
			    "that is no number from 1 to 10000 and the name of a program",
			    "see 'ebpf-loader observe' for the names");
	if (lock_node(LOCK_READERS) || read_table(program, "flows4", 4, &rows, &count) ||
	    read_table(program, "flows6", 16, &rows, &count))
		return -1;
	clock_gettime(CLOCK_MONOTONIC, &clock);
	qsort(rows, count, sizeof(*rows), by_bytes);
	for (size_t i = 0; i < count && i < (size_t)limit; i++)
		json_array_append_new(
			flows, row_json(&rows[i], clock.tv_sec * 1000000000ULL + clock.tv_nsec));
	*answer = json_pack("{s:s, s:I, s:o}", "program", program, "total", (json_int_t)count,
			    "flows", flows);
	return 0;
}
