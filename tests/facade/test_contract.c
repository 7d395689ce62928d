/* SPDX-License-Identifier: Apache-2.0 */
/* The promises of pims.h: callbacks, threads, cancel, free, release, limits. */
#include "support/harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOKEN_API "pims.authentication.token"
#define TOKEN_GET "{\"type\":\"cvs\",\"action\":\"get\"}"
#define TOKEN_REFRESH "{\"type\":\"cvs\",\"action\":\"refresh\"}"
#define PHONE_API "pims.authentication.trustedphonenumber"

static struct harness h;

static int begin(void **state)
{
	(void)state;
	harness_init(&h);
	return 0;
}

static int begin_signed_in(void **state)
{
	(void)state;
	harness_init(&h);
	harness_sign_in(&h, 3600);
	harness_start(&h);
	return 0;
}

static int end(void **state)
{
	(void)state;
	harness_free(&h);
	return 0;
}

/* --- what is not accepted --- */

static void ignore(void *data, const struct pims_message *message)
{
	(void)data;
	(void)message;
	fail_msg("a refused call has no callback");
}

static void wrong_arguments_are_refused_without_a_callback(void **state)
{
	struct pims *pims = NULL;
	struct pims_options no_size = {0};

	(void)state;
	assert_int_equal(pims_new(NULL, h.loop, NULL), PIMS_E_INVALID);
	assert_int_equal(pims_new(&pims, NULL, NULL), PIMS_E_INVALID);
	assert_int_equal(pims_new(&pims, h.loop, &no_size), PIMS_E_INVALID);
	assert_null(pims);
	assert_int_equal(pims_get(NULL, TOKEN_API, TOKEN_GET, ignore, NULL, NULL), PIMS_E_INVALID);
	assert_int_equal(pims_get(h.pims, NULL, TOKEN_GET, ignore, NULL, NULL), PIMS_E_INVALID);
	assert_int_equal(pims_get(h.pims, TOKEN_API, TOKEN_GET, NULL, NULL, NULL), PIMS_E_INVALID);
	assert_int_equal(pims_set(h.pims, NULL, NULL, ignore, NULL, NULL), PIMS_E_INVALID);
	assert_int_equal(pims_subscribe(h.pims, NULL, NULL, ignore, NULL, NULL), PIMS_E_INVALID);
	assert_int_equal(pims_unsubscribe(h.pims, NULL, ignore, NULL, NULL), PIMS_E_INVALID);
	assert_int_equal(pims_initialize(h.pims, "{}", NULL, NULL, NULL), PIMS_E_INVALID);
	assert_int_equal(pims_release(NULL, ignore, NULL, NULL), PIMS_E_INVALID);
	assert_int_equal(pims_discover(h.pims, NULL, ignore, NULL, NULL), PIMS_E_INVALID);
	assert_int_equal(pims_cancel(NULL, "00000000-0000"), PIMS_E_INVALID);
	assert_int_equal(pims_cancel(h.pims, NULL), PIMS_E_INVALID);
	assert_int_equal(pims_redirect(h.pims, NULL), PIMS_E_INVALID);
	pims_free(NULL);
	assert_int_equal(harness_settle(&h), 0);
}

static void parameters_over_64_KiB_are_refused(void **state)
{
	char *big = malloc(65 * 1024 + 1);

	(void)state;
	assert_non_null(big);
	memset(big, ' ', 65 * 1024);
	big[65 * 1024] = '\0';
	assert_int_equal(pims_get(h.pims, TOKEN_API, big, ignore, NULL, NULL), PIMS_E_LIMIT);
	big[64 * 1024] = '\0';
	assert_int_equal(pims_get(h.pims, TOKEN_API, big, harness_hear, &h.heard, NULL), 0);
	free(big);
	harness_settle(&h);
	harness_assert_failed(&h.heard, 2102, "Invalid parameters parameter", "");
}

