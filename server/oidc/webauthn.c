/* SPDX-License-Identifier: Apache-2.0 */
#include "server/oidc/webauthn.h"

#include "base/digest.h"
#include "base/encode.h"
#include "base/json.h"
#include "base/text.h"

#include <pims/error.h>

#include <fido.h>
#include <fido/eddsa.h>
#include <fido/es256.h>
#include <fido/rs256.h>
#include <string.h>

enum { CLIENT_DATA_MAX = 4096, AUTHENTICATOR_DATA_MAX = 8192, SIGNATURE_MAX = 1024, CHALLENGE_TEXT_MAX = 512 };
enum { RP_ID_HASH_SIZE = 32, HEADER_SIZE = 37, AAGUID_SIZE = 16, USER_PRESENT = 0x01, HAS_CREDENTIAL = 0x40, CBOR_DEPTH = 8 };

static int refuse(const char **ret_fault, const char *fault)
{
	*ret_fault = fault;
	return PIMS_E_INVALID;
}

/* --- what the browser says (§5.8.1) ------------------------------------------------------------------------------------------------- */

static int check_client_data(const struct webauthn_ceremony *ceremony, const char *type, const json_t *data, const char **ret_fault)
{
	struct buf challenge = BUF_INIT(CHALLENGE_TEXT_MAX);
	const char *fault = NULL;
	int r = base64url_encode(ceremony->challenge, strlen(ceremony->challenge), &challenge);

	if (!text_equal(json_text(data, "type"), type))
		fault = "type is another ceremony's";
	else if (r == 0 && !text_equal(json_text(data, "challenge"), buf_text(&challenge)))
		fault = "challenge is not the page's";
	else if (!text_equal(json_text(data, "origin"), ceremony->origin))
		fault = "origin is not the issuer's";
	else if (json_is_true(json_object_get(data, "crossOrigin")))
		fault = "it was asked for in another site's frame";
	buf_free(&challenge);
	return fault ? refuse(ret_fault, fault) : r;
}

static int read_client_data(const struct webauthn_ceremony *ceremony, const char *type, const char *text, unsigned char ret_hash[SHA256_SIZE],
			    const char **ret_fault)
{
	unsigned char bytes[CLIENT_DATA_MAX];
	size_t length;
	json_t *data = NULL;
	int r;

	if (!text || base64url_decode(text, strlen(text), bytes, sizeof bytes, &length) < 0)
		return refuse(ret_fault, "client_data is missing or no base64url");
	r = json_parse_object((const char *)bytes, length, sizeof bytes, &data);
	if (r == PIMS_E_MEMORY)
		return r;
	if (r < 0)
		return refuse(ret_fault, "client_data is no JSON");
	r = check_client_data(ceremony, type, data, ret_fault);
	json_decref(data);
	return r < 0 ? r : sha256(bytes, length, ret_hash);
}

/* --- what the authenticator says (§6.1) ----------------------------------------------------------------------------------------------- */

/* The head of a CBOR item (RFC 8949 §3). Nothing of indefinite length: CTAP2 has none. */
static int read_head(const unsigned char *data, size_t length, size_t *at, unsigned *ret_major, uint64_t *ret_value)
{
	unsigned info, size;

	if (*at >= length)
		return PIMS_E_FORMAT;
	info = data[*at] & 0x1f;
	*ret_major = data[(*at)++] >> 5;
	*ret_value = info;
	if (info < 24)
		return 0;
	if (info > 27)
		return PIMS_E_FORMAT;
	size = 1U << (info - 24);
	if (size > length - *at)
		return PIMS_E_FORMAT;
	*ret_value = 0;
	while (size--)
		*ret_value = *ret_value << 8 | data[(*at)++];
	return 0;
}

/* Each item takes a byte at least, so what an array or map says to hold is no more than what is left. */
static int skip_item(const unsigned char *data, size_t length, size_t *at, int depth)
{
	unsigned major;
	uint64_t value, items = 0;
	int r = depth ? read_head(data, length, at, &major, &value) : PIMS_E_FORMAT;

	if (r < 0)
		return r;
	if (major >= 2 && major <= 5 && value > length - *at)
		return PIMS_E_FORMAT;
	if (major == 2 || major == 3)
		*at += (size_t)value;
	else if (major >= 4 && major <= 6)
		items = major == 4 ? value : major == 5 ? 2 * value : 1;
	for (; items && r == 0; items--)
		r = skip_item(data, length, at, depth - 1);
	return r;
}

