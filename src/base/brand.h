/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_BASE_BRAND_H
#define PIMS_BASE_BRAND_H

/** One row of brand_table.h. */
struct brand {
	const char *name, *environment, *mode;
	const char *oauth_url;
	const char *realm;
	const char *scheme;
};

/** All rows, ended by a NULL name. */
extern const struct brand brands[];

/** The row of a brand (any letter case) in an environment and mode, or NULL. For these two NULL is any. */
const struct brand *brand_find(const char *name, const char *environment, const char *mode);
/** The row of a redirect URI's scheme (RFC 3986 §3.1: any letter case), or NULL. */
const struct brand *brand_of_scheme(const char *scheme);

#endif
