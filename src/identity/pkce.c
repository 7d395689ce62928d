/* SPDX-License-Identifier: Apache-2.0 */
#include "identity/pkce.h"

#include "base/digest.h"
#include "base/encode.h"

#include <string.h>

enum { RANDOM_SIZE = 32, TEXT_SIZE = 43 };

int pkce_random(const struct env *env, struct secret *ret_text)
{
	unsigned char bytes[RANDOM_SIZE];
	struct buf text = BUF_INIT(TEXT_SIZE);
	int r;

	r = env_random(env, bytes, sizeof bytes);
	if (r == 0)
		r = base64url_encode(bytes, sizeof bytes, &text);
	if (r == 0)
		r = secret_set(ret_text, buf_text(&text));
	secret_wipe(bytes, sizeof bytes);
	buf_free(&text);
	return r;
}

int pkce_challenge(const char *verifier, struct buf *buf)
{
	unsigned char digest[SHA256_SIZE];
	int r = sha256(verifier, strlen(verifier), digest);

	return r < 0 ? r : base64url_encode(digest, sizeof digest, buf);
}
