/* SPDX-License-Identifier: Apache-2.0 */
/* The state document, and a context on real files: faults of the state file are told and nothing is overwritten. */
#include "support/harness.h"

#include "base/text.h"
#include "facade/vault.h"
#include "platform/key_file.h"
#include "platform/store_file.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TOKEN_API "pims.authentication.token"
#define TOKEN_GET "{\"type\":\"cvs\",\"action\":\"get\"}"

static struct harness h;
static char directory[64];
static char path[512];

static const char *in_directory(const char *name)
{
	snprintf(path, sizeof path, "%s/%s", directory, name);
	return path;
}

static int begin(void **state)
{
	(void)state;
	snprintf(directory, sizeof directory, "/tmp/pims-state-XXXXXX");
	assert_non_null(mkdtemp(directory));
	harness_init(&h);
	pims_free(h.pims);
	h.options.store = NULL;
	h.options.key = NULL;
	h.options.state_dir = directory;
	h.pims = harness_context(&h);
	return 0;
}

/* What monitoring wrote about a state that was refused. */
static void remove_logs(void)
{
	DIR *list = opendir(in_directory("log"));
	const struct dirent *entry;
	char name[300];

	while (list && (entry = readdir(list))) {
		snprintf(name, sizeof name, "log/%s", entry->d_name);
		unlink(in_directory(name));
	}
	if (list)
		closedir(list);
	rmdir(in_directory("log"));
}

static int end(void **state)
{
	static const char *const names[] = {STORE_STATE_NAME, STORE_LOCK_NAME, KEY_FILE_NAME};

	(void)state;
	harness_free(&h);
	remove_logs();
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		unlink(in_directory(names[i]));
	assert_int_equal(rmdir(directory), 0);
	return 0;
}

