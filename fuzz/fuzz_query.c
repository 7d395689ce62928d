/* SPDX-License-Identifier: Apache-2.0 */
/* Query strings and forms, URLs, and the requests of iwws/MAC: what is accepted is written and read again as the same. */
#include "base/url.h"
#include "fuzz/fuzz.h"
#include "inwebo/request.h"

#include <string.h>

static void same_query(const struct query *a, const struct query *b)
{
	FUZZ_CHECK(a->count == b->count);
	for (size_t i = 0; i < a->count; i++) {
		FUZZ_CHECK(strcmp(a->items[i].name, b->items[i].name) == 0);
		FUZZ_CHECK(strcmp(a->items[i].value, b->items[i].value) == 0);
	}
}

static void query_again(const struct query *query)
{
	struct buf text = BUF_INIT(8 * QUERY_MAX_LENGTH);
	struct query again = {0};

	for (size_t i = 0; i < query->count; i++)
		FUZZ_CHECK(url_put(&text, query->items[i].name, query->items[i].value) == 0);
	if (query_parse(buf_text(&text), text.len, &again) == 0) {
		same_query(query, &again);
		query_free(&again);
	} else {
		FUZZ_CHECK(text.len > QUERY_MAX_LENGTH);
	}
	buf_free(&text);
}

static void request_again(const struct query *query)
{
	struct iw_request request = {0};
	struct buf target = BUF_INIT(IW_MAX_TARGET * 4);

	if (iw_request_read(query, &request) == 0) {
		FUZZ_CHECK(request.step < IW_STEP_COUNT);
		(void)iw_step_action(request.step);
		(void)iw_request_write(&request, &target);
	}
	buf_free(&target);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct query query = {0};
	struct url url = {0};
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (query_parse((const char *)data, size, &query) == 0) {
		query_again(&query);
		request_again(&query);
		query_free(&query);
	}
	if (url_parse(text, &url) == 0) {
		(void)url_is_loopback(&url);
		url_free(&url);
	}
	(void)url_is_http(text);
	free(text);
	return 0;
}
