/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/mimeapps.h"

#include "base/buf.h"
#include "cli/file.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 1 << 20 };

#define GROUP "[Default Applications]"

/* One line after the other; `text` points behind it. */
struct line {
	const char *start;
	size_t length;  /**< without the line end */
	bool in_group;  /**< of the default applications */
};

static bool next_line(const char **text, struct line *line)
{
	if (!**text)
		return false;
	line->start = *text;
	line->length = strcspn(*text, "\n");
	*text += line->length + ((*text)[line->length] == '\n');
	if (*line->start == '[')
		line->in_group = strncmp(line->start, GROUP, sizeof GROUP - 1) == 0;
	return true;
}

/* The value of "type=value", or NULL. */
static const char *value_of(const struct line *line, const char *type)
{
	size_t length = strlen(type);

	if (!line->in_group || line->length <= length || line->start[length] != '=' || strncmp(line->start, type, length) != 0)
		return NULL;
	return line->start + length + 1;
}

void mimeapps_get(const char *path, const char *type, char *value, size_t size)
{
	struct buf file = BUF_INIT(FILE_MAX);
	struct line line = {.in_group = false};
	const char *text, *found = NULL;

	*value = '\0';
	text = file_load(path, &file) == 0 ? buf_text(&file) : "";
	while (!found && next_line(&text, &line))
		found = value_of(&line, type);
	if (found && (size_t)(line.start + line.length - found) < size)
		(void)snprintf(value, size, "%.*s", (int)(line.start + line.length - found), found);
	buf_free(&file);
}

/* "application" or "application;" */
static bool names_alone(const struct line *line, const char *value, const char *application)
{
	size_t length = strlen(application);
	size_t rest = (size_t)(line->start + line->length - value);

	if (rest < length || strncmp(value, application, length) != 0)
		return false;
	return rest == length || (rest == length + 1 && value[length] == ';');
}

/* *ret_found: there was such a line; *ret_left: other lines say something. */
static void rewrite(const char *text, const char *type, const char *application, const char *previous, struct buf *out, bool *ret_found,
		    bool *ret_left)
{
	struct line line = {.in_group = false};

	*ret_found = *ret_left = false;
	while (next_line(&text, &line)) {
		const char *value = value_of(&line, type);

		if (value && names_alone(&line, value, application)) {
			*ret_found = true;
			if (*previous)
				(void)buf_printf(out, "%s=%s\n", type, previous);
			continue;
		}
		(void)buf_put(out, line.start, line.length);
		(void)buf_putc(out, '\n');
		*ret_left = *ret_left || (line.length && !(line.in_group && *line.start == '['));
	}
	*ret_left = *ret_left || *previous;
}

/* Behind a symbolic link (files that somebody keeps elsewhere) the file itself is replaced. */
static void write_back(const char *path, const struct buf *text)
{
	char *real = realpath(path, NULL);
	struct stat status;

	if (real && stat(real, &status) == 0)
		(void)file_replace(real, text, status.st_mode & 0777);
	free(real);
}

void mimeapps_restore(const char *path, const char *type, const char *application, const char *previous)
{
	struct buf file = BUF_INIT(FILE_MAX), out = BUF_INIT(FILE_MAX);
	bool found = false, left = true;

	if (file_load(path, &file) == 0)
		rewrite(buf_text(&file), type, application, previous, &out, &found, &left);
	if (found && !left)
		(void)unlink(path);
	else if (found && buf_error(&out) == 0)
		write_back(path, &out);
	buf_free(&file);
	buf_free(&out);
}
