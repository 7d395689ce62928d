/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_BASE_URL_H
#define PIMS_BASE_URL_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

/** Appends `text` percent-encoded: all but unreserved characters (RFC 3986 §2.3); a blank becomes "%20". */
int url_encode(const char *text, struct buf *buf);
/** The same for query strings and forms: a blank becomes "+" (application/x-www-form-urlencoded). */
int url_encode_form(const char *text, struct buf *buf);
/** Appends "name=value", with "&" in front unless the buffer is empty or ends in "?" or "&". */
int url_put(struct buf *buf, const char *name, const char *value);

/** Parameters of a query string or form, decoded, in order. Values may be secrets: query_free() wipes. */
struct query {
	struct query_item *items;
	size_t count;
};
struct query_item {
	char *name;
	char *value;
};

enum { QUERY_MAX_ITEMS = 64, QUERY_MAX_LENGTH = 65536 };

/**
 * Parses "a=b&c=d" ("+" = blank). Empty pieces are skipped; a name without "=" has the value "". PIMS_E_FORMAT: a broken percent
 * escape, a NUL, a name that occurs twice (RFC 6749 §3.1); PIMS_E_LIMIT: more than QUERY_MAX_ITEMS or QUERY_MAX_LENGTH bytes.
 */
int query_parse(const char *text, size_t length, struct query *ret_query);
void query_free(struct query *query);
/** The value of a name, or NULL. */
const char *query_get(const struct query *query, const char *name);

/** The parts of an absolute URL, as copies. */
struct url {
	char *scheme; /**< lower case */
	char *host;   /**< lower case, without brackets; "" when there is none */
	char *port;   /**< digits, "" when there is none */
	char *path;   /**< with its "/", may be "" */
	char *query;  /**< without "?", NULL when there is none */
	char *fragment; /**< without "#", NULL when there is none */
};

/** PIMS_E_FORMAT: not absolute, control characters or blanks, user information in it; PIMS_E_LIMIT: over 8192 bytes. */
int url_parse(const char *text, struct url *ret_url);
void url_free(struct url *url);
/** Appends its origin as browsers write it: without the scheme's own port (RFC 6454 §6.2). */
int url_origin(const struct url *url, struct buf *ret_origin);
/** True for http and https URLs with a host and no fragment. */
bool url_is_http(const char *text);
/** True when the host is a loopback literal or "localhost". */
bool url_is_loopback(const struct url *url);

#endif
