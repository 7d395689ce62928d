/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/input.h"

#include <pims/error.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

void input_init(struct input *input, int fd)
{
	input->fd = fd;
	input->ended = false;
	input->length = 0;
}

void input_free(struct input *input)
{
	secret_wipe(input->bytes, sizeof input->bytes);
	input->length = 0;
}

int input_fill(struct input *input)
{
	ssize_t got;

	if (input->ended)
		return 0;
	if (input->length == sizeof input->bytes) {
		input_free(input);
		return PIMS_E_LIMIT;
	}
	got = read(input->fd, input->bytes + input->length, sizeof input->bytes - input->length);
	if (got > 0)
		input->length += (size_t)got;
	else if (got == 0 || (errno != EINTR && errno != EAGAIN))
		input->ended = true; /* EIO too: a job in the background has no terminal to read from */
	return 0;
}

static void input_drop(struct input *input, size_t length)
{
	size_t rest = input->length - length;

	memmove(input->bytes, input->bytes + length, rest);
	secret_wipe(input->bytes + rest, length);
	input->length = rest;
}

int input_line(struct input *input, struct secret *ret_line)
{
	const char *end = memchr(input->bytes, '\n', input->length);
	size_t length, used;
	int r;

	if (!end && !(input->ended && input->length))
		return 0;
	length = end ? (size_t)(end - input->bytes) : input->length;
	used = end ? length + 1 : length;
	if (length && input->bytes[length - 1] == '\r')
		length--;
	r = memchr(input->bytes, '\0', length) ? PIMS_E_FORMAT : secret_set_bytes(ret_line, input->bytes, length);
	input_drop(input, used);
	return r < 0 ? r : 1;
}

int input_all(struct input *input, struct buf *buf)
{
	int r = buf_put(buf, input->bytes, input->length);

	input_drop(input, input->length);
	return r;
}
