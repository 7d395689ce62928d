/* SPDX-License-Identifier: Apache-2.0 */
#include "facade/configuration.h"

#include "base/brand.h"
#include "base/encode.h"
#include "base/text.h"
#include "base/url.h"
#include "identity/issuer.h"
#include "identity/limits.h"

#include <pims/error.h>

#include <string.h>

enum { MAC_DIGITS = 32, PATH_ROOM = 128, FINGERPRINT_DIGITS = 64, LOG_MINUTES_MIN = 5, LOG_MINUTES_MAX = 1440 };

/* What a field failed for: its path goes into the cause. */
struct reader {
	struct flow *flow;
	const json_t *root;
	struct profile *profile;
};

static bool wrong(struct reader *reader, const char *path)
{
	char cause[sizeof reader->flow->outcome.cause];
	struct buf text = BUF_INIT(sizeof cause - 1);

	buf_printf(&text, "configuration.%s", path);
	text_copy(cause, sizeof cause, buf_text(&text));
	buf_free(&text);
	flow_fail(reader->flow, PIMS_NOT_CONFIGURED, cause);
	return false;
}

static bool out_of_memory(struct reader *reader)
{
	flow_fail_return(reader->flow, PIMS_E_MEMORY);
	return false;
}

static const char *last_name(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot ? dot + 1 : path;
}

/* The text at a path of one or two names, or NULL when it is absent or no text. */
static const json_t *section(const struct reader *reader, const char *path)
{
	char name[32];
	const char *dot = strchr(path, '.');

	if (!dot)
		return reader->root;
	if ((size_t)(dot - path) >= sizeof name)
		return NULL;
	memcpy(name, path, (size_t)(dot - path));
	name[dot - path] = '\0';
	return json_object_get(reader->root, name);
}

static const json_t *member(const struct reader *reader, const char *path)
{
	return json_object_get(section(reader, path), last_name(path));
}

static const char *text_at(const struct reader *reader, const char *path)
{
	const char *text = json_text(section(reader, path), last_name(path));

	return text && strlen(text) <= CONFIGURATION_MAX_TEXT ? text : NULL;
}

static const char *listed(const char *text, const char *const *values)
{
	for (; text && *values; values++)
		if (text_equal(text, *values))
			return *values;
	return NULL;
}

static bool read_choice(struct reader *reader, const char *path, const char *const *values, char **ret_text)
{
	const char *value = listed(text_at(reader, path), values);

	if (!value)
		return wrong(reader, path);
	return text_set(ret_text, value) == 0 ? true : out_of_memory(reader);
}

static bool read_brand(struct reader *reader)
{
	const struct brand *brand = brand_find(text_at(reader, "profile.brand"), NULL, NULL);

	if (reader->profile->issuer && !member(reader, "profile.brand"))
		return true;
	if (!brand)
		return wrong(reader, "profile.brand");
	return text_set(&reader->profile->brand, brand->name) == 0 ? true : out_of_memory(reader);
}

