/* SPDX-License-Identifier: Apache-2.0 */
#include "inwebo/rsa_key.h"

#include "base/encode.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <pims/error.h>
#include <stdlib.h>
#include <string.h>

enum { EXPONENT = 17, MIN_BITS = 1024, MAX_BITS = 4096 };

/* The numbers of a key while it is made; NULL what is not there. */
struct numbers {
	BIGNUM *n, *e, *d, *p, *q, *dp, *dq, *qp;
};

static void numbers_free(struct numbers *numbers)
{
	BN_free(numbers->n);
	BN_free(numbers->e);
	BN_clear_free(numbers->d);
	BN_clear_free(numbers->p);
	BN_clear_free(numbers->q);
	BN_clear_free(numbers->dp);
	BN_clear_free(numbers->dq);
	BN_clear_free(numbers->qp);
}

static int number_of(const char *hex, BIGNUM **ret_number)
{
	size_t length = strlen(hex);

	if (length == 0 || length > 2 * IW_RSA_MAX_BYTES || !hex_valid(hex, length))
		return PIMS_E_FORMAT;
	return BN_hex2bn(ret_number, hex) == (int)length ? 0 : PIMS_E_MEMORY;
}

static int modulus_of(const char *hex, struct numbers *numbers)
{
	int r = number_of(hex, &numbers->n);

	if (r < 0)
		return r;
	if (!BN_is_odd(numbers->n) || BN_num_bits(numbers->n) < MIN_BITS || BN_num_bits(numbers->n) > MAX_BITS)
		return PIMS_E_FORMAT;
	numbers->e = BN_new();
	return numbers->e && BN_set_word(numbers->e, EXPONENT) == 1 ? 0 : PIMS_E_MEMORY;
}

/* d modulo a prime less one (RFC 8017 §3.2) */
static BIGNUM *reduced(const BIGNUM *d, const BIGNUM *prime, BN_CTX *context)
{
	BIGNUM *one_less = BN_dup(prime), *result = BN_secure_new();

	if (!one_less || !result || BN_sub_word(one_less, 1) != 1 || BN_mod(result, d, one_less, context) != 1) {
		BN_clear_free(result);
		result = NULL;
	}
	BN_clear_free(one_less);
	return result;
}

static int check_product(const struct numbers *numbers, BN_CTX *context)
{
	BIGNUM *product = BN_new();
	int r = PIMS_E_CRYPTO;

	if (product && BN_mul(product, numbers->p, numbers->q, context) == 1)
		r = BN_cmp(product, numbers->n) == 0 ? 0 : PIMS_E_FORMAT;
	BN_free(product);
	return r;
}

/* dp, dq, qp. The greater prime comes first, as in OpenSSL's own keys. */
static int complete(struct numbers *numbers, BN_CTX *context)
{
	BIGNUM *smaller;
	int r = check_product(numbers, context);

	if (r < 0)
		return r;
	if (BN_cmp(numbers->p, numbers->q) < 0) {
		smaller = numbers->p;
		numbers->p = numbers->q;
		numbers->q = smaller;
	}
	numbers->dp = reduced(numbers->d, numbers->p, context);
	numbers->dq = reduced(numbers->d, numbers->q, context);
	numbers->qp = BN_mod_inverse(NULL, numbers->q, numbers->p, context);
	return numbers->dp && numbers->dq && numbers->qp ? 0 : PIMS_E_CRYPTO;
}

static bool push(OSSL_PARAM_BLD *build, const char *name, const BIGNUM *number)
{
	return !number || OSSL_PARAM_BLD_push_BN(build, name, number) == 1;
}

static bool push_all(OSSL_PARAM_BLD *build, const struct numbers *numbers)
{
	return push(build, OSSL_PKEY_PARAM_RSA_N, numbers->n) && push(build, OSSL_PKEY_PARAM_RSA_E, numbers->e) &&
	       push(build, OSSL_PKEY_PARAM_RSA_D, numbers->d) && push(build, OSSL_PKEY_PARAM_RSA_FACTOR1, numbers->p) &&
	       push(build, OSSL_PKEY_PARAM_RSA_FACTOR2, numbers->q) && push(build, OSSL_PKEY_PARAM_RSA_EXPONENT1, numbers->dp) &&
	       push(build, OSSL_PKEY_PARAM_RSA_EXPONENT2, numbers->dq) && push(build, OSSL_PKEY_PARAM_RSA_COEFFICIENT1, numbers->qp);
}

static EVP_PKEY *pkey_of(const struct numbers *numbers)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM *parameters = NULL;
	EVP_PKEY *pkey = NULL;

	if (build && context && push_all(build, numbers))
		parameters = OSSL_PARAM_BLD_to_param(build);
	if (parameters && EVP_PKEY_fromdata_init(context) == 1)
		EVP_PKEY_fromdata(context, &pkey, numbers->d ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, parameters);
	OSSL_PARAM_free(parameters);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(context);
	return pkey;
}