static void calls_over_the_limit_are_refused(void **state)
{
	struct heard heard = {0};

	(void)state;
	for (int i = 0; i < 65536; i++)
		assert_int_equal(pims_get(h.pims, "x", NULL, harness_hear, &heard, NULL), 0);
	assert_int_equal(pims_get(h.pims, "x", NULL, ignore, NULL, NULL), PIMS_E_LIMIT);
	harness_settle(&h);
	assert_int_equal(heard.count, 65536);
	heard_free(&heard);
	harness_call(&h, "get", "x", NULL);
	harness_assert_failed(&h.heard, 2002, NULL, NULL);
}

static void *from_elsewhere(void *data)
{
	int *results = data;
	struct pims *pims = NULL;

	results[0] = pims_get(h.pims, TOKEN_API, TOKEN_GET, ignore, NULL, NULL);
	results[1] = pims_new(&pims, h.loop, NULL);
	results[2] = pims_cancel(h.pims, "00000000-0000");
	results[3] = pims_redirect(h.pims, "mymap://oauth2redirect/fr");
	results[4] = pims_release(h.pims, ignore, NULL, NULL);
	pims_free(h.pims);
	results[5] = pims_loop_wakeup(h.loop);
	return NULL;
}

static void another_thread_is_refused(void **state)
{
	int results[6];
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, from_elsewhere, results), 0);
	pthread_join(thread, NULL);
	for (int i = 0; i < 5; i++)
		assert_int_equal(results[i], PIMS_E_THREAD);
	assert_int_equal(results[5], 0);
	harness_call(&h, "get", TOKEN_API, TOKEN_GET);
	harness_assert_succeeded(&h.heard);
}

/* --- before, after and between initialize and release --- */

static void before_initialize_every_call_is_2001(void **state)
{
	struct heard heard[6] = {{0}};

	(void)state;
	assert_int_equal(pims_get(h.pims, TOKEN_API, TOKEN_GET, harness_hear, &heard[0], NULL), 0);
	assert_int_equal(pims_set(h.pims, "no.such.api", "no JSON", harness_hear, &heard[1], NULL), 0);
	assert_int_equal(pims_subscribe(h.pims, TOKEN_API, NULL, harness_hear, &heard[2], NULL), 0);
	assert_int_equal(pims_unsubscribe(h.pims, TOKEN_API, harness_hear, &heard[3], NULL), 0);
	assert_int_equal(pims_release(h.pims, harness_hear, &heard[4], NULL), 0);
	assert_int_equal(pims_get(h.pims, "pims.sdk.version", NULL, harness_hear, &heard[5], NULL), 0);
	assert_int_equal(harness_settle(&h), 6);
	for (int i = 0; i < 6; i++) {
		harness_assert_failed(&heard[i], 2001, "Facade not initialized", "");
		heard_free(&heard[i]);
	}
	assert_int_equal(h.store.loads, 0);
}

static void a_second_initialize_is_2007_and_changes_nothing(void **state)
{
	(void)state;
	assert_int_equal(pims_initialize(h.pims, "{", harness_hear, &h.heard, NULL), 0);
	harness_settle(&h);
	harness_assert_failed(&h.heard, 2007, "Facade already initialized", "");
	harness_call(&h, "get", TOKEN_API, TOKEN_GET);
	harness_assert_succeeded(&h.heard);
}

static void subscriptions_are_2002(void **state)
{
	struct heard heard[2] = {{0}};

	(void)state;
	assert_int_equal(pims_subscribe(h.pims, TOKEN_API, TOKEN_GET, harness_hear, &heard[0], NULL), 0);
	assert_int_equal(pims_unsubscribe(h.pims, TOKEN_API, harness_hear, &heard[1], NULL), 0);
	harness_settle(&h);
	for (int i = 0; i < 2; i++) {
		harness_assert_failed(&heard[i], 2002, "API not supported", "");
		heard_free(&heard[i]);
	}
}

