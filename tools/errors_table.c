/* SPDX-License-Identifier: Apache-2.0 */
/* Prints docs/ERRORS.md from the tables of the library: errors_table > docs/ERRORS.md. */
#include <pims/pims.h>

#include <jansson.h>
#include <stdio.h>
#include <string.h>

static const char head[] =
	"# Errors\n\n"
	"Made by `tools/errors_table.c` from `include/pims/error.h`, `include/pims/cause.h` and the table of calls; a test fails when it is out of date.\n\n"
	"A FAILED message has `code` and `label`, and what is ours beside them: `cause` (one stable word), `recovery` (what to call next), `retryAfter`\n"
	"(seconds), `remaining` (attempts left). `pims` prints the meaning under the message. `pims_cause_text()` and `pims_cause_recovery()` give it to programs.\n\n";

static const char calls_head[] =
	"\n## Calls\n\n"
	"Every call may also answer 2000 to 2007, 2208, 2301 and 2302, one with a missing or wrong parameter 2101 and 2102, and one whose backend has no such\n"
	"call 2344 (`backend.no_endpoint`). A call that lists none of 2201, 2202, 2204 answers them as they are; with another list, a cause takes the nearest code.\n"
	"Rows marked *ours* are not of the reference.\n\n"
	"| call | chosen by | codes |\n|---|---|---|\n";

static const char causes_head[] =
	"\n## Causes\n\n"
	"A word that ends in a dot stands for all that begin with it and have no row of their own. The codes are those it is raised with, before the nearest\n"
	"one that the call lists takes their place; without a code it is an answer of the server that no call of the library asks for.\n\n"
	"| cause | meaning | call next | codes | tells |\n|---|---|---|---|---|\n";

static void print_code(const char *text)
{
	if (*text)
		printf("`%s`", text);
}

static void print_meaning(int code, const char *text, const char *next)
{
	printf("| %d | %s | %s | ", code, pims_error_label(code), text);
	print_code(next);
	puts(" |");
}

static void print_codes(void)
{
	puts("## Codes\n\n| code | label | meaning | call next |\n|---|---|---|---|");
#define MEANING_LINE(code, text, next) print_meaning(code, text, next);
	PIMS_MEANINGS(MEANING_LINE)
	puts("\nOther codes of `include/pims/error.h` belong to other parts of the Mobile SDK; no call here answers them.");
}

static void print_row(const json_t *row)
{
	const char *name, *separator = "";
	json_t *value;
	size_t i;

	printf("| %s %s%s | ", json_string_value(json_object_get(row, "verb")), json_string_value(json_object_get(row, "api")),
	       json_is_true(json_object_get(row, "extension")) ? " (*ours*)" : "");
	json_object_foreach(json_object_get(row, "discriminator"), name, value) {
		printf("%s%s=%s", separator, name, json_string_value(value));
		separator = " ";
	}
	printf(" |");
	json_array_foreach(json_object_get(row, "errors"), i, value)
		printf(" %d", (int)json_integer_value(value));
	puts(" |");
}

static int print_calls(void)
{
	json_t *rows = json_loads(pims_apis(), JSON_REJECT_DUPLICATES, NULL);
	const json_t *row;
	size_t i;

	if (!rows)
		return -1;
	fputs(calls_head, stdout);
	json_array_foreach(rows, i, row)
		print_row(row);
	json_decref(rows);
	return 0;
}

static void print_cause(const char *word, const char *text, const char *next, const char *codes, const char *tells)
{
	printf("| `%s` | %s | ", word, text);
	print_code(next);
	printf(" | %s | %s |\n", codes, tells);
}

static void print_causes(void)
{
	fputs(causes_head, stdout);
#define CAUSE_LINE(word, text, next, codes, tells) print_cause(word, text, next, codes, tells);
	PIMS_CAUSES(CAUSE_LINE)
}

int main(void)
{
	fputs(head, stdout);
	print_codes();
	if (print_calls() < 0)
		return 1;
	print_causes();
	return fflush(stdout) == 0 ? 0 : 1;
}
