/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/render.h"

#include <string.h>

#define COLOUR_NAME "\033[1;34m"
#define COLOUR_STRING "\033[32m"
#define COLOUR_WORD "\033[33m"
#define COLOUR_END "\033[0m"

struct render {
	struct buf *buf;
	const char *at;
	int depth;
	bool colours;
};

static void render_colour(struct render *render, const char *colour)
{
	if (render->colours)
		(void)buf_puts(render->buf, colour);
}

static void render_line(struct render *render)
{
	(void)buf_putc(render->buf, '\n');
	for (int i = 0; i < render->depth; i++)
		(void)buf_puts(render->buf, "  ");
}

static void skip_blanks(struct render *render)
{
	render->at += strspn(render->at, " \t\r\n");
}

static void render_character(struct render *render)
{
	unsigned char c = (unsigned char)*render->at++;
	unsigned char next = (unsigned char)*render->at;

	if (c == 0x7f) {
		(void)buf_puts(render->buf, "\\u007f");
	} else if (c == 0xc2 && next >= 0x80 && next < 0xa0) {
		(void)buf_printf(render->buf, "\\u00%02x", next);
		render->at++;
	} else {
		(void)buf_putc(render->buf, (char)c);
	}
}

/* At the opening quote. */
static void render_string(struct render *render, const char *colour)
{
	render_colour(render, colour);
	(void)buf_putc(render->buf, *render->at++);
	while (*render->at && *render->at != '"') {
		if (*render->at == '\\' && render->at[1])
			(void)buf_putc(render->buf, *render->at++);
		render_character(render);
	}
	if (*render->at)
		(void)buf_putc(render->buf, *render->at++);
	render_colour(render, COLOUR_END);
}

static void render_word(struct render *render)
{
	size_t length = strcspn(render->at, ",]} \t\r\n");

	render_colour(render, COLOUR_WORD);
	(void)buf_put(render->buf, render->at, length);
	render_colour(render, COLOUR_END);
	render->at += length;
}

static void render_open(struct render *render)
{
	char open = *render->at++;

	(void)buf_putc(render->buf, open);
	skip_blanks(render);
	if (*render->at == (open == '{' ? '}' : ']')) {
		(void)buf_putc(render->buf, *render->at++);
		return;
	}
	render->depth++;
	render_line(render);
}

static void render_close(struct render *render)
{
	render->depth--;
	render_line(render);
	(void)buf_putc(render->buf, *render->at++);
}

/* A name is a string in front of a colon. */
static bool at_name(const char *at)
{
	for (at++; *at && *at != '"'; at++) {
		if (*at == '\\' && at[1])
			at++;
	}
	if (*at)
		at++;
	return at[strspn(at, " \t\r\n")] == ':';
}

static void render_token(struct render *render)
{
	switch (*render->at) {
	case '{':
	case '[':
		render_open(render);
		return;
	case '}':
	case ']':
		render_close(render);
		return;
	case ',':
		(void)buf_putc(render->buf, *render->at++);
		render_line(render);
		return;
	case ':':
		(void)buf_puts(render->buf, ": ");
		render->at++;
		return;
	case '"':
		render_string(render, at_name(render->at) ? COLOUR_NAME : COLOUR_STRING);
		return;
	default:
		render_word(render);
	}
}

int render_json(const char *text, bool colours, struct buf *buf)
{
	struct render render = {.buf = buf, .at = text, .colours = colours};

	for (skip_blanks(&render); *render.at; skip_blanks(&render))
		render_token(&render);
	return buf_error(buf);
}
