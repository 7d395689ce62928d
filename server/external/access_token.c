/* SPDX-License-Identifier: Apache-2.0 */
#include "server/external/access_token.h"

#include "base/json.h"
#include "base/text.h"
#include "jose/claims.h"

#include <pims/error.h>

#include <stdlib.h>
#include <string.h>

/* Each check returns NULL or what is wrong. */

void external_identity_free(struct external_identity *identity)
{
	free(identity->subject);
	free(identity->name);
	free(identity->client);
	free(identity->scope);
	*identity = (struct external_identity){0};
}

int external_identity_copy(struct external_identity *ret_identity, const struct external_identity *from)
{
	struct external_identity copy = {.expires = from->expires};

	if (text_set(&copy.subject, from->subject) < 0 || text_set(&copy.name, from->name) < 0 || text_set(&copy.client, from->client) < 0 ||
	    text_set(&copy.scope, from->scope) < 0) {
		external_identity_free(&copy);
		return PIMS_E_MEMORY;
	}
	memcpy(copy.key, from->key, sizeof copy.key);
	*ret_identity = copy;
	return 0;
}

/* Absent, or a string of 1 to `max` bytes. */
static bool is_short(const json_t *claims, const char *name, size_t max)
{
	const char *text = json_text(claims, name);

	if (!json_object_get(claims, name))
		return true;
	return text && *text && strlen(text) <= max;
}

/* RFC 9068 §4, letter by letter */
static const char *check_issuer(const json_t *claims, const struct access_token_rules *rules)
{
	const json_t *issuer = json_object_get(claims, "iss");

	if (!issuer && rules->introspected)
		return NULL;
	return issuer && claim_is_text(issuer, rules->settings->issuer) ? NULL : "the token is of another issuer";
}

/* RFC 9068 §4; of an introspected token only when we were told one */
static const char *check_audience(const json_t *claims, const struct access_token_rules *rules)
{
	const json_t *audience = json_object_get(claims, "aud");

	if (!rules->settings->audience)
		return NULL;
	if (claim_audiences(audience) && claim_has_audience(audience, rules->settings->audience))
		return NULL;
	return "the token is for another audience";
}

/* RFC 9068 §2.2, RFC 7519 §4.1.4 to 4.1.6 */
static const char *check_times(const json_t *claims, const struct access_token_rules *rules)
{
	int64_t expires = 0, issued = 0, not_before = 0;
	int has_expiry = claim_time(claims, "exp", &expires), has_issue = claim_time(claims, "iat", &issued);

	if (has_expiry < 0 || has_issue < 0 || (!rules->introspected && (!has_expiry || !has_issue)))
		return "the token does not say when it was issued and expires";
	if (has_expiry && expires + EXTERNAL_LEEWAY_S <= rules->now)
		return "the token has expired";
	if (has_issue && (issued > rules->now + EXTERNAL_LEEWAY_S || (has_expiry && issued > expires)))
		return "the token was issued in the future";
	if (claim_time(claims, "nbf", &not_before) < 0 || not_before > rules->now + EXTERNAL_LEEWAY_S)
		return "the token is not valid yet";
	return NULL;
}

static bool is_printable(const char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			return false;
	return true;
}

/* Some providers write azp (OpenID Connect Core §2) where RFC 9068 §2.2 has client_id. */
static const char *client_of(const json_t *claims)
{
	const char *client = json_text(claims, "client_id");

	return client ? client : json_text(claims, "azp");
}

/*
 * At most 255 bytes of ASCII, as of an id_token (OpenID Connect Core §2), and printable: operators see it. A client that acts for itself has no account
 * here: its "sub" is its own name (RFC 9068 §2.2, §5).
 */
static const char *check_subject(const json_t *claims, const struct access_token_rules *rules)
{
	const char *subject = json_text(claims, "sub");

	(void)rules;
	if (!subject || !*subject || strlen(subject) > EXTERNAL_SUBJECT_MAX || !is_printable(subject))
		return "the token names no subject";
	return text_equal(subject, client_of(claims)) ? "the token is a client's, not a person's" : NULL;
}

