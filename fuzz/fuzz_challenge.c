/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

#include "platform/challenge.h"

#include <string.h>

/* WWW-Authenticate: nothing is found that does not stand in it, and a right challenge in front is found whatever follows. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char right[] = "DPoP error=\"use_dpop_nonce\", ";
	char *text = malloc(size + sizeof right);

	FUZZ_CHECK(text);
	memcpy(text, right, sizeof right - 1);
	if (size)
		memcpy(text + sizeof right - 1, data, size);
	text[size + sizeof right - 1] = '\0';
	FUZZ_CHECK(challenge_has_error(text, "use_dpop_nonce"));
	if (challenge_has_error(text + sizeof right - 1, "x"))
		FUZZ_CHECK(strchr(text + sizeof right - 1, 'x') && strchr(text + sizeof right - 1, '='));
	(void)challenge_has_error(text + sizeof right - 1, "insufficient_user_authentication");
	free(text);
	return 0;
}
