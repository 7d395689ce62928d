/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

#include "base/buf.h"
#include "base/encode.h"
#include "server/oidc/webauthn.h"

#include <string.h>

/*
 * What a browser posts of a passkey: the whole text as each piece; and, since base64 and the host's hash keep a fuzzer out, the bytes behind these alone, as a
 * registration and as a signature's.
 */

#define PARTY "localhost"
#define CLIENT_DATA(type) "{\"type\":\"webauthn." type "\",\"challenge\":\"YQ\",\"origin\":\"https://localhost\",\"crossOrigin\":false}"

static const struct webauthn_ceremony ceremony = {PARTY, "https://localhost", "a"};
/* SHA-256("localhost") */
static const unsigned char hash[32] = {0x49, 0x96, 0x0d, 0xe5, 0x88, 0x0e, 0x8c, 0x68, 0x74, 0x34, 0x17, 0x0f, 0x64, 0x76, 0x60, 0x5b,
				       0x8f, 0xe4, 0xae, 0xb9, 0xa2, 0x86, 0x32, 0xc7, 0x99, 0x5c, 0xf3, 0xba, 0x83, 0x1d, 0x97, 0x63};

static void encode(const void *bytes, size_t length, struct buf *ret_text)
{
	FUZZ_CHECK(base64url_encode(bytes, length, ret_text) == 0);
}

static void check(const char *client_data, const char *authenticator_data, const char *signature)
{
	static unsigned char key[64];
	const struct webauthn_answer answer = {client_data, authenticator_data, signature};
	struct passkey passkey = {.public_key = key, .public_key_length = sizeof key, .algorithm = WEBAUTHN_ES256}, made = {0};
	const char *fault = NULL;
	int64_t count = 0;

	if (webauthn_register(&ceremony, &answer, &made, &fault) == 0) {
		FUZZ_CHECK(made.credential_length && made.credential_length <= PASSKEY_CREDENTIAL_MAX);
		FUZZ_CHECK(made.public_key_length && made.public_key_length <= PASSKEY_KEY_MAX);
		FUZZ_CHECK(webauthn_assert(&ceremony, &answer, &made, &count, &fault) < 0);
	} else {
		FUZZ_CHECK(!made.credential && !made.public_key && fault);
	}
	passkey_free(&made);
	/* nobody signs by a key of zeros */
	FUZZ_CHECK(webauthn_assert(&ceremony, &answer, &passkey, &count, &fault) < 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf whole = BUF_INIT(1 << 20), behind = BUF_INIT(1 << 20), creates = BUF_INIT(4096), uses = BUF_INIT(4096), text = BUF_INIT(1 << 20);

	encode(CLIENT_DATA("create"), sizeof CLIENT_DATA("create") - 1, &creates);
	encode(CLIENT_DATA("get"), sizeof CLIENT_DATA("get") - 1, &uses);
	encode(data, size, &whole);
	FUZZ_CHECK(buf_put(&text, hash, sizeof hash) == 0 && buf_put(&text, data, size) == 0);
	encode(text.data, text.len, &behind);
	check(buf_text(&whole), buf_text(&whole), buf_text(&whole));
	check(buf_text(&creates), buf_text(&behind), buf_text(&whole));
	check(buf_text(&uses), buf_text(&behind), buf_text(&whole));
	buf_free(&text);
	buf_free(&behind);
	buf_free(&whole);
	buf_free(&uses);
	buf_free(&creates);
	return 0;
}
