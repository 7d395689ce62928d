/* SPDX-License-Identifier: Apache-2.0 */
#include "server/account/recovery.h"

#include "base/secret.h"

#include <pims/error.h>

#include <stdio.h>
#include <string.h>

static const char alphabet[] = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

int recovery_code_make(const struct env *env, char ret_code[RECOVERY_CODE_SIZE])
{
	unsigned char bytes[RECOVERY_LENGTH];
	char text[RECOVERY_LENGTH + 1] = "";
	int r = env_random(env, bytes, sizeof bytes);

	for (size_t i = 0; i < RECOVERY_LENGTH && r == 0; i++)
		text[i] = alphabet[bytes[i] & 31];
	if (r == 0)
		(void)snprintf(ret_code, RECOVERY_CODE_SIZE, "%.4s-%.4s-%.4s-%.4s", text, text + 4, text + 8, text + 12);
	secret_wipe(bytes, sizeof bytes);
	secret_wipe(text, sizeof text);
	return r;
}

int recovery_code_read(const char *text, char ret_code[RECOVERY_LENGTH + 1])
{
	char code[RECOVERY_LENGTH + 1];
	size_t length = 0;
	int r = PIMS_E_FORMAT;

	for (; *text; text++) {
		char c = *text >= 'a' && *text <= 'z' ? (char)(*text - 'a' + 'A') : *text;

		if (c == ' ' || c == '-')
			continue;
		if (length == RECOVERY_LENGTH || !strchr(alphabet, c))
			goto out;
		code[length++] = c;
	}
	if (length != RECOVERY_LENGTH)
		goto out;
	code[length] = '\0';
	memcpy(ret_code, code, sizeof code);
	r = 0;
out:
	secret_wipe(code, sizeof code);
	return r;
}
