/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_CLI_INPUT_H
#define PIMS_CLI_INPUT_H

#include "base/buf.h"
#include "base/secret.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Standard input, line by line and never waiting by itself: what is left over after one line belongs to the next question. Lines may be secrets,
 * so the bytes are wiped as soon as they were taken.
 */

enum { INPUT_LINE_MAX = 16384 };

struct input {
	int fd;
	bool ended; /**< no more bytes will come */
	size_t length;
	char bytes[INPUT_LINE_MAX];
};

void input_init(struct input *input, int fd);
/** Wipes what was not taken. */
void input_free(struct input *input);
/** Reads once, when poll() said that it is possible. PIMS_E_LIMIT: a line is too long (and is dropped). */
int input_fill(struct input *input);
/** 1: a line without its end is in *ret_line (a last line without an end counts); 0: not yet, or none left when `ended`. PIMS_E_MEMORY, PIMS_E_FORMAT (NUL). */
int input_line(struct input *input, struct secret *ret_line);
/** Moves all that was read to `buf`. PIMS_E_MEMORY, PIMS_E_LIMIT. */
int input_all(struct input *input, struct buf *buf);

#endif
