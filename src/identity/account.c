/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "identity/authorize.h"
#include "identity/identity.h"
#include "identity/limits.h"
#include "identity/session.h"

#include <pims/error.h>

#include <stdlib.h>
#include <string.h>

/*
 * Making and changing an account happens on the backend's own pages (docs/PROTOCOL.md, "Account pages"): no password passes through here. The
 * redirect at the end carries our state and `iss`, as that of a sign-in.
 */

struct visit {
	struct authorization authorization; /**< its state */
	size_t page;                        /**< offset of a URL in struct endpoints */
	bool renews;                        /**< what the session says of the user has changed */
};

static void visit_free(void *data)
{
	struct visit *visit = data;

	authorization_free(&visit->authorization);
	free(visit);
}

static const char *page_url(const struct flow *flow)
{
	const struct visit *visit = flow->data;

	return *(char *const *)(const void *)((const char *)&flow->profile->endpoints + visit->page);
}

static enum flow_want done(struct flow *flow)
{
	return flow_succeed(flow, NULL);
}

static enum flow_want read_redirect(struct flow *flow, const struct query *query)
{
	const struct visit *visit = flow->data;
	const char *error = query_get(query, "error");

	if (!authorization_issuer_matches(&flow->profile->endpoints, query))
		return flow_fail(flow, PIMS_SERVER, "oauth.issuer");
	if (error)
		return authorization_refused(flow, error);
	if (!text_equal(query_get(query, "result"), "done"))
		return flow_fail(flow, PIMS_SERVER, "server.format");
	return visit->renews ? flow_wait(flow, FLOW_RENEW, done) : done(flow);
}

static enum flow_want returned(struct flow *flow)
{
	const struct visit *visit = flow->data;
	struct query query = {0};
	enum flow_want want;
	int r = PIMS_E_NOT_FOUND;

	if (flow->agent_answer)
		r = authorization_redirect(&visit->authorization, flow->redirect_uri, flow->agent_answer, &query);
	secret_free_text(flow->agent_answer);
	flow->agent_answer = NULL;
	if (r == PIMS_E_NOT_FOUND) /* somebody else's: ours may still come */
		return flow_wait(flow, FLOW_AGENT, returned);
	if (r < 0)
		return flow_fail_return(flow, r);
	want = read_redirect(flow, &query);
	query_free(&query);
	return want;
}

/* The hint tells the page whose account it is, and which session is to stay (OpenID Connect Core 3.1.2.1, of the same name). */
static int write_url(const struct flow *flow, struct buf *buf)
{
	const struct visit *visit = flow->data;
	char language[LANGUAGE_SIZE];
	const char *local = authorization_language(flow, language);

	buf_puts(buf, page_url(flow));
	if (!strchr(page_url(flow), '?'))
		buf_putc(buf, '?');
	url_put(buf, "client_id", flow->profile->client_id);
	url_put(buf, "redirect_uri", flow->redirect_uri);
	url_put(buf, "state", secret_text(&visit->authorization.state));
	if (local)
		url_put(buf, "ui_locales", local);
	if (visit->page != offsetof(struct endpoints, account_create) && !secret_empty(&flow->session->id_token))
		url_put(buf, "id_token_hint", secret_text(&flow->session->id_token));
	return buf_error(buf);
}

static enum flow_want ask_user(struct flow *flow)
{
	struct visit *visit = flow->data;
	struct buf url = BUF_INIT(HTTP_MAX_URL);
	int r = authorization_begin(&visit->authorization, flow->env, false);

	if (r == 0)
		r = write_url(flow, &url);
	if (r == 0)
		r = text_set(&flow->agent_url, buf_text(&url));
	buf_free(&url);
	return r < 0 ? flow_fail_return(flow, r) : flow_wait(flow, FLOW_AGENT, returned);
}

static enum flow_want open_redirect(struct flow *flow)
{
	if (!page_url(flow))
		return flow_fail_name(flow, PIMS_COMPONENT_NOT_CONFIGURED, "BasicAuthentication", "backend.no_endpoint");
	return flow_wait(flow, FLOW_REDIRECT, ask_user);
}

static enum flow_want begin(struct flow *flow, size_t page, bool renews)
{
	char language[LANGUAGE_SIZE];
	const char *valid = authorization_language(flow, language);
	struct visit *visit;

	if (valid && !*valid)
		return flow_fail_name(flow, PIMS_INVALID_PARAMETER, "local", NULL);
	visit = calloc(1, sizeof *visit);
	if (!visit)
		return flow_fail_return(flow, PIMS_E_MEMORY);
	visit->page = page;
	visit->renews = renews;
	flow->data = visit;
	flow->data_free = visit_free;
	return flow_wait(flow, FLOW_ENDPOINTS, open_redirect);
}

enum flow_want identity_create_account(struct flow *flow)
{
	return begin(flow, offsetof(struct endpoints, account_create), false);
}

static enum flow_want begin_signed_in(struct flow *flow, size_t page, bool renews)
{
	if (!identity_signed_in(flow))
		return flow_fail(flow, PIMS_NEED_BASIC_AUTHENTICATION, "session.none");
	return begin(flow, page, renews);
}

enum flow_want identity_update_login(struct flow *flow)
{
	return begin_signed_in(flow, offsetof(struct endpoints, account_email), true);
}

enum flow_want identity_update_password(struct flow *flow)
{
	return begin_signed_in(flow, offsetof(struct endpoints, account_password), false);
}

const struct authorization *account_authorization(const struct flow *flow)
{
	return flow->data_free == visit_free ? &((const struct visit *)flow->data)->authorization : NULL;
}

bool identity_redirect_expected(const struct flow *flow, const char *url)
{
	const struct authorization *authorization = login_authorization(flow);
	struct query query = {0};
	int r;

	if (!authorization)
		authorization = account_authorization(flow);
	if (!authorization)
		authorization = logout_authorization(flow);
	if (!authorization || !flow->redirect_uri)
		return false;
	r = authorization_redirect(authorization, flow->redirect_uri, url, &query);
	query_free(&query);
	return r == 0;
}
