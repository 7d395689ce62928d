/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_CLI_TERMINAL_H
#define PIMS_CLI_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

/*
 * The terminal and the signals, which belong together: whatever ends or stops the program, the terminal gets its echo back.
 * One terminal a process: what is kept here is static, because signal handlers must reach it.
 */

/** Catches SIGINT, SIGTERM, SIGHUP, SIGQUIT: the first one makes signals_fd() readable, the second one ends the program. PIMS_E_SYSTEM. */
int signals_start(void);
int signals_fd(void);
/** The signal that came, 0 when none did. */
int signals_caught(void);

/** Turns the echo off until terminal_echo_on(). PIMS_E_SYSTEM when `fd` is no terminal. */
int terminal_echo_off(int fd);
void terminal_echo_on(void);

/** True when `file` is a terminal that wants colours (NO_COLOR, TERM=dumb). */
bool terminal_colours(FILE *file);
bool terminal_is(FILE *file);

/** Prints text that came from elsewhere: on a terminal, control characters become '?', so that none can command it. */
void terminal_print(FILE *file, const char *text);

#endif
