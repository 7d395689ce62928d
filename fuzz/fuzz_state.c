/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state file: bytes nobody sealed are refused, and a document that was sealed (by an older or a hostile process with the key) is read
 * into session and device, or refused.
 */
#include "fuzz/fuzz.h"
#include "identity/session.h"
#include "inwebo/device.h"
#include "platform/seal.h"

#include <string.h>

static void as_session(const json_t *object)
{
	struct session session = {0};
	json_t *written = NULL;

	if (session_decode(object, &session) < 0) {
		FUZZ_CHECK(!session_exists(&session));
		return;
	}
	FUZZ_CHECK(session_encode(&session, &written) == 0);
	json_wipe(written);
	session_free(&session);
}

static void as_device(const json_t *object)
{
	struct iw_device device = {0};
	struct iw_device again = {0};
	json_t *written = NULL;

	if (iw_device_decode(object, &device) < 0) {
		FUZZ_CHECK(device.phase == IW_NONE && !device.device_id[0]);
		return;
	}
	FUZZ_CHECK(iw_device_encode(&device, &written) == 0);
	FUZZ_CHECK(iw_device_decode(written, &again) == 0);
	FUZZ_CHECK(again.phase == device.phase && strcmp(again.id, device.id) == 0);
	json_wipe(written);
	iw_device_free(&again);
	iw_device_free(&device);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned char key[SEAL_KEY_SIZE] = "a key that sealed nothing so far";
	struct buf opened = BUF_INIT(SEAL_MAX);
	json_t *document = NULL;

	FUZZ_CHECK(seal_open(key, data, size, &opened) < 0);
	FUZZ_CHECK(opened.len == 0);
	buf_free(&opened);
	if (json_parse_object((const char *)data, size, SEAL_MAX, &document) < 0)
		return 0;
	as_session(json_object_get(document, "session"));
	as_device(json_object_get(document, "device"));
	json_wipe(document);
	return 0;
}
