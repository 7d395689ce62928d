/* SPDX-License-Identifier: Apache-2.0 */
#include "app.h"
#include "base/json.h"
#include "web.h"

#include <pims/error.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/*
 * Every row of the reference (tests/data/spec/api.json) over libpims against pimsd: it succeeds with the documented result, and every code that it lists
 * comes with the documented label. Codes come from what is wrong with the application (2001 to 2102, 2301, 2344) or from the sandbox's faults.
 */

#define PIN "2580"
#define NEW_PIN "1793"
#define NUMBER "0699887766"

enum { APP_ENROLLED, APP_SIGNED_IN, APP_SIGNED_OUT, APP_UNCONFIGURED, APP_BROKEN, APP_BARE, APPS };

struct world {
	struct sandbox sandbox;
	struct app apps[APPS];
	char code[16];
	const char *pin;
	bool no_phone;
};

static json_t *document;
/* Which of the reference's codes came, by row and place in its list. */
enum { ROWS = 31, ROW_CODES = 32 };
static bool came[ROWS][ROW_CODES];

/* --- the sandbox -------------------------------------------------------------------------------------------------------------------------- */

static void ask(const struct world *world, const char *path, const char *body, int status)
{
	static const char *const headers[] = {"Content-Type: application/json", NULL};
	struct web_answer answer;
	char url[256];

	snprintf(url, sizeof url, "%s%s", world->sandbox.url, path);
	web_call("POST", url, headers, body, &answer);
	if (answer.status != status)
		fail_msg("%s %s: %ld %s", path, body, answer.status, answer.body);
	web_free(&answer);
}

/* Takes the account's number away, or gives it one. */
static void set_phone(struct world *world, bool none)
{
	const char *const arguments[] = {"account", "set-phone", SANDBOX_EMAIL, none ? "--none" : "+33612345678", NULL};

	if (none || world->no_phone)
		assert_int_equal(sandbox_admin(&world->sandbox, arguments, NULL), 0);
	world->no_phone = none;
}

static void get_code(struct world *world, struct app *app, const char *purpose)
{
	char parameters[128];

	snprintf(parameters, sizeof parameters, "{\"type\":\"%s\",\"phoneNumber\":\"" NUMBER "\"}", purpose);
	app_call(app, "get", "pims.authentication.smscode", parameters);
	app_assert_succeeded(app);
	sandbox_sms_code(&world->sandbox, purpose, world->code, sizeof world->code);
}

/* --- rows --------------------------------------------------------------------------------------------------------------------------------- */

/** What a row needs besides its table. */
struct plan {
	const char *select;  /**< verb, end of the api, value of the last discriminator */
	int app;             /**< who calls */
	const char *purpose; /**< its smsCode is one of this purpose; NULL: any digits do */
	bool no_phone;       /**< the account has no number before it */
	const char *fault;   /**< which of the server's calls a fault is for; NULL: the fault's usual ones */
};

static const struct plan plans[] = {
	{"get token idtoken", APP_ENROLLED, NULL, false, "token"},
	{"get token cvs", APP_ENROLLED, NULL, false, "token"},
	{"get token customerAt", APP_ENROLLED, NULL, false, "token"},
	{"get account username", APP_ENROLLED, NULL, false, NULL},
	{"set user login", APP_SIGNED_IN, NULL, false, NULL},
	{"set user forcedLogin", APP_SIGNED_IN, NULL, false, NULL},
	{"set user createAccount", APP_SIGNED_IN, NULL, false, NULL},
	{"set user updateLogin", APP_SIGNED_IN, NULL, false, NULL},
	{"set user updatePassword", APP_SIGNED_IN, NULL, false, NULL},
	{"set user logout", APP_SIGNED_IN, NULL, false, "logout"},
	{"get account isDeviceActivated", APP_ENROLLED, NULL, false, NULL},
	{"get account isAccountBlocked", APP_ENROLLED, NULL, false, NULL},
	{"get trustedphonenumber ", APP_ENROLLED, NULL, false, NULL},
	{"get smscode enrollment", APP_ENROLLED, NULL, false, NULL},
	{"get smscode resetPIN", APP_ENROLLED, NULL, false, NULL},
	{"get smscode phoneNumberCertification", APP_ENROLLED, NULL, false, NULL},
	{"set smscode enrollment", APP_SIGNED_IN, "enrollment", false, "confirm"},
	{"set smscode addPhoneNumber", APP_ENROLLED, "phoneNumberCertification", true, NULL},
	{"set smscode modifyPhoneNumber", APP_ENROLLED, "phoneNumberCertification", false, "proof"},
	{"set enrollment enroll", APP_SIGNED_IN, "enrollment", false, "confirm"},
	{"set enrollment enrollWithPhoneNumber", APP_SIGNED_IN, "phoneNumberCertification", true, NULL},
	{"set enrollment remove", APP_ENROLLED, NULL, false, NULL},
	{"set pincode reset", APP_ENROLLED, "resetPIN", false, "pincode"},
	{"set pincode update", APP_ENROLLED, NULL, false, "pincode"},
	{"get otp withPIN", APP_ENROLLED, NULL, false, "otp"},
	{"get otp withoutPIN", APP_ENROLLED, NULL, false, "otp"},
	{"set configuration ", APP_ENROLLED, NULL, false, NULL},
	{"get version ", APP_ENROLLED, NULL, false, NULL},
	{"get device ", APP_ENROLLED, NULL, false, NULL},
	{"get log ", APP_ENROLLED, NULL, false, NULL},
	{"get logs ", APP_ENROLLED, NULL, false, NULL},
};

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static void name_row(const json_t *row, char *ret_name, size_t size)
{
	const json_t *by = json_object_get(row, "discriminator");
	const char *type = text_of(by, "type"), *action = text_of(by, "action");

	snprintf(ret_name, size, "%s %s %s", text_of(row, "verb"), strrchr(text_of(row, "api"), '.') + 1, *type ? type : action);
}

