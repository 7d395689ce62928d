/* SPDX-License-Identifier: Apache-2.0 */
#include "app.h"
#include "base/json.h"
#include "support/raw_server.h"
#include "web.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define ACCOUNT "pims.authentication.account"
#define OTP "pims.authentication.otp"
#define SMSCODE "pims.authentication.smscode"
#define PHONE "pims.authentication.trustedphonenumber"
#define WITH_PIN "{\"action\":\"withPIN\",\"pinCode\":\"2580\"}"

/* A sandbox, a signed-in and enrolled application, and a server that misbehaves as it is told. */
struct world {
	struct sandbox sandbox;
	struct app app;
	struct raw_server *raw;
};

static int setup(void **state)
{
	static struct world world;

	memset(&world, 0, sizeof world);
	sandbox_start(&world.sandbox, NULL);
	app_start(&world.app, &world.sandbox, NULL);
	app_initialize(&world.app);
	app_login(&world.app, SANDBOX_EMAIL, SANDBOX_PASSWORD);
	app_enrol(&world.app, &world.sandbox, "2580");
	world.raw = raw_server_start();
	*state = &world;
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;

	app_remove(&world->app);
	sandbox_stop(&world->sandbox);
	sandbox_remove(&world->sandbox);
	raw_server_stop(world->raw);
	return 0;
}

/* --- what the state file holds ---------------------------------------------------------------------------------------------------------- */

struct image {
	char bytes[65536];
	size_t length;
};

static void state_path(const struct app *app, char *path, size_t size)
{
	snprintf(path, size, "%s/state", app->directory);
}

static void read_state(const struct app *app, struct image *image)
{
	char path[128];
	FILE *file;

	state_path(app, path, sizeof path);
	file = fopen(path, "rb");
	assert_non_null(file);
	image->length = fread(image->bytes, 1, sizeof image->bytes, file);
	fclose(file);
	assert_true(image->length < sizeof image->bytes);
}

static void write_state(const struct app *app, const void *bytes, size_t length)
{
	char path[128];
	FILE *file;

	state_path(app, path, sizeof path);
	file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
}

static void assert_state(const struct app *app, const struct image *expected)
{
	struct image now;

	read_state(app, &now);
	assert_int_equal(now.length, expected->length);
	assert_memory_equal(now.bytes, expected->bytes, now.length);
}

/* --- a backend that answers wrongly --------------------------------------------------------------------------------------------------------- */

static void reply_silence(struct raw_server *raw)
{
	raw_server_reply_silence(raw);
}

static void reply_500(struct raw_server *raw)
{
	raw_server_reply_http(raw, 500, "Content-Type: text/html\r\n", "<html>sorry</html>");
}

static void reply_429(struct raw_server *raw)
{
	raw_server_reply_http(raw, 429, "Retry-After: 17\r\n", "");
}

static void reply_cut(struct raw_server *raw)
{
	raw_server_reply_text(raw, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"phone", RAW_CLOSE);
}

