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

/* The tickets of the forms: a new one, its first use, and any use. And what all of them are for: no other form's token is good, and theirs for no other. */
static const char ticket_create[] = "create", ticket_first[] = "first", ticket_use[] = "passkey", purpose[] = "passkeys";

static int put_passkey(void *data, const struct passkey *passkey)
{
	struct listing *listing = data;
	const struct texts *texts = listing->texts;
	const char *name = *passkey->name ? passkey->name : texts->passkey;

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

int passkeys_put(struct listing *listing, int64_t account)
{
	const struct server *server = request_server(listing->request);
	const struct texts *texts = listing->texts;
	struct buf *html = &listing->html;
	int r;

	if (!passkey_possible(server))
		return 0;
	listing->count = 0;
	buf_printf(html, "<h2>%s</h2>\n<p>%s</p>\n<ul>\n", texts->passkeys_heading, texts->passkeys_intro);
	r = store_passkey_list(server->store, account, put_passkey, listing);
	buf_puts(html, "</ul>\n");
	if (listing->count >= PASSKEYS_MAX)
		return r;
	listing_open_form(listing);
	buf_printf(html, "<button type=\"submit\" class=\"quiet\" name=\"add_passkey\" value=\"1\">%s</button>\n</form>\n", texts->passkey_add);
	return r;
}

static void show(struct request *request, struct response *response, const struct browser *browser, int status, int r, struct form_page *page)
{
	const struct texts *texts = texts_of_request(request);

	page->texts = texts;
	if (r == 0)
		own_show_bound(request, response, status, ACCOUNT_DEVICES_PATH, browser, purpose, page);
	else
		page_message(response, 500, texts, texts->error, texts->failed);
}

void passkeys_ask(struct request *request, struct response *response, const struct browser *browser, int status, const char *error)
{
	const struct texts *texts = texts_of_request(request);
	struct passkey_prompt prompt;
	struct form_page page = {.heading = texts->passkey_heading, .error = error, .ticket = ticket_use, .passkey = &prompt.page,
				 .submit = texts->passkey_use, .again = texts->other_account};
	int r = passkey_prompt_use(request_server(request), browser->account, &prompt);

	show(request, response, browser, status, r, &page);
	passkey_prompt_free(&prompt);
}

void passkeys_create(struct request *request, struct response *response, const struct browser *browser, int status, const char *error)
{
	const struct texts *texts = texts_of_request(request);
	const struct page_field fields[] = {page_passkey_field(texts, query_get(&request->form, "name"))};
	/* where everybody must have one there is nothing to turn back to */
	bool must = request_server(request)->settings.sign_in_passkey && !browser->passkey_time;
	struct buf intro = BUF_INIT(4096);
	struct passkey_prompt prompt;
	struct form_page page = {.heading = texts->passkey_add, .error = error, .ticket = ticket_create, .passkey = &prompt.page, .fields = fields,
				 .field_count = 1, .optional = "name", .submit = texts->go_on, .cancels = !must, .again = must ? texts->other_account : NULL};
	int r = passkey_prompt_create(request_server(request), browser->account, &prompt);

	if (r == 0)
		r = buf_printf(&intro, "%s%s%s", must ? texts->passkey_wanted : "", must ? " " : "", texts->passkey_add_intro);
	page.intro = buf_text(&intro);
	show(request, response, browser, status, r, &page);
	passkey_prompt_free(&prompt);
	buf_free(&intro);
}

static void ask_first(struct request *request, struct response *response, const struct browser *browser, const char *offer, int status, const char *error)
{
	const struct texts *texts = texts_of_request(request);
	struct passkey_prompt prompt;
	struct form_page page = {.heading = texts->passkey_heading, .intro = texts->passkey_first, .error = error, .ticket = ticket_first,
				 .passkey = &prompt.page, .submit = texts->passkey_use, .cancels = true};
	int r = passkey_prompt_first(request_server(request), browser, offer, &prompt);

	if (r == PIMS_E_INVALID)
		passkeys_create(request, response, browser, status, texts->passkey_refused);
	else
		show(request, response, browser, status, r, &page);
	passkey_prompt_free(&prompt);
}

/* Also who posts without having been asked must have given what the account has; the store looks again (store_passkey_add()). */
static int may_create(const struct request *request, const struct browser *browser)
{
	const struct server *server = request_server(request);
	int missing = second_factor_missing(server, browser->account, second_factor_given(browser->otp_time, browser->passkey_time), true);

	return !passkey_possible(server) || missing == FACTOR_OTP || missing == FACTOR_PASSKEY ? PIMS_E_NOT_FOUND : missing;
}

static void create(struct request *request, struct response *response, const struct browser *browser)
{
	const struct texts *texts = texts_of_request(request);
	struct buf offer = BUF_INIT(QUERY_MAX_LENGTH);
	int r = may_create(request, browser);

	if (r >= 0)
		r = passkey_create(request, browser, own_field(request, "name"), &offer);
	if (r == 0)
		ask_first(request, response, browser, buf_text(&offer), 200, NULL);
	else if (r == PIMS_E_INVALID)
		passkeys_create(request, response, browser, 403, texts->passkey_refused);
	else if (r == PIMS_E_NOT_FOUND)
		devices_show_again(request, response);
	else
		page_message(response, 500, texts, texts->error, texts->failed);
	buf_free(&offer);
}

static void add(struct request *request, struct response *response, struct browser *browser)
{
	const struct texts *texts = texts_of_request(request);
	int r = may_create(request, browser);

	if (r >= 0)
		r = passkey_add(request, response, browser);
	if (r == PIMS_E_INVALID)
		ask_first(request, response, browser, query_get(&request->form, PASSKEY_OFFER), 403, texts->passkey_refused);
	else if (r == PIMS_E_STATE)
		passkeys_create(request, response, browser, 403, texts->passkey_known);
	else if (r == 0 || r == PIMS_E_LIMIT || r == PIMS_E_NOT_FOUND)
		devices_show_again(request, response);
	else
		page_message(response, 500, texts, texts->error, texts->failed);
}

static void use(struct request *request, struct response *response, struct browser *browser)
{
	const struct texts *texts = texts_of_request(request);
	enum account_factor best = FACTOR_NONE;
	int r = store_account_factor(request_server(request)->store, browser->account, &best);

	if (r == 0)
		r = best == FACTOR_PASSKEY ? passkey_prove(request, response, browser) : PIMS_E_NOT_FOUND; /* removed meanwhile */
	if (r == PIMS_E_INVALID)
		passkeys_ask(request, response, browser, 403, texts->passkey_refused);
	else if (r == 0 || r == PIMS_E_NOT_FOUND)
		devices_show_again(request, response);
	else
		page_message(response, 500, texts, texts->error, texts->failed);
}

bool passkeys_posted(struct request *request, struct response *response, struct browser *browser)
{
	const struct texts *texts = texts_of_request(request);
	const char *ticket = own_field(request, "ticket");
	bool creates = text_equal(ticket, ticket_create), first = text_equal(ticket, ticket_first);
	int r;

	if (!creates && !first && !text_equal(ticket, ticket_use))
		return false;
	r = own_check_bound(request, browser, purpose);
	if (r == PIMS_E_INVALID)
		page_message(response, 403, texts, texts->error, texts->foreign_form);
	else if (r < 0) /* another tab was faster, or it lay there for long */
		devices_show_again(request, response);
	else if (creates)
		create(request, response, browser);
	else if (first)
		add(request, response, browser);
	else
		use(request, response, browser);
	return true;
}
