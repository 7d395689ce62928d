/* SPDX-License-Identifier: Apache-2.0 */
/* The SDK calls: configuration, device, log, logs; and what monitoring writes. */
#include "support/harness.h"

#include "inwebo/device.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONFIGURATION "pims.sdk.configuration"
#define TOKEN "pims.authentication.token"
#define GET_CVS "{\"type\":\"cvs\",\"action\":\"get\"}"

static struct harness h;
static struct heard other;
static char directory[64];

/* An installation with a directory, signed in. */
static int begin(void **state)
{
	(void)state;
	harness_init(&h);
	snprintf(directory, sizeof directory, "/tmp/openpims-sdk-XXXXXX");
	assert_non_null(mkdtemp(directory));
	h.options.state_dir = directory;
	pims_free(h.pims);
	h.pims = harness_context(&h);
	harness_sign_in(&h, 3600);
	return 0;
}

static int end(void **state)
{
	char path[512];
	const struct dirent *entry;
	DIR *list;

	(void)state;
	harness_free(&h);
	heard_free(&other);
	snprintf(path, sizeof path, "%s/log", directory);
	list = opendir(path);
	while (list && (entry = readdir(list))) {
		snprintf(path, sizeof path, "%s/log/%s", directory, entry->d_name);
		unlink(path);
	}
	if (list)
		closedir(list);
	snprintf(path, sizeof path, "%s/log", directory);
	rmdir(path);
	return rmdir(directory);
}

static int begin_started(void **state)
{
	int r = begin(state);

	harness_start(&h);
	return r;
}

static void start_with(const char *changes)
{
	char *text = harness_configuration_with(changes);

	assert_int_equal(pims_initialize(h.pims, text, harness_hear, &h.heard, NULL), 0);
	harness_settle(&h);
	harness_assert_succeeded(&h.heard);
	heard_free(&h.heard);
	free(text);
}

static void configure(const char *changes)
{
	harness_call(&h, "set", CONFIGURATION, changes);
}

static void assert_refused(const char *changes, int code, const char *cause)
{
	configure(changes);
	harness_assert_failed(&h.heard, code, NULL, cause);
}

static void assert_signed_in(bool signed_in)
{
	harness_call(&h, "get", "pims.authentication.account", "{\"actionType\":\"basic\",\"type\":\"username\"}");
	if (signed_in)
		harness_assert_succeeded(&h.heard);
	else
		harness_assert_failed(&h.heard, 2301, NULL, "session.none");
}

/* --- configuration --- */

static void configuration_before_initialize_is_2001(void **state)
{
	(void)state;
	assert_refused("{}", 2001, "");
	assert_refused("nonsense", 2001, "");
}

static void what_cannot_be_read_is_2004(void **state)
{
	(void)state;
	assert_refused("nonsense", 2004, "");
	assert_refused("[]", 2004, "");
	assert_refused("{\"mode\":\"B2C\",\"mode\":\"B2C\"}", 2004, "");
	assert_signed_in(true);
}

