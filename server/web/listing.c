/* SPDX-License-Identifier: Apache-2.0 */
#include "server/web/listing.h"

#include <inttypes.h>
#include <time.h>

void listing_put_date(struct listing *listing, const char *text, int64_t time)
{
	time_t seconds = (time_t)(time / 1000);
	char date[32] = "";
	struct tm tm;

	if (!time)
		return;
	if (gmtime_r(&seconds, &tm))
		(void)strftime(date, sizeof date, "%Y-%m-%d", &tm);
	buf_puts(&listing->html, "<p class=\"hint\">");
	(void)texts_fill(text, date, &listing->html);
	buf_puts(&listing->html, "</p>\n");
}

void listing_open_form(struct listing *listing)
{
	buf_puts(&listing->html, "<form method=\"post\" action=\"");
	(void)html_put(&listing->html, listing->action);
	buf_printf(&listing->html, "\">\n<input type=\"hidden\" name=\"form_token\" value=\"%s\">\n", listing->form_token);
}

void listing_put_action(struct listing *listing, const struct listing_action *action)
{
	struct buf *html = &listing->html, label = BUF_INIT(2048);

	(void)texts_fill(action->label, action->name, &label);
	buf_puts(html, "<details><summary>");
	(void)html_put(html, buf_text(&label));
	buf_printf(html, "</summary>\n<p>%s</p>\n", action->sure);
	listing_open_form(listing);
	buf_printf(html, "<button type=\"submit\" class=\"bad\" name=\"%s\" value=\"%" PRId64 "\">", action->field, action->value);
	(void)html_put(html, buf_text(&label));
	buf_puts(html, "</button>\n</form></details>");
	buf_free(&label);
}
