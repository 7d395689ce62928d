/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "identity/authorize.h"
#include "identity/identity.h"
#include "identity/issuer.h"
#include "identity/session.h"
#include "identity/token.h"

#include <pims/error.h>

#include <stdlib.h>
#include <string.h>

/*
 * The session is wiped, on disk too, before the server is asked to revoke it (RFC 7009): so the user is signed out even when the
 * server is silent, the call is canceled or the process killed meanwhile. A server that can't be reached is then told as 22xx, and
 * a disk that is full leaves both sides signed in.
 */

struct logout {
	struct session session;             /**< that was wiped */
	struct authorization authorization; /**< its state: of the request to end the browser's session */
};

static void logout_free(void *data)
{
	struct logout *logout = data;

	session_free(&logout->session);
	authorization_free(&logout->authorization);
	free(logout);
}

static enum flow_want done(struct flow *flow)
{
	return flow_succeed(flow, NULL);
}

/*
 * OpenID Connect RP-Initiated Logout 1.0: what the browser knows is ended by the browser. The redirect at the end says no more than that the
 * provider is through with it.
 */
static enum flow_want returned(struct flow *flow)
{
	const struct logout *logout = flow->data;
	struct query query = {0};
	int r = PIMS_E_NOT_FOUND;

	if (flow->agent_answer)
		r = authorization_redirect(&logout->authorization, flow->redirect_uri, flow->agent_answer, &query);
	secret_free_text(flow->agent_answer);
	flow->agent_answer = NULL;
	query_free(&query);
	if (r == PIMS_E_NOT_FOUND) /* somebody else's: ours may still come */
		return flow_wait(flow, FLOW_AGENT, returned);
	return r < 0 ? flow_fail_return(flow, r) : done(flow);
}

static int write_url(const struct flow *flow, struct buf *buf)
{
	const struct logout *logout = flow->data;
	const char *url = flow->profile->endpoints.end_session;
	char language[LANGUAGE_SIZE];
	const char *local = authorization_language(flow, language);

	buf_puts(buf, url);
	if (!strchr(url, '?'))
		buf_putc(buf, '?');
	if (!secret_empty(&logout->session.id_token))
		url_put(buf, "id_token_hint", secret_text(&logout->session.id_token));
	url_put(buf, "client_id", flow->profile->client_id);
	url_put(buf, "post_logout_redirect_uri", flow->redirect_uri);
	url_put(buf, "state", secret_text(&logout->authorization.state));
	if (local && *local)
		url_put(buf, "ui_locales", local);
	return buf_error(buf);
}

static enum flow_want ask_browser(struct flow *flow)
{
	struct logout *logout = flow->data;
	struct buf url = BUF_INIT(HTTP_MAX_URL);
	int r = authorization_begin(&logout->authorization, flow->env, false);

	if (r == 0)
		r = write_url(flow, &url);
	if (r == 0)
		r = text_set(&flow->agent_url, buf_text(&url));
	buf_free(&url);
	return r < 0 ? flow_fail_return(flow, r) : flow_wait(flow, FLOW_AGENT, returned);
}

static enum flow_want open_redirect(struct flow *flow)
{
	return flow_wait(flow, FLOW_REDIRECT, ask_browser);
}

static enum flow_want revoked(struct flow *flow)
{
	if (!flow_text(flow, "endSession"))
		return done(flow);
	if (!flow->profile->endpoints.end_session)
		return flow_fail_name(flow, PIMS_COMPONENT_NOT_CONFIGURED, "BasicAuthentication", "backend.no_endpoint");
	return flow_wait(flow, FLOW_UNLOCK, open_redirect);
}

static enum flow_want read_answer(struct flow *flow)
{
	if (flow->response.status >= 200 && flow->response.status < 300)
		return revoked(flow);
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
		return revoked(flow);
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

const struct authorization *logout_authorization(const struct flow *flow)
{
	return flow->data_free == logout_free ? &((const struct logout *)flow->data)->authorization : NULL;
}
