/* SPDX-License-Identifier: Apache-2.0 */
#include "base/encode.h"
#include "server/oidc/browser.h"
#include "server/oidc/form_token.h"
#include "server/oidc/sign_in.h"
#include "server/web/own.h"
#include "server/web/visit.h"

#include <pims/error.h>

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

/* The devices of who is signed in in this browser, and a button to remove each. */

struct listing {
	struct request *request;
	const struct texts *texts;
	const char *action;
	const char *form_token;
	struct buf html;
	int count;
};

static void show_sign_in(struct request *request, struct response *response, int status, const char *error)
{
	const struct texts *texts = texts_of_request(request);
	const struct page_field fields[] = {
		{"username", texts->username, "email", "username", query_get(&request->form, "username"), NULL},
		{"password", texts->password, "password", "current-password", NULL, NULL},
	};
	const struct form_page page = {.texts = texts, .heading = texts->devices_heading, .error = error, .fields = fields, .field_count = 2,
				       .submit = texts->sign_in};

	own_show(request, response, status, ACCOUNT_DEVICES_PATH, &page);
}

static void put_date(struct buf *html, const char *text, int64_t time)
{
	time_t seconds = (time_t)(time / 1000);
	char date[32] = "";
	struct tm tm;

	if (gmtime_r(&seconds, &tm))
		(void)strftime(date, sizeof date, "%Y-%m-%d", &tm);
	buf_puts(html, "<p class=\"hint\">");
	(void)texts_fill(text, date, html);
	buf_puts(html, "</p>\n");
}

/* Asked for twice, without a script: what the summary opens says what it means, and has the button. */
static void put_removal(struct listing *listing, int64_t id, const char *name)
{
	struct buf *html = &listing->html, remove = BUF_INIT(2048);

	(void)texts_fill(listing->texts->remove, name, &remove);
	buf_puts(html, "<details><summary>");
	(void)html_put(html, buf_text(&remove));
	buf_printf(html, "</summary>\n<p>%s</p>\n<form method=\"post\" action=\"", listing->texts->remove_sure);
	(void)html_put(html, listing->action);
	buf_printf(html, "\">\n<input type=\"hidden\" name=\"form_token\" value=\"%s\">\n", listing->form_token);
	buf_printf(html, "<button type=\"submit\" class=\"bad\" name=\"remove\" value=\"%" PRId64 "\">", id);
	(void)html_put(html, buf_text(&remove));
	buf_puts(html, "</button>\n</form></details>");
	buf_free(&remove);
}

static int put_device(void *data, const struct device *device)
{
	struct listing *listing = data;
	struct buf *html = &listing->html;
	const char *name = device->name && *device->name ? device->name : device->device_id;

	if (!name)
		name = "?";
	listing->count++;
	buf_puts(html, "<li><h2>");
	(void)html_put(html, name);
	buf_puts(html, "</h2>\n");
	put_date(html, listing->texts->enrolled_on, device->created);
	put_date(html, listing->texts->last_used_on, device->last_used);
	put_removal(listing, device->id, name);
	buf_puts(html, "</li>\n");
	return buf_error(html);
}

/* What binds a form to the browser that it was shown in: nobody else's token is good here. */
static void bind(const struct browser *browser, char ret_text[80])
{
	char hex[65];

	hex_encode(browser->hash, sizeof browser->hash, hex);
	(void)snprintf(ret_text, 80, "devices %s", hex);
}

static void show_devices(struct request *request, struct response *response, const struct browser *browser)
{
	struct listing listing = {.request = request, .texts = texts_of_request(request), .html = BUF_INIT(1 << 22)};
	struct buf action = BUF_INIT(4096);
	char text[80], token[FORM_TOKEN_SIZE];
	int r = own_action(request, ACCOUNT_DEVICES_PATH, &action);

	bind(browser, text);
	if (r == 0)
		r = form_token_make(request, text, token);
	listing.action = buf_text(&action);
	listing.form_token = token;
	buf_puts(&listing.html, "<ul>\n");
	if (r == 0)
		r = store_device_list(request_server(request)->store, browser->account, put_device, &listing);
	buf_puts(&listing.html, "</ul>\n");
	if (r == 0 && !listing.count) {
		buf_reset(&listing.html);
		buf_printf(&listing.html, "<p>%s</p>\n", listing.texts->no_devices);
	}
	if (r == 0)
		page_content(response, listing.texts, listing.texts->devices_heading, &listing.html);
	else
		page_message(response, 500, listing.texts, listing.texts->error, listing.texts->failed);
	buf_free(&listing.html);
	buf_free(&action);
}

/* A reload of the answer must not post again. */
static void show_again(struct request *request, struct response *response)
{
	struct buf url = BUF_INIT(8192);

	if (buf_printf(&url, "%s" ACCOUNT_DEVICES_PATH, request_server(request)->settings.issuer) == 0 && own_language(request, &url) == 0)
		response_redirect(response, 303, buf_text(&url));
	(void)response_header(response, "Cache-Control", "no-store");
	buf_free(&url);
}

static void check_password(struct request *request, struct response *response)
{
	const struct texts *texts = texts_of_request(request);
	struct account account = {0};
	struct buf text = BUF_INIT(1024);
	struct browser browser;
	const char *error = texts->expired;
	int status = 403, retry_after = 0;
	int r = own_check(request, response, ACCOUNT_DEVICES_PATH);

	if (r == PIMS_E_INVALID)
		return;
	if (r == 0) {
		r = sign_in(request, own_field(request, "username"), own_field(request, "password"), &account, &retry_after);
		if (r == 0)
			r = browser_start(request, response, &account, &browser);
		own_retry(response, r, retry_after);
		if (r < 0)
			error = own_error(texts, r, retry_after, &text, &status);
	}
	if (r == 0)
		show_again(request, response);
	else
		show_sign_in(request, response, status, error);
	account_free(&account);
	buf_free(&text);
}

static void remove_device(struct request *request, struct response *response, const struct browser *browser)
{
	const struct texts *texts = texts_of_request(request);
	char text[80];
	uint64_t id = 0;
	int r;

	bind(browser, text);
	/* here everybody needs the token: a cookie comes by itself */
	r = query_get(&request->form, "form_token") ? form_token_check(request, text) : PIMS_E_INVALID;
	if (r < 0) {
		page_message(response, 403, texts, texts->error, r == PIMS_E_INVALID ? texts->foreign_form : texts->expired);
		return;
	}
	r = decimal_parse(own_field(request, "remove"), INT64_MAX, &id);
	if (r == 0)
		r = store_device_remove(request_server(request)->store, browser->account, (int64_t)id);
	if (r == 0 || r == PIMS_E_NOT_FOUND || r == PIMS_E_FORMAT)
		show_again(request, response);
	else
		page_message(response, 500, texts, texts->error, texts->failed);
}

void page_devices(struct request *request, struct response *response)
{
	bool posted = *request->method == 'P';
	struct browser browser;

	if (posted && query_get(&request->form, "username"))
		check_password(request, response);
	else if (browser_find(request, &browser) < 0)
		show_sign_in(request, response, 200, NULL);
	else if (posted)
		remove_device(request, response, &browser);
	else
		show_devices(request, response, &browser);
}
