/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state file: bytes nobody sealed are refused, and a document that was sealed (by an older or a hostile process with the key) is read
 * into session, device and endpoints, or refused.
 */
#include "facade/state.h"
#include "fuzz/fuzz.h"
#include "platform/seal.h"

#include <string.h>

enum { NOW = 1731417255 };

static void encode_and_decode_again(const struct state *state, const struct profile *profile)
{
	struct state again = {0};
	json_t *written = NULL;

	FUZZ_CHECK(state_encode(state, profile, &written) == 0);
	FUZZ_CHECK(state_decode(written, profile, &again) == 0);
	FUZZ_CHECK(again.device.phase == state->device.phase && strcmp(again.device.id, state->device.id) == 0);
	FUZZ_CHECK(session_exists(&again.session) == session_exists(&state->session));
	json_wipe(written);
	state_free(&again);
}

static void read_document(const json_t *document)
{
	char client[] = "pims";
	char backend[] = "http://127.0.0.1:1";
	struct profile profile = {.client_id = client, .backend = backend};
	struct state state = {0};

	if (state_decode(document, &profile, &state) == 0) {
		state_endpoints(document, NOW, &profile, &state);
		(void)state_endpoints_fresh(&state, NOW);
		encode_and_decode_again(&state, &profile);
	} else {
		FUZZ_CHECK(state.device.phase == IW_NONE && !state.device.device_id[0] && !session_exists(&state.session));
	}
	state_free(&state);
	endpoints_free(&profile.endpoints);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned char key[SEAL_KEY_SIZE] = "a key that sealed nothing so far";
	struct buf opened = BUF_INIT(SEAL_MAX);
	json_t *document = NULL;

	FUZZ_CHECK(seal_open(key, data, size, &opened) < 0);
	FUZZ_CHECK(opened.len == 0);
	buf_free(&opened);
	if (json_parse_object((const char *)data, size, STATE_DOCUMENT_MAX, &document) < 0)
		return 0;
	read_document(document);
	json_wipe(document);
	return 0;
}
