/* SPDX-License-Identifier: Apache-2.0 */
/* Signing in: the user agent, the redirect, the time it takes. */
#include "support/harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define USER_API "pims.authentication.user"
#define LOGIN "{\"action\":\"login\"}"
#define CANCELED_LABEL "WebView canceled"

static struct harness h;
static struct heard other;

static int begin(void **state)
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
	heard_free(&other);
	return 0;
}

static void login(const char *parameters)
{
	harness_call(&h, "set", USER_API, parameters);
	assert_int_equal(h.heard.count, 0);
	assert_int_equal(h.agent_opened, 1);
}

/* The redirect to `place` with the state of the request and `rest`. */
static const char *redirect(const char *place, const char *rest)
{
	static char url[4096];
	const char *state = strstr(h.agent_url, "&state=");
	int length;

	assert_non_null(state);
	state += strlen("&state=");
	length = (int)strcspn(state, "&");
	snprintf(url, sizeof url, "%s?state=%.*s%s", place, length, state, rest);
	return url;
}

static void the_agent_gets_url_language_and_context(void **state)
{
	(void)state;
	login("{\"action\":\"login\",\"local\":\"fr\",\"context\":{\"activity\":[1,{\"a\":null}]}}");
	assert_non_null(strstr(h.agent_url, HARNESS_BACKEND "/am/oauth2/authorize?"));
	assert_non_null(strstr(h.agent_url, "redirect_uri=mymap%3A%2F%2Foauth2redirect%2Ffr"));
	assert_string_equal(h.agent_language, "fr");
	assert_string_equal(h.agent_context, "{\"activity\":[1,{\"a\":null}]}");
	assert_int_equal(pims_cancel(h.pims, h.agent_transaction), 0);
	harness_settle(&h);
}

static void an_agent_that_cannot_open_is_2368(void **state)
{
	(void)state;
	h.agent_returns = PIMS_E_NOT_FOUND;
	harness_call(&h, "set", USER_API, LOGIN);
	harness_assert_failed(&h.heard, 2368, CANCELED_LABEL, "agent.unavailable");
	assert_int_equal(h.agent_closed, 0);
}

static void a_user_who_does_not_come_back_is_2368_after_ten_minutes(void **state)
{
	(void)state;
	login(LOGIN);
	harness_wait(&h, 599000);
	assert_int_equal(h.heard.count, 0);
	harness_wait(&h, 2000);
	harness_assert_failed(&h.heard, 2368, CANCELED_LABEL, "agent.timeout");
	assert_int_equal(h.agent_closed, 1);
	assert_int_equal(pims_redirect(h.pims, redirect("mymap://oauth2redirect/fr", "&code=1")), PIMS_E_NOT_FOUND);
}

static void canceling_while_the_user_is_asked_is_2368(void **state)
{
	(void)state;
	login(LOGIN);
	assert_int_equal(pims_cancel(h.pims, h.agent_transaction), 0);
	assert_int_equal(h.agent_closed, 1);
	harness_settle(&h);
	harness_assert_failed(&h.heard, 2368, CANCELED_LABEL, "agent.canceled");
}

static void a_user_who_declines_is_2368(void **state)
{
	(void)state;
	login(LOGIN);
	assert_int_equal(pims_redirect(h.pims, redirect("mymap://oauth2redirect/fr", "&error=access_denied")), 0);
	assert_int_equal(h.heard.count, 0);
	harness_settle(&h);
	harness_assert_failed(&h.heard, 2368, CANCELED_LABEL, "agent.canceled");
	assert_int_equal(h.agent_closed, 1);
}

static void a_redirect_nobody_asked_for_is_refused_and_the_sign_in_goes_on(void **state)
{
	static const char *const wrong[] = {"",
					    "nonsense",
					    "mymap://oauth2redirect/fr",
					    "mymap://oauth2redirect/fr?code=1",
					    "mymap://oauth2redirect/fr?code=1&state=other",
					    "mymap://oauth2redirect/fr?code=1&state="};

	(void)state;
	login(LOGIN);
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		assert_int_equal(pims_redirect(h.pims, wrong[i]), PIMS_E_NOT_FOUND);
	assert_int_equal(pims_redirect(h.pims, redirect("mymap://oauth2redirect/de", "&code=1")), PIMS_E_NOT_FOUND);
	assert_int_equal(pims_redirect(h.pims, redirect("other://oauth2redirect/fr", "&code=1")), PIMS_E_NOT_FOUND);
	harness_settle(&h);
	assert_int_equal(h.heard.count, 0);
	fake_transport_fail(&h.transport, PIMS_HTTP_NETWORK);
	assert_int_equal(pims_redirect(h.pims, redirect("mymap://oauth2redirect/fr", "&code=the-code")), 0);
	assert_int_equal(pims_redirect(h.pims, redirect("mymap://oauth2redirect/fr", "&code=the-code")), PIMS_E_NOT_FOUND);
	harness_settle(&h);
	harness_assert_failed(&h.heard, 2202, NULL, "network.unreachable");
	assert_non_null(strstr(fake_transport_last(&h.transport)->body, "code=the-code"));
}