static void calls_are_answered_in_order_so_initialize_need_not_be_waited_for(void **state)
{
	struct heard heard[3] = {{0}};

	(void)state;
	harness_sign_in(&h, 3600);
	assert_int_equal(pims_initialize(h.pims, harness_configuration(), harness_hear, &heard[0], NULL), 0);
	assert_int_equal(pims_get(h.pims, TOKEN_API, TOKEN_GET, harness_hear, &heard[1], NULL), 0);
	assert_int_equal(pims_release(h.pims, harness_hear, &heard[2], NULL), 0);
	assert_int_equal(harness_settle(&h), 3);
	for (int i = 0; i < 3; i++) {
		harness_assert_succeeded(&heard[i]);
		heard_free(&heard[i]);
	}
}

static void after_release_calls_are_2001_and_initialize_works_again(void **state)
{
	unsigned loads = h.store.loads;
	struct heard released = {0};

	(void)state;
	assert_int_equal(pims_release(h.pims, harness_hear, &released, NULL), 0);
	assert_int_equal(pims_get(h.pims, TOKEN_API, TOKEN_GET, harness_hear, &h.heard, NULL), 0);
	harness_settle(&h);
	harness_assert_succeeded(&released);
	assert_true(json_is_null(json_object_get(released.message, "result")));
	harness_assert_failed(&h.heard, 2001, NULL, "");
	heard_free(&released);
	harness_start(&h);
	assert_int_equal(h.store.loads, loads + 1);
	harness_call(&h, "get", TOKEN_API, TOKEN_GET);
	harness_assert_succeeded(&h.heard);
}

static void release_cancels_what_is_pending_first(void **state)
{
	struct heard pending = {0}, later = {0};

	(void)state;
	fake_transport_hold(&h.transport);
	assert_int_equal(pims_get(h.pims, PHONE_API, NULL, harness_hear, &pending, NULL), 0);
	harness_settle(&h);
	assert_int_equal(fake_transport_pending(&h.transport), 1);
	assert_int_equal(pims_release(h.pims, harness_hear, &h.heard, NULL), 0);
	assert_int_equal(pims_get(h.pims, PHONE_API, NULL, harness_hear, &later, NULL), 0);
	harness_settle(&h);
	harness_assert_failed(&pending, 2000, "Unknown error", "canceled");
	harness_assert_succeeded(&h.heard);
	harness_assert_failed(&later, 2001, NULL, NULL);
	assert_int_equal(h.transport.canceled, 1);
	heard_free(&pending);
	heard_free(&later);
}

/* --- the callback --- */

static void no_callback_comes_from_inside_the_call(void **state)
{
	char transaction[PIMS_TRANSACTION_SIZE];

	(void)state;
	assert_int_equal(pims_get(h.pims, "x", NULL, harness_hear, &h.heard, transaction), 0);
	assert_int_equal(h.heard.count, 0);
	assert_int_equal(pims_loop_process(h.loop), 1);
	assert_int_equal(h.heard.count, 1);
	assert_string_equal(json_string_value(json_object_get(h.heard.message, "transactionId")), transaction);
	assert_int_equal(harness_settle(&h), 0);
	assert_int_equal(h.heard.count, 1);
}

static void the_descriptor_is_readable_when_a_call_waits_for_its_turn(void **state)
{
	struct pollfd poll_fd = {.fd = pims_loop_fd(h.loop), .events = POLLIN};

	(void)state;
	harness_settle(&h);
	assert_int_equal(poll(&poll_fd, 1, 0), 0);
	assert_int_equal(pims_get(h.pims, TOKEN_API, TOKEN_GET, harness_hear, &h.heard, NULL), 0);
	assert_int_equal(poll(&poll_fd, 1, 1000), 1);
	harness_settle(&h);
	harness_assert_succeeded(&h.heard);
	assert_int_equal(poll(&poll_fd, 1, 0), 0);
}

