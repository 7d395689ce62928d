/* SPDX-License-Identifier: Apache-2.0 */
#include "inwebo/error.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

struct row {
	const char *word;
	int code;
	const char *cause;
};

#define IW_ERROR_ROW(name, word, code, cause) [IW_##name] = {word, code, cause},
/* clang-format off */
static const struct row rows[IW_ERROR_COUNT] = {
	[IW_OK] = {"OK", 0, ""},
	IW_ERRORS(IW_ERROR_ROW)
};
/* clang-format on */
#undef IW_ERROR_ROW

static const struct row *row_of(enum iw_error error)
{
	return &rows[(unsigned)error < IW_ERROR_COUNT ? error : IW_OTHER];
}

int iw_error_code(enum iw_error error)
{
	return row_of(error)->code;
}

const char *iw_error_cause(enum iw_error error)
{
	return row_of(error)->cause;
}

const char *iw_error_word(enum iw_error error)
{
	return row_of(error)->word;
}

enum iw_error iw_error_of_cause(const char *cause)
{
	for (unsigned i = IW_OK + 1; i < IW_ERROR_COUNT; i++)
		if (strcmp(cause, rows[i].cause) == 0)
			return (enum iw_error)i;
	return IW_OK;
}

enum iw_error iw_error_parse(const char *word)
{
	if (strcmp(word, "NOK:NOK_BLOCKED") == 0 || strcmp(word, "OK:BLOCKED") == 0)
		return IW_BLOCKED;
	for (unsigned i = 0; i < IW_ERROR_COUNT; i++)
		if (*rows[i].word && strcmp(word, rows[i].word) == 0)
			return (enum iw_error)i;
	return IW_OTHER;
}

void iw_refusal_set(struct iw_refusal *refusal, enum iw_error error)
{
	*refusal = (struct iw_refusal){.error = error, .remaining = -1, .retry_after = -1};
	snprintf(refusal->cause, sizeof refusal->cause, "%s", iw_error_cause(error));
}
