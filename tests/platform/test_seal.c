/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/seal.h"
#include "support/fake_env.h"

#include <pims/error.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static const unsigned char KEY[SEAL_KEY_SIZE] = "0123456789abcdef0123456789abcde";
static const unsigned char OTHER_KEY[SEAL_KEY_SIZE] = "1123456789abcdef0123456789abcde";
static const char PLAIN[] = "{\"version\":1,\"session\":{\"refresh_token\":\"secret-refresh-token\"}}";

struct sealed {
	struct fake_env fake;
	struct buf blob;
	struct buf plain;
};

static int set_up(void **state)
{
	struct sealed *sealed = calloc(1, sizeof *sealed);

	assert_non_null(sealed);
	fake_env_init(&sealed->fake);
	buf_init(&sealed->blob, SEAL_MAX);
	buf_init(&sealed->plain, SEAL_MAX);
	assert_int_equal(seal_close(&sealed->fake.env, KEY, PLAIN, strlen(PLAIN), &sealed->blob), 0);
	*state = sealed;
	return 0;
}

static int tear_down(void **state)
{
	struct sealed *sealed = *state;

	buf_free(&sealed->blob);
	buf_free(&sealed->plain);
	fake_env_free(&sealed->fake);
	free(sealed);
	return 0;
}

static int open_copy(struct sealed *sealed, size_t length)
{
	/* a copy of its own, so that the sanitizer sees a read beyond its end */
	unsigned char *copy = malloc(length > 0 ? length : 1);
	int r;

	assert_non_null(copy);
	memcpy(copy, sealed->blob.data, length);
	r = seal_open(KEY, copy, length, &sealed->plain);
	free(copy);
	return r;
}

static void every_truncation_is_malformed(void **state)
{
	struct sealed *sealed = *state;

	for (size_t length = 0; length < sealed->blob.len; length++)
		assert_int_equal(open_copy(sealed, length), PIMS_E_FORMAT);
	assert_int_equal(sealed->plain.len, 0);
}

static void bytes_behind_the_end_are_malformed(void **state)
{
	struct sealed *sealed = *state;

	assert_int_equal(buf_putc(&sealed->blob, '\0'), 0);
	assert_int_equal(open_copy(sealed, sealed->blob.len), PIMS_E_FORMAT);
}

/* Each flipped bit is noticed, and what it hit decides what is told: version, key id, or anything else. */
static void every_flipped_bit_is_noticed(void **state)
{
	struct sealed *sealed = *state;

	for (size_t bit = 0; bit < sealed->blob.len * 8; bit++) {
		int expected = PIMS_E_FORMAT;

		if (bit / 8 == 4)
			expected = bit == 32 ? PIMS_E_FORMAT : PIMS_E_VERSION;
		else if (bit / 8 >= 5 && bit / 8 < 13)
			expected = PIMS_E_KEY;
		sealed->blob.data[bit / 8] = (char)(sealed->blob.data[bit / 8] ^ (1 << bit % 8));
		assert_int_equal(open_copy(sealed, sealed->blob.len), expected);
		assert_int_equal(sealed->plain.len, 0);
		sealed->blob.data[bit / 8] = (char)(sealed->blob.data[bit / 8] ^ (1 << bit % 8));
	}
	assert_int_equal(open_copy(sealed, sealed->blob.len), 0);
}

static void another_key_is_told_from_damage(void **state)
{
	struct sealed *sealed = *state;

	assert_int_equal(seal_open(OTHER_KEY, sealed->blob.data, sealed->blob.len, &sealed->plain), PIMS_E_KEY);
	assert_int_equal(sealed->plain.len, 0);
}

static void a_newer_version_is_told_even_of_another_layout(void **state)
{
	struct sealed *sealed = *state;

	assert_int_equal(seal_open(KEY, "PIMS\x02", 5, &sealed->plain), PIMS_E_VERSION);
	assert_int_equal(seal_open(KEY, "PIMS\xffwhatever", 13, &sealed->plain), PIMS_E_VERSION);
	assert_int_equal(seal_open(KEY, "PIMS\x00", 5, &sealed->plain), PIMS_E_FORMAT);
	assert_int_equal(seal_open(KEY, "{\"version\":1}", 13, &sealed->plain), PIMS_E_FORMAT);
	assert_int_equal(seal_open(KEY, "", 0, &sealed->plain), PIMS_E_FORMAT);
}

static void what_is_too_large_is_refused(void **state)
{
	struct sealed *sealed = *state;
	char *large = calloc(1, SEAL_MAX + 1);
	struct buf small = BUF_INIT(SEAL_OVERHEAD);

	assert_non_null(large);
	buf_reset(&sealed->blob);
	assert_int_equal(seal_close(&sealed->fake.env, KEY, large, SEAL_MAX - SEAL_OVERHEAD + 1, &sealed->blob), PIMS_E_LIMIT);
	assert_int_equal(sealed->blob.len, 0);
	assert_int_equal(seal_close(&sealed->fake.env, KEY, large, SEAL_MAX - SEAL_OVERHEAD, &sealed->blob), 0);
	assert_int_equal(seal_open(KEY, sealed->blob.data, sealed->blob.len, &sealed->plain), 0);
	assert_int_equal(seal_open(KEY, large, SEAL_MAX + 1, &sealed->plain), PIMS_E_LIMIT);
	assert_int_equal(seal_close(&sealed->fake.env, KEY, "x", 1, &small), PIMS_E_LIMIT);
	assert_int_equal(small.len, 0);
	free(large);
	buf_free(&small);
}

static void without_randomness_nothing_is_sealed(void **state)
{
	struct sealed *sealed = *state;

	buf_reset(&sealed->blob);
	sealed->fake.random_fails = true;
	assert_int_equal(seal_close(&sealed->fake.env, KEY, PLAIN, strlen(PLAIN), &sealed->blob), PIMS_E_CRYPTO);
	assert_int_equal(sealed->blob.len, 0);
}

static void what_was_sealed_comes_back_and_is_not_to_be_seen(void **state)
{
	struct sealed *sealed = *state;
	struct buf again = BUF_INIT(SEAL_MAX);

	assert_int_equal(sealed->blob.len, strlen(PLAIN) + SEAL_OVERHEAD);
	assert_null(memmem(sealed->blob.data, sealed->blob.len, "refresh", 7));
	assert_int_equal(seal_open(KEY, sealed->blob.data, sealed->blob.len, &sealed->plain), 0);
	assert_string_equal(buf_text(&sealed->plain), PLAIN);
	/* a new nonce each time */
	assert_int_equal(seal_close(&sealed->fake.env, KEY, PLAIN, strlen(PLAIN), &again), 0);
	assert_memory_not_equal(again.data, sealed->blob.data, again.len);
	buf_free(&again);
}

static void nothing_can_be_sealed_too(void **state)
{
	struct sealed *sealed = *state;

	buf_reset(&sealed->blob);
	assert_int_equal(seal_close(&sealed->fake.env, KEY, "", 0, &sealed->blob), 0);
	assert_int_equal(sealed->blob.len, SEAL_OVERHEAD);
	assert_int_equal(seal_open(KEY, sealed->blob.data, sealed->blob.len, &sealed->plain), 0);
	assert_int_equal(sealed->plain.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_truncation_is_malformed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(bytes_behind_the_end_are_malformed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(every_flipped_bit_is_noticed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(another_key_is_told_from_damage, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_newer_version_is_told_even_of_another_layout, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_too_large_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(without_randomness_nothing_is_sealed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_was_sealed_comes_back_and_is_not_to_be_seen, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nothing_can_be_sealed_too, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
