/* SPDX-License-Identifier: Apache-2.0 */
/* A fleet's process: ten thousand contexts on one loop. */
#include "support/harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

enum { FLEET = 10000, BYTES_EACH = 16 * 1024 };

#define TOKEN_GET "{\"type\":\"cvs\",\"action\":\"get\"}"

static void count(void *data, const struct pims_message *message)
{
	*(unsigned *)data += (unsigned)pims_message_succeeded(message);
}

static void ten_thousand_contexts_share_a_loop(void **state)
{
	struct pims **fleet = calloc(FLEET, sizeof *fleet);
	unsigned initialized = 0, tokens = 0;
	struct harness h;
	size_t before, used;

	(void)state;
	assert_non_null(fleet);
	harness_init(&h);
	harness_sign_in(&h, 3600);
	before = mallinfo2().uordblks;
	for (int i = 0; i < FLEET; i++) {
		fleet[i] = harness_context(&h);
		assert_int_equal(pims_initialize(fleet[i], harness_configuration(), count, &initialized, NULL), 0);
	}
	harness_settle(&h);
	assert_int_equal(initialized, FLEET);
	used = mallinfo2().uordblks - before;
	/* sanitizers replace malloc, and this figure is 0 */
	assert_true(used / FLEET < BYTES_EACH);
	print_message("%zu bytes a context\n", used / FLEET);
	for (int i = 0; i < FLEET; i++)
		assert_int_equal(pims_get(fleet[i], "pims.authentication.token", TOKEN_GET, count, &tokens, NULL), 0);
	harness_settle(&h);
	assert_int_equal(tokens, FLEET);
	for (int i = 0; i < FLEET; i += 2)
		pims_free(fleet[i]);
	free(fleet);
	harness_free(&h);
}

static void ten_thousand_calls_are_canceled_by_freeing_their_context(void **state)
{
	unsigned succeeded = 0;
	struct harness h;

	(void)state;
	harness_init(&h);
	harness_sign_in(&h, 3600);
	harness_start(&h);
	for (int i = 0; i < FLEET; i++)
		assert_int_equal(pims_get(h.pims, "pims.authentication.token", TOKEN_GET, count, &succeeded, NULL), 0);
	pims_free(h.pims);
	assert_int_equal(harness_settle(&h), FLEET);
	assert_int_equal(succeeded, 0);
	harness_free(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ten_thousand_contexts_share_a_loop),
		cmocka_unit_test(ten_thousand_calls_are_canceled_by_freeing_their_context),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
