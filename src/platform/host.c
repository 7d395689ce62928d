/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/host.h"

#include "base/text.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

enum { FILE_MAX = 4096, PATH_MAX_BYTES = 512 };

/* The first FILE_MAX bytes of a file; false when there are none. */
static bool read_file(const char *root, const char *path, char ret_text[FILE_MAX])
{
	char whole[PATH_MAX_BYTES];
	ssize_t length;
	int fd;

	if ((size_t)snprintf(whole, sizeof whole, "%s%s", root, path) >= sizeof whole)
		return false;
	fd = open(whole, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return false;
	length = read(fd, ret_text, FILE_MAX - 1);
	close(fd);
	if (length <= 0)
		return false;
	ret_text[length] = '\0';
	return true;
}

/* What board makers leave in their tables. */
static bool is_filler(const char *text)
{
	static const char *const fillers[] = {"To Be Filled By O.E.M.", "Default string", "System Product Name", "System manufacturer",
					      "Not Specified",          "Not Applicable", "None",                "Unknown"};

	for (size_t i = 0; i < sizeof fillers / sizeof *fillers; i++)
		if (text_equal_nocase(text, fillers[i]))
			return true;
	return false;
}

/* The first line's visible characters, without blanks around them. False: nothing is left, and ret_text stays. */
static bool take(const char *text, char ret_text[HOST_TEXT_SIZE])
{
	char clean[HOST_TEXT_SIZE];
	size_t length = 0;

	text += strspn(text, " \t\"'");
	for (; *text && *text != '\n' && length < sizeof clean - 1; text++)
		if (*text >= ' ' && *text <= '~')
			clean[length++] = *text;
	while (length && strchr(" \"'", clean[length - 1]))
		length--;
	clean[length] = '\0';
	if (!length || is_filler(clean))
		return false;
	memcpy(ret_text, clean, sizeof clean);
	return true;
}

static bool take_file(const char *root, const char *path, char ret_text[HOST_TEXT_SIZE])
{
	char text[FILE_MAX];

	return read_file(root, path, text) && take(text, ret_text);
}

/* NAME=value or NAME="value", os-release(5). */
static bool take_release(const char *release, const char *name, char ret_text[HOST_TEXT_SIZE])
{
	size_t length = strlen(name);

	for (const char *line = release; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, length) == 0 && line[length] == '=')
			return take(line + length + 1, ret_text);
	}
	return false;
}

static void read_system(const char *root, const struct utsname *names, struct host *host)
{
	char release[FILE_MAX] = "";

	if (!read_file(root, "/etc/os-release", release) && !read_file(root, "/usr/lib/os-release", release))
		release[0] = '\0';
	if (!take_release(release, "NAME", host->os) && !take(names->sysname, host->os))
		(void)take("Linux", host->os);
	/* rolling distributions have no version, kernels have */
	if (!take_release(release, "VERSION_ID", host->os_version) && !take(names->release, host->os_version))
		(void)take("0", host->os_version);
}

static void read_machine(const char *root, const struct utsname *names, struct host *host)
{
	if (!take_file(root, "/sys/class/dmi/id/product_name", host->model) && !take_file(root, "/proc/device-tree/model", host->model) &&
	    !take(names->machine, host->model))
		(void)take("computer", host->model);
	if (!take_file(root, "/sys/class/dmi/id/sys_vendor", host->brand) && !take_file(root, "/sys/class/dmi/id/board_vendor", host->brand))
		(void)take("generic", host->brand);
}

void host_read(const char *root, struct host *ret_host)
{
	struct utsname names;
	struct host host = {.os = ""};

	if (uname(&names) < 0)
		memset(&names, 0, sizeof names);
	read_system(root, &names, &host);
	read_machine(root, &names, &host);
	*ret_host = host;
}
