/* SPDX-License-Identifier: Apache-2.0 */
#include "server/account/enroll_code.h"
#include "server/web/listing.h"

#include <stdio.h>

/*
 * Another way than SMS to enrol a device (OWASP ASVS 6.6.1, NIST SP 800-63B-4 §3.1.3.3): one that is enrolled vouches for it, by its one-time password.
 */

void add_device_put(struct listing *listing)
{
	const struct texts *texts = listing->texts;

	buf_printf(&listing->html, "<h2>%s</h2>\n<p>%s</p>\n", texts->add_heading, texts->add_intro);
	listing_open_form(listing);
	buf_printf(&listing->html, "<button type=\"submit\" class=\"quiet\" name=\"add\" value=\"1\">%s</button>\n</form>\n", texts->add_show);
}

static int put_code(const struct server *server, const struct texts *texts, const char *code, struct buf *html)
{
	char minutes[16];

	(void)snprintf(minutes, sizeof minutes, "%d", server->settings.sms_seconds / 60);
	buf_printf(html, "<p>%s</p>\n<p class=\"code\">%s</p>\n<p>", texts->add_code, code);
	(void)texts_fill(texts->add_valid, minutes, html);
	buf_puts(html, "</p>\n");
	return buf_error(html);
}

void add_device_show(const struct request *request, struct response *response, int64_t account)
{
	const struct server *server = request_server(request);
	const struct texts *texts = texts_of_request(request);
	struct buf html = BUF_INIT(4096);
	char code[SMS_CODE_SIZE] = "";
	int r = enroll_code_make(server->store, server->seal, &server->env, account, server->settings.sms_seconds, code);

	if (r == 0)
		r = put_code(server, texts, code, &html);
	if (r == 0)
		page_content(response, texts, texts->add_heading, &html);
	else
		page_message(response, 500, texts, texts->error, texts->failed);
	secret_wipe(code, sizeof code);
	buf_free(&html);
}
