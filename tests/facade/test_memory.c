/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first, second, third… allocation of a call fails, and the promises hold: one callback, nothing lost, nothing leaked. Where a sanitizer has
 * taken malloc() over, only the allocations of JSON fail, and the sanitizer looks for leaks.
 */
#include "support/harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED
#endif

static long allocations_left = -1; /**< -1 = any number */
static long blocks;                /**< allocated and not freed */

static bool refused(void)
{
	if (allocations_left == 0)
		return true;
	if (allocations_left > 0)
		allocations_left--;
	return false;
}

#ifdef SANITIZED

static void *sometimes(size_t size)
{
	return refused() ? NULL : malloc(size);
}

#else

/* seen by the shared libraries too, whose strdup() and the like allocate for us */
#define EVERYWHERE __attribute__((visibility("default")))

extern void *__libc_malloc(size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void __libc_free(void *memory);

EVERYWHERE void *malloc(size_t size)
{
	void *memory = refused() ? NULL : __libc_malloc(size);

	blocks += memory != NULL;
	return memory;
}

EVERYWHERE void *calloc(size_t count, size_t size)
{
	void *memory = refused() ? NULL : __libc_calloc(count, size);

	blocks += memory != NULL;
	return memory;
}

EVERYWHERE void *realloc(void *old, size_t size)
{
	void *memory = refused() ? NULL : __libc_realloc(old, size);

	blocks += memory != NULL && !old;
	return memory;
}

EVERYWHERE void free(void *memory)
{
	blocks -= memory != NULL;
	__libc_free(memory);
}

#endif

/* The hooks are the test's: their allocations do not fail. */
static struct pims_transport transport;
static struct pims_store store;

static int send_safely(void *data, const struct pims_http_request *request, pims_http_done_fn done, void *token)
{
	long left = allocations_left;
	int r;

	allocations_left = -1;
	r = transport.send(data, request, done, token);
	allocations_left = left;
	return r;
}

static int load_safely(void *data, unsigned char **ret_blob, size_t *ret_length)
{
	long left = allocations_left;
	int r;

	allocations_left = -1;
	r = store.load(data, ret_blob, ret_length);
	allocations_left = left;
	return r;
}

static int save_safely(void *data, const unsigned char *blob, size_t length)
{
	long left = allocations_left;
	int r;

	allocations_left = -1;
	r = store.save(data, blob, length);
	allocations_left = left;
	return r;
}

struct outcome_seen {
	unsigned count;
	int code;
};

static void see(void *data, const struct pims_message *message)
{
	struct outcome_seen *seen = data;

	seen->count++;
	seen->code = pims_message_code(message);
	assert_non_null(pims_message_transaction(message));
	(void)pims_message_json(message); /* may be NULL, must not crash */
}

static struct harness h;

static int begin(void **state)
{
	(void)state;
	allocations_left = -1;
	harness_init(&h);
	transport = h.transport.hooks;
	h.transport.hooks.send = send_safely;
	store = h.store_hooks;
	h.store_hooks.load = load_safely;
	h.store_hooks.save = save_safely;
	pims_free(h.pims);
	h.pims = harness_context(&h);
	harness_sign_in(&h, 3600);
	return 0;
}

static int end(void **state)
{
	(void)state;
	allocations_left = -1;
	harness_free(&h);
	return 0;
}

static const struct {
	const char *verb, *api, *parameters;
} calls[] = {
	{"get", "pims.authentication.token", "{\"type\":\"cvs\",\"action\":\"get\"}"},
	{"get", "pims.authentication.token", "{\"type\":\"cvs\",\"action\":\"refresh\"}"},
	{"get", "pims.authentication.trustedphonenumber", NULL},
	{"get", "pims.authentication.account", "{\"actionType\":\"strong\",\"type\":\"isAccountBlocked\"}"},
	{"get", "pims.authentication.otp", "{\"action\":\"withPIN\",\"pinCode\":1234}"},
	{"set", "pims.authentication.enrollment", "{\"action\":\"enroll\",\"pinCode\":1234,\"smsCode\":\"1\"}"},
	{"set", "pims.authentication.user", "{\"action\":\"login\",\"context\":{\"a\":[1,2]}}"},
	{"get", "pims.sdk.version", NULL},
};

static void answer(void *data, const struct fake_request *request, struct fake_answer *ret_answer)
{
	static const char tokens[] =
		"{\"access_token\":\"access-secret-2\",\"refresh_token\":\"refresh-secret-2\",\"token_type\":\"Bearer\","
		"\"expires_in\":3599,\"scope\":\"openid\"}";
	static const char rest[] = "{\"phoneNumber\":\"0612345678\",\"pin\":\"set\",\"devices\":1}";
	bool token = strstr(request->url, "access_token") != NULL;

	(void)data;
	*ret_answer = (struct fake_answer){.status = 200, .headers = {"Content-Type: application/json"}};
	ret_answer->body = token ? tokens : rest;
	ret_answer->body_length = strlen(ret_answer->body);
}

static void run(size_t index, long fails_at, struct outcome_seen *seen)
{
	int r;

	*seen = (struct outcome_seen){0};
	allocations_left = fails_at;
	if (strcmp(calls[index].verb, "get") == 0)
		r = pims_get(h.pims, calls[index].api, calls[index].parameters, see, seen, NULL);
	else
		r = pims_set(h.pims, calls[index].api, calls[index].parameters, see, seen, NULL);
	if (r == PIMS_E_MEMORY && fails_at >= 0)
		return;
	assert_int_equal(r, 0);
	harness_settle(&h);
	if (!seen->count) /* the user agent */
		harness_wait(&h, 700000);
	h.fake.now = FAKE_NOW;
	assert_int_equal(seen->count, 1);
}

static void every_allocation_may_fail_once(void **state)
{
	(void)state;
	harness_start(&h);
	h.transport.handler = answer;
	for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
		struct outcome_seen seen;
		int usual;

		run(i, -1, &seen);
		usual = seen.code;
		for (long fails_at = 0; fails_at < 5000; fails_at++) {
			long before = blocks;

			run(i, fails_at, &seen);
			if (allocations_left > 0)
				break;
			assert_false(h.store.locked);
			if (!seen.count) {
				assert_int_equal(blocks, before);
				continue;
			}
			assert_true(seen.code == usual || seen.code == 2000 || seen.code == 2006 || seen.code == 2204 || seen.code == 2102);
		}
		assert_true(allocations_left > 0);
		allocations_left = -1;
		/* nothing was lost on the way */
		run(0, -1, &seen);
		assert_int_equal(seen.code, 0);
	}
}