static void transactions_look_as_documented_and_differ(void **state)
{
	char a[PIMS_TRANSACTION_SIZE], b[PIMS_TRANSACTION_SIZE];
	struct heard heard = {0};

	(void)state;
	assert_int_equal(pims_get(h.pims, "x", NULL, harness_hear, &heard, a), 0);
	assert_int_equal(pims_get(h.pims, "x", NULL, harness_hear, &heard, b), 0);
	harness_settle(&h);
	assert_int_equal(strlen(a), 13);
	for (size_t i = 0; i < 13; i++)
		assert_true(i == 8 ? a[i] == '-' : strchr("0123456789abcdef", a[i]) != NULL);
	assert_string_not_equal(a, b);
	heard_free(&heard);
}

static void without_randomness_transactions_still_differ(void **state)
{
	char a[PIMS_TRANSACTION_SIZE], b[PIMS_TRANSACTION_SIZE];
	struct heard heard = {0};

	(void)state;
	h.fake.random_fails = true;
	assert_int_equal(pims_get(h.pims, "x", NULL, harness_hear, &heard, a), 0);
	assert_int_equal(pims_get(h.pims, "x", NULL, harness_hear, &heard, b), 0);
	harness_settle(&h);
	assert_int_equal(heard.count, 2);
	assert_int_equal(strlen(b), 13);
	assert_string_not_equal(a, b);
	heard_free(&heard);
}

static void pims_run_ends_when_nothing_is_pending(void **state)
{
	(void)state;
	assert_int_equal(pims_run(h.loop, -1), 0);
	assert_int_equal(pims_get(h.pims, TOKEN_API, TOKEN_GET, harness_hear, &h.heard, NULL), 0);
	assert_int_equal(pims_run(h.loop, -1), 0);
	harness_assert_succeeded(&h.heard);
}

static void parameters_and_names_are_copied(void **state)
{
	char api[] = TOKEN_API, parameters[] = TOKEN_GET;

	(void)state;
	assert_int_equal(pims_get(h.pims, api, parameters, harness_hear, &h.heard, NULL), 0);
	memset(api, 'x', sizeof api - 1);
	memset(parameters, 'x', sizeof parameters - 1);
	harness_settle(&h);
	harness_assert_succeeded(&h.heard);
}

struct chain {
	unsigned left;
	unsigned heard;
	bool inside;
};

static void call_again(void *data, const struct pims_message *message)
{
	struct chain *chain = data;

	assert_false(chain->inside);
	assert_int_equal(pims_message_succeeded(message), 1);
	chain->inside = true;
	chain->heard++;
	if (chain->left) {
		chain->left--;
		assert_int_equal(pims_get(h.pims, TOKEN_API, TOKEN_GET, call_again, chain, NULL), 0);
	}
	assert_int_equal(pims_loop_process(h.loop), PIMS_E_STATE);
	assert_int_equal(pims_run(h.loop, 0), PIMS_E_STATE);
	chain->inside = false;
}

static void a_callback_may_call_again_but_not_run_the_loop(void **state)
{
	struct chain chain = {.left = 100};

	(void)state;
	assert_int_equal(pims_get(h.pims, TOKEN_API, TOKEN_GET, call_again, &chain, NULL), 0);
	assert_int_equal(pims_run(h.loop, -1), 0);
	assert_int_equal(chain.heard, 101);
}

/* --- cancel --- */

static void canceling_a_new_call_ends_it_with_2000(void **state)
{
	char transaction[PIMS_TRANSACTION_SIZE];

	(void)state;
	assert_int_equal(pims_get(h.pims, PHONE_API, NULL, harness_hear, &h.heard, transaction), 0);
	assert_int_equal(pims_cancel(h.pims, transaction), 0);
	assert_int_equal(h.heard.count, 0);
	assert_int_equal(pims_cancel(h.pims, transaction), PIMS_E_NOT_FOUND);
	harness_settle(&h);
	harness_assert_failed(&h.heard, 2000, "Unknown error", "canceled");
	assert_int_equal(h.transport.count, 0);
	assert_int_equal(pims_cancel(h.pims, transaction), PIMS_E_NOT_FOUND);
}

