// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#include "version.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fail.h"
#include "fault.h"
#include "paths.h"
#include "text.h"

const char *version_dir(const char *name, const char *version)
{
	return text(STATE_DIR "/%s/%s", name, version);
}

const char *version_pins(const char *name, const char *version)
{
	return text(PIN_DIR "/%s/v_%s", name, version);
}

static const char *staging(const char *name)
{
	return text(PIN_DIR "/%s/staging", name);
}

static const char *pointed_at(const char *name, const char *link)
{
	const char *target = symlink_target(text(STATE_DIR "/%s/%s", name, link));

	return target && valid_version(target) ? target : NULL;
}

const char *version_current(const char *name)
{
	return pointed_at(name, "current");
}

const char *version_previous(const char *name)
{
	return pointed_at(name, "previous");
}

int version_sweep(const char *name)
{
	return remove_tree(staging(name));
}

static int pin(const struct manifest *m, int fd, const char *path)
{
	if (fd >= 0 && !bpf_obj_pin(fd, path))
		return 0;
	return fail(text("Pinning version %s of %s at %s", m->version, m->name, path),
		    errno_text(errno), "check " PIN_DIR " and run it again");
}

int version_pin(const struct manifest *m, const struct loaded *loaded)
{
	const char *from = staging(m->name);
	const char *to = version_pins(m->name, m->version);
	bool again = path_exists(to);

	if (make_dirs(from) || make_dirs(text(PIN_DIR "/%s/maps", m->name)))
		return -1;
	for (int i = 0; i < m->target_count; i++) {
		const char *function = m->targets[i].function;
		const char *path = text("%s/prog_%s", from, function);

		if (!path_exists(path) && pin(m, object_function(loaded, function), path))
			return -1;
	}
	for (int i = 0; i < loaded->map_count; i++)
		if (pin(m, bpf_map__fd(loaded->maps[i].map),
			text("%s/map_%s", from, loaded->maps[i].name)))
			return -1;
	fault_point("staged");
	/* An earlier load of the same version changes places with this one and is then swept. */
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, again ? RENAME_EXCHANGE : RENAME_NOREPLACE))
		return fail(text("Publishing the pins of version %s of %s", m->version, m->name),
			    errno_text(errno), "run it again");
	return 0;
}

int version_record(const struct manifest *m)
{
	const char *dir = text(STATE_DIR "/%s", m->name);
	const char *old = version_current(m->name);

	if (old && !strcmp(old, m->version))
		return 0;
	if (old && path_exists(version_dir(m->name, old)) &&
	    replace_symlink(text("%s/previous", dir), old))
		return -1;
	fault_point("previous-recorded");
	return replace_symlink(text("%s/current", dir), m->version);
}

static bool is_kept(const char *name, const char *version)
{
	const char *current = version_current(name);
	const char *previous = version_previous(name);

	return (current && !strcmp(version, current)) || (previous && !strcmp(version, previous));
}

int version_collect_pins(const char *name)
{
	const char *pins = text(PIN_DIR "/%s", name);
	const char **names;
	int count, result = version_sweep(name);

	count = list_dir(pins, &names);
	for (int i = 0; i < count; i++)
		if (!strncmp(names[i], "v_", 2) && !is_kept(name, names[i] + 2))
			result |= remove_tree(text("%s/%s", pins, names[i]));
	/* Only when nothing is in them: a program that never came up leaves no folder. */
	rmdir(text("%s/maps", pins));
	rmdir(pins);
	rmdir(PIN_DIR);
	return result;
}

int version_collect(const char *name)
{
	const char *state = text(STATE_DIR "/%s", name);
	const char **names;
	int count = list_dir(state, &names), result = 0;

	for (int i = 0; i < count; i++)
		if (valid_version(names[i]) && !is_kept(name, names[i]))
			result |= remove_tree(text("%s/%s", state, names[i]));
	return result | version_collect_pins(name);
}
