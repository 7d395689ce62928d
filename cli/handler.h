/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_CLI_HANDLER_H
#define PIMS_CLI_HANDLER_H

#include <poll.h>
#include <stdbool.h>

/*
 * While a sign-in waits, this program is the desktop's handler of the brand's custom scheme: the browser starts `pims redirect URL`, which hands the URL to the
 * one that waits, over a socket in $XDG_RUNTIME_DIR. Only schemes of brands (base/brand_table.h), never http or somebody else's. One sign-in a scheme at
 * a time has it, by a lock; what a killed one left behind is taken away by the next, or by logging out.
 */

struct cli;

enum { HANDLER_FDS = 2, HANDLER_URL_MAX = 16384, HANDLER_PATH_MAX = 108 };

enum handler_state {
	HANDLER_NONE,  /**< no custom scheme of a brand, no desktop, or none that can */
	HANDLER_READY, /**< the browser brings the redirect back */
	HANDLER_TAKEN  /**< another sign-in has it */
};

struct handler {
	bool wanted;  /**< the command is one that registers it */
	int lock;     /**< these three are open when `state` is HANDLER_READY; a peer only when one is connected */
	int listener;
	int peer;
	enum handler_state state;
	const char *scheme; /**< of the table */
};

/** Registers it for the redirect URI that this page's address names. Not a word when it can't: then the address is pasted. */
void handler_start(struct handler *handler, const char *page);
/** Takes it away again; as often as one likes. */
void handler_stop(struct handler *handler);
/** Takes away what killed sign-ins have left behind. */
void handler_clean(void);

/** What to wait for: fds are -1 when there is nothing. */
void handler_poll(const struct handler *handler, struct pollfd fds[HANDLER_FDS]);
/** One of them is ready: takes what came and hands it to pims_redirect(). */
void handler_take(struct cli *cli, const struct pollfd fds[HANDLER_FDS]);

/** Path of the lock ("lock") or socket ("sock") of a scheme. False: there is no directory for it that is ours alone. */
bool handler_path(const char *scheme, const char *what, bool make, char path[HANDLER_PATH_MAX]);
/** True when at the other end of a socket is a process of this user. */
bool handler_same_user(int fd);

#endif
