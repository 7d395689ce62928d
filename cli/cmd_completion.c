/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "cli/apis.h"
#include "cli/command.h"

#include <string.h>

/* The script is made from the two tables, so that it knows what the program knows. */

const struct option_row completion_options[] = {{NULL, NULL, NULL}};

static const char head[] = "# bash completion for pims, made by `pims completion bash`\n"
			   "_pims() {\n"
			   "\tlocal current=${COMP_WORDS[COMP_CWORD]} word command= api= words=\n"
			   "\tlocal i\n"
			   "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
			   "\t\tword=${COMP_WORDS[i]}\n"
			   "\t\tcase $word in\n"
			   "\t\t--profile | --state | --timeout | --ca-file) ((i++)) ;;\n"
			   "\t\t-*) ;;\n"
			   "\t\t*) if [ -z \"$command\" ]; then command=$word; elif [ -z \"$api\" ]; then api=$word; fi ;;\n"
			   "\t\tesac\n"
			   "\tdone\n"
			   "\tcase $command:$api in\n";

static const char tail[] = "\tesac\n"
			   "\tCOMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
			   "}\n"
			   "complete -o default -F _pims pims\n";

static void print_options(const struct option_row *rows)
{
	for (; rows && rows->name; rows++)
		printf("--%s ", rows->name);
}

/* Lower-case words of "[id|cvs]" or "[set NUMBER]" are typed as they are. */
static void print_operands(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz-";

	while (*text) {
		size_t length = strspn(text, letters);

		if (length)
			printf("%.*s ", (int)length, text);
		text += length ? length : 1;
	}
}

static void print_command(const struct command *command)
{
	printf("\t%s:*) words=\"", command->name);
	print_options(command->options);
	print_options(global_options);
	print_operands(command->operands);
	fputs("\" ;;\n", stdout);
}

/* `name=` and `value` are words of their own to bash, which breaks at "=". */
static void print_row_words(const json_t *row)
{
	const json_t *value;
	const char *name;
	size_t i;

	json_object_foreach(json_object_get(row, "discriminator"), name, value)
		printf("%s= %s ", name, json_string_value(value));
	json_array_foreach(json_object_get(row, "parameters"), i, value) {
		printf("%s= ", json_text(value, "name"));
	}
}

static void print_api_words(const json_t *rows, const char *verb, const char *api)
{
	const json_t *row;
	size_t i;

	printf("\t%s:%s) words=\"--json --no-browser ", verb, api);
	json_array_foreach(rows, i, row) {
		if (text_equal(json_text(row, "verb"), verb) && text_equal(json_text(row, "api"), api))
			print_row_words(row);
	}
	fputs("\" ;;\n", stdout);
}

static bool seen_before(const json_t *rows, size_t index, const json_t *row)
{
	for (size_t i = 0; i < index; i++) {
		const json_t *other = json_array_get(rows, i);

		if (text_equal(json_text(other, "verb"), json_text(row, "verb")) &&
		    text_equal(json_text(other, "api"), json_text(row, "api")))
			return true;
	}
	return false;
}

static void print_verb(const json_t *rows, const char *verb)
{
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row) {
		if (text_equal(json_text(row, "verb"), verb) && !seen_before(rows, i, row))
			print_api_words(rows, verb, json_text(row, "api"));
	}
	printf("\t%s:*) words=\"", verb);
	json_array_foreach(rows, i, row) {
		if (text_equal(json_text(row, "verb"), verb) && !seen_before(rows, i, row))
			printf("%s ", json_text(row, "api"));
	}
	fputs("\" ;;\n", stdout);
}

int command_completion(struct cli *cli, const struct arguments *arguments)
{
	json_t *rows;

	if (!text_equal(arguments->operands[0], "bash"))
		return cli_usage(cli, "say bash");
	rows = apis_rows();
	if (!rows)
		return cli_error(cli, "apis", PIMS_E_FORMAT);
	fputs(head, stdout);
	print_verb(rows, "get");
	print_verb(rows, "set");
	json_decref(rows);
	for (const struct command *command = commands; command->name; command++)
		print_command(command);
	fputs("\t*) words=\"", stdout);
	for (const struct command *command = commands; command->name; command++)
		printf("%s ", command->name);
	print_options(global_options);
	fputs("\" ;;\n", stdout);
	fputs(tail, stdout);
	return CLI_OK;
}
