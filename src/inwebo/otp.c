/* SPDX-License-Identifier: Apache-2.0 */
#include "inwebo/otp.h"

static uint32_t big_endian(const unsigned char *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

uint64_t iw_otp_value(const unsigned char digest[SHA256_SIZE])
{
	return (uint64_t)(big_endian(digest) & 0x0fffffff) * 1024 + (big_endian(digest + 4) & 1023);
}

void iw_base36(uint64_t value, char ret_text[IW_BASE36_SIZE])
{
	static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	int i = 0;

	do {
		ret_text[i++] = alphabet[value % 36];
		value /= 36;
	} while (value);
	ret_text[i] = '\0';
}

int iw_otp(const char *k1, const char *defi, const char *secval, struct secret *ret_otp)
{
	unsigned char digest[SHA256_SIZE];
	char text[IW_BASE36_SIZE];
	int r = sha256_join(digest, ":", k1, defi, secval, NULL);

	if (r < 0)
		goto out;
	iw_base36(iw_otp_value(digest), text);
	r = secret_set(ret_otp, text);
out:
	secret_wipe(digest, sizeof digest);
	secret_wipe(text, sizeof text);
	return r;
}
