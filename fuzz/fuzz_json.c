/* SPDX-License-Identifier: Apache-2.0 */
/* JSON of messages and servers: what is accepted is written and read again as the same value. */
#include "base/json.h"
#include "fuzz/fuzz.h"

enum { LIMIT = 65536 };

static void write_and_read_again(const json_t *object)
{
	struct buf text = BUF_INIT(16 * LIMIT);
	json_t *again = NULL;

	FUZZ_CHECK(json_write(object, &text) == 0);
	FUZZ_CHECK(json_parse_object(buf_text(&text), text.len, 16 * LIMIT, &again) == 0);
	FUZZ_CHECK(json_equal(object, again));
	json_wipe(again);
	buf_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *object = NULL;
	json_t *value = NULL;

	if (json_parse_object((const char *)data, size, LIMIT, &object) == 0) {
		write_and_read_again(object);
		(void)json_text(object, "token");
		(void)json_int(object, "code", 0);
		json_wipe(object);
	}
	if (json_parse_value((const char *)data, size, LIMIT, &value) == 0)
		json_wipe(value);
	return 0;
}