static const struct plan *plan_of(const json_t *row)
{
	char name[128];

	name_row(row, name, sizeof name);
	for (size_t i = 0; i < sizeof plans / sizeof *plans; i++)
		if (strcmp(plans[i].select, name) == 0)
			return &plans[i];
	fail_msg("no plan for %s", name);
	return NULL;
}

static const char *value_of(const struct world *world, const json_t *parameter)
{
	const char *name = text_of(parameter, "name");

	if (strcmp(name, "action") == 0)
		return "refresh";
	if (strcmp(name, "smsCode") == 0)
		return world->code;
	if (strcmp(name, "phoneNumber") == 0)
		return NUMBER;
	return strcmp(name, "newPIN") == 0 ? NEW_PIN : world->pin;
}

static char *parameters_of(const struct world *world, const json_t *row)
{
	json_t *parameters = json_deep_copy(json_object_get(row, "discriminator"));
	const json_t *parameter;
	char *text;
	size_t i;

	json_array_foreach(json_object_get(row, "parameters"), i, parameter)
		if (json_is_true(json_object_get(parameter, "required")) || strcmp(text_of(parameter, "name"), "smsCode") == 0)
			json_object_set_new(parameters, text_of(parameter, "name"), json_string(value_of(world, parameter)));
	text = json_dumps(parameters, 0);
	assert_non_null(text);
	json_decref(parameters);
	return text;
}

static void prepare(struct world *world, const struct plan *plan)
{
	snprintf(world->code, sizeof world->code, "12345678");
	set_phone(world, plan->no_phone);
	if (plan->purpose)
		get_code(world, &world->apps[plan->app], plan->purpose);
}

static void call_row(const struct world *world, struct app *app, const json_t *row)
{
	char *parameters = parameters_of(world, row);

	app_call(app, text_of(row, "verb"), text_of(row, "api"), parameters);
	free(parameters);
}

/* --- success ------------------------------------------------------------------------------------------------------------------------------ */

static void hear(void *data, const struct pims_message *message)
{
	struct app *app = data;

	app->callbacks++;
	json_decref(app->message);
	app->message = json_loads(pims_message_json(message), JSON_REJECT_DUPLICATES, NULL);
}

/* The value of a parameter of the page's address, still encoded. */
static void page_parameter(const char *url, const char *name, char *ret_value, size_t size)
{
	const char *at = strstr(url, name);

	assert_non_null(at);
	at += strlen(name);
	snprintf(ret_value, size, "%.*s", (int)strcspn(at, "&"), at);
}

static void unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++) {
		unsigned byte;

		if (*from == '%' && sscanf(from + 1, "%2x", &byte) == 1) {
			*to++ = (char)byte;
			from += 2;
		} else {
			*to++ = *from;
		}
	}
	*to = '\0';
}