static void a_wrong_value_is_2006_with_its_name_and_changes_nothing(void **state)
{
	static const char *const wrong[][2] = {
		{"{\"environnement\":\"Moon\"}", "configuration.environnement"},
		{"{\"mode\":\"B2D\"}", "configuration.mode"},
		{"{\"monitoring\":{\"logLevel\":\"loud\"}}", "configuration.monitoring.logLevel"},
		{"{\"monitoring\":{\"newLogFile\":\"duration\"}}", "configuration.monitoring.newLogTimeDuration"},
		{"{\"monitoring\":{\"newLogFile\":\"duration\",\"newLogTimeDuration\":4}}", "configuration.monitoring.newLogTimeDuration"},
		{"{\"credential\":{\"clientID\":\"\"}}", "configuration.credential.clientID"},
		{"{\"credential\":{\"clientId\":\"\"}}", "configuration.credential.clientID"},
		{"{\"credential\":{\"macID\":\"12\"}}", "configuration.credential.macID"},
		{"{\"credential\":{\"loginRedirectURI\":\"x\"}}", "configuration.credential.loginRedirectURI"},
		{"{\"profile\":{\"brand\":\"Opel\"},\"credential\":{\"clientSecret\":5}}", "configuration.credential.clientSecret"},
		{"{\"profile\":{\"brand\":\"Trabant\"}}", "configuration.profile.brand"},
		{"{\"backend\":\"ftp://x\"}", "configuration.backend"},
		{"{\"country\":\"France\"}", "configuration.country"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_refused(wrong[i][0], 2006, wrong[i][1]);
	assert_signed_in(true);
	assert_int_equal(h.transport.count, 0);
}

static void what_says_the_same_changes_nothing(void **state)
{
	(void)state;
	configure("{}");
	harness_assert_succeeded(&h.heard);
	configure(NULL);
	harness_assert_succeeded(&h.heard);
	configure(harness_configuration());
	harness_assert_succeeded(&h.heard);
	configure("{\"profile\":{\"brand\":\"pEUGEOT\"},\"country\":\"es\",\"monitoring\":{\"logLevel\":\"high\"}}");
	harness_assert_succeeded(&h.heard);
	assert_signed_in(true);
	assert_int_equal(h.transport.count, 0);
	assert_int_equal(h.store.saves, 0);
}

static void another_client_or_server_signs_out_first(void **state)
{
	static const char *const changes[] = {"{\"profile\":{\"brand\":\"Opel\"}}",
					      "{\"mode\":\"B2B\"}",
					      "{\"environnement\":\"Production\"}",
					      "{\"credential\":{\"clientID\":\"other\"}}",
					      "{\"credential\":{\"clientId\":\"other\"}}",
					      "{\"credential\":{\"clientSecret\":\"other\"}}",
					      "{\"credential\":{\"macID\":\"ffffffffffffffffffffffffffffffff\"}}",
					      "{\"credential\":{\"inWeboURL\":\"http://127.0.0.1:8081\"}}",
					      "{\"credential\":{\"loginRedirectURI\":\"mymap://oauth2redirect/es\"}}",
					      "{\"backend\":\"http://127.0.0.1:8081\"}"};
	struct state stored;

	(void)state;
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		void *unused = NULL;

		fake_transport_answer(&h.transport, 200, NULL, NULL);
		configure(changes[i]);
		harness_assert_succeeded(&h.heard);
		assert_int_equal(h.transport.count, 1);
		assert_non_null(strstr(h.transport.requests[0].url, HARNESS_BACKEND "/am/oauth2/token/revoke"));
		assert_non_null(strstr(h.transport.requests[0].body, HARNESS_REFRESH));
		assert_signed_in(false);
		harness_stored(&h, &stored);
		assert_true(secret_empty(&stored.session.refresh_token));
		state_free(&stored);
		end(&unused);
		begin_started(&unused);
	}
}

static void signing_out_out_of_reach_wipes_all_the_same(void **state)
{
	(void)state;
	fake_transport_fail(&h.transport, PIMS_HTTP_NETWORK);
	configure("{\"profile\":{\"brand\":\"Opel\"}}");
	harness_assert_succeeded(&h.heard);
	assert_signed_in(false);
	configure("{\"profile\":{\"brand\":\"Peugeot\"}}");
	harness_assert_succeeded(&h.heard);
	assert_signed_in(false);
}

static void a_server_that_is_gone_since_a_day_does_not_hold_the_change_up(void **state)
{
	(void)state;
	fake_env_advance(&h.fake, 25LL * 3600 * 1000);
	configure("{\"profile\":{\"brand\":\"Opel\"}}");
	harness_assert_succeeded(&h.heard);
	assert_signed_in(false);
}

static void a_session_that_cannot_be_wiped_keeps_the_configuration(void **state)
{
	(void)state;
	h.store.save_returns = PIMS_E_SYSTEM;
	assert_refused("{\"profile\":{\"brand\":\"Opel\"}}", 2000, "state.io");
	h.store.save_returns = 0;
	assert_signed_in(true);
	assert_int_equal(h.transport.count, 0);
	/* it was not put in place: to say Peugeot is no change */
	configure("{\"profile\":{\"brand\":\"Peugeot\"}}");
	harness_assert_succeeded(&h.heard);
	assert_signed_in(true);
}

/* The stored device as if it were enrolled at the harness's backend. */
static void store_enrolled(void)
{
	struct state stored;

	harness_stored(&h, &stored);
	stored.device.phase = IW_REMOVED;
	memcpy(stored.device.device_id, HARNESS_MACID, sizeof HARNESS_MACID);
	stored.device.kfact = strdup("00ff");
	harness_store(&h, &stored);
	h.store.changed = true;
	state_free(&stored);
}

static void an_enrollment_elsewhere_is_forgotten_and_the_installation_is_not(void **state)
{
	struct state stored;

	(void)state;
	store_enrolled();
	fake_transport_answer(&h.transport, 200, NULL, NULL);
	configure("{\"credential\":{\"clientID\":\"other\"}}");
	harness_assert_succeeded(&h.heard);
	harness_stored(&h, &stored);
	assert_non_null(stored.device.kfact);
	state_free(&stored);
	configure("{\"backend\":\"http://127.0.0.1:8081\"}");
	harness_assert_succeeded(&h.heard);
	harness_stored(&h, &stored);
	assert_null(stored.device.kfact);
	assert_int_equal(stored.device.phase, IW_NONE);
	assert_string_equal(stored.device.device_id, HARNESS_MACID);
	state_free(&stored);
}

static void calls_under_way_end_with_the_change(void **state)
{
	(void)state;
	fake_transport_hold(&h.transport);
	assert_int_equal(pims_get(h.pims, "pims.authentication.trustedphonenumber", NULL, harness_hear, &other, NULL), 0);
	harness_settle(&h);
	fake_transport_answer(&h.transport, 200, NULL, NULL);
	configure("{\"profile\":{\"brand\":\"Opel\"}}");
	harness_assert_succeeded(&h.heard);
	harness_assert_failed(&other, 2000, "Unknown error", "configuration.changed");
}

static void a_second_change_meanwhile_is_2005(void **state)
{
	(void)state;
	fake_transport_hold(&h.transport);
	assert_int_equal(pims_set(h.pims, CONFIGURATION, "{\"profile\":{\"brand\":\"Opel\"}}", harness_hear, &other, NULL), 0);
	harness_settle(&h);
	assert_int_equal(other.count, 0);
	assert_refused("{\"profile\":{\"brand\":\"Ds\"}}", 2005, "configuration.busy");
	harness_wait(&h, 20000);
	harness_assert_succeeded(&other);
}

static void a_change_that_is_canceled_leaves_the_configuration(void **state)
{
	char transaction[PIMS_TRANSACTION_SIZE];

	(void)state;
	fake_transport_hold(&h.transport);
	assert_int_equal(pims_set(h.pims, CONFIGURATION, "{\"country\":\"ES\",\"profile\":{\"brand\":\"Opel\"}}", harness_hear, &other, transaction), 0);
	harness_settle(&h);
	assert_int_equal(pims_cancel(h.pims, transaction), 0);
	harness_settle(&h);
	harness_assert_failed(&other, 2000, NULL, "canceled");
	assert_signed_in(false);
	configure("{\"profile\":{\"brand\":\"Peugeot\"}}");
	harness_assert_succeeded(&h.heard);
}

static void the_new_configuration_is_the_one_in_use(void **state)
{
	(void)state;
	fake_transport_answer(&h.transport, 200, NULL, NULL);
	configure("{\"backend\":\"http://127.0.0.1:8081\"}");
	harness_assert_succeeded(&h.heard);
	fake_transport_fail(&h.transport, PIMS_HTTP_NETWORK);
	harness_call(&h, "set", "pims.authentication.user", "{\"action\":\"login\"}");
	harness_assert_failed(&h.heard, 2202, NULL, "network.unreachable");
	assert_non_null(strstr(fake_transport_last(&h.transport)->url, "http://127.0.0.1:8081/.well-known/openpims"));
}

/* --- device and log --- */

static void the_device_has_four_names(void **state)
{
	static const char *const names[] = {"OS", "OSVersion", "PhoneModel", "PhoneBrand"};

	(void)state;
	harness_call(&h, "get", "pims.sdk.device", NULL);
	harness_assert_succeeded(&h.heard);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		assert_true(json_string_length(json_object_get(json_object_get(h.heard.message, "result"), names[i])) > 0);
	assert_int_equal(json_object_size(json_object_get(h.heard.message, "result")), 4);
}

static void log_path(char *path, size_t size)
{
	harness_call(&h, "get", "pims.sdk.log", NULL);
	harness_assert_succeeded(&h.heard);
	snprintf(path, size, "%s", json_string_value(json_object_get(json_object_get(h.heard.message, "result"), "logPath")));
}

static void read_log(char *text, size_t size)
{
	char path[512];
	FILE *file;

	log_path(path, sizeof path);
	file = fopen(path, "r");
	assert_non_null(file);
	text[fread(text, 1, size - 1, file)] = '\0';
	fclose(file);
}

static size_t log_count(void)
{
	harness_call(&h, "get", "pims.sdk.logs", NULL);
	harness_assert_succeeded(&h.heard);
	return json_array_size(json_object_get(json_object_get(h.heard.message, "result"), "logPaths"));
}

static void without_a_directory_there_is_no_log(void **state)
{
	(void)state;
	h.options.state_dir = NULL;
	pims_free(h.pims);
	h.pims = harness_context(&h);
	harness_start(&h);
	harness_call(&h, "get", "pims.sdk.log", NULL);
	harness_assert_failed(&h.heard, 2006, NULL, "log.directory");
	harness_call(&h, "get", "pims.sdk.logs", NULL);
	harness_assert_failed(&h.heard, 2006, NULL, "log.directory");
}

static void a_directory_that_cannot_be_written_breaks_no_call(void **state)
{
	char path[512];

	(void)state;
	h.options.state_dir = "/dev/null/state";
	pims_free(h.pims);
	h.pims = harness_context(&h);
	start_with("{\"monitoring\":{\"logLevel\":\"high\"}}");
	harness_call(&h, "get", TOKEN, GET_CVS);
	harness_assert_succeeded(&h.heard);
	log_path(path, sizeof path);
	assert_int_equal(strncmp(path, "/dev/null/state/log/", 20), 0);
	assert_int_equal(log_count(), 0);
}

static void levels_say_how_much_is_written(void **state)
{
	static const struct {
		const char *changes;
		bool calls, requests;
	} levels[] = {{"{\"monitoring\":{\"logLevel\":\"none\"}}", false, false},
		      {"{\"monitoring\":null}", false, false},
		      {"{\"monitoring\":{\"logLevel\":\"low\"}}", false, false},
		      {"{\"monitoring\":{\"logLevel\":\"medium\"}}", true, false},
		      {"{\"monitoring\":{\"logLevel\":\"high\"}}", true, true}};
	char text[8192];

	(void)state;
	for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
		void *unused = NULL;

		start_with(levels[i].changes);
		fake_transport_answer(&h.transport, 200, "application/json", "{\"phoneNumber\":\"+33612345678\"}");
		harness_call(&h, "get", "pims.authentication.trustedphonenumber", NULL);
		harness_assert_succeeded(&h.heard);
		text[0] = '\0';
		if (i)
			read_log(text, sizeof text);
		else
			assert_int_equal(log_count(), 0);
		assert_true((strstr(text, " info ") != NULL) == levels[i].calls);
		assert_true((strstr(text, "HTTP 200") != NULL) == levels[i].requests);
		assert_null(strstr(text, HARNESS_ACCESS));
		assert_null(strstr(text, "0612345678"));
		end(&unused);
		begin(&unused);
	}
}

