// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#include "apply.h"
#include "attached.h"
#include "kernel.h"
#include "manifest.h"
#include "paths.h"

int verb_observe(const char *name, json_t **answer)
{
	const char **names = &name;
	json_t *programs = json_array();
	int count = 1;

	if (lock_node(LOCK_READERS))
		return -1;
	if (!name)
		count = attached_names(&names);
	for (int i = 0; i < count; i++)
		json_array_append_new(programs, attached_facts(names[i]));
	*answer = json_pack("{s:i, s:s, s:o}", "schema", MANIFEST_SCHEMA, "bootId", boot_id(),
			    "programs", programs);
	return 0;
}