static void a_context_may_fail_anywhere(void **state)
{
	struct pims *pims = NULL;
	long before = blocks;

	(void)state;
	for (long fails_at = 0; fails_at < 20; fails_at++) {
		allocations_left = fails_at;
		if (pims_new(&pims, h.loop, &h.options) == 0)
			break;
		assert_null(pims);
		assert_int_equal(blocks, before);
	}
	allocations_left = -1;
	assert_non_null(pims);
	pims_free(pims);
	assert_int_equal(blocks, before);
}

static void nothing_is_left_behind(void **state)
{
	struct outcome_seen seen;
	long before = blocks;

	(void)state;
	begin(NULL);
	harness_start(&h);
	h.transport.handler = answer;
	for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
		for (long fails_at = 0; fails_at < 200; fails_at += 3)
			run(i, fails_at, &seen);
	end(NULL);
	assert_int_equal(blocks, before);
}

static void initialize_may_fail_anywhere_and_be_tried_again(void **state)
{
	(void)state;
	for (long fails_at = 0;; fails_at++) {
		struct outcome_seen seen = {0};

		allocations_left = fails_at;
		if (pims_initialize(h.pims, harness_configuration(), see, &seen, NULL) == PIMS_E_MEMORY)
			continue;
		harness_settle(&h);
		assert_int_equal(seen.count, 1);
		if (seen.code == 0)
			break;
		assert_true(seen.code == 2000 || seen.code == 2006 || seen.code == 2004);
		assert_true(fails_at < 1000);
	}
	allocations_left = -1;
	harness_call(&h, "get", "pims.authentication.token", "{\"type\":\"cvs\",\"action\":\"get\"}");
	harness_assert_succeeded(&h.heard);
}

#define T(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(every_allocation_may_fail_once),
		T(initialize_may_fail_anywhere_and_be_tried_again),
		T(a_context_may_fail_anywhere),
		cmocka_unit_test(nothing_is_left_behind),
	};

#ifdef SANITIZED
	json_set_alloc_funcs(sometimes, free);
#endif
	return cmocka_run_group_tests(tests, NULL, NULL);
}