static char *digits_of(const BIGNUM *number)
{
	size_t size = (size_t)BN_num_bytes(number);
	unsigned char bytes[IW_RSA_MAX_BYTES];
	char *digits = NULL;

	if (size <= sizeof bytes && BN_bn2bin(number, bytes) == (int)size)
		digits = malloc(2 * size + 1);
	if (digits)
		hex_encode(bytes, size, digits);
	secret_wipe(bytes, sizeof bytes);
	return digits;
}

/* Takes `pkey` over. */
static int wrap(EVP_PKEY *pkey, const BIGNUM *n, struct iw_rsa **ret_key)
{
	struct iw_rsa *key = calloc(1, sizeof *key);

	if (key)
		key->modulus = digits_of(n);
	if (!key || !pkey || !key->modulus) {
		EVP_PKEY_free(pkey);
		iw_rsa_free(key);
		return pkey ? PIMS_E_MEMORY : PIMS_E_CRYPTO;
	}
	key->pkey = pkey;
	key->size = (size_t)BN_num_bytes(n);
	*ret_key = key;
	return 0;
}

int iw_rsa_public(const char *modulus, struct iw_rsa **ret_key)
{
	struct numbers numbers = {0};
	int r = modulus_of(modulus, &numbers);

	if (r == 0)
		r = wrap(pkey_of(&numbers), numbers.n, ret_key);
	numbers_free(&numbers);
	return r;
}

int iw_rsa_private(const struct iw_rsa_parts *parts, struct iw_rsa **ret_key)
{
	struct numbers numbers = {0};
	BN_CTX *context = BN_CTX_secure_new();
	int r = context ? modulus_of(secret_text(&parts->n), &numbers) : PIMS_E_MEMORY;

	if (r == 0)
		r = number_of(secret_text(&parts->d), &numbers.d);
	if (r == 0)
		r = number_of(secret_text(&parts->p), &numbers.p);
	if (r == 0)
		r = number_of(secret_text(&parts->q), &numbers.q);
	if (r == 0)
		r = complete(&numbers, context);
	if (r == 0)
		r = wrap(pkey_of(&numbers), numbers.n, ret_key);
	numbers_free(&numbers);
	BN_CTX_free(context);
	return r;
}

static EVP_PKEY *generate(unsigned bits)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	unsigned exponent = EXPONENT;
	EVP_PKEY *pkey = NULL;
	OSSL_PARAM parameters[] = {
		OSSL_PARAM_construct_uint(OSSL_PKEY_PARAM_RSA_BITS, &bits),
		OSSL_PARAM_construct_uint(OSSL_PKEY_PARAM_RSA_E, &exponent),
		OSSL_PARAM_construct_end(),
	};

	if (context && EVP_PKEY_keygen_init(context) == 1 && EVP_PKEY_CTX_set_params(context, parameters) == 1)
		EVP_PKEY_generate(context, &pkey);
	EVP_PKEY_CTX_free(context);
	return pkey;
}

int iw_rsa_generate(unsigned bits, struct iw_rsa **ret_key)
{
	EVP_PKEY *pkey;
	BIGNUM *n = NULL;
	int r;

	if (bits < MIN_BITS || bits > MAX_BITS)
		return PIMS_E_INVALID;
	pkey = generate(bits);
	if (!pkey || EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_N, &n) != 1) {
		EVP_PKEY_free(pkey);
		return PIMS_E_CRYPTO;
	}
	r = wrap(pkey, n, ret_key);
	BN_free(n);
	return r;
}

void iw_rsa_free(struct iw_rsa *key)
{
	if (!key)
		return;
	EVP_PKEY_free(key->pkey);
	free(key->modulus);
	free(key);
}

const char *iw_rsa_modulus(const struct iw_rsa *key)
{
	return key->modulus;
}

size_t iw_rsa_size(const struct iw_rsa *key)
{
	return key->size;
}

static int part(const struct iw_rsa *key, const char *name, struct secret *ret_part)
{
	BIGNUM *number = NULL;
	char *digits = NULL;
	int r = PIMS_E_CRYPTO;

	if (EVP_PKEY_get_bn_param(key->pkey, name, &number) == 1) {
		digits = digits_of(number);
		r = digits ? secret_set(ret_part, digits) : PIMS_E_MEMORY;
	}
	secret_free_text(digits);
	BN_clear_free(number);
	return r;
}

int iw_rsa_parts(const struct iw_rsa *key, struct iw_rsa_parts *ret_parts)
{
	struct iw_rsa_parts parts = {0};
	int r = secret_set(&parts.n, key->modulus);

	if (r == 0)
		r = part(key, OSSL_PKEY_PARAM_RSA_D, &parts.d);
	if (r == 0)
		r = part(key, OSSL_PKEY_PARAM_RSA_FACTOR1, &parts.p);
	if (r == 0)
		r = part(key, OSSL_PKEY_PARAM_RSA_FACTOR2, &parts.q);
	if (r == 0)
		*ret_parts = parts;
	else
		iw_rsa_parts_free(&parts);
	return r;
}

void iw_rsa_parts_free(struct iw_rsa_parts *parts)
{
	secret_free(&parts->n);
	secret_free(&parts->d);
	secret_free(&parts->p);
	secret_free(&parts->q);
}
