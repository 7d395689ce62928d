/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "server/oidc/handlers.h"
#include "server/sandbox/internal.h"

#include <string.h>

static const struct {
	const char *name;
	unsigned bits;
} names[] = {
	{"discovery", CALL_DISCOVERY},
	{"login", CALL_LOGIN},
	{"token", CALL_TOKEN},
	{"logout", CALL_LOGOUT},
	{"sms", CALL_SMS},
	{"phone", CALL_PHONE},
	{"phoneChange", CALL_PHONE_CHANGE},
	{"account", CALL_ACCOUNT},
	{"devices", CALL_DEVICES | CALL_REMOVAL},
	{"removal", CALL_REMOVAL},
	{"service", CALL_SERVICE},
	{"confirm", CALL_CONFIRM},
	{"enroll", CALL_ENROLL},
	{"synchronisation", CALL_SYNC},
	{"otp", CALL_OTP},
	{"pincode", CALL_PINCODE},
	{"proof", CALL_PROOF},
	{"other", CALL_OTHER},
};

/* A path that ends in a slash stands for all below it. */
static const struct {
	const char *method; /* NULL = any */
	const char *path;
	unsigned bit;
} paths[] = {
	{NULL, "/.well-known/", CALL_DISCOVERY},
	{NULL, OIDC_JWKS_PATH, CALL_DISCOVERY},
	{NULL, OIDC_TOKEN_PATH, CALL_TOKEN},
	{NULL, OIDC_REVOKE_PATH, CALL_LOGOUT},
	{NULL, OIDC_USERINFO_PATH, CALL_SERVICE},
	{NULL, "/am/", CALL_LOGIN},
	{NULL, "/account/", CALL_LOGIN},
	{NULL, "/applications/cvs/v4/mobile/smsCode", CALL_SMS},
	{NULL, "/v1/sms", CALL_SMS},
	{"POST", "/v1/phone", CALL_PHONE_CHANGE},
	{NULL, "/v1/phone", CALL_PHONE},
	{NULL, "/v1/account", CALL_ACCOUNT},
	{NULL, "/v1/devices", CALL_DEVICES},
	{NULL, "/v1/devices/", CALL_REMOVAL},
	{NULL, "/v1/", CALL_SERVICE},
	{NULL, "/connectedcar/", CALL_SERVICE},
	{NULL, "/applications/", CALL_SERVICE},
};

static unsigned call_of_mac(const struct query *query)
{
	const char *mode = query_get(query, "mode");

	if (text_equal(mode, "otp"))
		return CALL_OTP;
	if (text_equal(mode, "ms"))
		return CALL_SYNC;
	if (text_equal(mode, "activate"))
		return text_equal(query_get(query, "action"), "ActionFinalize") ? CALL_ENROLL : CALL_CONFIRM;
	return text_equal(mode, "password") || text_equal(mode, "reset") ? CALL_PINCODE : CALL_PROOF;
}

static bool path_matches(const char *path, const char *pattern)
{
	size_t length = strlen(pattern);

	return pattern[length - 1] == '/' ? text_starts(path, pattern) : strcmp(path, pattern) == 0;
}

unsigned call_of(const struct request *request)
{
	if (strcmp(request->path, "/iwws/MAC") == 0)
		return call_of_mac(&request->query);
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
		if ((!paths[i].method || strcmp(paths[i].method, request->method) == 0) && path_matches(request->path, paths[i].path))
			return paths[i].bit;
	return CALL_OTHER;
}

unsigned call_bits(const char *name)
{
	if (strcmp(name, "any") == 0)
		return CALLS_ANY;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(names[i].name, name) == 0)
			return names[i].bits;
	return 0;
}

json_t *call_names(unsigned bits)
{
	json_t *list = json_array();

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!(names[i].bits & ~bits) && json_array_append_new(list, json_string(names[i].name)) != 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}
