/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_TESTS_INWEBO_VECTORS_H
#define PIMS_TESTS_INWEBO_VECTORS_H

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/** A file of tests/data/vectors; the caller drops the reference. */
static inline json_t *vector_file(const char *name)
{
	char path[512];
	json_error_t error;
	json_t *file;

	snprintf(path, sizeof path, "%s/vectors/%s.json", TEST_DATA_DIR, name);
	file = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	if (!file)
		fail_msg("%s: %s", path, error.text);
	return file;
}

/** The text of a member; there must be one. */
static inline const char *vector_text(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	if (!text)
		fail_msg("no text %s in the vector", name);
	return text;
}

typedef void (*vector_fn)(const json_t *one);

/** Calls `check` for every case of a file, and makes sure that there are `count`. */
static inline void vector_cases(const char *name, size_t count, vector_fn check)
{
	json_t *file = vector_file(name), *cases = json_object_get(file, "cases"), *one;
	size_t i;

	assert_int_equal(json_array_size(cases), count);
	json_array_foreach(cases, i, one) check(one);
	json_decref(file);
}

#endif
