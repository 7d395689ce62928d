/* SPDX-License-Identifier: Apache-2.0 */
#include "base/encode.h"

#include <pims/error.h>

#include <string.h>

static const char hex_digits[] = "0123456789abcdef";

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

void hex_encode(const void *bytes, size_t length, char *ret_hex)
{
	const unsigned char *from = bytes;

	for (size_t i = 0; i < length; i++) {
		*ret_hex++ = hex_digits[from[i] >> 4];
		*ret_hex++ = hex_digits[from[i] & 15];
	}
	*ret_hex = '\0';
}

bool hex_valid(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (hex_value(text[i]) < 0)
			return false;
	return text[length] == '\0';
}

int hex_decode(const char *hex, void *ret_bytes, size_t length)
{
	unsigned char *to = ret_bytes;

	if (!hex_valid(hex, 2 * length))
		return PIMS_E_FORMAT;
	for (size_t i = 0; i < length; i++)
		to[i] = (unsigned char)(hex_value(hex[2 * i]) << 4 | hex_value(hex[2 * i + 1]));
	return 0;
}

static const char url_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char standard_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int encode64(const char *alphabet, const void *bytes, size_t length, struct buf *buf)
{
	const unsigned char *from = bytes;

	for (size_t i = 0; i < length; i += 3) {
		size_t left = length - i;
		unsigned group = (unsigned)from[i] << 16;
		char digits[4];

		if (left > 1)
			group |= (unsigned)from[i + 1] << 8;
		if (left > 2)
			group |= from[i + 2];
		for (unsigned d = 0; d < 4; d++)
			digits[d] = alphabet[group >> (18 - 6 * d) & 63];
		buf_put(buf, digits, left > 2 ? 4 : left + 1);
	}
	return buf_error(buf);
}

static int decode64(const char *alphabet, const char *text, size_t length, unsigned char *to, size_t max, size_t *ret_length)
{
	unsigned bits = 0, count = 0;
	size_t done = 0;

	if (length % 4 == 1)
		return PIMS_E_FORMAT;
	if (length / 4 * 3 + (length % 4 ? length % 4 - 1 : 0) > max)
		return PIMS_E_LIMIT;
	for (size_t i = 0; i < length; i++) {
		const char *digit = text[i] ? strchr(alphabet, text[i]) : NULL;

		if (!digit)
			return PIMS_E_FORMAT;
		bits = (bits << 6 | (unsigned)(digit - alphabet)) & 0xffff;
		count += 6;
		if (count >= 8) {
			count -= 8;
			to[done++] = (unsigned char)(bits >> count);
		}
	}
	if (bits & ((1u << count) - 1)) /* one text, one meaning (RFC 4648 §3.5) */
		return PIMS_E_FORMAT;
	*ret_length = done;
	return 0;
}

int base64url_encode(const void *bytes, size_t length, struct buf *buf)
{
	return encode64(url_alphabet, bytes, length, buf);
}

int base64url_decode(const char *text, size_t length, void *ret_bytes, size_t max, size_t *ret_length)
{
	return decode64(url_alphabet, text, length, ret_bytes, max, ret_length);
}

int base64_encode(const void *bytes, size_t length, struct buf *buf)
{
	static const char padding[] = "==";
	size_t rest = length % 3;

	encode64(standard_alphabet, bytes, length, buf);
	if (rest)
		buf_put(buf, padding, 3 - rest);
	return buf_error(buf);
}

int base64_decode(const char *text, size_t length, void *ret_bytes, size_t max, size_t *ret_length)
{
	if (length % 4)
		return PIMS_E_FORMAT;
	if (length && text[length - 1] == '=')
		length--;
	if (length % 4 == 3 && text[length - 1] == '=')
		length--;
	return decode64(standard_alphabet, text, length, ret_bytes, max, ret_length);
}

int decimal_parse(const char *text, uint64_t max, uint64_t *ret_value)
{
	uint64_t value = 0;

	if (!*text)
		return PIMS_E_FORMAT;
	for (; *text; text++) {
		unsigned digit = (unsigned)(*text - '0');

		if (digit > 9 || digit > max || value > (max - digit) / 10)
			return PIMS_E_FORMAT;
		value = value * 10 + digit;
	}
	*ret_value = value;
	return 0;
}

bool decimal_valid(const char *text, size_t max_length)
{
	size_t length = 0;

	for (; text[length]; length++)
		if (text[length] < '0' || text[length] > '9' || length >= max_length)
			return false;
	return length > 0;
}
