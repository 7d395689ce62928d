/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "cli/call.h"
#include "cli/command.h"
#include "cli/names.h"
#include "cli/prompt.h"
#include "cli/terminal.h"

#include <string.h>

enum { DEVICES_ALL, DEVICES_YES, DEVICES_JSON };
enum { COLUMNS = 5, DATE_LENGTH = 16 };

const struct option_row devices_options[] = {
	{"all", NULL, "remove every device of the account, this one too"},
	{"yes", NULL, "remove without asking"},
	JSON_ROW,
	{NULL, NULL, NULL},
};

static const struct {
	const char *member;
	const char *title;
} columns[COLUMNS] = {{"id", "ID"}, {"name", "NAME"}, {"platform", "PLATFORM"}, {"created", "CREATED"}, {"lastUsed", "LAST USED"}};

/* "2026-11-23T05:40:00Z" is read by people as "2026-11-23 05:40". */
static void cell(const json_t *device, int column, char text[static 64])
{
	const char *value = json_text(device, columns[column].member);

	(void)snprintf(text, 64, "%s", value ? value : "-");
	if (column >= 3 && strlen(text) > DATE_LENGTH && text[10] == 'T') {
		text[10] = ' ';
		text[DATE_LENGTH] = '\0';
	}
}

/* In characters: UTF-8 counts its first bytes. */
static int width_of(const char *text)
{
	int width = 0;

	for (; *text; text++)
		width += (*text & 0xc0) != 0x80;
	return width;
}

static void measure(const json_t *devices, int widths[static COLUMNS])
{
	const json_t *device;
	char text[64];
	size_t i;

	for (int column = 0; column < COLUMNS; column++) {
		widths[column] = width_of(columns[column].title);
		json_array_foreach(devices, i, device) {
			cell(device, column, text);
			widths[column] = width_of(text) > widths[column] ? width_of(text) : widths[column];
		}
	}
}

static void print_cell(const char *text, int width)
{
	terminal_print(stdout, text);
	printf("%*s", width - width_of(text) + 2, "");
}

static void print_device(const json_t *device, const int widths[static COLUMNS])
{
	char text[64];

	for (int column = 0; column < COLUMNS; column++) {
		cell(device, column, text);
		print_cell(text, widths[column]);
	}
	puts(json_is_true(json_object_get(device, "thisDevice")) ? "this device" : "");
}

static int print_table(const struct reply *reply)
{
	const json_t *result = json_object_get(reply->message, "result");
	const json_t *devices = json_object_get(result, "devices");
	int limit = (int)json_int(result, "limit", 0);
	int widths[COLUMNS];
	const json_t *device;
	size_t i;

	if (json_array_size(devices)) {
		measure(devices, widths);
		for (int column = 0; column < COLUMNS; column++)
			print_cell(columns[column].title, widths[column]);
		puts("");
	}
	json_array_foreach(devices, i, device)
		print_device(device, widths);
	if (limit > 0)
		printf("%zu of %d devices\n", json_array_size(devices), limit);
	else
		printf("%zu devices\n", json_array_size(devices));
	return CLI_OK;
}

static int list_devices(struct cli *cli)
{
	struct reply reply cleanup_reply = {.message = NULL};
	int r = word_call(cli, CALL_GET, API_DEVICE, NULL, &reply);

	if (r)
		return r;
	return cli->json ? call_print(cli, &reply) : print_table(&reply);
}

/* The server removes what is not there with success: a mistyped ID shall not pass for a removed device. */
static int check_id(struct cli *cli, const char *id)
{
	struct reply reply cleanup_reply = {.message = NULL};
	const json_t *device;
	size_t i;
	int r = word_call(cli, CALL_GET, API_DEVICE, NULL, &reply);

	if (r)
		return r;
	json_array_foreach(json_object_get(json_object_get(reply.message, "result"), "devices"), i, device) {
		if (text_equal(json_text(device, "id"), id))
			return CLI_OK;
	}
	cli_say(cli, "the account has no device of this ID");
	cli_next(cli, "pims devices");
	return CLI_FAILED;
}

static int confirm(struct cli *cli, const struct arguments *arguments)
{
	bool all = arguments->option[DEVICES_ALL];
	char question[96];
	bool yes;
	int r;

	if (arguments->option[DEVICES_YES])
		return CLI_OK;
	(void)snprintf(question, sizeof question,
		       all ? "Remove every device of the account, this one too?" : "Remove this device from the account?");
	r = prompt_confirm(cli, question, &yes);
	if (r || yes)
		return r;
	cli_say(cli, "nothing was removed");
	return CLI_FAILED;
}

static int remove_devices(struct cli *cli, const struct arguments *arguments)
{
	struct reply reply cleanup_reply = {.message = NULL};
	const char *id = arguments->count > 1 ? arguments->operands[1] : NULL;
	int r;

	if (!id == !arguments->option[DEVICES_ALL])
		return cli_usage(cli, "remove wants one ID of the list, or --all");
	r = id ? check_id(cli, id) : CLI_OK;
	if (!r)
		r = confirm(cli, arguments);
	if (r)
		return r;
	if (id)
		r = word_call(cli, CALL_SET, API_DEVICE, call_parameters("action", "remove", "id", id, NULL), &reply);
	else
		r = word_call(cli, CALL_SET, API_ENROLLMENT, call_parameters("action", "remove", NULL), &reply);
	return r ? r : word_answer(cli, &reply, id ? "the device was removed" : "all devices were removed");
}

int command_devices(struct cli *cli, const struct arguments *arguments)
{
	cli->json = arguments->option[DEVICES_JSON];
	if (arguments->count && !text_equal(arguments->operands[0], "remove"))
		return cli_usage(cli, "say remove ID, remove --all, or nothing");
	if (arguments->count)
		return remove_devices(cli, arguments);
	if (arguments->option[DEVICES_ALL] || arguments->option[DEVICES_YES])
		return cli_usage(cli, "--all and --yes belong to remove");
	return list_devices(cli);
}
