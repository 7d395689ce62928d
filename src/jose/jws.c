/* SPDX-License-Identifier: Apache-2.0 */
#include "jose/jws.h"

#include "base/encode.h"
#include "base/text.h"
#include "jose/jwk.h"
#include "jose/limits.h"

#include <pims/error.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>

void jws_free(struct jws *jws)
{
	if (!jws)
		return;
	secret_free(&jws->text);
	free(jws->key_id);
	json_wipe(jws->claims);
	*jws = (struct jws){0};
}

/* One base64url part that is a JSON object. */
static int decode_object(const char *part, size_t length, json_t **ret_object)
{
	char *bytes = malloc(length + 1);
	size_t size = 0;
	int r;

	if (!bytes)
		return PIMS_E_MEMORY;
	r = base64url_decode(part, length, bytes, length, &size);
	if (r == 0)
		r = json_parse_object(bytes, size, JWS_MAX, ret_object);
	secret_wipe(bytes, length);
	free(bytes);
	return r;
}

/* What a token's header may say. */
struct rules {
	const char *types[2]; /* of its "typ" */
	bool untyped;         /* it may have none */
};

static int read_algorithm(const json_t *header, struct jws *jws)
{
	const char *algorithm = json_text(header, "alg");

	if (!algorithm)
		return PIMS_E_FORMAT;
	jws->algorithm = jwk_algorithm(algorithm);
	return jws->algorithm ? 0 : PIMS_E_INVALID;
}

/* A name without "/" is short for "application/" and itself (RFC 7515 §4.1.9). */
static bool is_type(const char *text, const char *type)
{
	static const char prefix[] = "application/";

	if (text_equal_nocase(text, type))
		return true;
	return strncasecmp(text, prefix, sizeof prefix - 1) == 0 && text_equal_nocase(text + sizeof prefix - 1, type);
}

/* Tokens of one kind must not pass for those of another (RFC 8725 §3.11). */
static bool right_type(const json_t *header, const struct rules *rules)
{
	const char *text = json_text(header, "typ");

	if (!json_object_get(header, "typ"))
		return rules->untyped;
	return text && (is_type(text, rules->types[0]) || (rules->types[1] && is_type(text, rules->types[1])));
}

/* "crit" names extensions that must be understood, and we know none (RFC 7515 §4.1.11). */
static int read_header(const json_t *header, const struct rules *rules, struct jws *jws)
{
	int r = read_algorithm(header, jws);

	if (r < 0)
		return r;
	if (json_object_get(header, "crit") || json_object_get(header, "b64"))
		return PIMS_E_INVALID;
	if (!right_type(header, rules))
		return PIMS_E_INVALID;
	if (json_object_get(header, "kid") && !json_text(header, "kid"))
		return PIMS_E_FORMAT;
	return json_copy_text(header, "kid", KEY_ID_MAX, &jws->key_id);
}

static int check_signature_form(const char *part)
{
	unsigned char bytes[1024];
	size_t size = 0;

	if (!*part || base64url_decode(part, strlen(part), bytes, sizeof bytes, &size) < 0)
		return PIMS_E_FORMAT;
	return 0;
}

static int parse_parts(const char *text, const struct rules *rules, struct jws *jws)
{
	const char *payload = strchr(text, '.');
	const char *signature = payload ? strchr(payload + 1, '.') : NULL;
	json_t *header = NULL;
	int r;

	if (!signature)
		return PIMS_E_FORMAT;
	r = decode_object(text, (size_t)(payload - text), &header);
	if (r == 0)
		r = read_header(header, rules, jws);
	json_decref(header);
	if (r == 0)
		r = check_signature_form(signature + 1);
	return r < 0 ? r : decode_object(payload + 1, (size_t)(signature - payload - 1), &jws->claims);
}

static int parse(const char *text, size_t length, const struct rules *rules, struct jws *ret_jws)
{
	struct jws jws = {0};
	int r;

	if (length > JWS_MAX || memchr(text, '\0', length))
		return PIMS_E_FORMAT;
	r = secret_set_bytes(&jws.text, text, length);
	if (r == 0)
		r = parse_parts(secret_text(&jws.text), rules, &jws);
	if (r < 0)
		jws_free(&jws);
	else
		*ret_jws = jws;
	return r == PIMS_E_LIMIT ? PIMS_E_FORMAT : r;
}

int jws_parse_type(const char *text, size_t length, const char *type, struct jws *ret_jws)
{
	const struct rules rules = {.types = {type ? type : "JWT"}, .untyped = !type};

	return parse(text, length, &rules, ret_jws);
}

int jws_parse(const char *text, size_t length, struct jws *ret_jws)
{
	return jws_parse_type(text, length, NULL, ret_jws);
}

int jws_parse_assertion(const char *text, size_t length, struct jws *ret_jws)
{
	static const struct rules rules = {.types = {"JWT", "client-authentication+jwt"}, .untyped = true};

	return parse(text, length, &rules, ret_jws);
}
