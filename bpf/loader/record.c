// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#include "record.h"

#include <string.h>
#include <unistd.h>

#include "fail.h"
#include "kernel.h"
#include "paths.h"
#include "text.h"

static const char *record_path(const char *name)
{
	return text(RECORD_DIR "/%s.json", name);
}

json_t *record_read(const char *name)
{
	json_error_t error;
	json_t *record = json_load_file(record_path(name), 0, &error);
	const char *boot = json_string_value(json_object_get(record, "bootId"));

	return boot && !strcmp(boot, boot_id()) ? record : NULL;
}

int record_write(const char *name, const char *version, json_t *programs)
{
	json_t *record = json_pack("{s:s, s:s, s:O}", "bootId", boot_id(), "version", version,
				   "programs", programs);
	const char *bytes = json_dumps(record, JSON_INDENT(1));

	return make_dirs(RECORD_DIR) || write_file(record_path(name), bytes, strlen(bytes)) ? -1
											    : 0;
}

int record_remove(const char *name)
{
	return remove_tree(record_path(name));
}

__u32 record_program(json_t *record, const char *key)
{
	json_t *programs = json_object_get(record, "programs");

	return json_integer_value(json_object_get(programs, key));
}

const char *record_owner(__u32 program_id)
{
	const char **names;
	int count = list_dir(PIN_DIR, &names);

	for (int i = 0; i < count; i++) {
		const char *dir = text(PIN_DIR "/%s", names[i]);
		const char **versions;
		int versions_count;

		if (!strncmp(names[i], ROOT_PREFIX, strlen(ROOT_PREFIX)))
			continue;
		versions_count = list_dir(dir, &versions);
		for (int j = 0; j < versions_count; j++) {
			const char *version = text("%s/%s", dir, versions[j]);
			const char **pins;
			int pin_count;

			if (strncmp(versions[j], "v_", 2))
				continue;
			pin_count = list_dir(version, &pins);
			for (int k = 0; k < pin_count; k++)
				if (!strncmp(pins[k], "prog_", 5) &&
				    pinned_program_id(text("%s/%s", version, pins[k])) ==
					    program_id)
					return names[i];
		}
		json_t *record = record_read(names[i]);
		json_t *programs = json_object_get(record, "programs"), *id;
		const char *key;

		json_object_foreach(programs, key, id) if ((__u32)json_integer_value(id) ==
							   program_id) return names[i];
	}
	return NULL;
}