static void canceling_a_request_takes_it_back_from_the_transport(void **state)
{
	char transaction[PIMS_TRANSACTION_SIZE];

	(void)state;
	fake_transport_hold(&h.transport);
	assert_int_equal(pims_get(h.pims, PHONE_API, NULL, harness_hear, &h.heard, transaction), 0);
	harness_settle(&h);
	assert_int_equal(fake_transport_pending(&h.transport), 1);
	assert_int_equal(pims_cancel(h.pims, transaction), 0);
	assert_int_equal(h.transport.canceled, 1);
	assert_int_equal(harness_settle(&h), 1);
	harness_assert_failed(&h.heard, 2000, NULL, "canceled");
	harness_wait(&h, 20000);
	assert_int_equal(h.heard.count, 1);
}

static void an_answer_that_came_before_the_cancel_is_not_delivered(void **state)
{
	char transaction[PIMS_TRANSACTION_SIZE];

	(void)state;
	h.transport.loop = NULL;
	fake_transport_answer(&h.transport, 200, "application/json", "{\"phoneNumber\":\"0612345678\"}");
	assert_int_equal(pims_get(h.pims, PHONE_API, NULL, harness_hear, &h.heard, transaction), 0);
	harness_settle(&h);
	assert_true(fake_transport_deliver(&h.transport));
	assert_int_equal(pims_cancel(h.pims, transaction), 0);
	harness_settle(&h);
	harness_assert_failed(&h.heard, 2000, NULL, "canceled");
}

/* A transport that can't cancel answers when it likes, even after everything else is gone. */
static void without_a_cancel_hook_the_late_answer_is_dropped(void **state)
{
	struct pims_transport no_cancel;
	struct pims *pims;
	struct heard heard = {0};
	char transaction[PIMS_TRANSACTION_SIZE];

	(void)state;
	no_cancel = h.transport.hooks;
	no_cancel.cancel = NULL;
	h.options.transport = &no_cancel;
	h.transport.loop = NULL;
	pims = harness_context(&h);
	fake_transport_answer(&h.transport, 200, "application/json", "{\"phoneNumber\":\"0612345678\"}");
	assert_int_equal(pims_initialize(pims, harness_configuration(), harness_hear, &heard, NULL), 0);
	assert_int_equal(pims_get(pims, PHONE_API, NULL, harness_hear, &heard, transaction), 0);
	harness_settle(&h);
	assert_int_equal(pims_cancel(pims, transaction), 0);
	harness_settle(&h);
	assert_int_equal(heard.count, 2);
	pims_free(pims);
	harness_settle(&h);
	assert_true(fake_transport_deliver(&h.transport));
	assert_int_equal(harness_settle(&h), 0);
	heard_free(&heard);
}

/* A transport that breaks its promises: it answers at once, and again when it is canceled. */
struct hasty {
	int returns;
	bool silent;
	pims_http_done_fn done;
};

static void answer_failed(pims_http_done_fn done, void *token)
{
	struct pims_http_response response = {.size = sizeof response, .failure = PIMS_HTTP_NETWORK};

	done(token, &response);
}

static int send_hasty(void *data, const struct pims_http_request *request, pims_http_done_fn done, void *token)
{
	struct hasty *hasty = data;

	(void)request;
	hasty->done = done;
	if (!hasty->silent)
		answer_failed(done, token);
	return hasty->returns;
}

static void cancel_hasty(void *data, void *token)
{
	answer_failed(((struct hasty *)data)->done, token);
}

static void an_answer_from_inside_send_or_cancel_does_no_harm(void **state)
{
	static const struct hasty kinds[] = {{.returns = 0}, {.returns = -1}, {.silent = true}};
	struct hasty hasty;
	struct pims_transport hooks = {sizeof hooks, send_hasty, cancel_hasty, &hasty};
	struct pims *pims;

	(void)state;
	h.options.transport = &hooks;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		struct heard heard = {0};

		hasty = kinds[i];
		pims = harness_context(&h);
		assert_int_equal(pims_initialize(pims, harness_configuration(), harness_hear, &heard, NULL), 0);
		assert_int_equal(pims_get(pims, PHONE_API, NULL, harness_hear, &heard, NULL), 0);
		harness_settle(&h);
		assert_int_equal(heard.count, hasty.silent ? 1 : 2);
		pims_free(pims);
		harness_settle(&h);
		assert_int_equal(heard.count, 2);
		harness_assert_failed(&(struct heard){1, heard.message, heard.text}, hasty.silent ? 2000 : 2202, NULL, NULL);
		heard_free(&heard);
	}
}

