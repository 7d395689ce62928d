/* SPDX-License-Identifier: Apache-2.0 */
#include "inwebo/proof.h"

#include "base/encode.h"
#include "base/secret.h"

static int proof(const struct iw_proof_keys *keys, const char *last, char ret_hex[SHA256_HEX_SIZE])
{
	unsigned char digest[SHA256_SIZE];
	int r = sha256_join(digest, ";", keys->challenge, keys->k0, last, NULL);

	if (r == 0)
		hex_encode(digest, sizeof digest, ret_hex);
	secret_wipe(digest, sizeof digest);
	return r;
}

int iw_prove(const struct iw_proof_keys *keys, const char *pin, struct iw_proofs *ret_proofs)
{
	struct iw_proofs proofs;
	int r = proof(keys, keys->serial, proofs.r0);

	if (r == 0)
		r = proof(keys, keys->k1, proofs.r1);
	if (r == 0)
		r = proof(keys, pin ? pin : "", proofs.r2);
	if (r == 0)
		*ret_proofs = proofs;
	return r;
}
