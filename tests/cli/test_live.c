/* SPDX-License-Identifier: Apache-2.0 */
#include "run.h"

#include "cli/handler.h"
#include "cli/mimeapps.h"

#include <sys/socket.h>
#include <sys/un.h>

/* The profile of a brand's live service: where its values come from. And the parts of the desktop's handler that need no desktop. */

#define END \
	{ \
		NULL, NULL, NULL, NULL, NULL \
	}
#define SECRET "s3cret-of-the-environment"

static struct result result;
static const struct fake_row initialized[] = {INITIALIZED, END};

static const char *const variables[] = {"PIMS_CLIENT_ID",  "PIMS_CLIENT_SECRET", "PIMS_MACID", "PIMS_INWEBO_URL",
					"PIMS_OAUTH_URL", "PIMS_API_URL",	 "PIMS_REALM", "PIMS_SCOPE"};

static int forget(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
		unsetenv(variables[i]);
	return 0;
}

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" is not in: %s", part, text);
}

static void assert_lacks(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("\"%s\" is in: %s", part, text);
}

static void set_all(void)
{
	setenv("PIMS_CLIENT_ID", "env-id", 1);
	setenv("PIMS_CLIENT_SECRET", SECRET, 1);
	setenv("PIMS_MACID", "0123456789abcdef0123456789abcdef", 1);
	setenv("PIMS_INWEBO_URL", "https://inwebo.example.org", 1);
	setenv("PIMS_API_URL", "https://api.example.org", 1);
	setenv("PIMS_SCOPE", "openid", 1);
}

/* --- pims init ------------------------------------------------------------------------------------------------------------------------- */

static void a_backend_gets_nothing_of_the_environment(void **state)
{
	static const struct fake_row rows[] = {
		{"discover", "http://b", NULL, FAKE_SUCCEEDED("{\"backend\":\"http://b\",\"credential\":{\"clientID\":\"pims\",\"clientSecret\":\"\"}}"), NULL},
		{"initialize", "", "{\"backend\":\"http://b\",\"credential\":{\"clientID\":\"pims\",\"clientSecret\":\"\"}}", FAKE_SUCCEEDED("null"), NULL},
		{"initialize", "", "{\"backend\":\"http://b\",\"credential\":{\"clientID\":\"pims\",\"clientSecret\":\"\"}}", FAKE_SUCCEEDED("null"), NULL},
		END};
	char text[1024];

	(void)state;
	set_all();
	run(&result, rows, NULL, "init", "--backend", "http://b", "--profile", "backend", NULL);
	assert_int_equal(result.status, 0);
	read_config("backend", text, sizeof text);
	assert_string_equal(text, "{\"backend\":\"http://b\",\"credential\":{\"clientID\":\"pims\",\"clientSecret\":\"\"}}\n");
	run(&result, rows + 2, NULL, "get", "pims.sdk.version", "--profile", "backend", NULL);
	assert_lacks(result.calls, "env-id");
	assert_lacks(result.calls, SECRET);
}

static void an_environment_that_no_source_tells_of_needs_an_address(void **state)
{
	(void)state;
	run(&result, initialized, NULL, "init", "--brand", "Opel", "--country", "DE", "--client-id", "me", "--environment", "Preproduction", "--profile", "pre", NULL);
	assert_int_equal(result.status, 2);
	assert_has(result.err, "--oauth-url is missing");
	run(&result, initialized, NULL, "init", "--brand", "Opel", "--country", "DE", "--client-id", "me", "--mode", "B2B", "--profile", "pre", NULL);
	assert_int_equal(result.status, 2);
	assert_has(result.err, "--oauth-url is missing");
}

static void init_takes_what_the_environment_has_and_options_first(void **state)
{
	char text[2048];

	(void)state;
	set_all();
	run(&result, initialized, NULL, "init", "--brand", "Peugeot", "--country", "FR", "--client-id", "option-id", "--realm", "mine", "--profile", "env", NULL);
	assert_int_equal(result.status, 0);
	read_config("env", text, sizeof text);
	assert_string_equal(text, "{\"environnement\":\"Production\",\"mode\":\"B2C\",\"profile\":{\"brand\":\"Peugeot\"},\"country\":\"FR\","
				  "\"credential\":{\"clientID\":\"option-id\",\"loginRedirectURI\":\"mymap://oauth2redirect/fr\","
				  "\"webviewsRedirectURI\":\"mymap://oauth2redirect/fr\",\"macID\":\"0123456789abcdef0123456789abcdef\","
				  "\"inWeboURL\":\"https://inwebo.example.org\",\"clientSecret\":\"" SECRET "\"},"
				  "\"live\":{\"apiURL\":\"https://api.example.org\",\"realm\":\"mine\"},\"scope\":\"openid\"}\n");
	assert_lacks(result.err, SECRET);
	assert_lacks(result.out, SECRET);
	assert_lacks(result.calls, "discover");
}

