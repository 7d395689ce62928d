/* SPDX-License-Identifier: Apache-2.0 */
#include "base/encode.h"
#include "base/text.h"
#include "server/oidc/browser.h"
#include "server/oidc/form_token.h"
#include "server/oidc/passkey.h"
#include "server/oidc/second_factor.h"
#include "server/oidc/sign_in.h"
#include "server/oidc/sign_in_notice.h"
#include "server/web/listing.h"
#include "server/web/own.h"
#include "server/web/visit.h"

#include <pims/error.h>

#include <stdio.h>

/* The devices and sessions of who is signed in in this browser, and a button to end each. */

/* The ticket of the form that asks for a one-time password: for the page, for a code that enrols another device, or for a passkey. */
static const char ticket_page[] = "otp", ticket_add[] = "add", ticket_new_passkey[] = "add_passkey";

/* What the forms of the list are for (own_show_bound()). */
static const char purpose_list[] = "devices";

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

static void show_otp(struct request *request, struct response *response, int status, const char *ticket, const char *error)
{
	const struct texts *texts = texts_of_request(request);
	const struct page_field fields[] = {page_otp_field(texts, texts->otp_hint)};
	const struct form_page page = {.texts = texts, .heading = texts->devices_heading, .error = error, .ticket = ticket, .fields = fields,
				       .field_count = 1, .submit = texts->go_on, .again = texts->other_account};

	own_show(request, response, status, ACCOUNT_DEVICES_PATH, &page);
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
	listing_put_date(listing, listing->texts->enrolled_on, device->created);
	listing_put_date(listing, listing->texts->last_used_on, device->last_used);
	listing_put_action(listing, &(struct listing_action){"remove", device->id, listing->texts->remove, name, listing->texts->remove_sure});
	buf_puts(html, "</li>\n");
	return buf_error(html);
}

static int put_devices(struct listing *listing, const struct browser *browser)
{
	int r;

	buf_puts(&listing->html, "<ul>\n");
	r = store_device_list(request_server(listing->request)->store, browser->account, put_device, listing);
	buf_puts(&listing->html, "</ul>\n");
	if (!listing->count)
		buf_printf(&listing->html, "<p>%s</p>\n", listing->texts->no_devices);
	if (listing->count || browser->passkey_time)
		add_device_put(listing);
	return r;
}

static void show_devices(struct request *request, struct response *response, const struct browser *browser)
{
	struct listing listing = {.request = request, .texts = texts_of_request(request), .html = BUF_INIT(1 << 22)};
	struct buf action = BUF_INIT(4096);
	char token[FORM_TOKEN_SIZE];
	int r = own_action(request, ACCOUNT_DEVICES_PATH, &action);

	if (r == 0)
		r = own_token(request, browser, purpose_list, token);
	listing.action = buf_text(&action);
	listing.form_token = token;
	if (r == 0)
		r = put_devices(&listing, browser);
	if (r == 0)
		r = passkeys_put(&listing, browser->account);
	if (r == 0)
		r = sessions_put(&listing, browser);
	if (r == 0)
		page_content(response, listing.texts, listing.texts->devices_heading, &listing.html);
	else
		page_message(response, 500, listing.texts, listing.texts->error, listing.texts->failed);
	buf_free(&listing.html);
	buf_free(&action);
}

void devices_show_again(struct request *request, struct response *response)
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
		devices_show_again(request, response);
	else
		show_sign_in(request, response, status, error);
	account_free(&account);
	buf_free(&text);
}

/* `r`: of the removal. */
static int tell(const struct request *request, const struct browser *browser, int r, enum sign_in_event event)
{
	if (r == 0)
		sign_in_tell(request, browser->account, event);
	return r;
}

/* What is not there (any more) is as good as removed. */
static int end_one(const struct request *request, const struct browser *browser)
{
	struct store *store = request_server(request)->store;
	uint64_t id = 0;
	int r;

	if (decimal_parse(own_field(request, "remove"), INT64_MAX, &id) == 0)
		r = tell(request, browser, store_device_remove(store, browser->account, (int64_t)id), SIGN_IN_DEVICE_REMOVED);
	else if (decimal_parse(own_field(request, "remove_passkey"), INT64_MAX, &id) == 0)
		r = tell(request, browser, store_passkey_remove(store, browser->account, (int64_t)id), SIGN_IN_PASSKEY_REMOVED);
	else if (decimal_parse(own_field(request, "end"), INT64_MAX, &id) == 0)
		r = store_session_end(store, browser->account, (int64_t)id);
	else
		return 0;
	return r == PIMS_E_NOT_FOUND ? 0 : r;
}

/* Everywhere the places where it was signed in are forgotten as well; so is what strangers guessed, who would keep its owner out now. */
static int sign_out(const struct request *request, const struct browser *browser, bool everywhere)
{
	struct store *store = request_server(request)->store;
	int r;

	if (!everywhere)
		return store_browser_end(store, browser->account);
	r = store_sign_out(store, browser->account);
	return r < 0 ? r : sign_in_forgive(store, browser->account);
}

