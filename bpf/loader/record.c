// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#include "record.h"

#include <string.h>
#include <unistd.h>

#include "attached.h"
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

static int save(const char *name, json_t *record)
{
	const char *bytes;

	json_object_set_new(record, "bootId", json_string(boot_id()));
	bytes = json_dumps(record, JSON_INDENT(1));
	return make_dirs(RECORD_DIR) || write_file(record_path(name), bytes, strlen(bytes)) ? -1
											    : 0;
}

int record_intent(const char *name, __u32 program_id)
{
	json_t *record = record_read(name), *intents;

	if (!record)
		record = json_pack("{s:{}}", "programs");
	intents = json_object_get(record, "intents");
	if (!intents) {
		intents = json_array();
		json_object_set_new(record, "intents", intents);
	}
	json_array_append_new(intents, json_integer(program_id));
	return save(name, record);
}

int record_write(const char *name, const char *version, json_t *programs)
{
	return save(name, json_pack("{s:s, s:O}", "version", version, "programs", programs));
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

static bool recorded_in(json_t *record, __u32 program_id)
{
	json_t *id;
	const char *key;
	size_t i;

	json_object_foreach(json_object_get(record, "programs"), key,
			    id) if (json_integer_value(id) == program_id) return true;
	json_array_foreach(json_object_get(record, "intents"), i,
			   id) if (json_integer_value(id) == program_id) return true;
	return false;
}

static bool pinned_by(const char *name, __u32 program_id)
{
	const char *dir = text(PIN_DIR "/%s", name);
	const char **versions;
	int count = list_dir(dir, &versions);

	for (int i = 0; i < count; i++) {
		const char **pins;
		int pin_count;

		if (strncmp(versions[i], "v_", 2))
			continue;
		pin_count = list_dir(text("%s/%s", dir, versions[i]), &pins);
		for (int j = 0; j < pin_count; j++)
			if (!strncmp(pins[j], "prog_", 5) &&
			    pinned_program_id(text("%s/%s/%s", dir, versions[i], pins[j])) ==
				    program_id)
				return true;
	}
	return false;
}

const char *record_owner(__u32 program_id)
{
	const char **names;
	int count = attached_names(&names);

	for (int i = 0; i < count; i++)
		if (pinned_by(names[i], program_id) ||
		    recorded_in(record_read(names[i]), program_id))
			return names[i];
	return NULL;
}
