/* SPDX-License-Identifier: Apache-2.0 */
#include "inwebo/keys.h"

#include "base/encode.h"
#include "base/json.h"

#include <pims/error.h>
#include <stdlib.h>

enum { KEY_BITS = 1024, VERSION = 1 };

struct iw_keys {
	struct iw_rsa *kfact, *kiw, *ms;
	struct buf closed_kiw, closed_ms;
};

void iw_keys_free(struct iw_keys *keys)
{
	if (!keys)
		return;
	iw_rsa_free(keys->kfact);
	iw_rsa_free(keys->kiw);
	iw_rsa_free(keys->ms);
	buf_free(&keys->closed_kiw);
	buf_free(&keys->closed_ms);
	free(keys);
}

static struct iw_keys *new_keys(void)
{
	struct iw_keys *keys = calloc(1, sizeof *keys);

	if (keys) {
		buf_init(&keys->closed_kiw, IW_KEYS_MAX);
		buf_init(&keys->closed_ms, IW_KEYS_MAX);
	}
	return keys;
}

static int close_modulus(const struct iw_keys *keys, const struct iw_rsa *key, const struct env *env, struct buf *ret_closed)
{
	unsigned char modulus[IW_RSA_MAX_BYTES];
	size_t size = iw_rsa_size(key);

	if (hex_decode(iw_rsa_modulus(key), modulus, size) < 0)
		return PIMS_E_CRYPTO;
	return iw_rsa_private_encode(keys->kfact, env, modulus, size, ret_closed);
}

/* Ends both ways of making keys: *ret_keys is written when all is well, else `keys` is freed. */
static int finish(struct iw_keys *keys, int r, const struct env *env, struct iw_keys **ret_keys)
{
	if (r == 0)
		r = close_modulus(keys, keys->kiw, env, &keys->closed_kiw);
	if (r == 0)
		r = close_modulus(keys, keys->ms, env, &keys->closed_ms);
	if (r == 0)
		*ret_keys = keys;
	else
		iw_keys_free(keys);
	return r;
}

int iw_keys_generate(const struct env *env, struct iw_keys **ret_keys)
{
	struct iw_keys *keys = new_keys();
	int r = keys ? iw_rsa_generate(KEY_BITS, &keys->kfact) : PIMS_E_MEMORY;

	if (r == 0)
		r = iw_rsa_generate(KEY_BITS, &keys->kiw);
	if (r == 0)
		r = iw_rsa_generate(KEY_BITS, &keys->ms);
	return finish(keys, r, env, ret_keys);
}

static int encode_key(json_t *object, const char *name, const struct iw_rsa *key)
{
	struct iw_rsa_parts parts = {0};
	json_t *member = json_object();
	int r = member && json_object_set_new(object, name, member) == 0 ? iw_rsa_parts(key, &parts) : PIMS_E_MEMORY;

	if (r == 0)
		r = json_put_text(member, "n", secret_text(&parts.n));
	if (r == 0)
		r = json_put_text(member, "d", secret_text(&parts.d));
	if (r == 0)
		r = json_put_text(member, "p", secret_text(&parts.p));
	if (r == 0)
		r = json_put_text(member, "q", secret_text(&parts.q));
	iw_rsa_parts_free(&parts);
	return r;
}

int iw_keys_encode(const struct iw_keys *keys, struct buf *ret_json)
{
	json_t *object = json_object();
	int r = object ? json_put_int(object, "version", VERSION) : PIMS_E_MEMORY;

	if (r == 0)
		r = encode_key(object, "kfact", keys->kfact);
	if (r == 0)
		r = encode_key(object, "kiw", keys->kiw);
	if (r == 0)
		r = encode_key(object, "ms", keys->ms);
	if (r == 0)
		r = json_write(object, ret_json);
	json_wipe(object);
	return r;
}

static int decode_key(const json_t *object, const char *name, struct iw_rsa **ret_key)
{
	const json_t *member = json_object_get(object, name);
	struct iw_rsa_parts parts = {0};
	int r = json_is_object(member) ? 0 : PIMS_E_FORMAT;

	if (r == 0)
		r = json_copy_secret(member, "n", 2 * IW_RSA_MAX_BYTES, &parts.n);
	if (r == 0)
		r = json_copy_secret(member, "d", 2 * IW_RSA_MAX_BYTES, &parts.d);
	if (r == 0)
		r = json_copy_secret(member, "p", 2 * IW_RSA_MAX_BYTES, &parts.p);
	if (r == 0)
		r = json_copy_secret(member, "q", 2 * IW_RSA_MAX_BYTES, &parts.q);
	if (r == 0)
		r = iw_rsa_private(&parts, ret_key);
	iw_rsa_parts_free(&parts);
	return r;
}

int iw_keys_decode(const char *json, size_t length, const struct env *env, struct iw_keys **ret_keys)
{
	json_t *object = NULL;
	struct iw_keys *keys;
	int r = json_parse_object(json, length, IW_KEYS_MAX, &object);

	if (r < 0)
		return r == PIMS_E_MEMORY ? r : PIMS_E_FORMAT;
	keys = new_keys();
	r = keys ? 0 : PIMS_E_MEMORY;
	if (r == 0 && json_int(object, "version", 0) != VERSION)
		r = PIMS_E_FORMAT;
	if (r == 0)
		r = decode_key(object, "kfact", &keys->kfact);
	if (r == 0)
		r = decode_key(object, "kiw", &keys->kiw);
	if (r == 0)
		r = decode_key(object, "ms", &keys->ms);
	json_wipe(object);
	return finish(keys, r, env, ret_keys);
}

const char *iw_keys_kfact(const struct iw_keys *keys)
{
	return iw_rsa_modulus(keys->kfact);
}

const char *iw_keys_kiw(const struct iw_keys *keys)
{
	return buf_text(&keys->closed_kiw);
}

const char *iw_keys_ms_key(const struct iw_keys *keys)
{
	return buf_text(&keys->closed_ms);
}

int iw_keys_open_kiw(const struct iw_keys *keys, const char *hex, unsigned char *ret_message, size_t *ret_length)
{
	return iw_rsa_decrypt(keys->kiw, hex, ret_message, ret_length);
}

int iw_keys_open_ms(const struct iw_keys *keys, const char *hex, unsigned char *ret_message, size_t *ret_length)
{
	return iw_rsa_decrypt(keys->ms, hex, ret_message, ret_length);
}
