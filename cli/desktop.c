/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/desktop.h"

#include "base/buf.h"
#include "base/text.h"
#include "cli/file.h"
#include "cli/mimeapps.h"
#include "cli/spawn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_LENGTH_MAX = 4096, ENTRY_MAX = 16384, VALUE_MAX = 512, NAME_LENGTH_MAX = 96 };

#define PREVIOUS "X-Pims-Previous="

/* Everything that belongs to a scheme. */
struct entry {
	char name[NAME_LENGTH_MAX];          /**< pims-login-mymap.desktop */
	char type[NAME_LENGTH_MAX];          /**< x-scheme-handler/mymap */
	char directory[PATH_LENGTH_MAX]; /**< …/applications */
	char path[PATH_LENGTH_MAX];
	char mimeapps[PATH_LENGTH_MAX];
};

/* XDG Base Directory Specification: a relative path in the variable is to be ignored. */
static bool put_path(char *path, const char *variable, const char *below_home, const char *rest)
{
	const char *base = getenv(variable);
	const char *home = getenv("HOME");
	int length;

	if (base && *base == '/')
		length = snprintf(path, PATH_LENGTH_MAX, "%s/%s", base, rest);
	else if (home && *home == '/')
		length = snprintf(path, PATH_LENGTH_MAX, "%s/%s/%s", home, below_home, rest);
	else
		return false;
	return length > 0 && length < PATH_LENGTH_MAX;
}

static bool fill(struct entry *entry, const char *scheme)
{
	int length;

	if (snprintf(entry->name, sizeof entry->name, "pims-login-%s.desktop", scheme) >= (int)sizeof entry->name ||
	    snprintf(entry->type, sizeof entry->type, "x-scheme-handler/%s", scheme) >= (int)sizeof entry->type)
		return false;
	if (!put_path(entry->directory, "XDG_DATA_HOME", ".local/share", "applications") ||
	    !put_path(entry->mimeapps, "XDG_CONFIG_HOME", ".config", "mimeapps.list"))
		return false;
	length = snprintf(entry->path, sizeof entry->path, "%s/%s", entry->directory, entry->name);
	return length > 0 && length < (int)sizeof entry->path;
}

/* Not there: no cache, which xdg-open does without, and then we are made the default. */
static void update_database(const struct entry *entry)
{
	const char *const words[] = {"update-desktop-database", entry->directory, NULL};

	(void)spawn_run(words, NULL, 0);
}

/* False when there is no xdg-mime to ask. */
static bool is_default(const struct entry *entry, bool *ret_ours)
{
	const char *const words[] = {"xdg-mime", "query", "default", entry->type, NULL};
	char line[VALUE_MAX];

	if (spawn_run(words, line, sizeof line) < 0)
		return false;
	*ret_ours = strcmp(line, entry->name) == 0;
	return true;
}

static bool make_default(const struct entry *entry)
{
	const char *const words[] = {"xdg-mime", "default", entry->name, entry->type, NULL};
	bool ours = false;

	return is_default(entry, &ours) && (ours || (spawn_run(words, NULL, 0) == 0 && is_default(entry, &ours) && ours));
}

/*
 * The program's path as the value of Exec (Desktop Entry Specification, "The Exec key"). Quoted only where it must be: xdg-open itself does not
 * understand quotes.
 */
static int put_program(struct buf *text, const char *path)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._+-:@,";

	if (!path[strspn(path, plain)])
		return buf_puts(text, path);
	(void)buf_putc(text, '"');
	for (; *path; path++) {
		if (strchr("\"`$\\", *path))
			(void)buf_puts(text, "\\\\"); /* the backslash of the quotes, itself escaped as in every string */
		if (*path == '\\' || *path == '%')
			(void)buf_putc(text, *path);
		(void)buf_putc(text, *path);
	}
	return buf_putc(text, '"');
}

static bool is_text(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

static bool write_entry(const struct entry *entry)
{
	struct buf text = BUF_INIT(ENTRY_MAX);
	char program[PATH_LENGTH_MAX], previous[VALUE_MAX];
	ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
	bool ok;

	if (length <= 0)
		return false;
	program[length] = '\0';
	if (!is_text(program) || access(program, X_OK) < 0)
		return false;
	mimeapps_get(entry->mimeapps, entry->type, previous, sizeof previous);
	(void)buf_puts(&text, "[Desktop Entry]\nType=Application\nName=pims login\nComment=Brings the browser's answer back to pims login\nExec=");
	(void)put_program(&text, program);
	(void)buf_printf(&text, " redirect %%u\nNoDisplay=true\nTerminal=false\nMimeType=%s;\n", entry->type);
	if (*previous && is_text(previous) && !text_starts(previous, entry->name)) /* a line of ours that lost its entry is nothing to give back */
		(void)buf_printf(&text, PREVIOUS "%s\n", previous);
	ok = buf_error(&text) == 0 && file_make_path(entry->directory) == 0 && file_replace(entry->path, &text, 0600) == 0;
	buf_free(&text);
	return ok;
}

bool desktop_register(const char *scheme)
{
	struct entry entry;
	bool ours;

	if (!fill(&entry, scheme) || !is_default(&entry, &ours) || !write_entry(&entry))
		return false;
	update_database(&entry);
	if (make_default(&entry))
		return true;
	desktop_unregister(scheme);
	return false;
}

bool desktop_registered(const char *scheme)
{
	struct entry entry;

	return fill(&entry, scheme) && access(entry.path, F_OK) == 0;
}

/* False when there is no entry of ours. */
static bool read_previous(const struct entry *entry, char *previous, size_t size)
{
	struct buf text = BUF_INIT(ENTRY_MAX);
	const char *line;
	bool there = file_load(entry->path, &text) == 0;

	line = there ? strstr(buf_text(&text), "\n" PREVIOUS) : NULL;
	*previous = '\0';
	if (line) {
		line += sizeof PREVIOUS;
		(void)snprintf(previous, size, "%.*s", (int)strcspn(line, "\n"), line);
	}
	buf_free(&text);
	return there;
}

/* First the line, then the entry that remembers what it was: whoever is ended in between can do it again. */
void desktop_unregister(const char *scheme)
{
	char previous[VALUE_MAX];
	struct entry entry;

	if (!fill(&entry, scheme) || !read_previous(&entry, previous, sizeof previous))
		return;
	mimeapps_restore(entry.mimeapps, entry.type, entry.name, previous);
	(void)unlink(entry.path);
	update_database(&entry);
}