static bool visible(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

/* Older releases of the reference say clientId. */
static bool read_client_id(struct reader *reader)
{
	const char *path = member(reader, "credential.clientID") ? "credential.clientID" : "credential.clientId";
	const char *id = text_at(reader, path);

	if (!id || !*id || !visible(id))
		return wrong(reader, "credential.clientID");
	return text_set(&reader->profile->client_id, id) == 0 ? true : out_of_memory(reader);
}

static bool read_client_secret(struct reader *reader)
{
	const char *secret = text_at(reader, "credential.clientSecret");

	if (!secret || !visible(secret))
		return wrong(reader, "credential.clientSecret");
	if (*secret && secret_set(&reader->profile->client_secret, secret) < 0)
		return out_of_memory(reader);
	return true;
}

/* Absolute and without a fragment (RFC 6749 §3.1.2). */
static bool is_redirect_uri(const char *text)
{
	struct url url = {0};
	bool ok;

	if (url_parse(text, &url) < 0)
		return false;
	ok = !url.fragment && (*url.host || *url.path);
	url_free(&url);
	return ok;
}

static bool is_mac(const char *text)
{
	return hex_valid(text, MAC_DIGITS);
}

static bool is_fingerprint(const char *text)
{
	return hex_valid(text, FINGERPRINT_DIGITS);
}

/* PIN and proofs go there, and a stranger on the way could send keys of his own: TLS, or this machine. */
static bool is_safe_url(const char *text)
{
	return endpoint_problem(text) == NULL;
}

static bool read_valid(struct reader *reader, const char *path, bool (*valid)(const char *text), char **ret_text)
{
	const char *text = text_at(reader, path);

	if (!text || !valid(text))
		return wrong(reader, path);
	return text_set(ret_text, text) == 0 ? true : out_of_memory(reader);
}

static bool read_optional(struct reader *reader, const char *path, bool (*valid)(const char *text), char **ret_text)
{
	return member(reader, path) ? read_valid(reader, path, valid, ret_text) : true;
}

/* Paths are appended to it. */
static bool is_base_url(const char *text)
{
	return is_safe_url(text) && !strpbrk(text, "?#") && strlen(text) <= ENDPOINT_MAX - PATH_ROOM;
}

/* It goes into a header. */
static bool is_word(const char *text)
{
	return *text && strlen(text) <= SCOPE_MAX && visible(text);
}

static bool read_live(struct reader *reader)
{
	struct live *live = &reader->profile->live;

	if (!member(reader, "live"))
		return true;
	if (!json_is_object(member(reader, "live")))
		return wrong(reader, "live");
	return read_optional(reader, "live.oauthURL", is_base_url, &live->oauth_url) &&
	       read_optional(reader, "live.apiURL", is_base_url, &live->api_url) &&
	       read_optional(reader, "live.realm", is_word, &live->realm);
}

/* Its well-known document hangs on it (OpenID Connect Discovery 1.0 §3, §4.1). */
static bool is_issuer(const char *text)
{
	return is_safe_url(text) && !strchr(text, '?') && !strchr(text, '#');
}

/* RFC 6749 §3.3. Without `openid` no id_token would come. */
static bool is_scope(const char *text)
{
	bool openid = false;

	if (strlen(text) > SCOPE_MAX)
		return false;
	for (const char *word = text; *word; word++) {
		size_t length = strcspn(word, " ");

		for (size_t i = 0; i < length; i++)
			if (word[i] < '!' || word[i] > '~' || word[i] == '"' || word[i] == '\\')
				return false;
		openid = openid || (length == 6 && strncmp(word, "openid", 6) == 0);
		word += length;
		if (!length || !*word)
			return length && openid;
	}
	return false;
}

/* Where sign-in happens: a backend of ours, or any OpenID provider, or (neither) a brand's live service. */
static bool read_server(struct reader *reader)
{
	struct profile *profile = reader->profile;

	if (!read_optional(reader, "backend", url_is_http, &profile->backend) || !read_optional(reader, "issuer", is_issuer, &profile->issuer))
		return false;
	if (profile->backend && profile->issuer)
		return wrong(reader, "issuer");
	return read_optional(reader, "scope", is_scope, &profile->scope);
}

static bool read_country(struct reader *reader)
{
	const char *country = text_at(reader, "country");

	if (!member(reader, "country"))
		return true;
	if (!country || strlen(country) != 2)
		return wrong(reader, "country");
	for (size_t i = 0; i < 2; i++) {
		char letter = (char)(country[i] & ~0x20);

		if (letter < 'A' || letter > 'Z')
			return wrong(reader, "country");
		reader->profile->country[i] = letter;
	}
	return true;
}

/* The word at a path is one of these, whose index is the value. */
static bool read_word(struct reader *reader, const char *path, const char *const *words, size_t count, unsigned *ret_index)
{
	const char *word = text_at(reader, path);

	if (!member(reader, path))
		return true;
	for (unsigned i = 0; i < count; i++)
		if (text_equal(words[i], word)) {
			*ret_index = i;
			return true;
		}
	return wrong(reader, path);
}

static const char *const auth_methods[] = {[AUTH_AUTO] = "auto", [AUTH_BASIC] = "client_secret_basic", [AUTH_POST] = "client_secret_post"};

static bool read_auth_method(struct reader *reader)
{
	unsigned index = AUTH_AUTO;
	bool ok = read_word(reader, "credential.tokenEndpointAuthMethod", auth_methods, sizeof auth_methods / sizeof *auth_methods, &index);

	reader->profile->auth_method = (enum auth_method)index;
	return ok;
}

static const char *const dpop_modes[] = {[DPOP_AUTO] = "auto", [DPOP_ALL] = "all", [DPOP_REFRESH] = "refresh", [DPOP_NEVER] = "never"};

static bool read_dpop(struct reader *reader)
{
	unsigned index = DPOP_AUTO;
	bool ok = read_word(reader, "dpop", dpop_modes, sizeof dpop_modes / sizeof *dpop_modes, &index);

	reader->profile->dpop = (enum dpop_mode)index;
	return ok;
}

/* How much of what is logged goes into files. */
static const struct {
	const char *word;
	enum pims_log_level level;
} levels[] = {{"none", 0}, {"low", PIMS_LOG_WARNING}, {"medium", PIMS_LOG_INFO}, {"high", PIMS_LOG_DEBUG}};
enum { LEVELS = sizeof levels / sizeof *levels };

static const char *const rotations[] = {
	[LOG_EACH_LAUNCH] = "appLaunch", [LOG_EACH_DAY] = "day", [LOG_EACH_DURATION] = "duration"};
enum { ROTATIONS = sizeof rotations / sizeof *rotations };

static bool read_log_level(struct reader *reader)
{
	const char *word = text_at(reader, "monitoring.logLevel");

	if (!member(reader, "monitoring.logLevel"))
		return true;
	for (size_t i = 0; i < LEVELS; i++) {
		if (text_equal(levels[i].word, word)) {
			reader->profile->log.level = levels[i].level;
			return true;
		}
	}
	return wrong(reader, "monitoring.logLevel");
}

static bool read_log_rotation(struct reader *reader)
{
	unsigned index = LOG_EACH_LAUNCH;
	bool ok = read_word(reader, "monitoring.newLogFile", rotations, ROTATIONS, &index);

	reader->profile->log.rotation = (enum log_rotation)index;
	return ok;
}

static bool read_log_minutes(struct reader *reader, bool needed)
{
	const json_t *minutes = member(reader, "monitoring.newLogTimeDuration");
	json_int_t value = json_integer_value(minutes);

	if (!minutes && !needed)
		return true;
	if (!json_is_integer(minutes) || value < LOG_MINUTES_MIN || value > LOG_MINUTES_MAX)
		return wrong(reader, "monitoring.newLogTimeDuration");
	reader->profile->log.minutes = (unsigned)value;
	return true;
}

static bool read_monitoring(struct reader *reader)
{
	struct log_settings *log = &reader->profile->log;

	*log = (struct log_settings){.level = PIMS_LOG_WARNING, .rotation = LOG_EACH_LAUNCH};
	if (!member(reader, "monitoring"))
		return true;
	if (!json_is_object(member(reader, "monitoring")))
		return wrong(reader, "monitoring");
	return read_log_level(reader) && read_log_rotation(reader) && read_log_minutes(reader, log->rotation == LOG_EACH_DURATION);
}

static bool read_credential(struct reader *reader)
{
	struct profile *profile = reader->profile;

	if (!json_is_object(member(reader, "credential")))
		return wrong(reader, "credential");
	return read_client_id(reader) && read_client_secret(reader) && read_auth_method(reader) &&
	       read_valid(reader, "credential.webviewsRedirectURI", is_redirect_uri, &profile->webviews_redirect_uri) &&
	       read_valid(reader, "credential.loginRedirectURI", is_redirect_uri, &profile->login_redirect_uri) &&
	       read_optional(reader, "credential.macID", is_mac, &profile->macid) &&
	       read_optional(reader, "credential.inWeboURL", is_safe_url, &profile->inwebo_url) &&
	       read_optional(reader, "credential.inWeboKey", is_fingerprint, &profile->inwebo_key);
}

static bool read_all(struct reader *reader)
{
	static const char *const environments[] = {"Production", "Preproduction", "development", NULL};
	static const char *const modes[] = {"B2C", "B2B", NULL};
	struct profile *profile = reader->profile;

	return read_choice(reader, "environnement", environments, &profile->environment) &&
	       read_choice(reader, "mode", modes, &profile->mode) && read_monitoring(reader) && read_credential(reader) &&
	       read_server(reader) && read_brand(reader) && read_live(reader) && read_country(reader) && read_dpop(reader);
}

bool configuration_take(struct flow *flow, const json_t *root, struct profile *ret_profile)
{
	struct profile profile = {0};
	struct reader reader = {flow, root, &profile};

	if (!read_all(&reader)) {
		profile_free(&profile);
		return false;
	}
	*ret_profile = profile;
	return true;
}

bool configuration_read(struct flow *flow, const char *text, struct profile *ret_profile)
{
	json_t *root = NULL;
	int r = text ? json_parse_object(text, strlen(text), CONFIGURATION_MAX, &root) : 0;
	bool ok;

	if (r == PIMS_E_MEMORY) {
		flow_fail_return(flow, r);
		return false;
	}
	if (r < 0) {
		flow_fail(flow, PIMS_CONFIGURATION_INVALID, NULL);
		return false;
	}
	ok = configuration_take(flow, root, ret_profile);
	json_wipe(root);
	return ok;
}

static const char *level_word(enum pims_log_level level)
{
	for (size_t i = 0; i < LEVELS; i++)
		if (levels[i].level == level)
			return levels[i].word;
	return levels[0].word;
}

static json_t *write_monitoring(const struct log_settings *log)
{
	json_t *minutes = log->minutes ? json_integer(log->minutes) : NULL;

	return json_pack("{s:s, s:s, s:o*}", "logLevel", level_word(log->level), "newLogFile", rotations[log->rotation], "newLogTimeDuration",
			 minutes);
}

static json_t *write_credential(const struct profile *profile)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s*, s:s*, s:s*}", "clientID", profile->client_id, "clientSecret",
			 secret_text(&profile->client_secret), "tokenEndpointAuthMethod", auth_methods[profile->auth_method],
			 "webviewsRedirectURI", profile->webviews_redirect_uri, "loginRedirectURI", profile->login_redirect_uri, "macID",
			 profile->macid, "inWeboURL", profile->inwebo_url, "inWeboKey", profile->inwebo_key);
}

static json_t *write_live(const struct live *live)
{
	return json_pack("{s:s*, s:s*, s:s*}", "oauthURL", live->oauth_url, "apiURL", live->api_url, "realm", live->realm);
}

json_t *configuration_write(const struct profile *profile)
{
	return json_pack("{s:s, s:s, s:o, s:o, s:{s:s*}, s:s*, s:s*, s:s*, s:o, s:s*, s:s}", "environnement", profile->environment, "mode", profile->mode,
			 "monitoring", write_monitoring(&profile->log), "credential", write_credential(profile), "profile", "brand", profile->brand,
			 "backend", profile->backend, "issuer", profile->issuer, "scope", profile->scope, "live", write_live(&profile->live), "country",
			 *profile->country ? profile->country : NULL, "dpop", dpop_modes[profile->dpop]);
}
