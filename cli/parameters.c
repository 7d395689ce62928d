/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/parameters.h"

#include "base/text.h"
#include "cli/prompt.h"
#include "cli/secrets.h"
#include "cli/wait.h"

#include <string.h>

enum { NAME_MAX_LENGTH = 64, JSON_TEXT_MAX = 65536 };

static int refuse_secret(const struct cli *cli, const char *name)
{
	return cli_usage(cli, "%s is a secret, and arguments are seen by every user of this machine: say %s=- and type it, or pipe it in",
			 name, name);
}

static int read_all(struct cli *cli, struct buf *text)
{
	bool ready = false;
	int r;

	for (;;) {
		if (input_all(&cli->input, text) < 0)
			return cli_usage(cli, "standard input is too long");
		if (cli->input.ended)
			return CLI_OK;
		r = wait_ready(cli, true, false, &ready);
		if (r)
			return r;
		if (ready)
			(void)input_fill(&cli->input);
	}
}

static int read_object(struct cli *cli, const char *json, json_t **ret_object)
{
	struct buf text = BUF_INIT(JSON_TEXT_MAX);
	bool piped = strcmp(json, "-") == 0;
	int r = CLI_OK;

	if (piped)
		r = read_all(cli, &text);
	if (!r && json_parse_object(piped ? buf_text(&text) : json, piped ? text.len : strlen(json), JSON_TEXT_MAX, ret_object) < 0)
		r = cli_usage(cli, "--json wants one JSON object, in which no name occurs twice");
	buf_free(&text);
	if (!r && !piped && secret_name_in(*ret_object))
		r = cli_usage(cli,
			      "%s is a secret, and arguments are seen by every user of this machine: say --json - and pipe the object in",
			      secret_name_in(*ret_object));
	return r;
}

static int put_asked(struct cli *cli, json_t *object, const char *name)
{
	struct secret value cleanup_secret = {NULL, 0};
	int r = prompt_secret(cli, name, &value);

	if (!r && json_put_text(object, name, secret_text(&value)) < 0)
		r = cli_usage(cli, "%s is not UTF-8", name);
	return r;
}

static int put_json(struct cli *cli, json_t *object, const char *name, const char *text)
{
	json_t *value = NULL;
	const char *secret;

	if (json_parse_value(text, strlen(text), JSON_TEXT_MAX, &value) < 0)
		return cli_usage(cli, "%s:= wants JSON, for example %s:=true", name, name);
	secret = secret_name_in(value);
	if (secret) {
		(void)refuse_secret(cli, secret);
		json_wipe(value);
		return CLI_USAGE;
	}
	return json_object_set_new(object, name, value) < 0 ? cli_error(cli, name, PIMS_E_MEMORY) : CLI_OK;
}

/** One operand, cut: "name=text" or "name:=text". */
struct operand {
	char name[NAME_MAX_LENGTH + 1];
	const char *text;
	bool raw; /**< text is JSON */
};

static bool operand_cut(const char *word, struct operand *ret_operand)
{
	const char *equal = strchr(word, '=');
	bool raw = equal && equal > word && equal[-1] == ':';
	size_t length = equal ? (size_t)(equal - word) - raw : 0;

	if (!length || length > NAME_MAX_LENGTH)
		return false;
	memcpy(ret_operand->name, word, length);
	ret_operand->name[length] = '\0';
	ret_operand->text = equal + 1;
	ret_operand->raw = raw;
	return true;
}

/* What stands behind "=" is never repeated in a complaint: it may be a secret under a wrong name. */
static int put_operand(struct cli *cli, json_t *object, const char *word)
{
	struct operand operand;

	if (!operand_cut(word, &operand))
		return cli_usage(cli, "parameters are name=value");
	if (!operand.raw && strcmp(operand.text, "-") == 0)
		return put_asked(cli, object, operand.name);
	if (secret_name(operand.name))
		return refuse_secret(cli, operand.name);
	if (operand.raw)
		return put_json(cli, object, operand.name, operand.text);
	if (json_put_text(object, operand.name, operand.text) < 0)
		return cli_usage(cli, "%s is not UTF-8", operand.name);
	return CLI_OK;
}

/* One piped object takes all of standard input: nothing is left for a question. */
static int check_input(const struct cli *cli, const char *json, int count, char **operands)
{
	if (!json || strcmp(json, "-") != 0)
		return CLI_OK;
	for (int i = 0; i < count; i++) {
		const char *equal = strchr(operands[i], '=');

		if (text_equal(equal, "=-"))
			return cli_usage(cli, "--json - and name=- both want standard input");
	}
	return CLI_OK;
}

static int read_into(struct cli *cli, int count, char **operands, json_t *object)
{
	int r = CLI_OK;

	for (int i = 0; !r && i < count; i++)
		r = put_operand(cli, object, operands[i]);
	return r;
}

int parameters_read(struct cli *cli, const char *json, int count, char **operands, json_t **ret_parameters)
{
	json_t *object = NULL;
	int r;

	if (!json && !count)
		return CLI_OK;
	r = check_input(cli, json, count, operands);
	if (!r && json)
		r = read_object(cli, json, &object);
	if (!r && !object && !(object = json_object()))
		r = cli_error(cli, "parameters", PIMS_E_MEMORY);
	if (!r)
		r = read_into(cli, count, operands, object);
	if (r)
		json_wipe(object);
	else
		*ret_parameters = object;
	return r;
}
