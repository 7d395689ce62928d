/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "cli/advice.h"
#include "cli/call.h"
#include "cli/command.h"
#include "cli/names.h"
#include "cli/session.h"
#include "cli/terminal.h"

enum { STATUS_JSON };

const struct option_row status_options[] = {
	{"json", NULL, "one JSON object: profile, signedIn, username, deviceActivated, phoneNumber, accountBlocked, devices, deviceLimit"},
	{NULL, NULL, NULL},
};

/** One line of the table, asked for by one call. */
struct line {
	const char *title;
	const char *name; /**< in the JSON object */
	const char *api;
	const char *key, *value, *key2, *value2; /**< parameters */
	const char *member;                      /**< of the result */
	int none_code;                           /**< the failure that means "there is none" */
	const char *none;                        /**< and how it is said */
};

static const struct line lines[] = {
	{"signed in", "username", API_ACCOUNT, "actionType", "basic", "type", "username", "username", PIMS_NEED_BASIC_AUTHENTICATION, "no"},
	{"device enrolled", "deviceActivated", API_ACCOUNT, "actionType", "strong", "type", "isDeviceActivated", "isDeviceActivated",
	 PIMS_COMPONENT_NOT_CONFIGURED, "not configured"},
	{"phone", "phoneNumber", API_PHONE, NULL, NULL, NULL, NULL, "phoneNumber", PIMS_NO_PHONE_NUMBER, "none"},
	{"PIN blocked", "accountBlocked", API_ACCOUNT, "actionType", "strong", "type", "isAccountBlocked", "isAccountBlocked",
	 PIMS_COMPONENT_NOT_CONFIGURED, "not configured"},
};

static const char *plain(const json_t *value)
{
	const char *text = json_string_value(value);

	if (!text)
		return json_is_true(value) ? "yes" : "no";
	if (text_equal(text, "NotBlocked"))
		return "no";
	if (text_equal(text, "PinBlocked"))
		return "yes";
	return text_equal(text, "Unknown") ? "unknown" : text;
}

/* What a server has no call for, or a profile no value, is told and no failure of this command. */
static const char *untold(const struct reply *reply)
{
	const char *cause = reply_error(reply, "cause");

	if (text_equal(cause, "backend.no_endpoint"))
		return "unknown: this server does not tell";
	return cause && text_starts(cause, "configuration.credential.") ? "not configured" : NULL;
}

static void print_line(const struct line *line, const struct reply *reply, const json_t *value)
{
	const char *label = reply_error(reply, "label");

	printf("%-16s ", line->title);
	if (value) {
		terminal_print(stdout, plain(value));
	} else if (untold(reply)) {
		fputs(untold(reply), stdout);
	} else if (reply_code(reply) == line->none_code) {
		fputs(line->none, stdout);
	} else if (reply_code(reply) == PIMS_NEED_BASIC_AUTHENTICATION) {
		fputs("unknown: nobody is signed in", stdout);
	} else if (reply_code(reply) == PIMS_COMPONENT_NOT_CONFIGURED) {
		fputs("not configured", stdout);
	} else {
		fputs("unknown: ", stdout);
		terminal_print(stdout, label ? label : "failed");
	}
	fputc('\n', stdout);
}

/* Without a session, or at a provider that is no backend of ours, the other questions have no answer; that is no failure of this command. */
static bool is_answer(const struct line *line, const struct reply *reply)
{
	int code = reply_code(reply);

	return reply->succeeded || untold(reply) || code == line->none_code || code == PIMS_NEED_BASIC_AUTHENTICATION ||
	       code == PIMS_COMPONENT_NOT_CONFIGURED;
}

static int ask_line(struct cli *cli, const struct line *line, json_t *object)
{
	struct reply reply cleanup_reply = {.message = NULL};
	json_t *parameters = line->key ? call_parameters(line->key, line->value, line->key2, line->value2, NULL) : NULL;
	json_t *value;
	int r = call_run(cli, CALL_GET, line->api, parameters, &reply);

	if (r)
		return r;
	value = json_object_get(json_object_get(reply.message, "result"), line->member);
	if (!cli->json)
		print_line(line, &reply, value);
	/* A copy: the reply is wiped. */
	(void)json_object_set_new(object, line->name, value ? json_deep_copy(value) : json_null());
	return is_answer(line, &reply) ? CLI_OK : CLI_FAILED;
}

/* A server that does not tell its devices is no failure: the line says so. */
static int ask_devices(struct cli *cli, json_t *object)
{
	struct reply reply cleanup_reply = {.message = NULL};
	int r = call_run(cli, CALL_GET, API_DEVICE, NULL, &reply);
	const json_t *result = json_object_get(reply.message, "result");
	const json_t *devices = json_object_get(result, "devices");
	int limit = (int)json_int(result, "limit", 0);

	if (r)
		return r;
	if (!cli->json && devices && limit > 0)
		printf("%-16s %zu of %d\n", "devices", json_array_size(devices), limit);
	else if (!cli->json && devices)
		printf("%-16s %zu\n", "devices", json_array_size(devices));
	else if (!cli->json)
		printf("%-16s unknown\n", "devices");
	(void)json_object_set_new(object, "devices", devices ? json_integer((json_int_t)json_array_size(devices)) : json_null());
	(void)json_object_set_new(object, "deviceLimit", limit > 0 ? json_integer(limit) : json_null());
	return CLI_OK;
}

static int ask_all(struct cli *cli, json_t *object)
{
	int status = CLI_OK;
	int r;

	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		r = ask_line(cli, &lines[i], object);

		if (r > CLI_FAILED)
			return r;
		status = r ? r : status;
	}
	r = ask_devices(cli, object);
	if (r)
		return r;
	(void)json_object_set_new(object, "signedIn", json_boolean(json_is_string(json_object_get(object, "username"))));
	return status;
}

static int print_object(struct cli *cli, const json_t *object)
{
	struct reply reply cleanup_reply = {.message = NULL};
	struct buf text = BUF_INIT(65536);
	int r = json_write(object, &text);

	if (r == 0)
		r = secret_set(&reply.text, buf_text(&text));
	buf_free(&text);
	return r < 0 ? cli_error(cli, "status", r) : call_print(cli, &reply);
}

int command_status(struct cli *cli, const struct arguments *arguments)
{
	json_t *object;
	int status, r;

	cli->json = arguments->option[STATUS_JSON];
	r = session_open(cli);
	if (r)
		return r;
	object = json_pack("{s:s}", "profile", cli->directory);
	if (!cli->json) {
		printf("%-16s ", "profile");
		terminal_print(stdout, cli->directory);
		fputc('\n', stdout);
	}
	status = ask_all(cli, object);
	r = cli->json && status <= CLI_FAILED ? print_object(cli, object) : CLI_OK;
	json_wipe(object);
	return r ? r : status;
}