/* What the page sends the browser to when it is done (its own tests fill it in). */
static void finish_page(struct world *world, struct app *app)
{
	char redirect[512], state[256], url[1400];
	struct web_answer answer;

	web_call("GET", app->agent_url, NULL, NULL, &answer);
	assert_true(answer.status == 200 || answer.status == 303 || answer.status == 302);
	web_free(&answer);
	page_parameter(app->agent_url, "redirect_uri=", redirect, sizeof redirect);
	page_parameter(app->agent_url, "state=", state, sizeof state);
	unescape(redirect);
	snprintf(url, sizeof url, "%s?state=%s&iss=%s&result=done", redirect, state, world->sandbox.url);
	assert_int_equal(pims_redirect(app->pims, url), 0);
}

static void sign_in(struct app *app)
{
	struct web_answer answer;

	web_sign_in(app->agent_url, SANDBOX_EMAIL, SANDBOX_PASSWORD, &answer);
	assert_true(answer.status == 302 || answer.status == 303);
	assert_int_equal(pims_redirect(app->pims, answer.location), 0);
	web_free(&answer);
}

static void start_page(const struct world *world, struct app *app, const json_t *row, char transaction[PIMS_TRANSACTION_SIZE])
{
	char *parameters = parameters_of(world, row);

	app->callbacks = 0;
	app->agent_url[0] = '\0';
	assert_int_equal(pims_set(app->pims, text_of(row, "api"), parameters, hear, app, transaction), 0);
	while (!app->agent_url[0] && !app->callbacks)
		assert_true(pims_run(app->loop, 100) >= 0);
	free(parameters);
	if (app->callbacks)
		app_assert_succeeded(app); /* tells why */
}

static void await(struct app *app)
{
	while (!app->callbacks)
		assert_true(pims_run(app->loop, 1000) >= 0);
	assert_int_equal(app->callbacks, 1);
}

static bool has_page(const json_t *row)
{
	return strcmp(text_of(row, "api"), "pims.authentication.user") == 0 && strcmp(text_of(json_object_get(row, "discriminator"), "action"), "logout") != 0;
}

static void succeed_page(struct world *world, struct app *app, const json_t *row)
{
	const char *action = text_of(json_object_get(row, "discriminator"), "action");

	start_page(world, app, row, NULL);
	if (strcmp(action, "login") == 0 || strcmp(action, "forcedLogin") == 0)
		sign_in(app);
	else
		finish_page(world, app);
	await(app);
}

static void assert_type(const json_t *row, const char *name, const char *type, const json_t *value)
{
	bool ok = strcmp(type, "boolean") == 0 ? json_is_boolean(value) : json_string_length(value) > 0;

	if (strncmp(type, "array", 5) == 0)
		ok = json_is_array(value);
	else if (strstr(type, " | "))
		ok = json_is_string(value) && strstr(type, json_string_value(value));
	if (!ok)
		fail_msg("%s %s: %s is no %s", text_of(row, "verb"), text_of(row, "api"), name, type);
}

static void assert_result(const struct app *app, const json_t *row)
{
	const json_t *documented = json_object_get(row, "result"), *result = json_object_get(app->message, "result"), *type;
	const char *name;

	app_assert_succeeded(app);
	if (json_is_null(documented)) {
		assert_true(json_is_null(result));
		return;
	}
	assert_int_equal(json_object_size(result), json_object_size(documented));
	json_object_foreach((json_t *)(uintptr_t)documented, name, type)
		assert_type(row, name, json_string_value(type), json_object_get(result, name));
}

static void every_row_succeeds_with_its_documented_result(void **state)
{
	struct world *world = *state;
	const json_t *row;
	size_t i;

	json_array_foreach(json_object_get(document, "rows"), i, row) {
		const struct plan *plan = plan_of(row);
		struct app *app = &world->apps[plan->app];

		prepare(world, plan);
		if (has_page(row))
			succeed_page(world, app, row);
		else
			call_row(world, app, row);
		assert_result(app, row);
		/* back to where the next row starts */
		if (strcmp(plan->select, "set pincode update") == 0)
			world->pin = NEW_PIN;
		if (strcmp(plan->select, "set user logout") == 0)
			app_login(app, SANDBOX_EMAIL, SANDBOX_PASSWORD);
		if (strcmp(plan->select, "set enrollment remove") == 0)
			app_enrol(app, &world->sandbox, PIN);
	}
	assert_int_equal(i, 31);
}

/* --- errors ------------------------------------------------------------------------------------------------------------------------------- */

static void note(const json_t *row, int code)
{
	const json_t *other, *listed;
	size_t i, k;

	json_array_foreach(json_object_get(document, "rows"), i, other) {
		json_array_foreach(json_object_get(other, "errors"), k, listed) {
			assert_true(i < ROWS && k < ROW_CODES);
			if (other == row && json_integer_value(listed) == code)
				came[i][k] = true;
		}
	}
}

