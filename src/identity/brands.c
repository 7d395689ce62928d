/* SPDX-License-Identifier: Apache-2.0 */
#include "identity/brands.h"

#include "base/buf.h"
#include "base/text.h"
#include "identity/limits.h"

#include <pims/error.h>

/* spec/wire.md §2 */
static const struct brand {
	const char *name;
	const char *host;
	const char *realm;
} brands[] = {
	{"Peugeot", "idpcvs.peugeot.com", "clientsB2CPeugeot"},
	{"Citroen", "idpcvs.citroen.com", "clientsB2CCitroen"},
	{"Ds", "idpcvs.driveds.com", "clientsB2CDS"},
	{"Opel", "idpcvs.opel.com", "clientsB2COpel"},
	{"Vauxhall", "idpcvs.vauxhall.co.uk", "clientsB2CVauxhall"},
};

static const struct brand *find(const char *name)
{
	for (size_t i = 0; i < sizeof brands / sizeof *brands; i++)
		if (text_equal_nocase(brands[i].name, name))
			return &brands[i];
	return NULL;
}

static int set_url(char **ret_url, const struct brand *brand, const char *path)
{
	struct buf url = BUF_INIT(ENDPOINT_MAX);
	int r = buf_printf(&url, "https://%s/am/oauth2/%s", brand->host, path);

	if (r == 0)
		r = text_set(ret_url, buf_text(&url));
	buf_free(&url);
	return r;
}

int brand_endpoints(const char *name, struct endpoints *ret_endpoints)
{
	const struct brand *brand = find(name);
	struct endpoints endpoints = {0};
	int r;

	if (!brand)
		return PIMS_E_NOT_FOUND;
	r = set_url(&endpoints.authorization, brand, "authorize");
	if (r == 0)
		r = set_url(&endpoints.token, brand, "access_token");
	if (r == 0)
		r = set_url(&endpoints.revocation, brand, "token/revoke");
	if (r == 0)
		r = text_set(&endpoints.realm, brand->realm);
	if (r < 0) {
		endpoints_free(&endpoints);
		return r;
	}
	endpoints.known = true;
	*ret_endpoints = endpoints;
	return 0;
}
