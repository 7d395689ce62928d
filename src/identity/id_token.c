/* SPDX-License-Identifier: Apache-2.0 */
#include "identity/id_token.h"

#include "base/digest.h"
#include "base/encode.h"
#include "base/text.h"
#include "identity/issuer.h"
#include "identity/limits.h"
#include "jose/claims.h"

#include <string.h>

/* Numbers are section and rule of OpenID Connect Core 1.0. Each check returns NULL or the cause. */

/* 3.1.3.7 rule 2, and 12.2 */
static const char *check_issuer(const json_t *claims, const struct id_token_rules *rules)
{
	const char *issuer = json_text(claims, "iss");

	if (!issuer || strlen(issuer) > ENDPOINT_MAX || !issuer_accepted(rules->endpoints, issuer))
		return "id_token.issuer";
	return rules->session && !text_equal(issuer, rules->session->issuer) ? "id_token.issuer" : NULL;
}

/* 2: not empty, at most 255 bytes of ASCII; 12.2: the same */
static const char *check_subject(const json_t *claims, const struct id_token_rules *rules)
{
	const char *subject = json_text(claims, "sub");

	if (!subject || !*subject || strlen(subject) > 255)
		return "id_token.subject";
	return rules->session && !text_equal(subject, rules->session->subject) ? "id_token.subject" : NULL;
}

/* 12.2: the same audiences as before */
static bool same_audiences(const json_t *audience, const json_t *before)
{
	const json_t *item;
	size_t i;

	if (claim_audiences(audience) != claim_audiences(before))
		return false;
	if (json_is_string(audience))
		return claim_has_audience(before, json_string_value(audience));
	json_array_foreach(audience, i, item)
		if (!claim_has_audience(before, json_string_value(item)))
			return false;
	return true;
}

/* 3.1.3.7 rule 3. Further audiences are trusted only when the token says that it was issued to us. */
static const char *check_audience(const json_t *claims, const struct id_token_rules *rules)
{
	const json_t *audience = json_object_get(claims, "aud");
	const json_t *before = json_object_get(rules->previous, "aud");
	size_t count = claim_audiences(audience);

	if (count == 0 || !claim_has_audience(audience, rules->client_id))
		return "id_token.audience";
	if (count > 1 && !json_object_get(claims, "azp"))
		return "id_token.audience";
	return before && !same_audiences(audience, before) ? "id_token.audience" : NULL;
}

/* 3.1.3.7 rules 4 and 5; 12.2: as before, and none where there was none */
static const char *check_party(const json_t *claims, const struct id_token_rules *rules)
{
	const json_t *party = json_object_get(claims, "azp");

	if (party && !claim_is_text(party, rules->client_id))
		return "id_token.azp";
	if (rules->previous && !party != !json_object_get(rules->previous, "azp"))
		return "id_token.azp";
	return NULL;
}

/* 3.1.3.7 rules 9 and 10 */
static const char *check_times(const json_t *claims, const struct id_token_rules *rules)
{
	int64_t expires = 0, issued = 0, not_before = 0;

	if (claim_time(claims, "exp", &expires) != 1 || expires + CLOCK_LEEWAY <= rules->now)
		return "id_token.expired";
	if (claim_time(claims, "iat", &issued) != 1 || issued > rules->now + CLOCK_LEEWAY || issued > expires)
		return "id_token.issued_at";
	if (claim_time(claims, "nbf", &not_before) < 0 || not_before > rules->now + CLOCK_LEEWAY)
		return "id_token.not_before";
	return NULL;
}

/* 3.1.3.7 rule 11; 12.2: none, or the one of the sign-in */
static const char *check_nonce(const json_t *claims, const struct id_token_rules *rules)
{
	const char *nonce = json_text(claims, "nonce");
	const char *expected = rules->nonce;

	if (!json_object_get(claims, "nonce"))
		return rules->nonce ? "id_token.nonce" : NULL;
	if (!expected && rules->session)
		expected = json_text(rules->previous, "nonce");
	return nonce && expected && secret_equals_text(nonce, expected) ? NULL : "id_token.nonce";
}

/* 3.1.3.7 rule 13; 12.2: the time of the sign-in, not of the renewal */
static const char *check_authentication(const json_t *claims, const struct id_token_rules *rules)
{
	int64_t time = 0, before = 0;
	int found = claim_time(claims, "auth_time", &time);

	if (found < 0 || time > rules->now + CLOCK_LEEWAY)
		return "id_token.auth_time";
	if (rules->auth_after && (!found || time + CLOCK_LEEWAY < rules->auth_after))
		return "id_token.auth_time";
	if (found && claim_time(rules->previous, "auth_time", &before) == 1 && time != before)
		return "id_token.auth_time";
	return NULL;
}

/* 3.1.3.8: base64url of the left half of the access token's digest, by the SHA-2 that the algorithm has in its name */
static const char *check_hash(const json_t *claims, const struct id_token_rules *rules)
{
	const char *hash = json_text(claims, "at_hash");
	unsigned char digest[SHA2_MAX];
	struct buf expected = BUF_INIT(SHA2_MAX);
	size_t size = 0;
	bool equal;

	if (!json_object_get(claims, "at_hash"))
		return NULL;
	equal = hash && sha2(rules->algorithm + 2, rules->access_token, strlen(rules->access_token), digest, &size) == 0 &&
		base64url_encode(digest, size / 2, &expected) == 0 && secret_equals_text(hash, buf_text(&expected));
	buf_free(&expected);
	return equal ? NULL : "id_token.at_hash";
}

const char *id_token_check(const json_t *claims, const struct id_token_rules *rules)
{
	/* whose it is comes first: what fails later is the session's own */
	static const char *(*const checks[])(const json_t *, const struct id_token_rules *) = {
		check_issuer, check_subject, check_audience, check_party, check_times, check_nonce, check_authentication, check_hash,
	};
	const char *problem = NULL;

	for (size_t i = 0; i < sizeof checks / sizeof *checks && !problem; i++)
		problem = checks[i](claims, rules);
	return problem;
}

bool id_token_is_anothers(const char *cause)
{
	static const char *const causes[] = {"id_token.issuer", "id_token.subject", "id_token.audience", "id_token.azp"};

	for (size_t i = 0; i < sizeof causes / sizeof *causes; i++)
		if (text_equal(cause, causes[i]))
			return true;
	return false;
}

int64_t id_token_expires(const json_t *claims)
{
	int64_t expires = 0;

	return claim_time(claims, "exp", &expires) == 1 ? expires : 0;
}

const char *id_token_username(const json_t *claims)
{
	static const char *const names[] = {"preferred_username", "email"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *name = json_text(claims, names[i]);

		if (name && *name && strlen(name) <= CLAIM_MAX)
			return name;
	}
	return json_text(claims, "sub");
}