static size_t entries(void)
{
	DIR *dir = opendir(directory);
	size_t count = 0;

	assert_non_null(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count - 2;
}

static size_t read_file(const char *name, unsigned char *bytes, size_t size)
{
	FILE *file = fopen(in_directory(name), "rb");
	size_t length;

	assert_non_null(file);
	length = fread(bytes, 1, size, file);
	fclose(file);
	assert_true(length < size);
	return length;
}

static void write_file(const char *name, const void *bytes, size_t length)
{
	FILE *file = fopen(in_directory(name), "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, length, file), length);
	fclose(file);
	chmod(in_directory(name), 0600);
}

/* A state that a context has saved on these files: signed in, and the token renewed once. */
static void make_state(void)
{
	struct env env = h.fake.env;
	struct vault vault;
	struct vault_options options = {.dir = directory};
	json_t *document = NULL;
	struct buf text = BUF_INIT(STATE_DOCUMENT_MAX);
	unsigned char key[32];

	harness_sign_in(&h, 3600);
	memcpy(key, h.key, sizeof key);
	assert_int_equal(seal_open(key, h.store.blob, h.store.length, &text), 0);
	assert_int_equal(json_parse_object(buf_text(&text), text.len, STATE_DOCUMENT_MAX, &document), 0);
	assert_int_equal(vault_open(&vault, &env, &options), 0);
	assert_int_equal(vault_write(&vault, document), 0);
	vault_close(&vault);
	json_wipe(document);
	buf_free(&text);
}

static void initialize(void)
{
	heard_free(&h.heard);
	assert_int_equal(pims_initialize(h.pims, harness_configuration(), harness_hear, &h.heard, NULL), 0);
	harness_settle(&h);
}

static void assert_refused(const char *cause)
{
	unsigned char before[65536], after[65536];
	size_t length = read_file(STORE_STATE_NAME, before, sizeof before);

	initialize();
	harness_assert_failed(&h.heard, 2006, "Core not well configured", cause);
	assert_true(fake_env_logged(&h.fake, directory));
	assert_true(fake_env_logged(&h.fake, "/" STORE_STATE_NAME) || fake_env_logged(&h.fake, "/" KEY_FILE_NAME));
	assert_int_equal(read_file(STORE_STATE_NAME, after, sizeof after), length);
	assert_memory_equal(before, after, length);
	harness_call(&h, "get", TOKEN_API, TOKEN_GET);
	harness_assert_failed(&h.heard, 2001, NULL, NULL);
}

/* --- files --- */

static void the_first_start_writes_nothing(void **state)
{
	(void)state;
	initialize();
	harness_assert_succeeded(&h.heard);
	harness_call(&h, "get", TOKEN_API, TOKEN_GET);
	harness_assert_failed(&h.heard, 2301, NULL, NULL);
	assert_int_equal(entries(), 0);
}

static void the_next_start_finds_what_was_saved(void **state)
{
	(void)state;
	make_state();
	initialize();
	harness_assert_succeeded(&h.heard);
	harness_call(&h, "get", TOKEN_API, TOKEN_GET);
	harness_assert_succeeded(&h.heard);
	harness_answer_tokens(&h, 2);
	harness_call(&h, "get", TOKEN_API, "{\"type\":\"cvs\",\"action\":\"refresh\"}");
	harness_assert_succeeded(&h.heard);
	pims_free(h.pims);
	h.pims = harness_context(&h);
	initialize();
	harness_call(&h, "get", TOKEN_API, TOKEN_GET);
	assert_non_null(strstr(h.heard.text, "access-secret-2"));
}

static void a_state_cut_off_anywhere_is_refused(void **state)
{
	unsigned char bytes[65536];
	size_t length;

	(void)state;
	make_state();
	length = read_file(STORE_STATE_NAME, bytes, sizeof bytes);
	for (size_t cut = 1; cut < length; cut += 37) {
		write_file(STORE_STATE_NAME, bytes, cut);
		assert_refused("state.corrupt");
	}
	write_file(STORE_STATE_NAME, bytes, length);
	initialize();
	harness_assert_succeeded(&h.heard);
}

static void a_state_with_any_bit_flipped_is_refused(void **state)
{
	unsigned char bytes[65536];
	size_t length;

	(void)state;
	make_state();
	length = read_file(STORE_STATE_NAME, bytes, sizeof bytes);
	for (size_t i = SEAL_HEADER_SIZE; i < length; i += 41) {
		bytes[i] ^= 0x10;
		write_file(STORE_STATE_NAME, bytes, length);
		assert_refused("state.corrupt");
		bytes[i] ^= 0x10;
	}
}

static void a_state_of_a_newer_version_is_refused(void **state)
{
	unsigned char bytes[65536];
	size_t length;

	(void)state;
	make_state();
	length = read_file(STORE_STATE_NAME, bytes, sizeof bytes);
	bytes[4] = SEAL_VERSION + 1;
	write_file(STORE_STATE_NAME, bytes, length);
	assert_refused("state.version");
}

static void a_document_of_a_newer_version_is_refused(void **state)
{
	struct vault_options options = {.dir = directory};
	json_t *document = json_pack("{s:i, s:{}}", "version", STATE_DOCUMENT_VERSION + 1, "session");
	struct vault vault;

	(void)state;
	assert_int_equal(vault_open(&vault, &h.fake.env, &options), 0);
	assert_int_equal(vault_write(&vault, document), 0);
	vault_close(&vault);
	json_decref(document);
	assert_refused("state.version");
}

static void a_state_sealed_with_another_key_is_refused(void **state)
{
	unsigned char key[32];

	(void)state;
	make_state();
	memset(key, 'x', sizeof key);
	write_file(KEY_FILE_NAME, key, sizeof key);
	assert_refused("state.key");
}

static void a_state_whose_key_is_gone_is_refused(void **state)
{
	(void)state;
	make_state();
	assert_int_equal(unlink(in_directory(KEY_FILE_NAME)), 0);
	assert_refused("state.key");
	assert_int_equal(access(in_directory(KEY_FILE_NAME), F_OK), -1);
}

static void a_key_that_others_may_read_is_refused(void **state)
{
	(void)state;
	make_state();
	assert_int_equal(chmod(in_directory(KEY_FILE_NAME), 0644), 0);
	initialize();
	harness_assert_failed(&h.heard, 2006, NULL, "state.key_unsafe");
	assert_true(fake_env_logged(&h.fake, "/" KEY_FILE_NAME));
}

static void a_state_that_is_a_directory_is_refused(void **state)
{
	(void)state;
	assert_int_equal(mkdir(in_directory(STORE_STATE_NAME), 0700), 0);
	initialize();
	harness_assert_failed(&h.heard, 2006, NULL, NULL);
	assert_int_equal(rmdir(in_directory(STORE_STATE_NAME)), 0);
}

static void without_a_home_there_is_no_directory(void **state)
{
	char *home = getenv("HOME") ? strdup(getenv("HOME")) : NULL;
	char *xdg = getenv("XDG_STATE_HOME") ? strdup(getenv("XDG_STATE_HOME")) : NULL;

	(void)state;
	pims_free(h.pims);
	h.options.state_dir = NULL;
	h.pims = harness_context(&h);
	unsetenv("HOME");
	setenv("XDG_STATE_HOME", "relative", 1);
	initialize();
	harness_assert_failed(&h.heard, 2006, NULL, "state.directory");
	unsetenv("XDG_STATE_HOME");
	if (home)
		setenv("HOME", home, 1);
	if (xdg)
		setenv("XDG_STATE_HOME", xdg, 1);
	free(home);
	free(xdg);
}

static void two_contexts_on_one_directory_make_one_renewal(void **state)
{
	struct pims *second;
	struct heard heard = {0};

	(void)state;
	make_state();
	initialize();
	second = harness_context(&h);
	assert_int_equal(pims_initialize(second, harness_configuration(), harness_hear, &heard, NULL), 0);
	harness_settle(&h);
	harness_assert_succeeded(&heard);
	heard_free(&heard);
	fake_env_advance(&h.fake, 3600 * 1000);
	harness_answer_tokens(&h, 2);
	heard_free(&h.heard);
	assert_int_equal(pims_get(h.pims, TOKEN_API, TOKEN_GET, harness_hear, &h.heard, NULL), 0);
	assert_int_equal(pims_get(second, TOKEN_API, TOKEN_GET, harness_hear, &heard, NULL), 0);
	harness_wait(&h, 2000);
	harness_assert_succeeded(&h.heard);
	harness_assert_succeeded(&heard);
	assert_non_null(strstr(heard.text, "access-secret-2"));
	assert_int_equal(h.transport.count, 1);
	heard_free(&heard);
	pims_free(second);
}

static void no_secret_stands_in_the_file(void **state)
{
	unsigned char bytes[65536];
	size_t length;

	(void)state;
	make_state();
	length = read_file(STORE_STATE_NAME, bytes, sizeof bytes);
	assert_null(memmem(bytes, length, "secret", 6));
	assert_null(memmem(bytes, length, "demo@example.com", 16));
}

/* --- the document --- */

static void fill(struct state *state, struct profile *profile)
{
	assert_int_equal(secret_set(&state->session.access_token, "a"), 0);
	assert_int_equal(secret_set(&state->session.refresh_token, "r"), 0);
	assert_int_equal(text_set(&state->session.client_id, "pims"), 0);
	assert_int_equal(text_set(&state->session.issuer, HARNESS_BACKEND), 0);
	assert_int_equal(text_set(&state->session.subject, "subject-1"), 0);
	assert_int_equal(text_set(&state->session.username, "demo@example.com"), 0);
	state->session.access_expires = 1731417255;
	assert_int_equal(iw_device_init(&state->device, &h.fake.env), 0);
	state->clock_skew = -77;
	state->endpoints_time = 1731417000;
	assert_int_equal(text_set(&profile->backend, HARNESS_BACKEND), 0);
	assert_int_equal(text_set(&profile->brand, "Opel"), 0);
	assert_int_equal(text_set(&profile->endpoints.issuer, HARNESS_BACKEND), 0);
	assert_int_equal(text_set(&profile->endpoints.token, HARNESS_BACKEND "/t"), 0);
	assert_int_equal(text_set(&profile->endpoints.scope, "openid"), 0);
	assert_int_equal(text_set(&profile->endpoints.resource, "urn:example:pimsd"), 0);
	profile->endpoints.iss_parameter = true;
	profile->endpoints.post_secret = true;
	profile->endpoints.known = true;
}

static void a_document_comes_back_as_it_was(void **unused)
{
	struct state state = {0}, again = {0};
	struct profile profile = {0};
	json_t *document = NULL;

	(void)unused;
	fill(&state, &profile);
	assert_int_equal(state_encode(&state, &profile, &document), 0);
	endpoints_free(&profile.endpoints);
	assert_int_equal(state_decode(document, &profile, &again), 0);
	assert_string_equal(secret_text(&again.session.refresh_token), "r");
	assert_string_equal(again.device.device_id, state.device.device_id);
	assert_int_equal(again.clock_skew, -77);
	state_endpoints(document, 1731417000 + 24 * 3600 - 1, &profile, &again);
	assert_true(profile.endpoints.known && profile.endpoints.iss_parameter && profile.endpoints.post_secret);
	assert_string_equal(profile.endpoints.token, HARNESS_BACKEND "/t");
	assert_string_equal(profile.endpoints.resource, "urn:example:pimsd");
	assert_null(profile.endpoints.phone);
	assert_int_equal(again.endpoints_time, 1731417000);
	json_wipe(document);
	state_free(&state);
	state_free(&again);
	profile_free(&profile);
}

static void endpoints_too_old_or_of_another_backend_are_left_out(void **unused)
{
	struct state state = {0}, again = {0};
	struct profile profile = {0};
	json_t *document = NULL;

	(void)unused;
	fill(&state, &profile);
	assert_int_equal(state_encode(&state, &profile, &document), 0);
	endpoints_free(&profile.endpoints);
	state_endpoints(document, 1731417000 + 24 * 3600, &profile, &again);
	state_endpoints(document, 1731417000 - 1, &profile, &again);
	assert_int_equal(text_set(&profile.brand, "Peugeot"), 0);
	state_endpoints(document, 1731417000, &profile, &again);
	assert_false(profile.endpoints.known);
	assert_int_equal(again.endpoints_time, 0);
	/* the session is not used either, the device is: it belongs to the installation */
	assert_int_equal(state_decode(document, &profile, &again), 0);
	assert_false(session_exists(&again.session));
	assert_string_equal(again.device.device_id, state.device.device_id);
	json_wipe(document);
	state_free(&state);
	state_free(&again);
	profile_free(&profile);
}

static void a_session_of_another_issuer_is_left_out(void **unused)
{
	struct state state = {0}, again = {0};
	struct profile profile = {0};
	json_t *document = NULL;

	(void)unused;
	fill(&state, &profile);
	assert_int_equal(text_set(&profile.backend, NULL), 0);
	assert_int_equal(text_set(&profile.issuer, "https://a.example"), 0);
	assert_int_equal(text_set(&profile.environment, "Production"), 0);
	assert_int_equal(text_set(&profile.mode, "B2C"), 0);
	assert_int_equal(state_encode(&state, &profile, &document), 0);
	assert_int_equal(text_set(&profile.issuer, "https://b.example"), 0);
	assert_int_equal(state_decode(document, &profile, &again), 0);
	assert_false(session_exists(&again.session));
	state_free(&again);
	assert_int_equal(text_set(&profile.issuer, "https://a.example"), 0);
	assert_int_equal(state_decode(document, &profile, &again), 0);
	assert_true(session_exists(&again.session));
	json_wipe(document);
	state_free(&state);
	state_free(&again);
	profile_free(&profile);
}

static void documents_that_are_wrong_leave_the_state_empty(void **unused)
{
	static const char *const documents[] = {
		"{}",
		"{\"version\":0}",
		"{\"version\":\"1\"}",
		"{\"version\":-1}",
		"{\"version\":1,\"origin\":\"|||\",\"session\":{\"access_token\":5}}",
		"{\"version\":1,\"origin\":\"|||\",\"session\":[]}",
		"{\"version\":1,\"device\":{\"phase\":\"active\",\"device_id\":\"short\"}}",
		"{\"version\":1,\"device\":7}",
	};
	struct profile profile = {0};

	(void)unused;
	for (size_t i = 0; i < sizeof documents / sizeof documents[0]; i++) {
		json_t *document = json_loads(documents[i], 0, NULL);
		struct state state = {0};

		if (state_decode(document, &profile, &state) != PIMS_E_FORMAT)
			fail_msg("%s", documents[i]);
		assert_false(session_exists(&state.session));
		assert_int_equal(state.device.phase, IW_NONE);
		json_decref(document);
	}
}

#define T(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_first_start_writes_nothing),
		T(the_next_start_finds_what_was_saved),
		T(a_state_cut_off_anywhere_is_refused),
		T(a_state_with_any_bit_flipped_is_refused),
		T(a_state_of_a_newer_version_is_refused),
		T(a_document_of_a_newer_version_is_refused),
		T(a_state_sealed_with_another_key_is_refused),
		T(a_state_whose_key_is_gone_is_refused),
		T(a_key_that_others_may_read_is_refused),
		T(a_state_that_is_a_directory_is_refused),
		T(without_a_home_there_is_no_directory),
		T(two_contexts_on_one_directory_make_one_renewal),
		T(no_secret_stands_in_the_file),
		T(a_document_comes_back_as_it_was),
		T(endpoints_too_old_or_of_another_backend_are_left_out),
		T(a_session_of_another_issuer_is_left_out),
		T(documents_that_are_wrong_leave_the_state_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