static void monitoring_changes_at_once(void **state)
{
	char text[8192];

	(void)state;
	start_with("{\"monitoring\":{\"logLevel\":\"none\"}}");
	configure("{\"monitoring\":{\"logLevel\":\"medium\"}}");
	harness_call(&h, "get", TOKEN, GET_CVS);
	read_log(text, sizeof text);
	assert_non_null(strstr(text, "get pims.authentication.token cvs: 0"));
	configure("{\"monitoring\":{\"logLevel\":\"none\"}}");
	harness_call(&h, "get", "pims.sdk.version", NULL);
	read_log(text, sizeof text);
	assert_null(strstr(text, "pims.sdk.version"));
}

static void files_are_the_owners_alone_and_are_listed(void **state)
{
	char path[512];
	struct stat stat_file;

	(void)state;
	start_with("{\"monitoring\":{\"logLevel\":\"high\",\"newLogFile\":\"duration\",\"newLogTimeDuration\":5}}");
	log_path(path, sizeof path);
	assert_int_equal(stat(path, &stat_file), 0);
	assert_int_equal(stat_file.st_mode & 0777, 0600);
	fake_env_advance(&h.fake, 301000);
	harness_call(&h, "get", "pims.sdk.version", NULL);
	assert_int_equal(log_count(), 2);
	assert_string_equal(json_string_value(json_array_get(json_object_get(json_object_get(h.heard.message, "result"), "logPaths"), 0)), path);
}