static void a_secret_from_a_file_stands_before_the_environments(void **state)
{
	char text[2048];

	(void)state;
	set_all();
	run(&result, initialized, "from-the-file\n", "init", "--brand", "Ds", "--country", "FR", "--client-secret-file", "-", "--profile", "file", NULL);
	assert_int_equal(result.status, 0);
	read_config("file", text, sizeof text);
	assert_has(text, "\"clientSecret\":\"from-the-file\"");
	assert_lacks(text, SECRET);
}

/* --- other commands ------------------------------------------------------------------------------------------------------------------------ */

#define LEAN \
	"{\"environnement\":\"Production\",\"mode\":\"B2C\",\"profile\":{\"brand\":\"Peugeot\"},\"credential\":{\"clientID\":\"mine\",\"clientSecret\":\"\"}}"

static void what_a_profile_lacks_comes_from_the_environment_and_is_not_written(void **state)
{
	char text[1024];

	(void)state;
	set_all();
	write_config("lean", LEAN);
	run(&result, initialized, NULL, "get", "pims.sdk.version", "--profile", "lean", NULL);
	assert_has(result.calls, "\"clientID\":\"mine\"");
	assert_has(result.calls, "\"clientSecret\":\"" SECRET "\"");
	assert_has(result.calls, "\"macID\":\"0123456789abcdef0123456789abcdef\"");
	assert_has(result.calls, "\"apiURL\":\"https://api.example.org\"");
	read_config("lean", text, sizeof text);
	assert_string_equal(text, LEAN);
}

static void an_empty_variable_is_none(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
		setenv(variables[i], "", 1);
	write_config("empty", LEAN);
	run(&result, initialized, NULL, "get", "pims.sdk.version", "--profile", "empty", NULL);
	assert_has(result.calls, "initialize  " LEAN "\n");
}

/* A brand tells neither phone nor PIN: that is said, and is no failure. */
static void status_tells_what_the_service_does_not_tell(void **state)
{
	static const struct fake_row rows[] = {
		INITIALIZED,
		{"get", "pims.authentication.account", "{\"actionType\":\"basic\",\"type\":\"username\"}", FAKE_SUCCEEDED("{\"username\":\"Marie\"}"), NULL},
		{"get", "pims.authentication.account", "{\"actionType\":\"strong\",\"type\":\"isDeviceActivated\"}", FAKE_SUCCEEDED("{\"isDeviceActivated\":true}"), NULL},
		{"get", "pims.authentication.trustedphonenumber", NULL, FAKE_FAILED("\"code\":2344,\"label\":\"-\",\"cause\":\"backend.no_endpoint\""), NULL},
		{"get", "pims.authentication.account", "{\"actionType\":\"strong\",\"type\":\"isAccountBlocked\"}",
		 FAKE_FAILED("\"code\":2344,\"label\":\"-\",\"cause\":\"backend.no_endpoint\""), NULL},
		END};

	(void)state;
	write_config("status", LEAN);
	run(&result, rows, NULL, "status", "--profile", "status", NULL);
	assert_int_equal(result.status, 0);
	assert_has(result.out, "device enrolled  yes\nphone            unknown: this server does not tell\nPIN blocked      unknown: this server does not tell\n");
}

/* The phone's row lists no 2344: what is not configured comes as 2006 there, and is no failure either. */
static void status_of_a_profile_without_strong_authentication_is_no_failure(void **state)
{
	static const struct fake_row rows[] = {
		INITIALIZED,
		{"get", "pims.authentication.account", "{\"actionType\":\"basic\",\"type\":\"username\"}", FAKE_SUCCEEDED("{\"username\":\"Marie\"}"), NULL},
		{"get", "pims.authentication.account", "{\"actionType\":\"strong\",\"type\":\"isDeviceActivated\"}",
		 FAKE_FAILED("\"code\":2344,\"label\":\"-\",\"cause\":\"configuration.credential.inWeboURL\""), NULL},
		{"get", "pims.authentication.trustedphonenumber", NULL,
		 FAKE_FAILED("\"code\":2006,\"label\":\"-\",\"cause\":\"configuration.credential.inWeboURL\""), NULL},
		{"get", "pims.authentication.account", "{\"actionType\":\"strong\",\"type\":\"isAccountBlocked\"}",
		 FAKE_FAILED("\"code\":2344,\"label\":\"-\",\"cause\":\"configuration.credential.inWeboURL\""), NULL},
		END};

	(void)state;
	write_config("weak", LEAN);
	run(&result, rows, NULL, "status", "--profile", "weak", NULL);
	assert_int_equal(result.status, 0);
	assert_has(result.out, "phone            not configured\nPIN blocked      not configured\n");
}

