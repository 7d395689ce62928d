/* SPDX-License-Identifier: Apache-2.0 */
#include "dpop/p256.h"

#include "base/secret.h"

#include <pims/error.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
#include <string.h>

enum { UNCOMPRESSED = 4, POINT_SIZE = 1 + 2 * P256_SIZE, DER_MAX = 80, TRIES = 8 };

/* --- a new key ------------------------------------------------------------------------------------------------------------------- */

static int multiply(const EC_GROUP *group, const BIGNUM *scalar, struct p256 *key)
{
	unsigned char bytes[POINT_SIZE];
	EC_POINT *point = EC_POINT_new(group);
	int r = PIMS_E_CRYPTO;

	if (point && EC_POINT_mul(group, point, scalar, NULL, NULL, NULL) &&
	    EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, bytes, sizeof bytes, NULL) == sizeof bytes) {
		memcpy(key->x, bytes + 1, P256_SIZE);
		memcpy(key->y, bytes + 1 + P256_SIZE, P256_SIZE);
		r = 0;
	}
	EC_POINT_free(point);
	return r;
}

/* A scalar from 1 to the order - 1, by trial: of random ones nearly all are (FIPS 186-5 §A.2.2). */
static int choose(const struct env *env, const EC_GROUP *group, BIGNUM *scalar, unsigned char bytes[P256_SIZE])
{
	for (int i = 0; i < TRIES; i++) {
		int r = env_random(env, bytes, P256_SIZE);

		if (r < 0)
			return r;
		if (!BN_bin2bn(bytes, P256_SIZE, scalar))
			return PIMS_E_CRYPTO;
		if (!BN_is_zero(scalar) && BN_cmp(scalar, EC_GROUP_get0_order(group)) < 0)
			return 0;
	}
	return PIMS_E_CRYPTO;
}

int p256_make(const struct env *env, struct p256 *ret_key)
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	BIGNUM *scalar = BN_new();
	struct p256 key = {0};
	int r = PIMS_E_CRYPTO;

	if (group && scalar) {
		BN_set_flags(scalar, BN_FLG_CONSTTIME);
		r = choose(env, group, scalar, key.d);
	}
	if (r == 0)
		r = multiply(group, scalar, &key);
	if (r == 0)
		*ret_key = key;
	secret_wipe(&key, sizeof key);
	BN_clear_free(scalar);
	EC_GROUP_free(group);
	ERR_clear_error();
	return r;
}

/* --- OpenSSL's object -------------------------------------------------------------------------------------------------------------- */

static OSSL_PARAM *describe(const struct p256 *key, const BIGNUM *scalar)
{
	unsigned char point[POINT_SIZE] = {UNCOMPRESSED};
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	OSSL_PARAM *parameters = NULL;

	memcpy(point + 1, key->x, P256_SIZE);
	memcpy(point + 1 + P256_SIZE, key->y, P256_SIZE);
	if (builder && OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) &&
	    OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point) &&
	    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, scalar))
		parameters = OSSL_PARAM_BLD_to_param(builder);
	OSSL_PARAM_BLD_free(builder);
	return parameters;
}

EVP_PKEY *p256_load(const struct p256 *key)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	BIGNUM *scalar = BN_secure_new();
	OSSL_PARAM *parameters = NULL;
	EVP_PKEY *pair = NULL;

	if (scalar && BN_bin2bn(key->d, P256_SIZE, scalar))
		parameters = describe(key, scalar);
	if (!context || !parameters || EVP_PKEY_fromdata_init(context) != 1 ||
	    EVP_PKEY_fromdata(context, &pair, EVP_PKEY_KEYPAIR, parameters) != 1)
		pair = NULL;
	OSSL_PARAM_free(parameters);
	BN_clear_free(scalar);
	EVP_PKEY_CTX_free(context);
	/* the queue is the thread's: what stays in it confuses the next user, TLS included */
	ERR_clear_error();
	return pair;
}

/* --- signatures: r and s side by side in JWS, DER in OpenSSL ------------------------------------------------------------------------ */

static int join(const unsigned char *der, size_t length, unsigned char ret_signature[P256_SIGNATURE])
{
	ECDSA_SIG *parts = d2i_ECDSA_SIG(NULL, &der, (long)length);
	int r = PIMS_E_CRYPTO;

	if (parts && BN_bn2binpad(ECDSA_SIG_get0_r(parts), ret_signature, P256_SIZE) == P256_SIZE &&
	    BN_bn2binpad(ECDSA_SIG_get0_s(parts), ret_signature + P256_SIZE, P256_SIZE) == P256_SIZE)
		r = 0;
	ECDSA_SIG_free(parts);
	return r;
}

int p256_sign(EVP_PKEY *pair, const void *bytes, size_t length, unsigned char ret_signature[P256_SIGNATURE])
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	unsigned char der[DER_MAX];
	size_t size = sizeof der;
	int r = PIMS_E_CRYPTO;

	if (context && EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, pair) == 1 &&
	    EVP_DigestSign(context, der, &size, bytes, length) == 1)
		r = join(der, size, ret_signature);
	EVP_MD_CTX_free(context);
	ERR_clear_error();
	return r;
}
