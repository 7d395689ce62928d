/* SPDX-License-Identifier: Apache-2.0 */
#include "identity/brands.h"

#include "base/brand.h"
#include "base/brand_table.h"
#include "base/buf.h"
#include "base/text.h"
#include "identity/limits.h"

#include <pims/error.h>

#include <string.h>

/* A base with or without "/" at its end. */
static int set_url(char **ret_url, const char *base, const char *path)
{
	struct buf url = BUF_INIT(ENDPOINT_MAX);
	size_t length = strlen(base);
	int r;

	if (length && base[length - 1] == '/')
		length--;
	(void)buf_put(&url, base, length);
	r = buf_puts(&url, path);
	if (r == 0)
		r = text_set(ret_url, buf_text(&url));
	buf_free(&url);
	return r;
}

static int fill(const struct live *live, const struct brand *brand, struct endpoints *endpoints)
{
	const char *oauth = live->oauth_url ? live->oauth_url : brand->oauth_url;
	const char *realm = live->realm || !brand ? live->realm : brand->realm;
	int r = set_url(&endpoints->authorization, oauth, BRAND_PATH_AUTHORIZE);

	if (r == 0)
		r = set_url(&endpoints->token, oauth, BRAND_PATH_TOKEN);
	if (r == 0)
		r = set_url(&endpoints->revocation, oauth, BRAND_PATH_REVOKE);
	if (r == 0 && live->api_url)
		r = set_url(&endpoints->sms, live->api_url, BRAND_PATH_SMS);
	if (r == 0)
		r = text_set(&endpoints->realm, realm);
	return r;
}

int brand_endpoints(const struct profile *profile, struct endpoints *ret_endpoints)
{
	const struct brand *brand = brand_find(profile->brand, profile->environment, profile->mode);
	struct endpoints endpoints = {0};
	int r;

	if (!brand && !profile->live.oauth_url)
		return PIMS_E_NOT_FOUND;
	r = fill(&profile->live, brand, &endpoints);
	if (r < 0) {
		endpoints_free(&endpoints);
		return r;
	}
	endpoints.known = true;
	*ret_endpoints = endpoints;
	return 0;
}
