/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/text.h"
#include "cli/apis.h"
#include "cli/call.h"
#include "cli/command.h"
#include "cli/names.h"

#include <string.h>

enum { APIS_JSON };
enum { APIS_TEXT_MAX = 1 << 20, API_COLUMN = 38 };

const struct option_row apis_options[] = {
	{"json", NULL, "the whole table as JSON: parameters, results, errors"},
	{NULL, NULL, NULL},
};

/* The table is ours or libpims's own text; still it is parsed like any other. */
json_t *apis_rows(void)
{
	const char *text = pims_apis();
	json_t *table = NULL, *rows;

	if (!text || json_parse_value(text, strlen(text), APIS_TEXT_MAX, &table) < 0)
		return NULL;
	if (json_is_array(table))
		return table;
	rows = json_incref(json_object_get(table, "rows"));
	json_decref(table);
	return rows;
}

void apis_words(const json_t *row, struct buf *words)
{
	const char *name;
	const json_t *value;
	size_t i;

	json_object_foreach(json_object_get(row, "discriminator"), name, value)
		(void)buf_printf(words, " %s=%s", name, json_string_value(value));
	json_array_foreach(json_object_get(row, "parameters"), i, value) {
		bool optional = !json_is_true(json_object_get(value, "required"));

		(void)buf_printf(words, optional ? " [%s=…]" : " %s=…", json_text(value, "name"));
	}
}

static void print_row(const json_t *row)
{
	struct buf words = BUF_INIT(4096);
	bool supported = !json_is_false(json_object_get(row, "supported"));

	apis_words(row, &words);
	if (!supported)
		(void)buf_puts(&words, "   (not yet)");
	printf("%-4s %-*s%s\n", json_text(row, "verb"), words.len ? API_COLUMN : 0, json_text(row, "api"), buf_text(&words));
	buf_free(&words);
}

static int print_json(struct cli *cli)
{
	struct reply reply cleanup_reply = {.message = NULL};
	int r = secret_set(&reply.text, pims_apis());

	return r < 0 ? cli_error(cli, "apis", r) : call_print(cli, &reply);
}

int command_apis(struct cli *cli, const struct arguments *arguments)
{
	json_t *rows;
	const json_t *row;
	size_t i;

	if (arguments->option[APIS_JSON])
		return print_json(cli);
	rows = apis_rows();
	if (!rows)
		return cli_error(cli, "apis", PIMS_E_FORMAT);
	json_array_foreach(rows, i, row)
		print_row(row);
	json_decref(rows);
	return CLI_OK;
}