/* libcbor reserves what a length says before it looks whether that is there: gigabytes, for who has a password. */
static int check_cbor(const unsigned char *data, size_t length, size_t at, const char **ret_fault)
{
	while (at < length)
		if (skip_item(data, length, &at, CBOR_DEPTH) < 0)
			return refuse(ret_fault, "authenticator_data is not well-formed");
	return 0;
}

/* --- registration ------------------------------------------------------------------------------------------------------------------- */

/* Behind its id there is CBOR. */
static int check_credential(const unsigned char *data, size_t length, const char **ret_fault)
{
	const size_t id = HEADER_SIZE + AAGUID_SIZE + 2;
	size_t key;

	if (length < id || !(data[RP_ID_HASH_SIZE] & HAS_CREDENTIAL))
		return refuse(ret_fault, "authenticator_data has no credential");
	key = id + ((size_t)data[id - 2] << 8 | data[id - 1]);
	return key < length ? check_cbor(data, length, key, ret_fault) : refuse(ret_fault, "authenticator_data has no key");
}

/* The rest is the credential's, which libfido2 reads. */
static int check_party(const struct webauthn_ceremony *ceremony, const unsigned char *data, size_t length, const char **ret_fault)
{
	unsigned char hash[SHA256_SIZE];
	int r = sha256(ceremony->party, strlen(ceremony->party), hash);

	if (r < 0)
		return r;
	if (length <= RP_ID_HASH_SIZE || memcmp(data, hash, RP_ID_HASH_SIZE) != 0)
		return refuse(ret_fault, "it was made for another host");
	if (!(data[RP_ID_HASH_SIZE] & USER_PRESENT))
		return refuse(ret_fault, "nobody was there");
	return check_credential(data, length, ret_fault);
}

static int take_credential(const fido_cred_t *credential, struct passkey *ret_passkey, const char **ret_fault)
{
	size_t id_length = fido_cred_id_len(credential), key_length = fido_cred_pubkey_len(credential);
	int r;

	if (!id_length || id_length > PASSKEY_CREDENTIAL_MAX || !key_length || key_length > PASSKEY_KEY_MAX)
		return refuse(ret_fault, "its id or key has a length that cannot be");
	ret_passkey->algorithm = fido_cred_type(credential);
	r = bytes_set(&ret_passkey->credential, &ret_passkey->credential_length, fido_cred_id_ptr(credential), id_length);
	if (r == 0)
		r = bytes_set(&ret_passkey->public_key, &ret_passkey->public_key_length, fido_cred_pubkey_ptr(credential), key_length);
	return r;
}

/* libfido2 wants to know what kind of key there is before it reads it. */
static int read_credential(const unsigned char *data, size_t length, int algorithm, struct passkey *ret_passkey, const char **ret_fault)
{
	fido_cred_t *credential = fido_cred_new();
	int r;

	if (!credential)
		return PIMS_E_MEMORY;
	if (fido_cred_set_type(credential, algorithm) != FIDO_OK || fido_cred_set_authdata_raw(credential, data, length) != FIDO_OK)
		r = refuse(ret_fault, "authenticator_data has no key of an algorithm that is asked for");
	else
		r = take_credential(credential, ret_passkey, ret_fault);
	fido_cred_free(&credential);
	return r;
}

int webauthn_register(const struct webauthn_ceremony *ceremony, const struct webauthn_answer *answer, struct passkey *ret_passkey, const char **ret_fault)
{
	static const int algorithms[] = {WEBAUTHN_ES256, WEBAUTHN_EDDSA, WEBAUTHN_RS256};
	unsigned char hash[SHA256_SIZE], data[AUTHENTICATOR_DATA_MAX];
	const char *text = answer->authenticator_data;
	size_t length;
	int r = read_client_data(ceremony, "webauthn.create", answer->client_data, hash, ret_fault);

	if (r < 0)
		return r;
	if (!text || base64url_decode(text, strlen(text), data, sizeof data, &length) < 0)
		return refuse(ret_fault, "authenticator_data is missing or no base64url");
	r = check_party(ceremony, data, length, ret_fault);
	if (r < 0)
		return r;
	r = PIMS_E_INVALID;
	for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms && r == PIMS_E_INVALID; i++)
		r = read_credential(data, length, algorithms[i], ret_passkey, ret_fault);
	if (r == 0)
		*ret_fault = NULL; /* of another algorithm */
	else
		passkey_free(ret_passkey);
	return r;
}

