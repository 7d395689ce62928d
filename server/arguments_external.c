/* SPDX-License-Identifier: Apache-2.0 */
#include "server/arguments.h"

#include "base/encode.h"
#include "base/text.h"
#include "base/url.h"
#include "server/external/external.h"
#include "server/external/fetch.h"

#include <pims/error.h>

#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* The options of sign-in at another provider (pimsd(8)). */

enum { NAME_MAX_LENGTH = 256 };

static const struct {
	const char *name;
	size_t offset; /* of a char * in struct external_settings */
} texts[] = {
	{"external-issuer", offsetof(struct external_settings, issuer)},
	{"external-audience", offsetof(struct external_settings, audience)},
	{"external-client-id", offsetof(struct external_settings, client_id)},
	{"external-client-secret-file", offsetof(struct external_settings, secret_file)},
	{"external-ca-file", offsetof(struct external_settings, ca_file)},
	{"external-scope", offsetof(struct external_settings, scope)},
	{"external-app-client-id", offsetof(struct external_settings, app_client_id)},
	{"external-app-scope", offsetof(struct external_settings, app_scope)},
	{"external-resource", offsetof(struct external_settings, resource)},
};

static int wrong(const char *option, const char *what)
{
	fprintf(stderr, "pimsd: --%s %s\n", option, what);
	return PIMS_E_INVALID;
}

/* RFC 6749 §3.3 */
static bool is_scope(const char *text, bool many)
{
	size_t length = strlen(text);

	if (!length || length > NAME_MAX_LENGTH)
		return false;
	for (; *text; text++)
		if (*text < ' ' || *text > '~' || strchr("\"\\", *text) || (*text == ' ' && !many))
			return false;
	return true;
}

/* RFC 8707 §2: absolute, without a fragment; a name such as urn:example:pimsd, too */
static bool is_resource(const char *text)
{
	const char *colon = strchr(text, ':');

	return colon && colon != text && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789+.-") == (size_t)(colon - text) && colon[1] &&
	       is_scope(text, false) && !strchr(text, '#');
}

static const char *check_text(const char *name, const char *value)
{
	if (text_equal(name, "external-issuer"))
		return fetch_url_allowed(value) && !strchr(value, '?') ? NULL : "wants an https URL (http on loopback) without query and fragment";
	if (text_equal(name, "external-scope"))
		return is_scope(value, false) ? NULL : "wants one name of a scope";
	if (text_equal(name, "external-app-scope"))
		return is_scope(value, true) ? NULL : "wants names of scopes, blanks between";
	if (text_equal(name, "external-resource"))
		return is_resource(value) ? NULL : "wants an absolute URI without fragment, such as urn:example:pimsd";
	return *value && strlen(value) < 4096 ? NULL : "wants a value";
}

static int take_cache(struct external_settings *external, const char *value)
{
	uint64_t seconds;

	if (decimal_parse(value, EXTERNAL_CACHE_MAX_S, &seconds) < 0)
		return wrong("external-cache", "wants a number of seconds from 0 to 300");
	external->cache_seconds = (int)seconds;
	return 0;
}

int arguments_take_external(struct external_settings *external, const char *name, char *value)
{
	const char *problem = check_text(name, value);

	if (text_equal(name, "external-cache"))
		return take_cache(external, value);
	if (problem)
		return wrong(name, problem);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (text_equal(name, texts[i].name))
			*(char **)(void *)((char *)external + texts[i].offset) = value;
	return 0;
}

static int check_alone(const struct external_settings *external)
{
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (*(char *const *)(const void *)((const char *)external + texts[i].offset))
			return wrong(texts[i].name, "wants --external-issuer as well");
	return external->cache_seconds < 0 ? 0 : wrong("external-cache", "wants --external-issuer as well");
}

int arguments_check_external(const struct arguments *arguments)
{
	const struct external_settings *external = &arguments->external;

	if (arguments->help || arguments->version)
		return 0;
	if (!external->issuer)
		return check_alone(external);
	if (!external->client_id != !external->secret_file)
		return wrong("external-client-id", "and --external-client-secret-file want each other");
	if (!external->audience && !external->client_id)
		return wrong("external-audience", "is missing: whose tokens would be good here?");
	if (external->cache_seconds >= 0 && !external->client_id)
		return wrong("external-cache", "is about introspection: it wants --external-client-id");
	if (arguments->customer_audience)
		return wrong("customer-audience", "is for sign-in here: another provider's tokens are not exchanged");
	if (arguments->sign_in_otp)
		return wrong("sign-in-otp", "is for sign-in here: the other provider decides how people sign in");
	if (arguments->sign_in_passkey)
		return wrong("sign-in-passkey", "is for sign-in here: the other provider decides how people sign in");
	if (arguments->par_required)
		return wrong("par-required", "is for sign-in here: no requests come where another provider signs in");
	if (text_equal(arguments->issuer, external->issuer))
		return wrong("external-issuer", "is this server itself (--issuer)");
	return 0;
}
