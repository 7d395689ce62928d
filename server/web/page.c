/* SPDX-License-Identifier: Apache-2.0 */
#include "server/web/page.h"

#include "base/digest.h"
#include "base/encode.h"
#include "server/web/assets.h"

#include <pims/error.h>

#include <string.h>

/* In the page, so that it needs one request; allowed by its hash, so that no other style or script runs. */
static const char style[] =
	":root{color-scheme:light dark;--back:#f4f4f5;--card:#fff;--text:#1b1b1b;--soft:#4a4a52;--line:#c9c9cf;--edge:#62626b;--accent:#0b4fb3;"
	"--on-accent:#fff;--focus:#b36b00;--bad:#b00020;--bad-text:#7a0016;--bad-back:#fdecee}"
	"@media(prefers-color-scheme:dark){:root{--back:#131317;--card:#1e1e24;--text:#ececf1;--soft:#b4b4c0;--line:#44444f;--edge:#8f8f9c;"
	"--accent:#8ab6ff;--on-accent:#0b1a33;--focus:#ffc15c;--bad:#ff9aa5;--bad-text:#ffc9cf;--bad-back:#3a1a20}}"
	"body{font:1rem/1.5 system-ui,sans-serif;margin:0;padding:1rem;color:var(--text);background:var(--back)}"
	"main{box-sizing:border-box;max-width:27rem;margin:1rem auto;padding:1.5rem;background:var(--card);border:1px solid var(--line);"
	"border-radius:.5rem;overflow-wrap:break-word}@media(min-width:40rem){main{margin-top:3rem}}"
	"h1{font-size:1.5rem;line-height:1.25;margin:0 0 1rem;hyphens:auto}p{margin:0 0 1rem}"
	"label{display:block;font-weight:600;margin-top:1rem}"
	"input{box-sizing:border-box;width:100%;font:inherit;margin-top:.3rem;padding:.6rem;border:1px solid var(--edge);"
	"border-radius:.25rem;background:var(--card);color:var(--text)}"
	"button,summary{box-sizing:border-box;width:100%;font:inherit;font-weight:600;padding:.7rem;border:1px solid var(--accent);"
	"border-radius:.25rem;cursor:pointer;overflow-wrap:anywhere}"
	"button{margin-top:1.5rem;background:var(--accent);color:var(--on-accent)}"
	"button.quiet,summary{margin-top:.75rem;background:none;color:var(--accent)}"
	"button.bad{margin-top:0;background:none;border-color:var(--bad);color:var(--bad)}details p{margin:1rem 0}"
	".apart{margin-top:2.5rem}.hint{margin:.4rem 0 0;color:var(--soft)}ul{list-style:none;margin:0;padding:0}"
	".code{font-size:1.75rem;letter-spacing:.1em}"
	"li{margin-top:1.5rem;padding-top:1rem;border-top:1px solid var(--line)}main>h2{font-size:1.25rem;margin:2rem 0 1rem}"
	"li h2,li h3{font-size:1.1rem;margin:0;overflow-wrap:anywhere}"
	":focus-visible{outline:3px solid var(--focus);outline-offset:2px}"
	"[role=alert]{padding:.6rem;border-left:.3rem solid var(--bad);background:var(--bad-back);color:var(--bad-text)}";

int html_put(struct buf *html, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '&':
			buf_puts(html, "&amp;");
			break;
		case '<':
			buf_puts(html, "&lt;");
			break;
		case '>':
			buf_puts(html, "&gt;");
			break;
		case '"':
			buf_puts(html, "&quot;");
			break;
		case '\'':
			buf_puts(html, "&#39;");
			break;
		default:
			buf_putc(html, *text);
		}
	}
	return buf_error(html);
}

static void put_paragraph(struct buf *html, const char *attributes, const char *text)
{
	buf_printf(html, "<p%s>", attributes);
	(void)html_put(html, text);
	buf_puts(html, "</p>\n");
}