struct sibling {
	char transaction[PIMS_TRANSACTION_SIZE];
	struct heard heard;
	int returned;
};

static void cancel_sibling(void *data, const struct pims_message *message)
{
	struct sibling *sibling = data;

	assert_int_equal(pims_cancel(h.pims, pims_message_transaction(message)), PIMS_E_NOT_FOUND);
	sibling->returned = pims_cancel(h.pims, sibling->transaction);
}

static void a_callback_may_cancel_another_call_but_not_itself(void **state)
{
	struct sibling sibling = {0};

	(void)state;
	assert_int_equal(pims_get(h.pims, TOKEN_API, TOKEN_GET, cancel_sibling, &sibling, NULL), 0);
	assert_int_equal(pims_get(h.pims, TOKEN_API, TOKEN_GET, harness_hear, &sibling.heard, sibling.transaction), 0);
	harness_settle(&h);
	assert_int_equal(sibling.returned, 0);
	harness_assert_failed(&sibling.heard, 2000, NULL, "canceled");
	heard_free(&sibling.heard);
}

static void the_call_of_another_context_is_not_found(void **state)
{
	struct pims *other = harness_context(&h);
	char transaction[PIMS_TRANSACTION_SIZE];

	(void)state;
	assert_int_equal(pims_get(h.pims, TOKEN_API, TOKEN_GET, harness_hear, &h.heard, transaction), 0);
	assert_int_equal(pims_cancel(other, transaction), PIMS_E_NOT_FOUND);
	harness_settle(&h);
	harness_assert_succeeded(&h.heard);
	pims_free(other);
}

/* --- free --- */

static void freeing_ends_what_is_pending_with_2000(void **state)
{
	struct heard heard[3] = {{0}};

	(void)state;
	fake_transport_hold(&h.transport);
	assert_int_equal(pims_get(h.pims, PHONE_API, NULL, harness_hear, &heard[0], NULL), 0);
	harness_settle(&h);
	assert_int_equal(pims_get(h.pims, TOKEN_API, TOKEN_GET, harness_hear, &heard[1], NULL), 0);
	assert_int_equal(pims_set(h.pims, "pims.authentication.user", "{\"action\":\"login\"}", harness_hear, &heard[2], NULL), 0);
	pims_free(h.pims);
	assert_int_equal(heard[0].count + heard[1].count + heard[2].count, 0);
	assert_int_equal(h.transport.canceled, 1);
	assert_int_equal(pims_get(h.pims, TOKEN_API, TOKEN_GET, ignore, NULL, NULL), PIMS_E_INVALID);
	pims_free(h.pims);
	assert_int_equal(pims_run(h.loop, -1), 0);
	for (int i = 0; i < 3; i++) {
		harness_assert_failed(&heard[i], 2000, "Unknown error", "canceled");
		heard_free(&heard[i]);
	}
}

static void freeing_an_idle_context_frees_it_at_once(void **state)
{
	(void)state;
	pims_free(h.pims);
	assert_int_equal(harness_settle(&h), 0);
	assert_int_equal(pims_run(h.loop, -1), 0);
}

struct freeing {
	unsigned heard;
	unsigned canceled;
};

static void free_in_callback(void *data, const struct pims_message *message)
{
	struct freeing *freeing = data;

	freeing->heard++;
	freeing->canceled += pims_message_cause(message) && strcmp(pims_message_cause(message), "canceled") == 0;
	pims_free(h.pims);
	assert_int_equal(pims_get(h.pims, TOKEN_API, TOKEN_GET, ignore, NULL, NULL), PIMS_E_INVALID);
	assert_non_null(pims_message_json(message));
}

