/* SPDX-License-Identifier: Apache-2.0 */
#include "identity/issuer.h"

#include "base/text.h"
#include "base/url.h"
#include "identity/limits.h"

#include <string.h>

static bool is_tls(const char *text, struct url *ret_url)
{
	return url_parse(text, ret_url) == 0 && text_equal(ret_url->scheme, "https");
}

bool issuer_is_tls(const struct endpoints *endpoints)
{
	struct url url = {0};
	bool tls = endpoints->token && is_tls(endpoints->token, &url);

	url_free(&url);
	return tls;
}

bool issuer_accepted(const struct endpoints *endpoints, const char *issuer)
{
	struct url url = {0}, token = {0};
	bool accepted;

	if (!issuer)
		return false;
	if (endpoints->issuer)
		return strcmp(endpoints->issuer, issuer) == 0;
	accepted = endpoints->token && is_tls(issuer, &url) && is_tls(endpoints->token, &token) && text_equal(url.host, token.host);
	url_free(&url);
	url_free(&token);
	return accepted;
}

const char *endpoint_problem(const char *url)
{
	struct url parts = {0};
	bool insecure;

	if (strlen(url) > ENDPOINT_MAX || !url_is_http(url) || url_parse(url, &parts) < 0)
		return "server.format";
	insecure = text_equal(parts.scheme, "http") && !url_is_loopback(&parts);
	url_free(&parts);
	return insecure ? "backend.insecure" : NULL;
}
