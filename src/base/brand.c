/* SPDX-License-Identifier: Apache-2.0 */
#include "base/brand.h"

#include "base/brand_table.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>

#define ROW(name, environment, mode, oauth_url, realm, scheme) {name, environment, mode, oauth_url, realm, scheme},
const struct brand brands[] = {BRANDS(ROW){NULL, NULL, NULL, NULL, NULL, NULL}};

static bool is(const char *wanted, const char *text)
{
	return !wanted || text_equal(wanted, text);
}

const struct brand *brand_find(const char *name, const char *environment, const char *mode)
{
	for (const struct brand *brand = brands; name && brand->name; brand++)
		if (text_equal_nocase(brand->name, name) && is(environment, brand->environment) && is(mode, brand->mode))
			return brand;
	return NULL;
}

const struct brand *brand_of_scheme(const char *scheme)
{
	for (const struct brand *brand = brands; scheme && brand->name; brand++)
		if (text_equal_nocase(brand->scheme, scheme))
			return brand;
	return NULL;
}