static void two_sign_ins_at_once_get_each_its_own_redirect(void **state)
{
	char first[4096];

	(void)state;
	h.agent_hooks.close = NULL;
	h.options.agent = &h.agent_hooks;
	pims_free(h.pims);
	h.pims = harness_context(&h);
	harness_start(&h);
	login(LOGIN);
	snprintf(first, sizeof first, "%s", redirect("mymap://oauth2redirect/fr", "&error=access_denied"));
	assert_int_equal(pims_set(h.pims, USER_API, LOGIN, harness_hear, &other, NULL), 0);
	harness_settle(&h);
	assert_int_equal(h.agent_opened, 2);
	assert_int_equal(pims_redirect(h.pims, redirect("mymap://oauth2redirect/fr", "&error=access_denied")), 0);
	harness_settle(&h);
	assert_int_equal(h.heard.count, 0);
	assert_int_equal(other.count, 1);
	assert_int_equal(pims_redirect(h.pims, first), 0);
	harness_settle(&h);
	assert_int_equal(h.heard.count, 1);
}

static void a_failed_sign_in_leaves_the_old_session(void **state)
{
	(void)state;
	login("{\"action\":\"forcedLogin\"}");
	assert_non_null(strstr(h.agent_url, "prompt=login"));
	fake_transport_answer(&h.transport, 400, "application/json", "{\"error\":\"invalid_grant\"}");
	assert_int_equal(pims_redirect(h.pims, redirect("mymap://oauth2redirect/fr", "&code=1")), 0);
	harness_settle(&h);
	assert_int_equal(h.heard.count, 1);
	assert_int_equal(h.store.saves, 0);
	harness_call(&h, "get", "pims.authentication.token", "{\"type\":\"cvs\",\"action\":\"get\"}");
	harness_assert_succeeded(&h.heard);
	assert_non_null(strstr(h.heard.text, HARNESS_ACCESS));
}

/* The person may take ten minutes: nobody waits for that, and nothing of the session is left to come back. */
static void ending_the_browsers_session_holds_no_lock(void **state)
{
	(void)state;
	fake_transport_answer(&h.transport, 200, NULL, NULL);
	login("{\"action\":\"logout\",\"endSession\":\"browser\"}");
	assert_non_null(strstr(h.agent_url, HARNESS_BACKEND "/am/oauth2/connect/endSession?id_token_hint=header-secret"));
	assert_false(h.store.locked);
	assert_int_equal(h.store.saves, 1);
	assert_int_equal(pims_redirect(h.pims, redirect("mymap://oauth2redirect/fr", "")), 0);
	harness_settle(&h);
	harness_assert_succeeded(&h.heard);
	assert_int_equal(h.agent_closed, 1);
}

static void a_browsers_session_that_is_left_alone_brings_nothing_back(void **state)
{
	(void)state;
	fake_transport_answer(&h.transport, 200, NULL, NULL);
	login("{\"action\":\"logout\",\"endSession\":\"browser\"}");
	harness_wait(&h, 601000);
	harness_assert_failed(&h.heard, 2000, "Unknown error", "agent.timeout"); /* 2368 is no code of this call */
	harness_call(&h, "get", "pims.authentication.token", "{\"type\":\"cvs\",\"action\":\"get\"}");
	harness_assert_failed(&h.heard, 2301, NULL, "session.none");
}

/* --- the loopback redirect --- */

static void start_with_loopback(const char *uri)
{
	char changes[256], *text;

	pims_free(h.pims);
	h.pims = harness_context(&h);
	snprintf(changes, sizeof changes, "{\"credential\":{\"loginRedirectURI\":\"%s\"}}", uri);
	text = harness_configuration_with(changes);
	assert_int_equal(pims_initialize(h.pims, text, harness_hear, &other, NULL), 0);
	harness_settle(&h);
	harness_assert_succeeded(&other);
	heard_free(&other);
	free(text);
}

