/* SPDX-License-Identifier: Apache-2.0 */
#include "server/settings.h"

#include "base/encode.h"
#include "base/text.h"
#include "server/account/password.h"
#include "server/sandbox_seed.h"

#include <pims/error.h>

#include <stdlib.h>
#include <string.h>

enum { DAY_S = 24 * 60 * 60, MACID_HEX = 32 };

static const char default_audience[] = "customer-api";

void settings_default(struct settings *ret_settings, bool sandbox)
{
	*ret_settings = (struct settings){
		.sandbox = sandbox,
		.access_seconds = 3599, /* what the live service announces, spec/wire.md §2 */
		.refresh_seconds = 180 * DAY_S,
		.session_seconds = 365 * DAY_S,
		.code_seconds = 300,
		.sms_seconds = 600,
		.otp_seconds = 120,
		.challenge_seconds = 120,
		.pin_tries = 5,
		.max_devices = 5,
		.pin_min = 4,
		.pin_max = 8,
		.password_min = sandbox ? PASSWORD_MIN : PASSWORD_MIN_DEFAULT,
		.otp_without_pin = true,
		.country = "FR",
		.sms = {.cooldown_seconds = 30},
	};
}

/* Its texts, as addresses. */
static char **external_text(struct external_settings *external, size_t index)
{
	char **const texts[] = {&external->issuer, &external->audience, &external->client_id, &external->secret_file, &external->ca_file,
				&external->scope, &external->app_client_id, &external->app_scope, &external->resource};

	return index < sizeof texts / sizeof *texts ? texts[index] : NULL;
}

static void free_external(struct external_settings *external)
{
	char **text;

	for (size_t i = 0; (text = external_text(external, i)); i++)
		free(*text);
}

/* What was given becomes a copy of our own, all of it or nothing. */
static int copy_external(struct external_settings *external)
{
	struct external_settings copy = {.cache_seconds = external->cache_seconds};
	char **to;

	for (size_t i = 0; (to = external_text(&copy, i)); i++)
		if (text_set(to, *external_text(external, i)) < 0) {
			free_external(&copy);
			return PIMS_E_MEMORY;
		}
	*external = copy;
	return 0;
}

int settings_copy(struct settings *ret_settings, const struct settings *from)
{
	struct settings copy = *from;

	copy.data_dir = NULL;
	copy.issuer = NULL;
	copy.customer_audience = NULL;
	if (copy_external(&copy.external) < 0)
		return PIMS_E_MEMORY;
	if (text_set(&copy.data_dir, from->data_dir) < 0 || text_set(&copy.issuer, from->issuer) < 0 ||
	    text_set(&copy.customer_audience, from->customer_audience ? from->customer_audience : default_audience) < 0) {
		settings_free(&copy);
		return PIMS_E_MEMORY;
	}
	*ret_settings = copy;
	return 0;
}

void settings_free(struct settings *settings)
{
	free(settings->data_dir);
	free(settings->issuer);
	free(settings->customer_audience);
	free_external(&settings->external);
	*settings = (struct settings){0};
}

/* The application's id belongs to the data: devices were enrolled for it. */
static int take_stored(struct settings *settings, const unsigned char *stored, size_t length, const struct env *env)
{
	char text[MACID_HEX + 1];

	if (length != MACID_HEX)
		return PIMS_E_FORMAT;
	memcpy(text, stored, length);
	text[MACID_HEX] = 0;
	if (!hex_valid(text, MACID_HEX))
		return PIMS_E_FORMAT;
	if (settings->macid[0] && !text_equal_nocase(settings->macid, text)) {
		env_log(env, PIMS_LOG_ERROR, "%s: its devices were enrolled for macid %s, not %s", settings->data_dir, text, settings->macid);
		return PIMS_E_STATE;
	}
	memcpy(settings->macid, text, sizeof text);
	return 0;
}

static int make_macid(struct settings *settings, const struct env *env)
{
	if (settings->macid[0])
		return 0;
	if (settings->sandbox)
		return text_copy(settings->macid, sizeof settings->macid, SANDBOX_MACID);
	return env_random_hex(env, settings->macid, MACID_HEX / 2);
}

int settings_load_macid(struct settings *settings, struct store *store, const struct env *env)
{
	unsigned char *stored;
	size_t length;
	int r;

	r = store_setting_get(store, "macid", &stored, &length);
	if (r == PIMS_E_NOT_FOUND) {
		struct settings wanted = *settings;

		r = make_macid(&wanted, env);
		if (r == 0)
			r = store_setting_add(store, "macid", (const unsigned char *)wanted.macid, MACID_HEX);
		if (r < 0 && r != PIMS_E_STATE)
			return r;
		r = store_setting_get(store, "macid", &stored, &length);
	}
	if (r < 0)
		return r;
	r = take_stored(settings, stored, length, env);
	free(stored);
	return r;
}
