/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/prompt.h"

#include "cli/terminal.h"
#include "cli/wait.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { TWICE_TRIES = 3 };

bool prompt_possible(void)
{
	return terminal_is(stdin);
}

static int line_error(const struct cli *cli, const char *what, int value)
{
	if (value == PIMS_E_MEMORY)
		return cli_error(cli, what, value);
	return cli_usage(cli, "%s is too long, or no text", what);
}

int prompt_line(struct cli *cli, const char *what, struct secret *ret_line)
{
	bool ready;
	int r;

	for (;;) {
		r = input_line(&cli->input, ret_line);
		if (r == 1)
			return CLI_OK;
		if (r < 0)
			return line_error(cli, what, r);
		if (cli->input.ended)
			return cli_usage(cli, "standard input ended before %s", what);
		r = wait_ready(cli, true, false, &ready);
		if (r)
			return r;
		r = ready ? input_fill(&cli->input) : 0;
		if (r < 0)
			return line_error(cli, what, r);
	}
}

bool prompt_more(struct cli *cli)
{
	bool ready = false;

	while (!cli->input.length && !cli->input.ended) {
		if (wait_ready(cli, true, false, &ready))
			return false;
		if (ready)
			(void)input_fill(&cli->input);
	}
	return cli->input.length;
}

int prompt_secret(struct cli *cli, const char *question, struct secret *ret_secret)
{
	int r;

	if (!prompt_possible())
		return prompt_line(cli, question, ret_secret);
	if (terminal_echo_off(cli->input.fd) < 0)
		return cli_cannot(cli, "cannot turn the terminal's echo off: %s", strerror(errno));
	fprintf(stderr, "%s: ", question);
	r = prompt_line(cli, question, ret_secret);
	terminal_echo_on();
	fputc('\n', stderr);
	return r;
}

int prompt_text(struct cli *cli, const char *question, const char *otherwise, struct secret *ret_text)
{
	int r;

	if (!prompt_possible())
		return prompt_line(cli, question, ret_text);
	if (otherwise && *otherwise)
		fprintf(stderr, "%s [%s]: ", question, otherwise);
	else
		fprintf(stderr, "%s: ", question);
	r = prompt_line(cli, question, ret_text);
	if (!r && otherwise && secret_empty(ret_text) && secret_set(ret_text, otherwise) < 0)
		return cli_error(cli, question, PIMS_E_MEMORY);
	return r;
}

int prompt_secret_twice(struct cli *cli, const char *question, const char *again, struct secret *ret_secret)
{
	struct secret second cleanup_secret = {NULL, 0};
	int r;

	if (!prompt_possible())
		return prompt_line(cli, question, ret_secret);
	for (int i = 0; i < TWICE_TRIES; i++) {
		r = prompt_secret(cli, question, ret_secret);
		if (!r)
			r = prompt_secret(cli, again, &second);
		if (r || secret_equals(ret_secret, &second))
			return r;
		cli_say(cli, "these were not the same");
	}
	return CLI_USAGE;
}

int prompt_confirm(struct cli *cli, const char *question, bool *ret_yes)
{
	struct secret answer cleanup_secret = {NULL, 0};
	int r;

	*ret_yes = true;
	if (!prompt_possible())
		return CLI_OK;
	fprintf(stderr, "%s [y/N] ", question);
	r = prompt_line(cli, "the answer", &answer);
	*ret_yes = !r && (*secret_text(&answer) == 'y' || *secret_text(&answer) == 'Y');
	return r;
}

int prompt_file(struct cli *cli, const char *path, const char *what, struct secret *ret_secret)
{
	struct input file;
	int r = 0;
	int fd;

	if (strcmp(path, "-") == 0)
		return prompt_line(cli, what, ret_secret);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return cli_cannot(cli, "cannot read %s: %s", path, strerror(errno));
	input_init(&file, fd);
	while (!r && !file.ended) {
		r = input_fill(&file);
		if (!r)
			r = input_line(&file, ret_secret);
	}
	if (!r)
		r = input_line(&file, ret_secret);
	input_free(&file);
	(void)close(fd);
	return r == 1 ? CLI_OK : cli_cannot(cli, "%s holds no line with %s", path, what);
}
