/* SPDX-License-Identifier: Apache-2.0 */
/* Signed tokens and key sets. No input carries a signature by the key below, so none may verify. */
#include "fuzz/fuzz.h"
#include "identity/jwks.h"
#include "identity/jws.h"

/* The public key of RFC 7515 appendix A.3. */
static const char keys[] = "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"a\",\"use\":\"sig\","
			   "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\",\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}]}";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct jws jws = {0};

	if (jws_parse((const char *)data, size, &jws) == 0) {
		FUZZ_CHECK(json_is_object(jws.claims));
		FUZZ_CHECK(jwks_verify(keys, &jws) < 0);
		jws_free(&jws);
	}
	(void)jwks_check((const char *)data, size);
	return 0;
}
