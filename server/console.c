/* SPDX-License-Identifier: Apache-2.0 */
#include "server/console.h"

#include "base/secret.h"

#include <poll.h>
#include <stdarg.h>

void console_line(FILE *stream, const char *format, ...)
{
	struct pollfd room = {.fd = fileno(stream), .events = POLLOUT};
	char line[CONSOLE_LINE_MAX]; /* less than PIPE_BUF: a pipe with room takes it whole */
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(line, sizeof line, format, arguments);
	va_end(arguments);
	flockfile(stream);
	if (poll(&room, 1, 0) == 1 && (room.revents & POLLOUT)) {
		(void)fprintf(stream, "%s\n", line);
		(void)fflush(stream);
	}
	funlockfile(stream);
	secret_wipe(line, sizeof line);
}
