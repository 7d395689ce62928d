/* SPDX-License-Identifier: Apache-2.0 */
#include "dpop/dpop.h"

#include "base/text.h"
#include "dpop/target.h"

#include <stdlib.h>
#include <string.h>

enum { ORIGIN_MAX = 8192 };

/* RFC 9449 §8.1: visible ASCII without quote and backslash */
bool dpop_nonce_valid(const char *nonce)
{
	size_t length = strnlen(nonce, DPOP_NONCE_MAX + 1);

	if (!length || length > DPOP_NONCE_MAX)
		return false;
	for (; *nonce; nonce++)
		if (*nonce <= ' ' || *nonce > '~' || *nonce == '"' || *nonce == '\\')
			return false;
	return true;
}

void dpop_nonces_free(struct dpop_nonces *nonces)
{
	for (size_t i = 0; i < DPOP_ORIGINS; i++) {
		free(nonces->known[i].origin);
		free(nonces->known[i].nonce);
	}
	*nonces = (struct dpop_nonces){0};
}

static size_t find(const struct dpop_nonces *nonces, const char *origin)
{
	size_t i = 0;

	while (i < DPOP_ORIGINS && !(nonces->known[i].origin && text_equal(nonces->known[i].origin, origin)))
		i++;
	return i;
}

const char *dpop_nonce(const struct dpop_nonces *nonces, const char *url)
{
	struct buf origin = BUF_INIT(ORIGIN_MAX);
	size_t i = target_origin(url, &origin) == 0 ? find(nonces, buf_text(&origin)) : DPOP_ORIGINS;

	buf_free(&origin);
	return i < DPOP_ORIGINS ? nonces->known[i].nonce : NULL;
}

/* Where there is no memory the server says again that it wants one. */
static bool learn(struct dpop_nonces *nonces, const char *origin, const char *nonce)
{
	size_t i = find(nonces, origin);

	if (i < DPOP_ORIGINS && text_equal(nonces->known[i].nonce, nonce))
		return false;
	if (i == DPOP_ORIGINS) {
		i = nonces->next;
		nonces->next = (i + 1) % DPOP_ORIGINS;
	}
	if (text_set(&nonces->known[i].nonce, nonce) == 0 && text_set(&nonces->known[i].origin, origin) == 0)
		return true;
	(void)text_set(&nonces->known[i].origin, NULL);
	return false;
}

bool dpop_nonce_learn(struct dpop_nonces *nonces, const char *url, const char *nonce)
{
	struct buf origin = BUF_INIT(ORIGIN_MAX);
	bool news = dpop_nonce_valid(nonce) && target_origin(url, &origin) == 0 && learn(nonces, buf_text(&origin), nonce);

	buf_free(&origin);
	return news;
}
