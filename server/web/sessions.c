/* SPDX-License-Identifier: Apache-2.0 */
#include "server/server.h"
#include "server/web/listing.h"

/* Where an account is signed in. */

static int put_session(void *data, const struct session_info *session)
{
	struct listing *listing = data;
	const struct texts *texts = listing->texts;

	listing->count++;
	buf_puts(&listing->html, "<li><h3>");
	(void)html_put(&listing->html, session->application);
	buf_puts(&listing->html, "</h3>\n");
	listing_put_date(listing, texts->signed_in_on, session->auth_time);
	listing_put_date(listing, texts->last_used_on, session->used);
	listing_put_action(listing, &(struct listing_action){"end", session->id, texts->end_session, session->application, texts->end_session_sure});
	buf_puts(&listing->html, "</li>\n");
	return buf_error(&listing->html);
}

int sessions_put(struct listing *listing, const struct browser *browser)
{
	const struct server *server = request_server(listing->request);
	const struct texts *texts = listing->texts;
	int r;

	listing->count = 0;
	buf_printf(&listing->html, "<h2>%s</h2>\n<ul>\n", texts->sessions_heading);
	r = store_session_list(server->store, browser->account, env_now(&server->env), put_session, listing);
	buf_puts(&listing->html, "</ul>\n");
	if (!listing->count)
		buf_printf(&listing->html, "<p>%s</p>\n", texts->no_sessions);
	buf_puts(&listing->html, "<div class=\"apart\">\n");
	listing_open_form(listing);
	buf_printf(&listing->html, "<button type=\"submit\" class=\"quiet\" name=\"sign_out\" value=\"1\">%s</button>\n</form>\n</div>\n",
		   texts->sign_out);
	listing_put_action(listing, &(struct listing_action){"everywhere", 1, texts->everywhere, "", texts->everywhere_sure});
	return r;
}
