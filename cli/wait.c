/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/wait.h"

#include "cli/terminal.h"

#include <errno.h>
#include <poll.h>

enum { FIXED_FDS = 3 };

int wait_ready(struct cli *cli, bool want_input, bool want_loop, bool *ret_input)
{
	struct pollfd fds[FIXED_FDS + HANDLER_FDS] = {
		{.fd = signals_fd(), .events = POLLIN},
		{.fd = want_input ? cli->input.fd : -1, .events = POLLIN},
		{.fd = want_loop ? pims_loop_fd(cli->loop) : -1, .events = POLLIN},
	};

	handler_poll(&cli->handler, fds + FIXED_FDS);
	if (poll(fds, FIXED_FDS + HANDLER_FDS, -1) < 0 && errno != EINTR)
		return cli_error(cli, "poll", PIMS_E_SYSTEM);
	if (signals_caught())
		return CLI_SIGNALED + signals_caught();
	handler_take(cli, fds + FIXED_FDS);
	*ret_input = want_input && (fds[1].revents & (POLLIN | POLLHUP | POLLERR));
	return CLI_OK;
}