static void assert_code(const struct app *app, const json_t *row, int code)
{
	const char *label = text_of(json_object_get(app->message, "error"), "label"), *documented = pims_error_label(code);
	const char *hole = strchr(documented, '[');
	char name[128];

	name_row(row, name, sizeof name);
	if (app_error(app, "code") != code)
		fail_msg("%s: %d wanted, %d came, %s", name, code, app_error(app, "code"), text_of(json_object_get(app->message, "error"), "cause"));
	if (!hole)
		assert_string_equal(label, documented);
	else
		assert_true(strncmp(label, documented, (size_t)(hole - documented)) == 0 && !strchr(label, '['));
	note(row, code);
}

static void call_with(struct app *app, const json_t *row, const char *parameters)
{
	app_call(app, text_of(row, "verb"), text_of(row, "api"), parameters);
}

/* Whom to ask for a code that is the application's own matter; -1: the server's. */
static int app_for(int code)
{
	switch (code) {
	case 2001:
		return APP_UNCONFIGURED;
	case 2006:
		return APP_BROKEN;
	case 2301:
		return APP_SIGNED_OUT;
	case 2344:
		return APP_BARE;
	default:
		return -1;
	}
}

/* Discriminator absent, or with a value that there is none of. */
static void call_wrong(struct app *app, const json_t *row, int code)
{
	json_t *parameters = json_object();
	const char *name = "action";
	json_t *value;
	char *text;

	json_object_foreach(json_object_get(row, "discriminator"), name, value)
		if (code == 2102)
			json_object_set_new(parameters, name, json_string("nonsense"));
	text = json_dumps(parameters, 0);
	call_with(app, row, text);
	free(text);
	json_decref(parameters);
}

static bool is_local(int code)
{
	return app_for(code) >= 0 || code == 2101 || code == 2102;
}

static void every_row_answers_its_codes_of_the_application_itself(void **state)
{
	struct world *world = *state;
	const json_t *row, *listed;
	size_t i, k;

	snprintf(world->code, sizeof world->code, "12345678");
	json_array_foreach(json_object_get(document, "rows"), i, row) {
		json_array_foreach(json_object_get(row, "errors"), k, listed) {
			int code = (int)json_integer_value(listed);
			struct app *app = &world->apps[app_for(code) >= 0 ? app_for(code) : APP_ENROLLED];

			if (!is_local(code))
				continue;
			if (code == 2101 || code == 2102)
				call_wrong(app, row, code);
			else
				call_row(world, app, row);
			assert_code(app, row, code);
		}
	}
}

static void every_page_that_is_left_is_2368(void **state)
{
	struct world *world = *state;
	struct app *app = &world->apps[APP_SIGNED_IN];
	const json_t *row;
	size_t i, pages = 0;

	json_array_foreach(json_object_get(document, "rows"), i, row) {
		char transaction[PIMS_TRANSACTION_SIZE];

		if (!has_page(row))
			continue;
		start_page(world, app, row, transaction);
		assert_int_equal(pims_cancel(app->pims, transaction), 0);
		await(app);
		assert_code(app, row, 2368);
		pages++;
	}
	assert_int_equal(pages, 5);
}

struct image {
	char bytes[65536];
	size_t length;
};

static void transfer_state(const struct app *app, struct image *image, bool load)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof path, "%s/state", app->directory);
	file = fopen(path, load ? "rb" : "wb");
	assert_non_null(file);
	if (load)
		image->length = fread(image->bytes, 1, sizeof image->bytes, file);
	else
		assert_int_equal(fwrite(image->bytes, 1, image->length, file), image->length);
	assert_int_equal(fclose(file), 0);
}

/* Everything that is not the application's own matter, and no page's. */
static bool is_servers(int code)
{
	return !is_local(code) && code != 2368;
}

static void provoke(const struct world *world, const struct plan *plan, int code)
{
	char fault[128];
	int word = code == 2000 ? 2204 : code; /* rows of otp list no 2204 */
	int count = code == 2311 ? 3 : 1; /* the client sets out once more by itself when the states differ */
	bool ours = plan->fault && code != 2301 && code != 2390 && code != 2307;

	if (ours)
		snprintf(fault, sizeof fault, "{\"code\":%d,\"call\":\"%s\",\"count\":%d}", word, plan->fault, count);
	else
		snprintf(fault, sizeof fault, "{\"code\":%d,\"count\":%d}", word, count);
	ask(world, "/sandbox/faults", fault, 201);
}