static void reply_10_mb(struct raw_server *raw)
{
	raw_server_reply_big(raw, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 10485760\r\n\r\n", 10485760, RAW_CLOSE);
}

static void reply_html(struct raw_server *raw)
{
	raw_server_reply_http(raw, 200, "Content-Type: text/html\r\n", "{\"phoneNumber\":\"0612345678\"}");
}

static void reply_dtd(struct raw_server *raw)
{
	raw_server_reply_http(raw, 200, "Content-Type: text/xml\r\n",
			      "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b \"c\">]><ActionSetup><err>OK</err><challenge>00</challenge></ActionSetup>");
}

static void reply_duplicate_keys(struct raw_server *raw)
{
	raw_server_reply_http(raw, 200, "Content-Type: application/json\r\n", "{\"phoneNumber\":\"0612345678\",\"phoneNumber\":\"0687654321\"}");
}

static void reply_rubbish(struct raw_server *raw)
{
	raw_server_reply_text(raw, "\x16\x03\x01 no HTTP at all\r\n\r\n", RAW_CLOSE);
}

struct fault {
	void (*reply)(struct raw_server *raw);
	int code;
	const char *cause;
};

static const struct fault faults[] = {
	{reply_silence, 2201, "network.timeout"}, {reply_500, 2204, "server.error"}, {reply_429, 2204, "server.throttled"}, {reply_cut, 2204, "server.cut"},
	{reply_10_mb, 2204, "server.too_big"},    {reply_html, 2204, NULL},          {reply_dtd, 2204, NULL},               {reply_duplicate_keys, 2204, NULL},
	{reply_rubbish, 2204, NULL},
};
enum { FAULTS = sizeof faults / sizeof *faults };

static void assert_fault(const struct app *app, int code, const char *cause)
{
	const json_t *error = json_object_get(app->message, "error");

	assert_int_equal(app_error(app, "code"), code);
	assert_non_null(json_object_get(error, "cause"));
	if (cause)
		assert_string_equal(json_string_value(json_object_get(error, "cause")), cause);
}

/* A server that is new for each fault, since it repeats its last reply for ever. */
static void next_raw(struct world *world)
{
	raw_server_stop(world->raw);
	world->raw = raw_server_start();
}

static void every_fault_of_iwws_is_told_and_changes_nothing(void **state)
{
	struct world *world = *state;
	struct app *app = &world->app;
	struct image before;

	read_state(app, &before);
	app->timeout_ms = 300;
	for (size_t i = 0; i < FAULTS; i++) {
		next_raw(world);
		faults[i].reply(world->raw);
		app_configure(app, "credential", "inWeboURL", raw_server_url(world->raw, ""));
		app_reopen(app);
		app_call(app, "set", SMSCODE, "{\"action\":\"enrollment\",\"smsCode\":\"12345678\"}");
		assert_fault(app, faults[i].code, faults[i].cause);
		app_call(app, "get", OTP, WITH_PIN);
		assert_fault(app, faults[i].code == 2201 ? 2202 : 2000, faults[i].cause);
		app_call(app, "get", OTP, "{\"action\":\"withoutPIN\"}");
		assert_fault(app, faults[i].code == 2201 ? 2202 : 2000, faults[i].cause);
		assert_state(app, &before);
	}
	app->timeout_ms = 0;
	app_configure(app, "credential", "inWeboURL", world->sandbox.url);
	app_reopen(app);
	app_call(app, "get", OTP, WITH_PIN);
	app_assert_succeeded(app);
}

/* The well-known document of a backend whose provider is the sandbox's and whose REST calls are answered here. */
static void reply_well_known(struct world *world)
{
	json_t *object = json_pack("{s:s, s:s+, s:s, s:s, s:s, s:s, s:s, s:s}", "issuer", world->sandbox.url, "openid_configuration", world->sandbox.url,
				   "/.well-known/openid-configuration", "client_id", "pims", "inwebo_url", world->sandbox.url, "sms_code_endpoint",
				   raw_server_url(world->raw, "/smsCode"), "sms_endpoint", raw_server_url(world->raw, "/v1/sms"), "phone_endpoint",
				   raw_server_url(world->raw, "/v1/phone"), "account_endpoint", raw_server_url(world->raw, "/v1/account"));
	char *text = json_dumps(object, 0);

	assert_non_null(text);
	raw_server_reply_http(world->raw, 200, "Content-Type: application/json\r\n", text);
	free(text);
	json_decref(object);
}

static void every_fault_of_a_rest_call_is_told_and_changes_nothing(void **state)
{
	static const char *const calls[][3] = {{"get", PHONE, NULL},
					       {"get", ACCOUNT, "{\"actionType\":\"strong\",\"type\":\"isAccountBlocked\"}"},
					       {"get", SMSCODE, "{\"type\":\"enrollment\"}"},
					       {"get", SMSCODE, "{\"type\":\"resetPIN\"}"}};
	struct world *world = *state;
	struct app *app = &world->app;
	struct image before;

	for (size_t i = 0; i < FAULTS; i++) {
		next_raw(world);
		reply_well_known(world);
		faults[i].reply(world->raw);
		app_configure(app, NULL, "backend", raw_server_url(world->raw, ""));
		app->timeout_ms = 0;
		app_reopen(app);
		app_login(app, SANDBOX_EMAIL, SANDBOX_PASSWORD);
		app_assert_succeeded(app);
		app->timeout_ms = 300;
		app_reopen(app);
		read_state(app, &before);
		for (size_t c = 0; c < (faults[i].cause ? 4 : 2); c++) {
			app_call(app, calls[c][0], calls[c][1], calls[c][2]);
			assert_fault(app, faults[i].code, faults[i].cause);
			if (faults[i].reply == reply_429)
				assert_int_equal(app_error(app, "retryAfter"), 17);
		}
		assert_state(app, &before);
	}
}

static void another_backend_does_not_get_the_sessions_token(void **state)
{
	struct world *world = *state;
	struct app *app = &world->app;

	reply_well_known(world);
	app_configure(app, NULL, "backend", raw_server_url(world->raw, ""));
	app_reopen(app);
	app_call(app, "get", PHONE, NULL);
	assert_int_equal(app_error(app, "code"), 2301);
	assert_int_equal(raw_server_requests(world->raw), 0);
}

/* --- the state file -------------------------------------------------------------------------------------------------------------------------- */

static void assert_refused(struct world *world, const char *cause)
{
	struct app *app = &world->app;
	struct buf log = BUF_INIT(1 << 20);
	char path[128];

	app->log = &log;
	app_stop(app);
	app->message = (json_wipe(app->message), NULL);
	app_open(app);
	app_try_initialize(app);
	app_assert_failed(app, 2006, "Core not well configured", cause);
	state_path(app, path, sizeof path);
	if (!strstr(buf_text(&log), path))
		fail_msg("the log does not name %s: %s", path, buf_text(&log));
	app_call(app, "get", PHONE, NULL);
	app_assert_failed(app, 2001, "Facade not initialized", NULL);
	app->log = NULL;
	app_stop(app);
	app_open(app);
	buf_free(&log);
}

static void a_truncated_state_file_is_named_and_stays_as_it_is(void **state)
{
	struct world *world = *state;
	struct image whole, cut;

	read_state(&world->app, &whole);
	for (size_t length = 0; length < whole.length; length += whole.length / 7) {
		write_state(&world->app, whole.bytes, length);
		memcpy(cut.bytes, whole.bytes, cut.length = length);
		assert_refused(world, "state.corrupt");
		assert_state(&world->app, &cut);
	}
	write_state(&world->app, whole.bytes, whole.length);
	app_reopen(&world->app);
	app_call(&world->app, "get", OTP, WITH_PIN);
	app_assert_succeeded(&world->app);
}

static void a_state_file_of_a_newer_version_is_named_and_stays_as_it_is(void **state)
{
	struct world *world = *state;
	struct image image;

	read_state(&world->app, &image);
	image.bytes[4]++;
	write_state(&world->app, image.bytes, image.length);
	assert_refused(world, "state.version");
	assert_state(&world->app, &image);
}

static void a_state_file_sealed_with_another_key_is_named_and_stays_as_it_is(void **state)
{
	struct world *world = *state;
	struct image image;
	char path[128];
	int file;

	read_state(&world->app, &image);
	snprintf(path, sizeof path, "%s/key", world->app.directory);
	file = open(path, O_WRONLY);
	assert_true(file >= 0);
	assert_int_equal(write(file, "another key", 11), 11);
	close(file);
	assert_refused(world, "state.key");
	assert_state(&world->app, &image);
}

static void on_a_full_disk_the_call_fails_and_the_old_state_stays(void **state)
{
	struct world *world = *state;
	struct app *app = &world->app;
	struct rlimit old, none;
	struct image before;

	read_state(app, &before);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	none = (struct rlimit){.rlim_cur = 0, .rlim_max = old.rlim_max};
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	app_call(app, "get", OTP, WITH_PIN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	app_assert_failed(app, 2000, "Unknown error", "state.io");
	assert_state(app, &before);
	app_call(app, "get", OTP, WITH_PIN);
	app_assert_succeeded(app);
	app_reopen(app);
	app_call(app, "get", OTP, WITH_PIN);
	app_assert_succeeded(app);
}

/* --- several processes at once --------------------------------------------------------------------------------------------------------------- */

static pid_t run_pims(const struct app *app, int output, int input)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		if (dup2(output, STDOUT_FILENO) < 0 || dup2(input, STDIN_FILENO) < 0)
			_exit(126);
		execl(PIMS_BIN, PIMS_BIN, "--state", app->directory, "otp", "--pin", (char *)NULL);
		_exit(127);
	}
	return pid;
}

