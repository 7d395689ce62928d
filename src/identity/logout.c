/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "identity/identity.h"
#include "identity/issuer.h"
#include "identity/session.h"
#include "identity/token.h"

#include <pims/error.h>

#include <stdlib.h>

/*
 * The session is wiped, on disk too, before the server is asked to revoke it (RFC 7009): so the user is signed out even when the
 * server is silent, the call is canceled or the process killed meanwhile. A server that can't be reached is then told as 22xx, and
 * a disk that is full leaves both sides signed in.
 */

struct logout {
	struct session session; /**< that was wiped */
};

static void logout_free(void *data)
{
	struct logout *logout = data;

	session_free(&logout->session);
	free(logout);
}

static enum flow_want read_answer(struct flow *flow)
{
	if (flow->response.status >= 200 && flow->response.status < 300)
		return flow_succeed(flow, NULL);
	return token_fail(flow);
}

/* Revoking the refresh token ends the access tokens as well (RFC 7009 §2.1). */
static int request_revocation(struct flow *flow, const struct session *session)
{
	if (secret_empty(&session->refresh_token))
		return token_request_revocation(flow, secret_text(&session->access_token), "access_token");
	return token_request_revocation(flow, secret_text(&session->refresh_token), "refresh_token");
}

static enum flow_want revoke(struct flow *flow)
{
	const struct endpoints *endpoints = &flow->profile->endpoints;
	const struct session *session = &((struct logout *)flow->data)->session;
	int r;

	/* a token goes to nobody but its issuer */
	if (!issuer_accepted(endpoints, session->issuer) || !text_equal(session->client_id, flow->profile->client_id))
		return flow_fail(flow, PIMS_NEED_BASIC_AUTHENTICATION, "session.none");
	if (!endpoints->revocation)
		return flow_succeed(flow, NULL);
	r = request_revocation(flow, session);
	return r < 0 ? flow_fail_return(flow, r) : flow_wait(flow, FLOW_HTTP, read_answer);
}

static enum flow_want wiped(struct flow *flow)
{
	return flow_wait(flow, FLOW_ENDPOINTS, revoke);
}

static enum flow_want wipe(struct flow *flow)
{
	struct logout *logout = flow->data;

	if (!session_exists(flow->session)) /* another process was faster */
		return flow_fail(flow, PIMS_NEED_BASIC_AUTHENTICATION, "session.none");
	logout->session = *flow->session;
	*flow->session = (struct session){0};
	return flow_wait(flow, FLOW_SAVE, wiped);
}

enum flow_want identity_logout(struct flow *flow)
{
	if (!session_exists(flow->session))
		return flow_fail(flow, PIMS_NEED_BASIC_AUTHENTICATION, "session.none");
	flow->data = calloc(1, sizeof(struct logout));
	if (!flow->data)
		return flow_fail_return(flow, PIMS_E_MEMORY);
	flow->data_free = logout_free;
	return flow_wait(flow, FLOW_LOCK, wipe);
}
