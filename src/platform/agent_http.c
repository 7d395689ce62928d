/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/agent_http.h"

#include "base/text.h"

#include <pims/error.h>

#include <stdio.h>
#include <string.h>

bool agent_request_complete(const struct buf *request)
{
	return strstr(buf_text(request), "\r\n\r\n") != NULL;
}

static bool is_method(const char *text, size_t length)
{
	return length > 0 && length <= 16 && strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") >= length;
}

/* Printable ASCII only: everything else has to be percent-encoded in a target. */
static bool target_valid(const char *target, size_t length)
{
	if (length == 0 || target[0] != '/')
		return false;
	for (size_t i = 0; i < length; i++)
		if (target[i] <= 0x20 || target[i] >= 0x7f || target[i] == '#')
			return false;
	return true;
}

int agent_request_target(const struct buf *request, struct buf *ret_target)
{
	const char *line = buf_text(request);
	size_t method = strcspn(line, " \r\n");
	const char *target = line + method + 1;
	size_t length;

	if (line[method] != ' ' || !is_method(line, method))
		return PIMS_E_FORMAT;
	length = strcspn(target, " \r\n");
	if (!target_valid(target, length) || !text_starts(target + length, " HTTP/1.") || strspn(target + length + 8, "01") != 1 ||
	    !text_starts(target + length + 9, "\r\n"))
		return PIMS_E_FORMAT;
	if (method != 3 || !text_starts(line, "GET"))
		return PIMS_E_STATE;
	return buf_put(ret_target, target, length);
}

static const struct {
	const char *status;
	const char *header;
	const char *title;
	const char *text;
} PAGES[] = {
	[AGENT_PAGE_DONE] = {"200 OK", "", "Signed in", "You can close this window and go back to the application."},
	[AGENT_PAGE_REFUSED] = {"400 Bad Request", "", "Nothing to sign in", "No sign-in waits for this page. Start again from the application."},
	[AGENT_PAGE_NOT_FOUND] = {"404 Not Found", "", "Not found", "There is no such page."},
	[AGENT_PAGE_NOT_GET] = {"405 Method Not Allowed", "Allow: GET\r\n", "Not allowed", "Only GET is answered here."},
	[AGENT_PAGE_TOO_LARGE] = {"431 Request Header Fields Too Large", "", "Too large", "The request is too large."},
};

/* The address bar holds the code: nothing is loaded, stored or told to another page. */
#define PAGE_HEADERS \
	"Content-Type: text/html; charset=utf-8\r\n" \
	"Content-Security-Policy: default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n" \
	"Referrer-Policy: no-referrer\r\n" \
	"X-Content-Type-Options: nosniff\r\n" \
	"Cache-Control: no-store\r\n" \
	"Connection: close\r\n"

int agent_response(enum agent_page page, struct buf *ret_response)
{
	char html[1024];
	int length;

	length = snprintf(html, sizeof html,
			  "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
			  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>%s</title>\n</head>\n"
			  "<body>\n<main>\n<h1>%s</h1>\n<p>%s</p>\n</main>\n</body>\n</html>\n",
			  PAGES[page].title, PAGES[page].title, PAGES[page].text);
	if (length < 0 || (size_t)length >= sizeof html)
		return PIMS_E_LIMIT;
	return buf_printf(ret_response, "HTTP/1.1 %s\r\n%s" PAGE_HEADERS "Content-Length: %d\r\n\r\n%s", PAGES[page].status, PAGES[page].header,
			  length, html);
}