static void freeing_inside_a_callback_waits_for_its_end(void **state)
{
	struct freeing freeing = {0};

	(void)state;
	for (int i = 0; i < 5; i++)
		assert_int_equal(pims_get(h.pims, TOKEN_API, TOKEN_GET, free_in_callback, &freeing, NULL), 0);
	assert_int_equal(pims_run(h.loop, -1), 0);
	assert_int_equal(freeing.heard, 5);
	assert_int_equal(freeing.canceled, 4);
}

static void free_loop_in_callback(void *data, const struct pims_message *message)
{
	struct freeing *freeing = data;

	freeing->heard++;
	freeing->canceled += pims_message_cause(message) && strcmp(pims_message_cause(message), "canceled") == 0;
	pims_loop_free(h.loop);
}

static void freeing_the_loop_inside_a_callback_waits_for_the_turns_end(void **state)
{
	struct freeing freeing = {0};

	(void)state;
	harness_init(&h);
	harness_sign_in(&h, 3600);
	harness_start(&h);
	fake_transport_hold(&h.transport);
	assert_int_equal(pims_get(h.pims, PHONE_API, NULL, free_loop_in_callback, &freeing, NULL), 0);
	harness_settle(&h);
	assert_int_equal(pims_get(h.pims, TOKEN_API, TOKEN_GET, free_loop_in_callback, &freeing, NULL), 0);
	assert_true(pims_loop_process(h.loop) >= 0);
	assert_int_equal(freeing.heard, 2);
	assert_int_equal(freeing.canceled, 1);
	h.loop = NULL;
	harness_free(&h);
}

static void freeing_the_loop_delivers_what_is_pending_before_it_returns(void **state)
{
	struct heard heard[2] = {{0}};
	struct pims *other;

	(void)state;
	harness_init(&h);
	harness_sign_in(&h, 3600);
	harness_start(&h);
	other = harness_context(&h);
	fake_transport_hold(&h.transport);
	assert_int_equal(pims_get(h.pims, PHONE_API, NULL, harness_hear, &heard[0], NULL), 0);
	harness_settle(&h);
	assert_int_equal(pims_get(other, PHONE_API, NULL, harness_hear, &heard[1], NULL), 0);
	pims_loop_free(h.loop);
	h.loop = NULL;
	for (int i = 0; i < 2; i++) {
		harness_assert_failed(&heard[i], 2000, "Unknown error", "canceled");
		heard_free(&heard[i]);
	}
	harness_free(&h);
}

static void free_elder(void *data, const struct pims_message *message)
{
	unsigned *heard = data;

	(void)message;
	(*heard)++;
	pims_free(h.pims);
}

static void a_callback_may_free_another_context_while_the_loop_goes(void **state)
{
	struct pims *younger;
	unsigned heard = 0;

	(void)state;
	harness_init(&h);
	younger = harness_context(&h);
	assert_int_equal(pims_get(younger, "x", NULL, free_elder, &heard, NULL), 0);
	pims_loop_free(h.loop);
	assert_int_equal(heard, 1);
	h.loop = NULL;
	harness_free(&h);
}

/* --- options --- */

static void older_applications_have_shorter_structures(void **state)
{
	struct pims_options old = h.options;
	struct pims *pims = NULL;
	struct heard heard = {0};

	(void)state;
	old.size = offsetof(struct pims_options, ca_file);
	old.ca_file = (const char *)(uintptr_t)1; /* must not be read */
	assert_int_equal(pims_new(&pims, h.loop, &old), 0);
	assert_int_equal(pims_initialize(pims, harness_configuration(), harness_hear, &heard, NULL), 0);
	harness_settle(&h);
	harness_assert_succeeded(&heard);
	heard_free(&heard);
	pims_free(pims);
}

