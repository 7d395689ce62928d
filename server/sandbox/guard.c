/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "server/sandbox/internal.h"

#include <string.h>
#include <strings.h>

/*
 * A sandbox has no passwords, so other pages in the developer's browser must not use it: requests come by a name that is surely ours (DNS
 * rebinding), and, but for opening the page, from our own page or from no page at all (Fetch Metadata, Origin).
 */

bool sandbox_path(const struct request *request)
{
	return text_starts(request->path, "/sandbox/") || strcmp(request->path, "/sandbox") == 0;
}

static bool host_is_ours(const struct request *request, const char *host)
{
	const char *issuer = request_server(request)->settings.issuer;
	const char *authority = strstr(issuer, "://");
	struct buf text = BUF_INIT(512);
	struct url url = {0};
	bool ours = false;

	if (authority && strcasecmp(authority + 3, host) == 0)
		return true;
	if (buf_printf(&text, "http://%s", host) == 0 && url_parse(buf_text(&text), &url) == 0)
		ours = url_is_loopback(&url) && !*url.path && !url.query && !url.fragment;
	url_free(&url);
	buf_free(&text);
	return ours;
}

static bool from_our_page(const struct request *request, const char *host)
{
	const char *site = request_header(request, "Sec-Fetch-Site");
	const char *origin = request_header(request, "Origin");
	const char *authority = origin ? strstr(origin, "://") : NULL;

	if (site && !text_equal(site, "same-origin") && !text_equal(site, "none"))
		return false;
	return !origin || (authority && text_equal_nocase(authority + 3, host));
}

static bool opens_a_page(const struct request *request)
{
	return strcmp(request->method, "GET") == 0 && text_equal(request_header(request, "Sec-Fetch-Mode"), "navigate");
}

static bool is_json(const char *type)
{
	static const char json[] = "application/json";

	return type && strncasecmp(type, json, sizeof json - 1) == 0 && strchr("; \t", type[sizeof json - 1]);
}

bool guard_passes(const struct request *request, struct response *response)
{
	const char *host = request_header(request, "Host");

	if (!host || !host_is_ours(request, host)) {
		response_problem(response, 403, "sandbox.host", "The sandbox is reached by a loopback address or the server's own name", -1, -1);
		return false;
	}
	if (!opens_a_page(request) && !from_our_page(request, host)) {
		response_problem(response, 403, "sandbox.origin", "Another site's page may not use the sandbox", -1, -1);
		return false;
	}
	if (strcmp(request->method, "POST") == 0 && !is_json(request_header(request, "Content-Type"))) {
		response_problem(response, 415, "sandbox.content_type", "The body is application/json", -1, -1);
		return false;
	}
	return true;
}
