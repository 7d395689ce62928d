/* SPDX-License-Identifier: Apache-2.0 */
#include "server/arguments.h"

#include "base/text.h"

#include <pims/error.h>

#include <stdio.h>

/* The options about TLS and proxies (pimsd(8)). */

static int wrong(const char *option, const char *what)
{
	fprintf(stderr, "pimsd: %s %s\n", option, what);
	return PIMS_E_INVALID;
}

static int take_file(const char **file, const char *option, const char *value)
{
	if (!*value)
		return wrong(option, "wants a file");
	*file = value;
	return 0;
}

int arguments_take_network(struct arguments *arguments, const char *name, const char *value)
{
	int r;

	if (text_equal(name, "tls-cert"))
		return take_file(&arguments->tls_cert, "--tls-cert", value);
	if (text_equal(name, "tls-key"))
		return take_file(&arguments->tls_key, "--tls-key", value);
	r = proxies_add(&arguments->proxies, value);
	if (r == PIMS_E_LIMIT)
		return wrong("--trusted-proxy", "names more than 64 networks");
	return r < 0 ? wrong("--trusted-proxy", "wants ADDRESS[/BITS], several with commas between") : 0;
}

int arguments_check_network(const struct arguments *arguments)
{
	if (!arguments->tls_cert != !arguments->tls_key)
		return wrong(arguments->tls_cert ? "--tls-key" : "--tls-cert", "is missing: certificate and key go together");
	if (arguments->tls_cert && arguments->issuer && !text_starts(arguments->issuer, "https://"))
		return wrong("--issuer", "must be https with --tls-cert");
	return 0;
}