static void put_head(struct buf *html, const struct texts *texts, const char *prefix, const char *title)
{
	buf_printf(html, "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n", texts->language);
	buf_puts(html, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
	if (prefix)
		buf_printf(html, "%s: ", prefix);
	(void)html_put(html, title);
	buf_puts(html, "</title>\n<style>");
	buf_puts(html, style);
	buf_puts(html, "</style>\n</head>\n<body>\n<main>\n<h1>");
	(void)html_put(html, title);
	buf_puts(html, "</h1>\n");
}

static void put_hidden(struct buf *html, const char *name, const char *value)
{
	buf_puts(html, "<input type=\"hidden\" name=\"");
	(void)html_put(html, name);
	buf_puts(html, "\" value=\"");
	(void)html_put(html, value);
	buf_puts(html, "\">\n");
}

static void put_fields(struct buf *html, const struct sign_in_page *page)
{
	const char *described = page->error ? " aria-invalid=\"true\" aria-describedby=\"error\"" : "";

	buf_printf(html, "<label for=\"username\">%s</label>\n", page->texts->username);
	buf_puts(html, "<input id=\"username\" name=\"username\" type=\"text\" inputmode=\"email\" autocomplete=\"username\" ");
	buf_puts(html, "autocapitalize=\"none\" spellcheck=\"false\" maxlength=\"254\" ");
	buf_printf(html, "required%s%s value=\"", described, page->username ? "" : " autofocus");
	(void)html_put(html, page->username ? page->username : "");
	buf_printf(html, "\">\n<label for=\"password\">%s</label>\n", page->texts->password);
	buf_puts(html, "<input id=\"password\" name=\"password\" type=\"password\" autocomplete=\"current-password\" maxlength=\"1024\" ");
	buf_printf(html, "required%s%s>\n", described, page->username ? " autofocus" : "");
	buf_printf(html, "<button type=\"submit\">%s</button>\n", page->texts->sign_in);
}

static void put_form(struct buf *html, const struct sign_in_page *page)
{
	buf_puts(html, "<form method=\"post\" action=\"");
	(void)html_put(html, page->action);
	buf_puts(html, "\">\n");
	for (size_t i = 0; i < page->hidden->count; i++)
		put_hidden(html, page->hidden->items[i].name, page->hidden->items[i].value);
	put_hidden(html, "form_token", page->form_token);
	put_fields(html, page);
	buf_puts(html, "</form>\n");
}

static const char *script(void)
{
	return (const char *)web_asset_passkey;
}

static int put_targets(const char *scheme, struct buf *policy)
{
	if (!scheme)
		return buf_puts(policy, "; form-action 'none'");
	return buf_printf(policy, *scheme ? "; form-action 'self' %s:" : "; form-action 'self'", scheme);
}

/* Text of ours in the page that may be applied. */
static int put_source(const char *directive, const char *text, struct buf *policy)
{
	unsigned char digest[SHA256_SIZE];
	int r = sha256(text, strlen(text), digest);

	buf_printf(policy, "; %s 'sha256-", directive);
	if (r == 0)
		r = base64_encode(digest, sizeof digest, policy);
	return r < 0 ? r : buf_putc(policy, '\'');
}

/*
 * `scheme`, "" = none: Chromium applies form-action to the redirect that answers the form too, and cannot express an IPv6 loopback host; hence whole
 * schemes. Same-origin referrers keep the Origin of our own form from becoming "null".
 */
static int put_headers(struct response *response, const char *scheme, bool scripted)
{
	struct buf policy = BUF_INIT(1024);
	int r = buf_puts(&policy, "default-src 'none'; base-uri 'none'; frame-ancestors 'none'");

	if (r == 0)
		r = put_source("style-src", style, &policy);
	if (r == 0 && scripted)
		r = put_source("script-src", script(), &policy);
	if (r == 0)
		r = put_targets(scheme, &policy);
	if (r == 0)
		r = response_header(response, "Content-Security-Policy", buf_text(&policy));
	if (r == 0)
		r = response_header(response, "Cache-Control", "no-store");
	if (r == 0)
		r = response_header(response, "Referrer-Policy", "same-origin");
	if (r == 0)
		r = response_header(response, "X-Frame-Options", "DENY");
	buf_free(&policy);
	return r;
}

/* Without its policy a page is not sent at all. */
static void finish(struct response *response, int status, const char *scheme, bool scripted, struct buf *html)
{
	buf_puts(html, "</main>\n</body>\n</html>\n");
	if (buf_error(html) == 0 && put_headers(response, scheme, scripted) == 0)
		response_text(response, status, "text/html; charset=utf-8", buf_text(html));
	else
		response->status = 0;
	buf_free(html);
}

void page_sign_in(struct response *response, int status, const struct sign_in_page *page)
{
	struct buf html = BUF_INIT(REQUEST_MAX_BODY * 2);
	struct buf intro = BUF_INIT(2048);

	put_head(&html, page->texts, page->error ? page->texts->error : NULL, page->texts->sign_in);
	if (texts_fill(page->texts->continue_to, page->application, &intro) == 0)
		put_paragraph(&html, "", buf_text(&intro));
	if (page->error)
		put_paragraph(&html, " role=\"alert\" id=\"error\"", page->error);
	put_form(&html, page);
	finish(response, status, page->redirect_scheme, false, &html);
	buf_free(&intro);
}

void page_message(struct response *response, int status, const struct texts *texts, const char *heading, const char *text)
{
	struct buf html = BUF_INIT(8192);

	put_head(&html, texts, NULL, heading);
	put_paragraph(&html, "", text);
	finish(response, status, NULL, false, &html);
}

void page_content(struct response *response, const struct texts *texts, const char *heading, const struct buf *markup)
{
	struct buf html = BUF_INIT(1 << 22);

	put_head(&html, texts, NULL, heading);
	buf_puts(&html, buf_error(markup) ? "" : buf_text(markup));
	finish(response, buf_error(markup) ? 500 : 200, "", false, &html);
}

struct page_field page_otp_field(const struct texts *texts, const char *hint)
{
	return (struct page_field){"otp", texts->otp_label, "text", "one-time-code", NULL, hint};
}

struct page_field page_passkey_field(const struct texts *texts, const char *value)
{
	return (struct page_field){"name", texts->passkey_name, "text", "off", value, texts->passkey_name_hint};
}

static void put_field(struct buf *html, const struct page_field *field, bool optional, bool focus, bool failed)
{
	const char *value = field->value ? field->value : "";

	buf_printf(html, "<label for=\"%s\">%s</label>\n<input id=\"%s\" name=\"%s\" type=\"%s\" autocomplete=\"%s\"", field->name, field->label,
		   field->name, field->name, field->type, field->autocomplete);
	buf_printf(html, " autocapitalize=\"none\" spellcheck=\"false\" maxlength=\"1024\"%s%s%s", optional ? "" : " required", focus ? " autofocus" : "",
		   failed ? " aria-invalid=\"true\"" : "");
	if (failed || field->hint)
		buf_printf(html, " aria-describedby=\"%s%s%s%s\"", failed ? "error" : "", failed && field->hint ? " " : "",
			   field->hint ? field->name : "", field->hint ? "-hint" : "");
	buf_puts(html, " value=\"");
	(void)html_put(html, value);
	buf_puts(html, "\">\n");
	if (field->hint)
		buf_printf(html, "<p class=\"hint\" id=\"%s-hint\">%s</p>\n", field->name, field->hint);
}

static void put_other_button(struct buf *html, const char *name, const char *label)
{
	buf_printf(html, "<button type=\"submit\" class=\"quiet\" name=\"%s\" value=\"1\" formnovalidate>%s</button>\n", name, label);
}

/* The cursor goes to the first field that is still to be filled in. */
static void put_form_fields(struct buf *html, const struct form_page *page)
{
	bool focused = false;

	for (size_t i = 0; i < page->field_count; i++) {
		bool focus = !focused && !page->fields[i].value;

		put_field(html, &page->fields[i], page->optional && strcmp(page->fields[i].name, page->optional) == 0, focus, page->error && !page->passkey);
		focused = focused || focus;
	}
	buf_printf(html, "<button type=\"submit\"%s>", page->passkey && !page->field_count ? " autofocus" : "");
	(void)html_put(html, page->submit);
	buf_puts(html, "</button>\n");
	if (page->again)
		put_other_button(html, "again", page->again);
	if (page->cancels)
		put_other_button(html, "cancel", page->texts->cancel);
}

static void put_attribute(struct buf *html, const char *name, const char *value)
{
	buf_printf(html, " %s=\"", name);
	(void)html_put(html, value);
	buf_putc(html, '"');
}

/* The rest of the form's tag, what the script tells people, and what it fills in. */
static void put_passkey(struct buf *html, const struct texts *texts, const struct page_passkey *passkey)
{
	static const char *const answers[] = {"credential", "client_data", "authenticator_data", "signature"};

	put_attribute(html, "data-passkey", passkey->user ? "create" : "use");
	put_attribute(html, "data-party", passkey->party);
	put_attribute(html, "data-credentials", passkey->credentials);
	put_attribute(html, "data-user", passkey->user ? passkey->user : "");
	put_attribute(html, "data-account", passkey->account ? passkey->account : "");
	put_attribute(html, "data-failed", passkey->user ? texts->passkey_not_made : texts->passkey_failed);
	put_attribute(html, "data-known", texts->passkey_known);
	buf_puts(html, ">\n<p role=\"alert\" id=\"problem\" hidden></p>\n");
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
		put_hidden(html, answers[i], "");
	if (passkey->offer)
		put_hidden(html, "passkey", passkey->offer);
}

static void put_script(struct buf *html, const struct texts *texts)
{
	buf_puts(html, "<noscript>");
	put_paragraph(html, " role=\"alert\"", texts->passkey_script);
	buf_puts(html, "</noscript>\n<script>");
	buf_puts(html, script());
	buf_puts(html, "</script>\n");
}

void page_form(struct response *response, int status, const struct form_page *page)
{
	struct buf html = BUF_INIT(REQUEST_MAX_BODY * 2);

	put_head(&html, page->texts, page->error ? page->texts->error : NULL, page->heading);
	if (page->intro)
		put_paragraph(&html, "", page->intro);
	if (page->error)
		put_paragraph(&html, " role=\"alert\" id=\"error\"", page->error);
	buf_puts(&html, "<form method=\"post\"");
	put_attribute(&html, "action", page->action);
	if (page->passkey)
		put_passkey(&html, page->texts, page->passkey);
	else
		buf_puts(&html, ">\n");
	for (size_t i = 0; page->hidden && i < page->hidden->count; i++)
		put_hidden(&html, page->hidden->items[i].name, page->hidden->items[i].value);
	if (page->ticket)
		put_hidden(&html, "ticket", page->ticket);
	put_hidden(&html, "form_token", page->form_token);
	put_form_fields(&html, page);
	buf_puts(&html, "</form>\n");
	if (page->passkey)
		put_script(&html, page->texts);
	finish(response, status, page->redirect_scheme, page->passkey != NULL, &html);
}
