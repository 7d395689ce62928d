/* SPDX-License-Identifier: Apache-2.0 */
#include "server/sms/policy.h"

#include "base/encode.h"
#include "base/phone.h"
#include "base/text.h"

#include <pims/error.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { HOUR_S = 3600, DAY_S = 86400, COUNTRY_BUDGET = 1000, BUDGET_MAX = 1000000 };

/* One entry of a list: "FR", "FR=1000", "*=50". */
struct entry {
	char country[3];
	int budget;
};

static int read_entry(const char *text, size_t length, struct entry *ret_entry)
{
	const char *equals = memchr(text, '=', length);
	size_t name = equals ? (size_t)(equals - text) : length;
	uint64_t budget = COUNTRY_BUDGET;
	char digits[8];

	if (name != 2 && !(name == 1 && *text == '*'))
		return PIMS_E_FORMAT;
	if (equals) {
		size_t rest = length - name - 1;

		if (rest >= sizeof digits)
			return PIMS_E_FORMAT;
		memcpy(digits, equals + 1, rest);
		digits[rest] = '\0';
		if (decimal_parse(digits, BUDGET_MAX, &budget) < 0)
			return PIMS_E_FORMAT;
	}
	*ret_entry = (struct entry){.budget = (int)budget};
	memcpy(ret_entry->country, text, name);
	return 0;
}

/* The next entry of a list: 0, PIMS_E_NOT_FOUND at its end, PIMS_E_FORMAT. */
static int next_entry(const char **list, struct entry *ret_entry)
{
	const char *text = *list;
	size_t length = strcspn(text, ",");

	if (!*text)
		return PIMS_E_NOT_FOUND;
	*list = text + length + (text[length] == ',');
	return read_entry(text, length, ret_entry);
}

bool sms_countries_valid(const char *list)
{
	struct entry entry;
	int r;

	if (strlen(list) >= SMS_COUNTRIES_SIZE || !*list)
		return false;
	while ((r = next_entry(&list, &entry)) == 0)
		if (!text_equal(entry.country, "*") && !phone_country_known(entry.country))
			return false;
	return r == PIMS_E_NOT_FOUND;
}

int sms_country_budget(const char *list, const char *country)
{
	struct entry entry;
	int any = 0;

	while (next_entry(&list, &entry) == 0) {
		if (text_equal_nocase(entry.country, country ? country : ""))
			return entry.budget;
		if (text_equal(entry.country, "*"))
			any = entry.budget;
	}
	return any;
}

static int limit_of(const struct server *server, int set, int production, int sandbox)
{
	if (set > 0)
		return set;
	return server->settings.sandbox ? sandbox : production;
}

static struct sms_limit *add(struct sms_policy *policy, int max, int window_s)
{
	struct sms_limit *limit = &policy->limits[policy->count++];

	limit->max = max;
	limit->window_s = window_s;
	return limit;
}

static void add_account(const struct server *server, const struct sms_order *order, struct sms_policy *policy)
{
	const struct sms_settings *settings = &server->settings.sms;
	struct sms_limit *limit = add(policy, limit_of(server, settings->per_hour, 5, 100), HOUR_S);

	(void)snprintf(limit->key, sizeof limit->key, "sms:%" PRId64, order->account->id);
	limit = add(policy, limit_of(server, settings->per_day, 10, 1000), DAY_S);
	(void)snprintf(limit->key, sizeof limit->key, "sms.day:%" PRId64, order->account->id);
	limit = add(policy, limit_of(server, settings->per_address, 100, 10000), DAY_S);
	(void)snprintf(limit->key, sizeof limit->key, "sms.address:%.64s", order->network);
	if (order->purpose != SMS_CERTIFICATION)
		return;
	limit = add(policy, limit_of(server, settings->per_number, 5, 500), DAY_S);
	(void)snprintf(limit->key, sizeof limit->key, "sms.number:%.32s", order->number);
}

static int add_country(const struct server *server, const struct sms_order *order, struct sms_policy *policy)
{
	const struct settings *settings = &server->settings;
	const char *list = *settings->sms.countries ? settings->sms.countries : settings->country;
	const char *country = phone_country(order->number);
	struct sms_limit *limit;
	int budget;

	if (!*settings->sms.countries && settings->sandbox)
		list = "*";
	budget = sms_country_budget(*list ? list : "FR", country);
	if (budget <= 0)
		return PIMS_E_INVALID;
	limit = add(policy, budget, DAY_S);
	(void)snprintf(limit->key, sizeof limit->key, "sms.country:%s", country ? country : "");
	if (order->purpose != SMS_CERTIFICATION)
		return 0;
	limit = add(policy, (budget + 1) / 2, DAY_S);
	(void)snprintf(limit->key, sizeof limit->key, "sms.country.new:%s", country ? country : "");
	return 0;
}

int sms_policy_make(const struct server *server, const struct sms_order *order, struct sms_policy *ret_policy)
{
	struct sms_policy policy = {.cooldown_s = server->settings.sms.cooldown_seconds, .now = env_now(&server->env)};
	int r;

	add_account(server, order, &policy);
	r = add_country(server, order, &policy);
	if (r == 0)
		*ret_policy = policy;
	return r;
}
