/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_CLI_SPAWN_H
#define PIMS_CLI_SPAWN_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Other programs: found in PATH, never through a shell. They get nothing to read, none of our descriptors, and a process group of their own, so that our
 * Ctrl-C does not end them.
 */

/** Starts one; `words` ends with NULL, `output` is its standard output (-1: nowhere). Returns 0, or -1 when it can't be started. */
int spawn_start(const char *const *words, int output, pid_t *ret_pid);
/**
 * Runs one to its end, for at most 10 s. *ret_line, NULL allowed, gets the first line of its output without the line end, "" when there is none or
 * when it does not fit. Returns its exit status, or -1: not there, killed, too slow.
 */
int spawn_run(const char *const *words, char *ret_line, size_t size);

#endif