/* Every program that is started would show it to this user's other programs. */
static void no_program_inherits_the_secret(void **state)
{
	static const struct fake_row rows[] = {INITIALIZED, {"set", "pims.authentication.user", NULL, FAKE_SUCCEEDED("null"), "http://127.0.0.1:1/page"}, END};
	char path[128], text[4096];
	FILE *file;
	size_t length = 0;

	(void)state;
	set_all();
	write_config("browser", LEAN);
	snprintf(path, sizeof path, "%s/browser", home);
	file = fopen(path, "w");
	assert_non_null(file);
	fprintf(file, "#!/bin/sh\nenv >%s/browser.tmp && mv %s/browser.tmp %s/browser.env\n", home, home, home);
	fclose(file);
	assert_int_equal(chmod(path, 0700), 0);
	setenv("BROWSER", path, 1);
	run(&result, rows, FAKE_REDIRECT "\n", "set", "pims.authentication.user", "action=login", "--profile", "browser", NULL);
	unsetenv("BROWSER");
	assert_int_equal(result.status, 0);
	snprintf(path, sizeof path, "%s/browser.env", home);
	for (int i = 0; !length && i < ANSWER_TIMEOUT_MS / 10; i++) {
		file = fopen(path, "r");
		length = file ? fread(text, 1, sizeof text - 1, file) : 0;
		if (file)
			fclose(file);
		else
			poll(NULL, 0, 10);
	}
	text[length] = '\0';
	assert_has(text, "PIMS_CLIENT_ID=env-id");
	assert_lacks(text, "PIMS_CLIENT_SECRET");
	assert_lacks(text, SECRET);
}

/* --- the handler ------------------------------------------------------------------------------------------------------------------------ */

#define TYPE "x-scheme-handler/mymap"
#define OURS "pims-login-mymap.desktop"

static void list_path(char *path, size_t size)
{
	(void)snprintf(path, size, "%s/mimeapps.list", home);
}

static void write_list(const char *text)
{
	char path[128];
	FILE *file;

	list_path(path, sizeof path);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

/* NULL: there is no file. */
static void assert_list(const char *expected)
{
	char path[128], text[1024];
	FILE *file;

	list_path(path, sizeof path);
	file = fopen(path, "r");
	if (!expected) {
		assert_null(file);
		return;
	}
	assert_non_null(file);
	text[fread(text, 1, sizeof text - 1, file)] = '\0';
	fclose(file);
	assert_string_equal(text, expected);
}

static void only_our_own_line_is_taken_away(void **state)
{
	static const char *const cases[][3] = {
		/* what stands there, what stood there before us, what is to stand there */
		{"[Default Applications]\n" TYPE "=" OURS "\n", "", NULL},
		{"\n[Default Applications]\n" TYPE "=" OURS ";\n\n", "", NULL},
		{"[Default Applications]\ntext/html=a.desktop\n" TYPE "=" OURS "\n", "", "[Default Applications]\ntext/html=a.desktop\n"},
		{"[Default Applications]\n" TYPE "=" OURS, "other.desktop;", "[Default Applications]\n" TYPE "=other.desktop;\n"},
		{"[Default Applications]\n" TYPE "=other.desktop\n", "", "[Default Applications]\n" TYPE "=other.desktop\n"},
		{"[Default Applications]\n" TYPE "=" OURS ";other.desktop;\n", "", "[Default Applications]\n" TYPE "=" OURS ";other.desktop;\n"},
		{"[Default Applications]\n" TYPE "2=" OURS "\n", "", "[Default Applications]\n" TYPE "2=" OURS "\n"},
		{"[Added Associations]\n" TYPE "=" OURS "\n", "", "[Added Associations]\n" TYPE "=" OURS "\n"},
		{"[Default Applications]\n[Removed Associations]\n" TYPE "=" OURS "\n", "", "[Default Applications]\n[Removed Associations]\n" TYPE "=" OURS "\n"},
		{"# mine\n[Default Applications]\n" TYPE "=" OURS "\n", "", "# mine\n[Default Applications]\n"},
		{"", "", ""},
	};
	char path[128];

	(void)state;
	list_path(path, sizeof path);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		write_list(cases[i][0]);
		mimeapps_restore(path, TYPE, OURS, cases[i][1]);
		assert_list(cases[i][2]);
	}
	mimeapps_restore("/nonexistent/mimeapps.list", TYPE, OURS, "");
}