static void pins_that_nobody_would_check_are_refused(void **state)
{
	static const char pin[] = "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
	struct pims_options options = h.options;
	struct pims *pims = NULL;

	(void)state;
	options.pinned_keys = pin; /* with a transport of the test's own */
	assert_int_equal(pims_new(&pims, h.loop, &options), PIMS_E_INVALID);
	options.transport = NULL;
	options.pinned_keys = "sha256//nonsense";
	assert_int_equal(pims_new(&pims, h.loop, &options), PIMS_E_INVALID);
	options.pinned_keys = "";
	assert_int_equal(pims_new(&pims, h.loop, &options), PIMS_E_INVALID);
	assert_null(pims);
	options.pinned_keys = pin;
	assert_int_equal(pims_new(&pims, h.loop, &options), 0);
	pims_free(pims);
	options.size = offsetof(struct pims_options, pinned_keys);
	options.pinned_keys = (const char *)(uintptr_t)1; /* must not be read */
	assert_int_equal(pims_new(&pims, h.loop, &options), 0);
	pims_free(pims);
}

static void contexts_do_not_see_each_other(void **state)
{
	struct pims *other = harness_context(&h);

	(void)state;
	assert_int_equal(pims_get(other, TOKEN_API, TOKEN_GET, harness_hear, &h.heard, NULL), 0);
	harness_settle(&h);
	harness_assert_failed(&h.heard, 2001, NULL, NULL);
	harness_call(&h, "get", TOKEN_API, TOKEN_GET);
	harness_assert_succeeded(&h.heard);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, begin, end)
#define SIGNED_IN(test) cmocka_unit_test_setup_teardown(test, begin_signed_in, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(wrong_arguments_are_refused_without_a_callback),
		SIGNED_IN(parameters_over_64_KiB_are_refused),
		SIGNED_IN(calls_over_the_limit_are_refused),
		SIGNED_IN(another_thread_is_refused),
		FRESH(before_initialize_every_call_is_2001),
		SIGNED_IN(a_second_initialize_is_2007_and_changes_nothing),
		SIGNED_IN(subscriptions_are_2002),
		FRESH(calls_are_answered_in_order_so_initialize_need_not_be_waited_for),
		SIGNED_IN(after_release_calls_are_2001_and_initialize_works_again),
		SIGNED_IN(release_cancels_what_is_pending_first),
		SIGNED_IN(no_callback_comes_from_inside_the_call),
		SIGNED_IN(the_descriptor_is_readable_when_a_call_waits_for_its_turn),
		SIGNED_IN(transactions_look_as_documented_and_differ),
		SIGNED_IN(without_randomness_transactions_still_differ),
		SIGNED_IN(pims_run_ends_when_nothing_is_pending),
		SIGNED_IN(parameters_and_names_are_copied),
		SIGNED_IN(a_callback_may_call_again_but_not_run_the_loop),
		SIGNED_IN(canceling_a_new_call_ends_it_with_2000),
		SIGNED_IN(canceling_a_request_takes_it_back_from_the_transport),
		SIGNED_IN(an_answer_that_came_before_the_cancel_is_not_delivered),
		SIGNED_IN(without_a_cancel_hook_the_late_answer_is_dropped),
		SIGNED_IN(an_answer_from_inside_send_or_cancel_does_no_harm),
		SIGNED_IN(a_callback_may_cancel_another_call_but_not_itself),
		SIGNED_IN(the_call_of_another_context_is_not_found),
		SIGNED_IN(freeing_ends_what_is_pending_with_2000),
		SIGNED_IN(freeing_an_idle_context_frees_it_at_once),
		SIGNED_IN(freeing_inside_a_callback_waits_for_its_end),
		cmocka_unit_test(freeing_the_loop_inside_a_callback_waits_for_the_turns_end),
		cmocka_unit_test(freeing_the_loop_delivers_what_is_pending_before_it_returns),
		cmocka_unit_test(a_callback_may_free_another_context_while_the_loop_goes),
		SIGNED_IN(older_applications_have_shorter_structures),
		SIGNED_IN(pins_that_nobody_would_check_are_refused),
		SIGNED_IN(contexts_do_not_see_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