static int port_of_agent(void)
{
	const char *port = strstr(h.agent_url, "redirect_uri=http%3A%2F%2F127.0.0.1%3A");

	assert_non_null(port);
	return (int)strtol(port + strlen("redirect_uri=http%3A%2F%2F127.0.0.1%3A"), NULL, 10);
}

/* A browser's request: the first line is enough. */
static int browse(int port, const char *target)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	char request[4096];
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
	snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n", target, port);
	assert_int_equal(write(fd, request, strlen(request)), (ssize_t)strlen(request));
	return fd;
}

static void turn_until_heard(unsigned count)
{
	for (int i = 0; i < 2000 && h.heard.count < count; i++) {
		assert_true(pims_loop_process(h.loop) >= 0);
		usleep(1000);
	}
	assert_int_equal(h.heard.count, count);
}

static void the_loopback_redirect_comes_back_by_itself(void **state)
{
	const char *url;
	int fd, stranger;

	(void)state;
	start_with_loopback("http://127.0.0.1/callback");
	login(LOGIN);
	stranger = browse(port_of_agent(), "/callback?code=1&state=wrong");
	url = redirect("/callback", "&error=access_denied");
	fd = browse(port_of_agent(), url);
	turn_until_heard(1);
	harness_assert_failed(&h.heard, 2368, CANCELED_LABEL, "agent.canceled");
	assert_int_equal(h.agent_closed, 1);
	close(fd);
	close(stranger);
}

static void a_pasted_loopback_redirect_is_taken_too(void **state)
{
	char place[64];

	(void)state;
	start_with_loopback("http://127.0.0.1/callback");
	login(LOGIN);
	snprintf(place, sizeof place, "http://127.0.0.1:%d/callback", port_of_agent());
	assert_int_equal(pims_redirect(h.pims, redirect(place, "&error=access_denied")), 0);
	harness_settle(&h);
	harness_assert_failed(&h.heard, 2368, NULL, "agent.canceled");
}

static void a_port_that_is_taken_is_2368(void **state)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char uri[64];

	(void)state;
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	snprintf(uri, sizeof uri, "http://127.0.0.1:%d/callback", ntohs(address.sin_port));
	start_with_loopback(uri);
	harness_call(&h, "set", USER_API, LOGIN);
	harness_assert_failed(&h.heard, 2368, CANCELED_LABEL, "agent.port");
	assert_int_equal(h.agent_opened, 0);
	close(fd);
}

static void freeing_while_the_user_is_asked_closes_the_page(void **state)
{
	(void)state;
	start_with_loopback("http://127.0.0.1/callback");
	login(LOGIN);
	pims_free(h.pims);
	assert_int_equal(h.agent_closed, 1);
	harness_settle(&h);
	harness_assert_failed(&h.heard, 2000, NULL, "canceled");
}

static void freeing_the_loop_while_a_port_is_open_closes_both(void **state)
{
	(void)state;
	start_with_loopback("http://127.0.0.1/callback");
	login(LOGIN);
	pims_loop_free(h.loop);
	h.loop = NULL;
	assert_int_equal(h.agent_closed, 1);
	harness_assert_failed(&h.heard, 2000, NULL, "canceled");
}

#define T(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_agent_gets_url_language_and_context),
		T(an_agent_that_cannot_open_is_2368),
		T(a_user_who_does_not_come_back_is_2368_after_ten_minutes),
		T(canceling_while_the_user_is_asked_is_2368),
		T(a_user_who_declines_is_2368),
		T(a_redirect_nobody_asked_for_is_refused_and_the_sign_in_goes_on),
		T(two_sign_ins_at_once_get_each_its_own_redirect),
		T(a_failed_sign_in_leaves_the_old_session),
		T(ending_the_browsers_session_holds_no_lock),
		T(a_browsers_session_that_is_left_alone_brings_nothing_back),
		T(the_loopback_redirect_comes_back_by_itself),
		T(a_pasted_loopback_redirect_is_taken_too),
		T(a_port_that_is_taken_is_2368),
		T(freeing_while_the_user_is_asked_closes_the_page),
		T(freeing_the_loop_while_a_port_is_open_closes_both),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