static void write_configuration(const struct app *app, char *path, size_t size)
{
	FILE *file;

	snprintf(path, size, "%s/config.json", app->directory);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(app->configuration, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0600), 0);
}

static void processes_on_one_state_wait_their_turn(void **state)
{
	enum { PROCESSES = 8 };
	struct world *world = *state;
	pid_t pids[PROCESSES];
	int pipes[PROCESSES][2], input[2], status = 0;
	char path[128], otp[32];
	ssize_t length;

	write_configuration(&world->app, path, sizeof path);
	for (int i = 0; i < PROCESSES; i++) {
		assert_int_equal(pipe2(pipes[i], O_CLOEXEC), 0);
		assert_int_equal(pipe2(input, O_CLOEXEC), 0);
		assert_int_equal(write(input[1], "2580\n", 5), 5);
		close(input[1]);
		pids[i] = run_pims(&world->app, pipes[i][1], input[0]);
		close(input[0]);
		close(pipes[i][1]);
	}
	for (int i = 0; i < PROCESSES; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
		length = read(pipes[i][0], otp, sizeof otp);
		assert_true(length >= 2 && length <= 9);
		close(pipes[i][0]);
	}
	assert_int_equal(unlink(path), 0);
	app_call(&world->app, "get", OTP, WITH_PIN);
	app_assert_succeeded(&world->app);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_fault_of_iwws_is_told_and_changes_nothing),
		TEST(every_fault_of_a_rest_call_is_told_and_changes_nothing),
		TEST(another_backend_does_not_get_the_sessions_token),
		TEST(a_truncated_state_file_is_named_and_stays_as_it_is),
		TEST(a_state_file_of_a_newer_version_is_named_and_stays_as_it_is),
		TEST(a_state_file_sealed_with_another_key_is_named_and_stays_as_it_is),
		TEST(on_a_full_disk_the_call_fails_and_the_old_state_stays),
		TEST(processes_on_one_state_wait_their_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