static const char *check_client(const json_t *claims, const struct access_token_rules *rules)
{
	if (!json_object_get(claims, "client_id") && !json_object_get(claims, "azp") && !rules->introspected)
		return "the token names no client";
	if (!is_short(claims, "client_id", EXTERNAL_CLAIM_MAX) || !is_short(claims, "azp", EXTERNAL_CLAIM_MAX))
		return "the token has a claim of the wrong form";
	if (json_object_get(claims, "scope") && !json_text(claims, "scope"))
		return "the token has a claim of the wrong form";
	return NULL;
}

/* The key of a binding by DPoP (RFC 9449 §6.1), or NULL. One of another length is the thumbprint of nothing. */
static const char *bound_key(const json_t *claims)
{
	const char *key = json_text(json_object_get(claims, "cnf"), "jkt");

	return key && strlen(key) == DPOP_THUMBPRINT_SIZE - 1 ? key : NULL;
}

/*
 * Which bindings there may be; access_token_check_key() then wants the proof. Other ways of confirmation (RFC 7800, RFC 8705) cannot be checked here, and a
 * token that has one is worth nothing without: not even if it has a `jkt` as well. RFC 9449 §6.2: `token_type` says the same.
 */
static const char *check_binding(const json_t *claims, const struct access_token_rules *rules)
{
	const json_t *confirmation = json_object_get(claims, "cnf");
	const char *type = json_text(claims, "token_type");

	if (confirmation && (!bound_key(claims) || json_object_size(confirmation) != 1))
		return "the token is bound in a way that cannot be proved here";
	if (rules->introspected && type && !text_equal_nocase(type, confirmation ? "DPoP" : "Bearer"))
		return confirmation ? "the token is bound to a key, and not of type DPoP" : "the token is no bearer token";
	return NULL;
}

const char *access_token_check(const json_t *claims, const struct access_token_rules *rules)
{
	static const char *(*const checks[])(const json_t *, const struct access_token_rules *) = {
		check_issuer, check_audience, check_times, check_subject, check_client, check_binding,
	};
	const char *problem = NULL;

	for (size_t i = 0; i < sizeof checks / sizeof *checks && !problem; i++)
		problem = checks[i](claims, rules);
	return problem;
}

/* Control characters, those of ISO 8859 too, would reach operators' terminals. */
static bool can_be_shown(const char *text)
{
	const unsigned char *at = (const unsigned char *)text;

	if (!*text || strlen(text) > EXTERNAL_NAME_MAX)
		return false;
	for (; *at; at++)
		if (*at < ' ' || *at == 0x7f || (at[0] == 0xc2 && at[1] < 0xa0))
			return false;
	return true;
}

/* Only ever shown: an address in a token proves nothing about accounts of ours (OpenID Connect Core §5.7). */
static const char *choose_name(const json_t *claims)
{
	static const char *const names[] = {"preferred_username", "email", "username"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *name = json_text(claims, names[i]);

		if (name && can_be_shown(name))
			return name;
	}
	return NULL;
}

const char *access_token_check_key(const struct external_identity *identity, const char *key)
{
	if (!key)
		return *identity->key ? "the token is bound to a key: it needs the scheme DPoP and a proof" : NULL;
	if (!*identity->key)
		return "the token is bound to no key: it needs the scheme Bearer";
	return text_equal(identity->key, key) ? NULL : "the token is bound to another key";
}

int access_token_identity(const json_t *claims, struct external_identity *ret_identity)
{
	struct external_identity identity = {0};
	const char *key = bound_key(claims);

	(void)claim_time(claims, "exp", &identity.expires);
	if (text_set(&identity.subject, json_text(claims, "sub")) < 0 || text_set(&identity.name, choose_name(claims)) < 0 ||
	    text_set(&identity.client, client_of(claims)) < 0 || text_set(&identity.scope, json_text(claims, "scope")) < 0) {
		external_identity_free(&identity);
		return PIMS_E_MEMORY;
	}
	if (key)
		memcpy(identity.key, key, sizeof identity.key);
	*ret_identity = identity;
	return 0;
}