/* A code for another device, or a passkey: what is there already vouches for it, a device by its one-time password also where no sign-in asks for that. */
static void add(struct request *request, struct response *response, const struct browser *browser, const char *ticket)
{
	const struct texts *texts = texts_of_request(request);
	int missing = second_factor_missing(request_server(request), browser->account, second_factor_given(browser->otp_time, browser->passkey_time), true);

	if (missing < 0)
		page_message(response, 500, texts, texts->error, texts->failed);
	else if (missing == FACTOR_PASSKEY)
		passkeys_ask(request, response, browser, 200, NULL);
	else if (missing == FACTOR_OTP)
		show_otp(request, response, 200, ticket, NULL);
	else if (ticket == ticket_new_passkey && !passkey_possible(request_server(request)))
		devices_show_again(request, response);
	else if (ticket == ticket_new_passkey || missing == FACTOR_NEW_PASSKEY)
		passkeys_create(request, response, browser, 200, NULL);
	else if (browser->otp_time || browser->passkey_time)
		add_device_show(request, response, browser->account);
	else /* the first device gets its code by SMS, or from the operator */
		devices_show_again(request, response);
}

static const char *posted_ticket(const struct request *request)
{
	const char *ticket = own_field(request, "ticket");

	if (text_equal(ticket, ticket_add))
		return ticket_add;
	return text_equal(ticket, ticket_new_passkey) ? ticket_new_passkey : ticket_page;
}

static void post_otp(struct request *request, struct response *response, struct browser *browser)
{
	const struct texts *texts = texts_of_request(request);
	const char *ticket = posted_ticket(request), *error = texts->expired;
	struct buf text = BUF_INIT(1024);
	int status = 403, retry_after = 0;
	int r = own_check(request, response, ACCOUNT_DEVICES_PATH);

	if (r == PIMS_E_INVALID)
		return;
	if (r == 0) {
		r = second_factor_prove(request, response, own_field(request, "otp"), browser, &retry_after);
		own_retry(response, r, retry_after);
		if (r < 0)
			error = own_error(texts, r, retry_after, &text, &status);
	}
	if (r < 0)
		show_otp(request, response, status, ticket, error);
	else if (ticket != ticket_page)
		add(request, response, browser, ticket);
	else
		devices_show_again(request, response);
	buf_free(&text);
}

/* The form's token was right. */
static void act(struct request *request, struct response *response, const struct browser *browser)
{
	const struct texts *texts = texts_of_request(request);
	bool everywhere = query_get(&request->form, "everywhere") != NULL, leaves = everywhere || query_get(&request->form, "sign_out");
	int r;

	if (!leaves && (query_get(&request->form, "add") || query_get(&request->form, "add_passkey"))) {
		add(request, response, browser, query_get(&request->form, "add") ? ticket_add : ticket_new_passkey);
		return;
	}
	r = leaves ? sign_out(request, browser, everywhere) : end_one(request, browser);

	if (r < 0) {
		page_message(response, 500, texts, texts->error, texts->failed);
	} else if (leaves) {
		browser_forget(request, response);
		page_message(response, 200, texts, texts->signed_out, texts->close_window);
	} else {
		devices_show_again(request, response);
	}
}

static void post(struct request *request, struct response *response, const struct browser *browser)
{
	const struct texts *texts = texts_of_request(request);
	int r = own_check_bound(request, browser, purpose_list);

	if (r < 0)
		page_message(response, 403, texts, texts->error, r == PIMS_E_INVALID ? texts->foreign_form : texts->expired);
	else
		act(request, response, browser);
}

/* Nothing else comes with it. */
static bool only_leaves(const struct request *request)
{
	static const char *const others[] = {"otp", "add", "remove", "end", "everywhere", "add_passkey", "remove_passkey", "ticket"};
	bool leaves = query_get(&request->form, "sign_out") != NULL;

	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		leaves = leaves && !query_get(&request->form, others[i]);
	return leaves;
}

/* OWASP ASVS 7.5.2: who sees and ends sessions has given the password lately. Who only leaves need not. */
static bool is_known(const struct request *request, struct browser *ret_browser)
{
	int64_t now = env_now(&request_server(request)->env);

	if (browser_find(request, ret_browser) < 0)
		return false;
	return only_leaves(request) || now - ret_browser->auth_time <= BROWSER_FRESH_MS;
}

/* The password was enough to come this far, and to leave. */
static int missing_factor(const struct request *request, const struct browser *browser)
{
	if (only_leaves(request))
		return FACTOR_NONE;
	return second_factor_missing(request_server(request), browser->account, second_factor_given(browser->otp_time, browser->passkey_time), false);
}

static void go_on(struct request *request, struct response *response, struct browser *browser)
{
	const struct texts *texts = texts_of_request(request);

	switch (missing_factor(request, browser)) {
	case FACTOR_OTP:
		show_otp(request, response, 200, ticket_page, NULL);
		break;
	case FACTOR_PASSKEY:
		passkeys_ask(request, response, browser, 200, NULL);
		break;
	case FACTOR_NEW_PASSKEY:
		passkeys_create(request, response, browser, 200, NULL);
		break;
	case FACTOR_NONE:
		if (*request->method == 'P')
			post(request, response, browser);
		else
			show_devices(request, response, browser);
		break;
	default:
		page_message(response, 500, texts, texts->error, texts->failed);
	}
}

void page_devices(struct request *request, struct response *response)
{
	bool posted = *request->method == 'P';
	struct browser browser;

	if (posted && query_get(&request->form, "username"))
		check_password(request, response);
	else if (!is_known(request, &browser) || (posted && query_get(&request->form, "again")))
		show_sign_in(request, response, 200, NULL);
	else if (posted && query_get(&request->form, "cancel"))
		devices_show_again(request, response);
	else if (posted && query_get(&request->form, "otp"))
		post_otp(request, response, &browser);
	else if (!posted || !passkeys_posted(request, response, &browser))
		go_on(request, response, &browser);
}
