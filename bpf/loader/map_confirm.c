// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#include "map_confirm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "confirm.h"
#include "fail.h"
#include "mapio.h"
#include "paths.h"
#include "text.h"

/* What waits lies under /run: a reboot forgets it. */
static const char *waiting_dir(const char *program)
{
	return text(RECORD_DIR "/%s.maps", program);
}

static const char *watch_path(const char *program)
{
	return text(RECORD_DIR "/%s.maps.pending", program);
}

int map_confirm_drop(const char *program)
{
	return remove_tree(watch_path(program)) || remove_tree(waiting_dir(program)) ? -1 : 0;
}

static int copy(const char *from, const char *to)
{
	size_t size;
	char *bytes = read_file(from, &size);

	if (!bytes)
		return fail(text("Reading %s", from), errno_text(errno), "run it again");
	return write_file(to, bytes, size);
}

int map_confirm_keep(const char *program, int count, char **maps_and_files)
{
	if (make_dirs(text(STATE_DIR "/%s/maps", program)))
		return -1;
	for (int i = 0; i < count; i++)
		if (copy(maps_and_files[2 * i + 1], map_saved_path(program, maps_and_files[2 * i])))
			return -1;
	return map_confirm_drop(program);
}

/* The order in which maps were written is kept in the names: "00 settings". */
static const char *map_of(const char *waiting)
{
	return strlen(waiting) > 3 ? waiting + 3 : waiting;
}

/* The contents of before, last map first: what switches rules on is switched off before they go. */
static void write_back(const char *program)
{
	const char *empty = text("%s/empty", waiting_dir(program));
	const char **names;
	int count = list_dir(waiting_dir(program), &names);

	write_file(empty, "", 0);
	for (int i = count - 1; i >= 0; i--) {
		const char *map = map_of(names[i]);
		const char *saved = map_saved_path(program, map);
		char *words[] = { (char *)map, (char *)(path_exists(saved) ? saved : empty) };

		/* One that fails must not keep the others from going back. */
		if (map_put_files(program, 1, words, NULL, json_object()))
			fail_reset();
	}
	map_confirm_drop(program);
}

int map_confirm_watch(const char *program, int seconds, int count, char **maps_and_files)
{
	if (map_confirm_drop(program) || make_dirs(waiting_dir(program)))
		return -1;
	for (int i = 0; i < count; i++)
		if (copy(maps_and_files[2 * i + 1],
			 text("%s/%02d %s", waiting_dir(program), i, maps_and_files[2 * i])))
			return -1;
	return watch_start(watch_path(program), "maps", seconds, write_back, program);
}

int verb_map_confirm(const char *program, json_t **answer)
{
	const char *what = text("Confirming the map contents of %s", program);
	const char **names;
	int count;

	if (!valid_name(program))
		return fail(what, "that is no name of a program",
			    "see 'ebpf-loader observe' for the names");
	if (lock_node(LOCK_WRITER))
		return -1;
	if (!path_exists(watch_path(program)))
		return fail(what, "none wait for it",
			    "the window was over and the contents of before are back, or they "
			    "were confirmed already: look at 'ebpf-loader map dump'");
	count = list_dir(waiting_dir(program), &names);
	if (make_dirs(text(STATE_DIR "/%s/maps", program)))
		return -1;
	for (int i = 0; i < count; i++)
		if (copy(text("%s/%s", waiting_dir(program), names[i]),
			 map_saved_path(program, map_of(names[i]))))
			return -1;
	if (map_confirm_drop(program))
		return -1;
	*answer = json_pack("{s:s, s:i}", "name", program, "maps", count);
	return 0;
}