static void the_hook_goes_on_getting_every_line(void **state)
{
	(void)state;
	start_with("{\"monitoring\":{\"logLevel\":\"none\"}}");
	harness_call(&h, "get", "pims.sdk.version", NULL);
	assert_true(fake_env_logged(&h.fake, "get pims.sdk.version"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(configuration_before_initialize_is_2001, begin, end),
		cmocka_unit_test_setup_teardown(what_cannot_be_read_is_2004, begin_started, end),
		cmocka_unit_test_setup_teardown(a_wrong_value_is_2006_with_its_name_and_changes_nothing, begin_started, end),
		cmocka_unit_test_setup_teardown(a_server_that_is_gone_since_a_day_does_not_hold_the_change_up, begin_started, end),
		cmocka_unit_test_setup_teardown(a_session_that_cannot_be_wiped_keeps_the_configuration, begin_started, end),
		cmocka_unit_test_setup_teardown(a_second_change_meanwhile_is_2005, begin_started, end),
		cmocka_unit_test_setup_teardown(a_change_that_is_canceled_leaves_the_configuration, begin_started, end),
		cmocka_unit_test_setup_teardown(signing_out_out_of_reach_wipes_all_the_same, begin_started, end),
		cmocka_unit_test_setup_teardown(calls_under_way_end_with_the_change, begin_started, end),
		cmocka_unit_test_setup_teardown(what_says_the_same_changes_nothing, begin_started, end),
		cmocka_unit_test_setup_teardown(another_client_or_server_signs_out_first, begin_started, end),
		cmocka_unit_test_setup_teardown(an_enrollment_elsewhere_is_forgotten_and_the_installation_is_not, begin_started, end),
		cmocka_unit_test_setup_teardown(the_new_configuration_is_the_one_in_use, begin_started, end),
		cmocka_unit_test_setup_teardown(without_a_directory_there_is_no_log, begin, end),
		cmocka_unit_test_setup_teardown(a_directory_that_cannot_be_written_breaks_no_call, begin, end),
		cmocka_unit_test_setup_teardown(the_device_has_four_names, begin_started, end),
		cmocka_unit_test_setup_teardown(levels_say_how_much_is_written, begin, end),
		cmocka_unit_test_setup_teardown(monitoring_changes_at_once, begin, end),
		cmocka_unit_test_setup_teardown(files_are_the_owners_alone_and_are_listed, begin, end),
		cmocka_unit_test_setup_teardown(the_hook_goes_on_getting_every_line, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
