/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_CONSOLE_H
#define PIMSD_CONSOLE_H

#include <stdio.h>

enum { CONSOLE_LINE_MAX = 2048 };

/**
 * Writes a line, whole, to standard output or error. When nobody reads there (a full pipe, a stopped terminal) the line is dropped: a program that
 * started us and looks at the first line only must not stop the server. Any thread. Longer lines are cut.
 */
void console_line(FILE *stream, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
