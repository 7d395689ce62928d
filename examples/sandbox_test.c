/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A test of an application: it has a server in its own process (libpimsd-sandbox), provokes errors, and moves the server's clock. Take it as a start
 * for tests of your own; what can be provoked stands in docs/SANDBOX.md.
 */
#include <pims/pims.h>
#include <pims/sandbox.h>

#include <curl/curl.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What a test works with, and the outcome of the last call. */
struct test {
	struct pims_sandbox *sandbox;
	struct pims_loop *loop;
	struct pims *pims;
	char state_dir[64];
	char sign_in_url[8192];
	bool done;
	int code; /* 0 = succeeded */
	char result[8192];
	int failures;
};

static void expect(struct test *test, const char *what, int code)
{
	bool good = test->code == code;

	printf("%s %s: %d\n", good ? "ok  " : "FAIL", what, test->code);
	test->failures += good ? 0 : 1;
}

/* --- one call at a time ---------------------------------------------------------------------------------------------------------------------- */

static void take_message(void *data, const struct pims_message *message)
{
	struct test *test = data;
	const char *text = pims_message_json(message);

	test->done = true;
	test->code = pims_message_code(message);
	snprintf(test->result, sizeof test->result, "%s", text ? text : "");
}

static void wait_for_message(struct test *test, int accepted)
{
	if (accepted < 0)
		test->code = accepted;
	while (accepted == 0 && !test->done)
		pims_run(test->loop, 1000);
}

static void get(struct test *test, const char *api, const char *parameters)
{
	test->done = false;
	wait_for_message(test, pims_get(test->pims, api, parameters, take_message, test, NULL));
}

static void set(struct test *test, const char *api, const char *parameters)
{
	test->done = false;
	wait_for_message(test, pims_set(test->pims, api, parameters, take_message, test, NULL));
}

/* --- the user ---------------------------------------------------------------------------------------------------------------------------------- */

/* An application opens a browser here. */
static int open_agent(void *data, const char *transaction, const char *url, const char *language, const char *context)
{
	struct test *test = data;

	(void)transaction;
	(void)language;
	(void)context;
	snprintf(test->sign_in_url, sizeof test->sign_in_url, "%s", url);
	return 0;
}

/* Fills in the form behind the URL, and hands the redirect back as the operating system would. */
static void sign_in_as_user(struct test *test)
{
	CURL *browser = curl_easy_init();
	char *redirect = NULL;

	if (!browser)
		return;
	curl_easy_setopt(browser, CURLOPT_URL, test->sign_in_url);
	curl_easy_setopt(browser, CURLOPT_POSTFIELDS, "username=demo%40example.com&password=demo-password");
	if (curl_easy_perform(browser) == CURLE_OK && curl_easy_getinfo(browser, CURLINFO_REDIRECT_URL, &redirect) == CURLE_OK && redirect)
		pims_redirect(test->pims, redirect);
	curl_easy_cleanup(browser);
}

static void sign_in(struct test *test)
{
	test->done = false;
	test->sign_in_url[0] = '\0';
	if (pims_set(test->pims, "pims.authentication.user", "{\"action\":\"login\"}", take_message, test, NULL) < 0)
		return;
	while (!test->sign_in_url[0] && !test->done)
		pims_run(test->loop, 50);
	if (!test->done)
		sign_in_as_user(test);
	wait_for_message(test, 0);
}

/* --- the test ------------------------------------------------------------------------------------------------------------------------------------ */

static int start(struct test *test)
{
	const struct pims_agent agent = {.size = sizeof agent, .open = open_agent, .data = test};
	const struct pims_options options = {.size = sizeof options, .state_dir = test->state_dir, .agent = &agent};

	snprintf(test->state_dir, sizeof test->state_dir, "/tmp/sandbox-test-XXXXXX");
	if (!mkdtemp(test->state_dir) || pims_sandbox_start(&test->sandbox, NULL) < 0)
		return -1;
	return pims_loop_new(&test->loop, NULL) < 0 || pims_new(&test->pims, test->loop, &options) < 0 ? -1 : 0;
}

static void stop(struct test *test)
{
	static const char *const names[] = {"state", "key", "lock"};
	char path[128];

	pims_free(test->pims);
	pims_loop_free(test->loop);
	pims_sandbox_stop(test->sandbox);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof path, "%s/%s", test->state_dir, names[i]);
		unlink(path);
	}
	rmdir(test->state_dir);
}

/* The answer of pims_discover() holds the parameters of pims_initialize() as its result, the last member of the message. */
static void initialize(struct test *test)
{
	char *parameters;

	test->done = false;
	wait_for_message(test, pims_discover(test->pims, pims_sandbox_url(test->sandbox), take_message, test, NULL));
	expect(test, "the server tells its parameters", 0);
	parameters = strstr(test->result, "\"result\"");
	parameters = parameters ? strchr(parameters, '{') : NULL;
	if (!parameters)
		return;
	parameters[strlen(parameters) - 1] = '\0'; /* the message's own brace */
	test->done = false;
	wait_for_message(test, pims_initialize(test->pims, parameters, take_message, test, NULL));
	expect(test, "initialize", 0);
}

static void enrol(struct test *test)
{
	char code[16], parameters[128];

	get(test, "pims.authentication.smscode", "{\"type\":\"enrollment\"}");
	expect(test, "an SMS is asked for", 0);
	if (pims_sandbox_sms(test->sandbox, "enrollment", code, sizeof code) < 0)
		return;
	snprintf(parameters, sizeof parameters, "{\"action\":\"enroll\",\"pinCode\":\"2580\",\"smsCode\":\"%s\"}", code);
	set(test, "pims.authentication.enrollment", parameters);
	expect(test, "the device is enrolled with its code", 0);
}

static void run(struct test *test)
{
	static const char otp[] = "pims.authentication.otp", with_pin[] = "{\"action\":\"withPIN\",\"pinCode\":\"2580\"}";

	initialize(test);
	sign_in(test);
	expect(test, "the user signs in", 0);
	enrol(test);

	pims_sandbox_fault(test->sandbox, "{\"code\": 2310}");
	get(test, otp, with_pin);
	expect(test, "an account that is blocked", 2310);
	get(test, otp, with_pin);
	expect(test, "the next call is answered as ever", 0);

	pims_sandbox_advance_clock(test->sandbox, 2 * 60 * 60);
	get(test, "pims.authentication.trustedphonenumber", NULL);
	expect(test, "a token that has expired is renewed by itself", 0);

	pims_sandbox_fault(test->sandbox, "{\"code\": 2301}");
	get(test, "pims.authentication.trustedphonenumber", NULL);
	expect(test, "a session that has ended", 2301);
}

int main(void)
{
	static struct test test;

	curl_global_init(CURL_GLOBAL_DEFAULT);
	if (start(&test) < 0) {
		fputs("cannot start\n", stderr);
		test.failures++;
	} else {
		run(&test);
	}
	stop(&test);
	curl_global_cleanup();
	return test.failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
