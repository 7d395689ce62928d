/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/env.h"
#include "support/fake_env.h"

#include <pims/error.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <time.h>

static void a_source_of_randomness_that_fails_fails_the_call(void **state)
{
	unsigned char bytes[16] = {0};
	struct fake_env fake;
	char hex[33];

	(void)state;
	fake_env_init(&fake);
	fake.random_fails = true;
	assert_int_equal(env_random(&fake.env, bytes, sizeof bytes), PIMS_E_CRYPTO);
	assert_int_equal(env_random_hex(&fake.env, hex, 16), PIMS_E_CRYPTO);
	fake_env_free(&fake);
}

static void fields_beyond_the_given_size_take_the_built_in(void **state)
{
	struct fake_env fake;
	struct env env;
	struct pims_clock clock;
	struct pims_random random;
	struct pims_log log;

	(void)state;
	fake_env_init(&fake);
	clock = fake.clock;
	clock.size = offsetof(struct pims_clock, monotonic);
	random = fake.random;
	random.size = sizeof random.size;
	log = fake.log;
	log.size = offsetof(struct pims_log, line);
	fake.random_fails = true;
	env_init(&env, &clock, &random, &log);
	assert_ptr_equal(env.clock.now, fake.clock.now);
	assert_ptr_not_equal(env.clock.monotonic, fake.clock.monotonic);
	assert_null(env.clock.data);
	assert_int_equal(env_random(&env, &random, sizeof random), 0);
	env_log(&env, PIMS_LOG_ERROR, "nowhere");
	assert_false(fake_env_logged(&fake, "nowhere"));
	fake_env_free(&fake);
}

static void without_hooks_the_system_is_asked(void **state)
{
	unsigned char a[64] = {0}, b[64] = {0};
	struct env env;
	int64_t before, now = (int64_t)time(NULL) * 1000;

	(void)state;
	env_init(&env, NULL, NULL, NULL);
	assert_true(env_now(&env) >= now && env_now(&env) < now + 100000);
	before = env_monotonic(&env);
	assert_true(before > 0);
	assert_true(env_monotonic(&env) >= before);
	assert_int_equal(env_random(&env, a, sizeof a), 0);
	assert_int_equal(env_random(&env, b, sizeof b), 0);
	assert_memory_not_equal(a, b, sizeof a);
	assert_int_equal(env_random(&env, NULL, 0), 0);
	env_log(&env, PIMS_LOG_ERROR, "silent");
}

static void random_hex_is_of_the_length_asked_for(void **state)
{
	struct fake_env fake;
	char hex[203];

	(void)state;
	fake_env_init(&fake);
	for (size_t length = 0; length <= 100; length += 10) {
		memset(hex, 'z', sizeof hex);
		assert_int_equal(env_random_hex(&fake.env, hex, length), 0);
		assert_int_equal(strlen(hex), 2 * length);
		assert_int_equal(strspn(hex, "0123456789abcdef"), 2 * length);
		assert_int_equal(hex[2 * length + 1], 'z');
	}
	fake_env_queue_random_hex(&fake, "00ff10");
	assert_int_equal(env_random_hex(&fake.env, hex, 3), 0);
	assert_string_equal(hex, "00ff10");
	fake_env_free(&fake);
}

static void only_the_wanted_levels_are_logged_and_a_line_stays_one_line(void **state)
{
	struct fake_env fake;

	(void)state;
	fake_env_init(&fake);
	fake.env.log.level = PIMS_LOG_WARNING;
	env_log(&fake.env, PIMS_LOG_INFO, "info");
	env_log(&fake.env, PIMS_LOG_WARNING, "warning %d", 5);
	env_log(&fake.env, PIMS_LOG_ERROR, "forged\nline\x1b[31m");
	assert_string_equal(buf_text(&fake.logged), "warning 5\nforged line [31m\n");
	env_log(&fake.env, PIMS_LOG_ERROR, "%02000d", 7);
	assert_true(fake.logged.len < 1000);
	fake_env_free(&fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_source_of_randomness_that_fails_fails_the_call),
		cmocka_unit_test(fields_beyond_the_given_size_take_the_built_in),
		cmocka_unit_test(without_hooks_the_system_is_asked),
		cmocka_unit_test(random_hex_is_of_the_length_asked_for),
		cmocka_unit_test(only_the_wanted_levels_are_logged_and_a_line_stays_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
