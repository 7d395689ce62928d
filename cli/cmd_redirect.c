/* SPDX-License-Identifier: Apache-2.0 */
#include "base/brand.h"
#include "base/url.h"
#include "cli/command.h"
#include "cli/handler.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

/*
 * What the desktop starts for a custom scheme's URL while `pims login` waits (handler.h). It is no word for people: help and completion do not name it.
 * What goes wrong is told and is yet no failure: xdg-open would answer one by starting the browser with the same URL, which would start us.
 */

enum { ANSWER_SECONDS = 10 };

const struct option_row redirect_options[] = {{NULL, NULL, NULL}};

static int connect_to(const char *path)
{
	const struct timeval limit = {.tv_sec = ANSWER_SECONDS};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	memcpy(address.sun_path, path, strlen(path) + 1);
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0 &&
	    connect(fd, (const struct sockaddr *)&address, sizeof address) == 0 && handler_same_user(fd))
		return fd;
	(void)close(fd);
	return -1;
}

static const char *hand_over(const char *path, const struct secret *url)
{
	int fd = connect_to(path);
	const char *problem = NULL;
	char answer = 0;

	if (fd < 0)
		return "no sign-in waits for that";
	if (send(fd, secret_text(url), url->len, MSG_NOSIGNAL) != (ssize_t)url->len || recv(fd, &answer, 1, 0) != 1)
		problem = "the sign-in that waits does not answer";
	else if (answer != '1')
		problem = "the sign-in that waits has not asked for that";
	(void)close(fd);
	return problem;
}

static const char *deliver(const struct secret *text)
{
	char path[HANDLER_PATH_MAX];
	const struct brand *brand;
	struct url url = {0};

	if (text->len >= HANDLER_URL_MAX || url_parse(secret_text(text), &url) < 0)
		return "that is no address";
	brand = brand_of_scheme(url.scheme);
	secret_wipe(url.query, url.query ? strlen(url.query) : 0);
	url_free(&url);
	if (!brand || !handler_path(brand->scheme, "sock", false, path))
		return "no sign-in waits for that";
	return hand_over(path, text);
}

int command_redirect(struct cli *cli, const struct arguments *arguments)
{
	char *operand = arguments->operands[0];
	struct secret url cleanup_secret = {NULL, 0};
	const char *problem;

	if (secret_set(&url, operand) < 0)
		return cli_error(cli, "address", PIMS_E_MEMORY);
	secret_wipe(operand, strlen(operand)); /* an authorization code is in it, and every user can read arguments */
	problem = deliver(&url);
	if (problem)
		cli_say(cli, "%s", problem);
	return CLI_OK;
}