static void provoke_row(struct world *world, const json_t *row, int code)
{
	const struct plan *plan = plan_of(row);
	struct app *app = &world->apps[plan->app];
	static struct image before;

	prepare(world, plan);
	transfer_state(app, &before, true);
	provoke(world, plan, code);
	call_row(world, app, row);
	assert_code(app, row, code);
	ask(world, "/sandbox/faults/clear", "{}", 204);
	if (strcmp(plan->select, "set user logout") == 0)
		app_login(app, SANDBOX_EMAIL, SANDBOX_PASSWORD);
	else
		transfer_state(app, &before, false);
}

static void provoke_all(struct world *world, bool timeouts)
{
	const json_t *row, *listed;
	size_t i, k;

	json_array_foreach(json_object_get(document, "rows"), i, row) {
		json_array_foreach(json_object_get(row, "errors"), k, listed) {
			int code = (int)json_integer_value(listed);

			if ((code == 2201) != timeouts || !is_servers(code))
				continue;
			provoke_row(world, row, code);
		}
	}
}

static void every_row_answers_its_codes_of_the_server(void **state)
{
	provoke_all(*state, false);
}

static void every_row_that_lists_it_answers_a_timeout(void **state)
{
	struct world *world = *state;

	for (int i = APP_ENROLLED; i <= APP_SIGNED_IN; i++) {
		world->apps[i].timeout_ms = 700;
		app_reopen(&world->apps[i]);
	}
	provoke_all(world, true);
}

/* The tests before this one, together. */
static void every_listed_code_came(void **state)
{
	const json_t *row, *listed;
	size_t i, k, count = 0;
	char name[128];

	(void)state;
	json_array_foreach(json_object_get(document, "rows"), i, row) {
		name_row(row, name, sizeof name);
		json_array_foreach(json_object_get(row, "errors"), k, listed) {
			if (!came[i][k])
				fail_msg("%s: %d was not provoked", name, (int)json_integer_value(listed));
			count++;
		}
	}
	assert_int_equal(count, 237);
}

/* --- the world ---------------------------------------------------------------------------------------------------------------------------- */

static void take_mac_away(struct app *app)
{
	json_t *all = json_loads(app->configuration, 0, NULL);

	json_object_del(json_object_get(all, "credential"), "macID");
	free(app->configuration);
	app->configuration = json_dumps(all, 0);
	json_decref(all);
}

static void break_state(const struct app *app)
{
	struct image image = {.length = 64};

	memset(image.bytes, 'x', image.length);
	transfer_state(app, &image, false);
}

static int setup(void **state)
{
	static struct world world;

	memset(&world, 0, sizeof world);
	world.pin = PIN;
	sandbox_start(&world.sandbox, (const char *const[]){"--sms-cooldown", "0", NULL});
	for (int i = 0; i < APPS; i++) {
		struct app *app = &world.apps[i];

		app_start(app, &world.sandbox, NULL);
		app_configure(app, NULL, "country", "FR");
		if (i == APP_BARE)
			take_mac_away(app);
		if (i != APP_UNCONFIGURED)
			app_initialize(app);
		if (i == APP_ENROLLED || i == APP_SIGNED_IN || i == APP_BROKEN)
			app_login(app, SANDBOX_EMAIL, SANDBOX_PASSWORD);
	}
	app_enrol(&world.apps[APP_ENROLLED], &world.sandbox, PIN);
	break_state(&world.apps[APP_BROKEN]);
	*state = &world;
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;

	for (int i = 0; i < APPS; i++)
		app_remove(&world->apps[i]);
	sandbox_stop(&world->sandbox);
	sandbox_remove(&world->sandbox);
	return 0;
}

static int load(void **state)
{
	(void)state;
	document = json_load_file(TEST_DATA_DIR "/spec/api.json", JSON_REJECT_DUPLICATES, NULL);
	return document ? 0 : -1;
}

static int unload(void **state)
{
	(void)state;
	json_decref(document);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_row_answers_its_codes_of_the_application_itself, setup, teardown),
		cmocka_unit_test_setup_teardown(every_page_that_is_left_is_2368, setup, teardown),
		cmocka_unit_test_setup_teardown(every_row_answers_its_codes_of_the_server, setup, teardown),
		cmocka_unit_test_setup_teardown(every_row_that_lists_it_answers_a_timeout, setup, teardown),
		cmocka_unit_test(every_listed_code_came),
		cmocka_unit_test_setup_teardown(every_row_succeeds_with_its_documented_result, setup, teardown),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
