/* SPDX-License-Identifier: Apache-2.0 */
#include "server/web/own.h"

#include "server/account/otp.h"
#include "server/oidc/sign_in.h"

#include <pims/error.h>

#include <stdio.h>

enum { BOUND_MAX = 128 };

int own_language(const struct request *request, struct buf *ret_url)
{
	if (!request_parameter(request, "ui_locales"))
		return 0; /* the browser tells it every time */
	return buf_printf(ret_url, "?ui_locales=%s", texts_of_request(request)->language);
}

int own_path(const struct request *request, const char *path, struct buf *ret_text)
{
	struct url url = {0};
	int r = url_parse(request_server(request)->settings.issuer, &url);

	if (r == 0)
		r = buf_printf(ret_text, "%s%s", url.path, path);
	url_free(&url);
	return r;
}

int own_action(const struct request *request, const char *path, struct buf *ret_text)
{
	int r = own_path(request, path, ret_text);

	return r < 0 ? r : own_language(request, ret_text);
}

static void show(struct request *request, struct response *response, int status, const char *path, const char *token, const struct form_page *page)
{
	struct form_page whole = *page;
	struct buf action = BUF_INIT(4096);

	if (token && own_action(request, path, &action) == 0) {
		whole.action = buf_text(&action);
		whole.form_token = token;
		whole.redirect_scheme = "";
		page_form(response, status, &whole);
	} else {
		page_message(response, 500, page->texts, page->texts->error, page->texts->failed);
	}
	buf_free(&action);
}

void own_show(struct request *request, struct response *response, int status, const char *path, const struct form_page *page)
{
	char token[FORM_TOKEN_SIZE];

	show(request, response, status, path, form_token_make(request, path, token) == 0 ? token : NULL, page);
}

int own_token(const struct request *request, const struct browser *browser, const char *purpose, char ret_token[FORM_TOKEN_SIZE])
{
	struct buf text = BUF_INIT(BOUND_MAX);
	int r = browser_bind(browser, purpose, "", &text);

	if (r == 0)
		r = form_token_make(request, buf_text(&text), ret_token);
	buf_free(&text);
	return r;
}

void own_show_bound(struct request *request, struct response *response, int status, const char *path, const struct browser *browser, const char *purpose,
		    const struct form_page *page)
{
	char token[FORM_TOKEN_SIZE];

	show(request, response, status, path, own_token(request, browser, purpose, token) == 0 ? token : NULL, page);
}

int own_check_bound(const struct request *request, const struct browser *browser, const char *purpose)
{
	struct buf text = BUF_INIT(BOUND_MAX);
	/* here everybody needs the token: a cookie comes by itself */
	int r = query_get(&request->form, "form_token") ? browser_bind(browser, purpose, "", &text) : PIMS_E_INVALID;

	if (r == 0)
		r = form_token_check(request, buf_text(&text));
	buf_free(&text);
	return r;
}

int own_check(struct request *request, struct response *response, const char *path)
{
	const struct texts *texts = texts_of_request(request);
	int r = form_token_check(request, path);

	if (r == PIMS_E_INVALID)
		page_message(response, 403, texts, texts->error, texts->foreign_form);
	return r;
}

const char *own_field(const struct request *request, const char *name)
{
	const char *value = query_get(&request->form, name);

	return value ? value : "";
}

void own_retry(struct response *response, int r, int retry_after)
{
	char seconds[16];

	if (r == PIMS_E_AGAIN)
		retry_after = 2;
	if (retry_after <= 0)
		return;
	(void)snprintf(seconds, sizeof seconds, "%d", retry_after);
	(void)response_header(response, "Retry-After", seconds);
}

const char *own_error(const struct texts *texts, int r, int retry_after, struct buf *text, int *ret_status)
{
	char minutes[16];

	*ret_status = 403;
	if (r == PIMS_E_NOT_FOUND)
		return texts->wrong;
	if (r == PIMS_E_INVALID)
		return texts->wrong_otp;
	*ret_status = 503;
	if (r == PIMS_E_AGAIN)
		return texts->busy;
	*ret_status = 500;
	if (r != PIMS_E_LIMIT)
		return texts->failed;
	*ret_status = 429;
	if (retry_after == SIGN_IN_ELSEWHERE)
		return texts->elsewhere;
	if (retry_after == OTP_WITH_PIN)
		return texts->otp_row;
	(void)snprintf(minutes, sizeof minutes, "%d", retry_after / 60 + 1);
	return texts_fill(texts->too_many, minutes, text) == 0 ? buf_text(text) : texts->failed;
}
