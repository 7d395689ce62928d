/* SPDX-License-Identifier: Apache-2.0 */
#include "server/iwws/keys.h"

#include <pims/error.h>
#include <stdlib.h>

static const char setting[] = "inwebo.keys";

static int make(const struct seal *seal, const struct env *env, struct buf *ret_sealed)
{
	struct buf json = BUF_INIT(IW_KEYS_MAX);
	struct iw_keys *keys = NULL;
	int r = iw_keys_generate(env, &keys);

	if (r == 0)
		r = iw_keys_encode(keys, &json);
	if (r == 0)
		r = seal_value(seal, env, json.data, json.len, ret_sealed);
	buf_free(&json);
	iw_keys_free(keys);
	return r;
}

/* What stands in the store after it is what counts, whoever was first. */
static int make_once(struct store *store, const struct seal *seal, const struct env *env)
{
	struct buf sealed = BUF_INIT(2 * IW_KEYS_MAX);
	int r = make(seal, env, &sealed);

	if (r == 0)
		r = store_setting_add(store, setting, (const unsigned char *)sealed.data, sealed.len);
	buf_free(&sealed);
	return r == PIMS_E_STATE ? 0 : r;
}

static int open_keys(const struct seal *seal, const struct env *env, const unsigned char *sealed, size_t length, struct iw_keys **ret_keys)
{
	struct buf json = BUF_INIT(IW_KEYS_MAX);
	int r = open_value(seal, sealed, length, &json);

	if (r == 0)
		r = iw_keys_decode(buf_text(&json), json.len, env, ret_keys);
	buf_free(&json);
	return r;
}

int iwws_keys_load(struct iw_keys **ret_keys, struct store *store, const struct seal *seal, const struct env *env)
{
	unsigned char *sealed = NULL;
	size_t length = 0;
	int r = store_setting_get(store, setting, &sealed, &length);

	if (r == PIMS_E_NOT_FOUND) {
		r = make_once(store, seal, env);
		if (r == 0)
			r = store_setting_get(store, setting, &sealed, &length);
	}
	if (r == 0)
		r = open_keys(seal, env, sealed, length, ret_keys);
	free(sealed);
	return r;
}
