/* SPDX-License-Identifier: Apache-2.0 */
#include "server/iwws/mac.h"

#include <pims/error.h>

/*
 * Mails to the account's owner, who may not be the one that enrols a device or changes the PIN (OWASP ASVS 6.3.7, NIST SP 800-63B-4 §4.6). A name is the
 * device's own word: it gets one line, and not much of it.
 */

enum { NAME_MAX_BYTES = 80 };

static bool is_control(const char *at)
{
	unsigned char c = (unsigned char)*at, next = c ? (unsigned char)at[1] : 0;

	/* C1 and the two separators of lines, U+2028 and U+2029, are control characters to some readers of mail */
	return c < ' ' || c == 0x7f || (c == 0xc2 && next < 0xa0) || (c == 0xe2 && next == 0x80 && ((unsigned char)at[2] & 0xfe) == 0xa8);
}

static size_t character_length(const char *at)
{
	size_t length = 1;

	while (((unsigned char)at[length] & 0xc0) == 0x80)
		length++;
	return length;
}

static int put_name(const char *name, struct buf *ret_text)
{
	size_t length;
	int r = 0;

	for (const char *at = name; r == 0 && *at; at += length) {
		length = character_length(at);
		if ((size_t)(at - name) + length > NAME_MAX_BYTES)
			return buf_puts(ret_text, "…");
		r = is_control(at) ? buf_puts(ret_text, " ") : buf_put(ret_text, at, length);
	}
	return r;
}

int mac_notice(struct mac_call *call, const struct account *account, const char *sentence, const char *name, struct notice *ret_notice)
{
	struct buf shown = BUF_INIT(256), text = BUF_INIT(1024);
	int r;

	if (account->issuer)
		return 0;
	r = put_name(name, &shown);
	if (r == 0)
		r = texts_fill(sentence, buf_text(&shown), &text);
	if (r == 0)
		r = notice_make(call->server, call->texts, account->email, buf_text(&text), ret_notice);
	buf_free(&shown);
	buf_free(&text);
	return r;
}