static void the_users_own_default_is_read(void **state)
{
	char path[128], value[64];

	(void)state;
	list_path(path, sizeof path);
	write_list("[Added Associations]\n" TYPE "=added.desktop\n[Default Applications]\n" TYPE "=a.desktop;b.desktop;\n");
	mimeapps_get(path, TYPE, value, sizeof value);
	assert_string_equal(value, "a.desktop;b.desktop;");
	mimeapps_get(path, TYPE, value, 8);
	assert_string_equal(value, "");
	mimeapps_get("/nonexistent/mimeapps.list", TYPE, value, sizeof value);
	assert_string_equal(value, "");
}

static void the_sockets_directory_must_be_ours_alone(void **state)
{
	char path[HANDLER_PATH_MAX], directory[128];

	(void)state;
	unsetenv("XDG_RUNTIME_DIR");
	assert_false(handler_path("mymap", "sock", true, path));
	setenv("XDG_RUNTIME_DIR", "relative", 1);
	assert_false(handler_path("mymap", "sock", true, path));
	snprintf(directory, sizeof directory, "%s/run", home);
	assert_int_equal(mkdir(directory, 0700), 0);
	setenv("XDG_RUNTIME_DIR", directory, 1);
	assert_false(handler_path("mymap", "sock", false, path));
	assert_true(handler_path("mymap", "sock", true, path));
	assert_true(handler_path("mymap", "sock", false, path));
	assert_int_equal(chmod(directory, 0750), 0);
	assert_false(handler_path("mymap", "sock", true, path));
	assert_int_equal(chmod(directory, 0700), 0);
	snprintf(directory, sizeof directory, "%s/run/pims", home);
	assert_int_equal(rmdir(directory), 0);
	assert_int_equal(symlink(home, directory), 0);
	assert_false(handler_path("mymap", "sock", true, path));
	unsetenv("XDG_RUNTIME_DIR");
}

/* The directory keeps others out; who gets in all the same is asked for his name. */
static void a_process_of_another_user_is_refused(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "\0pims-test-of-another-user"};
	int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 32);
	int peer, fd;
	pid_t pid;

	(void)state;
	snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "pims-%d", (int)getpid());
	assert_int_equal(bind(listener, (const struct sockaddr *)&address, length), 0);
	assert_int_equal(listen(listener, 2), 0);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&address, length), 0);
	peer = accept(listener, NULL, NULL);
	assert_true(handler_same_user(peer));
	assert_true(handler_same_user(fd));
	close(fd);
	close(peer);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
		_exit(setgid(65534) == 0 && setuid(65534) == 0 && connect(fd, (const struct sockaddr *)&address, length) == 0 ? 0 : 77);
	}
	if (wait_status(pid) == 0) { /* it takes root to be another user */
		peer = accept(listener, NULL, NULL);
		assert_false(handler_same_user(peer));
		close(peer);
	}
	close(listener);
}

#define T(test) cmocka_unit_test_setup_teardown(test, forget, forget)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_backend_gets_nothing_of_the_environment),
		T(an_environment_that_no_source_tells_of_needs_an_address),
		T(init_takes_what_the_environment_has_and_options_first),
		T(a_secret_from_a_file_stands_before_the_environments),
		T(what_a_profile_lacks_comes_from_the_environment_and_is_not_written),
		T(an_empty_variable_is_none),
		T(status_tells_what_the_service_does_not_tell),
		T(status_of_a_profile_without_strong_authentication_is_no_failure),
		T(no_program_inherits_the_secret),
		T(only_our_own_line_is_taken_away),
		T(the_users_own_default_is_read),
		T(the_sockets_directory_must_be_ours_alone),
		T(a_process_of_another_user_is_refused),
	};

	return cmocka_run_group_tests(tests, setup_home, teardown_home);
}
