/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/devices.h"

#include "cli/call.h"
#include "cli/names.h"
#include "cli/terminal.h"

#include <string.h>

/* RFC 3339 times of one server, all in UTC, are in the order of their text. */
static const char *last_use(const json_t *device)
{
	const char *used = json_text(device, "lastUsed");
	const char *created = json_text(device, "created");

	if (used)
		return used;
	return created ? created : "";
}

static const json_t *oldest_of(const json_t *devices)
{
	const json_t *device, *oldest = NULL;
	size_t i;

	json_array_foreach(devices, i, device) {
		if (json_is_true(json_object_get(device, "thisDevice")) || !json_text(device, "id"))
			continue;
		if (!oldest || strcmp(last_use(device), last_use(oldest)) < 0)
			oldest = device;
	}
	return oldest;
}

static void tell_removed(const struct cli *cli, const json_t *device)
{
	const char *name = json_text(device, "name");

	fprintf(stderr, "pims %s: removed device ", cli->command);
	terminal_print(stderr, json_text(device, "id"));
	fputs(name ? ", " : "", stderr);
	terminal_print(stderr, name ? name : "");
	fputc('\n', stderr);
}

int devices_remove_oldest(struct cli *cli)
{
	struct reply list cleanup_reply = {.message = NULL};
	struct reply removal cleanup_reply = {.message = NULL};
	const json_t *oldest;
	int r = word_call(cli, CALL_GET, API_DEVICE, NULL, &list);

	if (r)
		return r;
	oldest = oldest_of(json_object_get(json_object_get(list.message, "result"), "devices"));
	if (!oldest) {
		cli_say(cli, "the account has no other device that could be removed");
		return CLI_FAILED;
	}
	r = word_call(cli, CALL_SET, API_DEVICE, call_parameters("action", "remove", "id", json_text(oldest, "id"), NULL), &removal);
	if (!r)
		tell_removed(cli, oldest);
	return r;
}
