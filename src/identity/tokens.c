/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "identity/bound.h"
#include "identity/identity.h"
#include "identity/issuer.h"
#include "identity/limits.h"
#include "identity/session.h"

#include <pims/error.h>

/* What a session answers: pims.authentication.token and the user name (spec/facade.md rule 7). */

bool identity_signed_in(const struct flow *flow)
{
	const struct endpoints *endpoints = &flow->profile->endpoints;
	const struct session *session = flow->session;

	if (!session_exists(session) || !text_equal(session->client_id, flow->profile->client_id))
		return false;
	if (endpoints->known && !issuer_accepted(endpoints, session->issuer))
		return false;
	return !secret_empty(&session->refresh_token) || session_access_valid(session, flow_server_time(flow), 1);
}

/* A provider need not renew the id_token (OpenID Connect Core §12.2): then only a new sign-in gives one. */
static enum flow_want answer_id(struct flow *flow)
{
	if (!session_id_valid(flow->session, flow_server_time(flow), 1))
		return flow_fail(flow, PIMS_NEED_BASIC_AUTHENTICATION, "id_token.missing");
	return bound_give(flow, "idtoken", &flow->session->id_token, false);
}

static enum flow_want answer_access(struct flow *flow)
{
	return bound_give(flow, "cvs", &flow->session->access_token, flow->session->access_bound);
}

static enum flow_want need_sign_in(struct flow *flow)
{
	return flow_fail(flow, PIMS_NEED_BASIC_AUTHENTICATION, "session.none");
}

static bool wants_refresh(const struct flow *flow)
{
	return text_equal(flow_text(flow, "action"), "refresh");
}

enum flow_want identity_idtoken(struct flow *flow)
{
	if (!identity_signed_in(flow))
		return need_sign_in(flow);
	if (!wants_refresh(flow) && session_id_valid(flow->session, flow_server_time(flow), TOKEN_MARGIN))
		return answer_id(flow);
	return flow_wait(flow, FLOW_RENEW, answer_id);
}

enum flow_want identity_cvs(struct flow *flow)
{
	if (!identity_signed_in(flow))
		return need_sign_in(flow);
	return flow_wait(flow, wants_refresh(flow) ? FLOW_RENEW : FLOW_TOKEN, answer_access);
}

enum flow_want identity_username(struct flow *flow)
{
	json_t *result;

	if (!identity_signed_in(flow))
		return need_sign_in(flow);
	result = json_pack("{s:s}", "username", flow->session->username);
	return result ? flow_succeed(flow, result) : flow_fail_return(flow, PIMS_E_MEMORY);
}
