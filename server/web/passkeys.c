/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "server/oidc/browser.h"
#include "server/oidc/passkey.h"
#include "server/oidc/second_factor.h"
#include "server/web/listing.h"
#include "server/web/own.h"
#include "server/web/visit.h"

#include <pims/error.h>

/* The passkeys of who is signed in in this browser: which there are, a new one, and the page that asks for one. */

/* The tickets of the forms: a new one, its first use, and any use. */
static const char ticket_create[] = "create", ticket_first[] = "first", ticket_use[] = "passkey";

static int put_passkey(void *data, const struct passkey *passkey)
{
	struct listing *listing = data;
	const struct texts *texts = listing->texts;
	const char *name = *passkey->name ? passkey->name : texts->passkey;

	if (!passkey->last_used)
		return 0;
	listing->count++;
	buf_puts(&listing->html, "<li><h3>");
	(void)html_put(&listing->html, name);
	buf_puts(&listing->html, "</h3>\n");
	listing_put_date(listing, texts->added_on, passkey->created);
	listing_put_date(listing, texts->last_used_on, passkey->last_used);
	listing_put_action(listing, &(struct listing_action){"remove_passkey", passkey->id, texts->remove, name, texts->passkey_remove_sure});
	buf_puts(&listing->html, "</li>\n");
	return buf_error(&listing->html);
}

int passkeys_put(struct listing *listing, const struct browser *browser)
{
	const struct server *server = request_server(listing->request);
	const struct texts *texts = listing->texts;
	struct buf *html = &listing->html;
	int r;

	if (!passkey_possible(server) && !browser->passkey_time)
		return 0;
	listing->count = 0;
	buf_printf(html, "<h2>%s</h2>\n<p>%s</p>\n<ul>\n", texts->passkeys_heading, texts->passkeys_intro);
	r = store_passkey_list(server->store, browser->account, put_passkey, listing);
	buf_puts(html, "</ul>\n");
	if (!passkey_possible(server) || listing->count >= PASSKEYS_MAX)
		return r;
	listing_open_form(listing);
	buf_printf(html, "<button type=\"submit\" class=\"quiet\" name=\"add_passkey\" value=\"1\">%s</button>\n</form>\n", texts->passkey_add);
	return r;
}

static void show(struct request *request, struct response *response, const struct browser *browser, int status, int r, struct form_page *page)
{
	const struct texts *texts = texts_of_request(request);
	char text[DEVICES_BOUND_SIZE];

	devices_bind(browser, text);
	page->texts = texts;
	if (r == 0)
		own_show_bound(request, response, status, ACCOUNT_DEVICES_PATH, text, page);
	else
		page_message(response, 500, texts, texts->error, texts->failed);
}

static void ask(struct request *request, struct response *response, const struct browser *browser, int status, const char *ticket, const char *error)
{
	const struct texts *texts = texts_of_request(request);
	bool first = ticket == ticket_first;
	struct passkey_prompt prompt;
	struct form_page page = {.heading = texts->passkey_heading, .intro = first ? texts->passkey_first : NULL, .error = error, .ticket = ticket,
				 .passkey = &prompt.page, .submit = texts->passkey_use};
	int r = passkey_prompt_use(request_server(request), browser->account, first, &prompt);

	show(request, response, browser, status, r, &page);
	passkey_prompt_free(&prompt);
}

void passkeys_ask(struct request *request, struct response *response, const struct browser *browser, int status, const char *error)
{
	ask(request, response, browser, status, ticket_use, error);
}

void passkeys_create(struct request *request, struct response *response, const struct browser *browser, int status, const char *error)
{
	const struct texts *texts = texts_of_request(request);
	const struct page_field fields[] = {page_passkey_field(texts)};
	struct passkey_prompt prompt;
	struct form_page page = {.heading = texts->passkey_add, .intro = texts->passkey_add_intro, .error = error, .ticket = ticket_create,
				 .passkey = &prompt.page, .fields = fields, .field_count = 1, .optional = "name", .submit = texts->go_on};
	int r = passkey_prompt_create(request_server(request), browser->account, &prompt);

	show(request, response, browser, status, r, &page);
	passkey_prompt_free(&prompt);
}

/* Also who posts without having been asked must have given what the account has. */
static int may_create(const struct request *request, const struct browser *browser)
{
	enum second_factor given = second_factor_given(browser->otp_time, browser->passkey_time);
	int missing = second_factor_missing(request_server(request), browser->account, given, true);

	return missing == SECOND_FACTOR_OTP || missing == SECOND_FACTOR_PASSKEY ? PIMS_E_NOT_FOUND : missing;
}

static void create(struct request *request, struct response *response, const struct browser *browser)
{
	const struct texts *texts = texts_of_request(request);
	int r = may_create(request, browser);

	if (r >= 0)
		r = passkey_register(request, browser, own_field(request, "name"));
	if (r == 0)
		ask(request, response, browser, 200, ticket_first, NULL);
	else if (r == PIMS_E_STATE)
		passkeys_create(request, response, browser, 403, texts->passkey_known);
	else if (r == PIMS_E_INVALID)
		passkeys_create(request, response, browser, 403, texts->passkey_refused);
	else if (r == PIMS_E_LIMIT || r == PIMS_E_NOT_FOUND)
		devices_show_again(request, response);
	else
		page_message(response, 500, texts, texts->error, texts->failed);
}

static void use(struct request *request, struct response *response, struct browser *browser, const char *ticket)
{
	const struct texts *texts = texts_of_request(request);
	int r = passkey_prove(request, response, browser);

	if (r == PIMS_E_INVALID)
		ask(request, response, browser, 403, ticket, texts->passkey_refused);
	else if (r == 0 || r == PIMS_E_NOT_FOUND)
		devices_show_again(request, response);
	else
		page_message(response, 500, texts, texts->error, texts->failed);
}

bool passkeys_posted(struct request *request, struct response *response, struct browser *browser)
{
	const char *ticket = own_field(request, "ticket");
	bool creates = text_equal(ticket, ticket_create), first = text_equal(ticket, ticket_first);

	if (!creates && !first && !text_equal(ticket, ticket_use))
		return false;
	if (devices_check(request, response, browser) < 0)
		return true;
	if (creates)
		create(request, response, browser);
	else
		use(request, response, browser, first ? ticket_first : ticket_use);
	return true;
}
