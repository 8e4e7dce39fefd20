// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#include "kernel.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <unistd.h>

#include "paths.h"
#include "text.h"

bool program_info(int fd, struct bpf_prog_info *info)
{
	__u32 size = sizeof(*info);

	memset(info, 0, sizeof(*info));
	return !bpf_obj_get_info_by_fd(fd, info, &size);
}

bool map_info(int fd, struct bpf_map_info *info)
{
	__u32 size = sizeof(*info);

	memset(info, 0, sizeof(*info));
	return !bpf_obj_get_info_by_fd(fd, info, &size);
}

bool link_info(int fd, struct bpf_link_info *info)
{
	__u32 size = sizeof(*info);

	memset(info, 0, sizeof(*info));
	return !bpf_obj_get_info_by_fd(fd, info, &size);
}

__u32 pinned_program_id(const char *path)
{
	struct bpf_prog_info info;
	int fd = bpf_obj_get(path);
	__u32 id = fd >= 0 && program_info(fd, &info) ? info.id : 0;

	if (fd >= 0)
		close(fd);
	return id;
}

__u32 pinned_map_id(const char *path)
{
	struct bpf_map_info info;
	int fd = bpf_obj_get(path);
	__u32 id = fd >= 0 && map_info(fd, &info) ? info.id : 0;

	if (fd >= 0)
		close(fd);
	return id;
}

json_t *program_facts(__u32 id)
{
	struct bpf_prog_info info;
	__u32 map_ids[64];
	json_t *maps = json_array();
	int fd = bpf_prog_get_fd_by_id(id);

	if (fd < 0 || !program_info(fd, &info))
		return NULL;
	__u32 count = info.nr_map_ids;

	/* A second call fills the list: the first one only told its length. */
	if (count && count <= 64) {
		struct bpf_prog_info again = { .nr_map_ids = count };
		__u32 size = sizeof(again);

		again.map_ids = (unsigned long)map_ids;
		if (!bpf_obj_get_info_by_fd(fd, &again, &size))
			for (__u32 i = 0; i < again.nr_map_ids; i++)
				json_array_append_new(maps, json_integer(map_ids[i]));
	}
	close(fd);
	return json_pack("{s:I, s:s, s:s, s:I, s:I, s:I, s:I, s:o}", "id", (json_int_t)info.id,
			 "name", info.name, "tag", hex_text(info.tag, sizeof(info.tag)),
			 "jitedBytes", (json_int_t)info.jited_prog_len, "xlatedBytes",
			 (json_int_t)info.xlated_prog_len, "verifiedInsns",
			 (json_int_t)info.verified_insns, "loadTime", (json_int_t)info.load_time,
			 "mapIds", maps);
}

const char *program_name(__u32 id)
{
	struct bpf_prog_info info;
	int fd = bpf_prog_get_fd_by_id(id);
	const char *name = fd >= 0 && program_info(fd, &info) ? text("%s", info.name) : "?";

	if (fd >= 0)
		close(fd);
	return name;
}

/* IFLA_XDP_ATTACHED values of linux/if_link.h */
enum { ATTACHED_NATIVE = 1, ATTACHED_GENERIC = 2 };

__u32 xdp_attached(int ifindex, enum xdp_mode *mode)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);

	if (bpf_xdp_query(ifindex, 0, &query))
		return 0;
	*mode = query.attach_mode == ATTACHED_GENERIC ? MODE_GENERIC : MODE_NATIVE;
	return query.drv_prog_id   ? query.drv_prog_id
	       : query.skb_prog_id ? query.skb_prog_id
				   : query.prog_id;
}

int xdp_link_of(__u32 program_id, int ifindex)
{
	struct bpf_link_info info;
	__u32 id = 0;
	int found = -1, matches = 0;

	while (!bpf_link_get_next_id(id, &id)) {
		int fd = bpf_link_get_fd_by_id(id);

		if (fd < 0)
			continue;
		if (link_info(fd, &info) && info.type == BPF_LINK_TYPE_XDP &&
		    info.prog_id == program_id && (int)info.xdp.ifindex == ifindex) {
			matches++;
			found = fd;
		} else {
			close(fd);
		}
	}
	errno = matches ? EEXIST : ENOENT;
	return matches == 1 ? found : -1;
}

const char *boot_id(void)
{
	char *id = read_file("/proc/sys/kernel/random/boot_id", NULL);

	if (!id)
		return "unknown";
	id[strcspn(id, "\n")] = '\0';
	return id;
}

const char *interface_names(void)
{
	struct if_nameindex *list = if_nameindex();
	const char *names = "";

	for (struct if_nameindex *i = list; i && i->if_index; i++)
		names = text("%s%s%s", names, *names ? ", " : "", i->if_name);
	return names;
}
