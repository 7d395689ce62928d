/* SPDX-License-Identifier: Apache-2.0 */
#include "dpop/target.h"

#include "base/encode.h"
#include "base/text.h"
#include "base/url.h"
#include "dpop/dpop.h"

#include <pims/error.h>

#include <string.h>

enum { TARGET_MAX = 8192 };

static bool is_default_port(const struct url *url)
{
	return !*url->port || text_equal(url->port, text_equal(url->scheme, "https") ? "443" : "80");
}

static int write_origin(const struct url *url, struct buf *target)
{
	int r = buf_printf(target, strchr(url->host, ':') ? "%s://[%s]" : "%s://%s", url->scheme, url->host);

	return r < 0 || is_default_port(url) ? r : buf_printf(target, ":%s", url->port);
}

static bool is_unreserved(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("-._~", c);
}

/* RFC 3986 §6.2.2.1, §6.2.2.2: escapes in upper case, and none where none is needed. */
static int write_path(const char *path, struct buf *target)
{
	int r = *path ? 0 : buf_putc(target, '/');

	for (; *path && r == 0; path++) {
		char digits[3] = {0};
		unsigned char byte = 0;

		if (*path == '%' && path[1] && path[2])
			memcpy(digits, path + 1, 2);
		if (!*digits || hex_decode(digits, &byte, 1) < 0) {
			r = buf_putc(target, *path);
			continue;
		}
		r = byte && is_unreserved(byte) ? buf_putc(target, (char)byte) : buf_printf(target, "%%%02X", byte);
		path += 2;
	}
	return r;
}

static int parse(const char *text, struct url *ret_url)
{
	struct url url = {0};
	int r = url_parse(text, &url);

	if (r == 0 && (!*url.host || (!text_equal(url.scheme, "https") && !text_equal(url.scheme, "http"))))
		r = PIMS_E_FORMAT;
	if (r < 0)
		url_free(&url);
	else
		*ret_url = url;
	return r;
}

int target_origin(const char *text, struct buf *ret_origin)
{
	struct url url = {0};
	int r = parse(text, &url);

	if (r == 0)
		r = write_origin(&url, ret_origin);
	url_free(&url);
	return r;
}

int target_write(const char *text, struct buf *ret_target)
{
	struct url url = {0};
	int r = parse(text, &url);

	if (r == 0)
		r = write_origin(&url, ret_target);
	if (r == 0)
		r = write_path(url.path, ret_target);
	url_free(&url);
	return r;
}

bool dpop_same_url(const char *a, const char *b)
{
	struct buf first = BUF_INIT(TARGET_MAX), second = BUF_INIT(TARGET_MAX);
	bool same = target_write(a, &first) == 0 && target_write(b, &second) == 0 && text_equal(buf_text(&first), buf_text(&second));

	buf_free(&first);
	buf_free(&second);
	return same;
}
