/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_PLATFORM_AGENT_H
#define PIMS_PLATFORM_AGENT_H

#include "platform/loop.h"

#include <stdbool.h>

/*
 * Receives the redirect of the user agent on a loopback port (RFC 8252 §7.3). Whatever else reaches the port (a favicon, a scan, a redirect
 * nobody waits for) is refused, and the receiver goes on listening.
 */

struct agent_receiver;

/** Gets the whole redirect URL; true when it was the one waited for. The receiver may be freed in it. */
typedef bool (*agent_redirect_fn)(void *data, const char *url);

enum { AGENT_MAX_REQUEST = 8192, AGENT_MAX_CONNECTIONS = 8, AGENT_REQUEST_TIMEOUT_MS = 5000 };

/** True for redirect URIs that this receiver can serve: http, host 127.0.0.1, ::1 or localhost. */
bool agent_can_receive(const char *redirect_uri);

/**
 * Opens the port: that of the URI when it names one, else any free one. PIMS_E_INVALID (agent_can_receive() is false), PIMS_E_SYSTEM (the port is
 * taken), PIMS_E_MEMORY.
 */
int agent_receiver_open(struct agent_receiver **ret_receiver, struct pims_loop *loop, const char *redirect_uri, agent_redirect_fn redirect,
			void *data);
/** The redirect URI with the port in it: what the authorization request names. Valid as long as the receiver. */
const char *agent_receiver_uri(const struct agent_receiver *receiver);
/**
 * Closes the port. A page that is being sent to the browser is finished first. The end of the loop closes the port too; the receiver is freed
 * only here. NULL allowed.
 */
void agent_receiver_free(struct agent_receiver *receiver);

#endif