/* --- sign-in ------------------------------------------------------------------------------------------------------------------------ */

/* Each kind of key has its functions in libfido2. */
static int verify_with_key(const fido_assert_t *assertion, const struct passkey *passkey)
{
	const unsigned char *key = passkey->public_key;
	size_t length = passkey->public_key_length;
	es256_pk_t *es256 = passkey->algorithm == WEBAUTHN_ES256 ? es256_pk_new() : NULL;
	eddsa_pk_t *eddsa = passkey->algorithm == WEBAUTHN_EDDSA ? eddsa_pk_new() : NULL;
	rs256_pk_t *rs256 = passkey->algorithm == WEBAUTHN_RS256 ? rs256_pk_new() : NULL;
	int r = FIDO_ERR_INVALID_ARGUMENT;

	if (es256 && es256_pk_from_ptr(es256, key, length) == FIDO_OK)
		r = fido_assert_verify(assertion, 0, COSE_ES256, es256);
	else if (eddsa && eddsa_pk_from_ptr(eddsa, key, length) == FIDO_OK)
		r = fido_assert_verify(assertion, 0, COSE_EDDSA, eddsa);
	else if (rs256 && rs256_pk_from_ptr(rs256, key, length) == FIDO_OK)
		r = fido_assert_verify(assertion, 0, COSE_RS256, rs256);
	es256_pk_free(&es256);
	eddsa_pk_free(&eddsa);
	rs256_pk_free(&rs256);
	return r;
}

/* libfido2 checks the host's hash, that somebody was there, and the signature. */
static int fill(fido_assert_t *assertion, const struct webauthn_ceremony *ceremony, const unsigned char *hash, const struct webauthn_answer *answer,
		  const char **ret_fault)
{
	unsigned char data[AUTHENTICATOR_DATA_MAX], signature[SIGNATURE_MAX];
	size_t length, signature_length;

	if (!answer->authenticator_data || base64url_decode(answer->authenticator_data, strlen(answer->authenticator_data), data, sizeof data, &length) < 0)
		return refuse(ret_fault, "authenticator_data is missing or no base64url");
	if (!answer->signature || base64url_decode(answer->signature, strlen(answer->signature), signature, sizeof signature, &signature_length) < 0)
		return refuse(ret_fault, "signature is missing or no base64url");
	if (check_cbor(data, length, HEADER_SIZE, ret_fault) < 0)
		return PIMS_E_INVALID;
	if (fido_assert_set_clientdata_hash(assertion, hash, SHA256_SIZE) != FIDO_OK || fido_assert_set_rp(assertion, ceremony->party) != FIDO_OK ||
	    fido_assert_set_count(assertion, 1) != FIDO_OK || fido_assert_set_up(assertion, FIDO_OPT_TRUE) != FIDO_OK)
		return PIMS_E_MEMORY;
	if (fido_assert_set_authdata_raw(assertion, 0, data, length) != FIDO_OK || fido_assert_set_sig(assertion, 0, signature, signature_length) != FIDO_OK)
		return refuse(ret_fault, "authenticator_data or signature is damaged");
	return 0;
}

int webauthn_assert(const struct webauthn_ceremony *ceremony, const struct webauthn_answer *answer, const struct passkey *passkey, int64_t *ret_count,
		    const char **ret_fault)
{
	unsigned char hash[SHA256_SIZE];
	fido_assert_t *assertion;
	int r = read_client_data(ceremony, "webauthn.get", answer->client_data, hash, ret_fault);

	if (r < 0)
		return r;
	assertion = fido_assert_new();
	if (!assertion)
		return PIMS_E_MEMORY;
	r = fill(assertion, ceremony, hash, answer, ret_fault);
	if (r == 0 && verify_with_key(assertion, passkey) != FIDO_OK)
		r = refuse(ret_fault, "the signature is not the passkey's, for another host, or nobody was there");
	if (r == 0)
		*ret_count = fido_assert_sigcount(assertion, 0);
	fido_assert_free(&assertion);
	return r;
}
