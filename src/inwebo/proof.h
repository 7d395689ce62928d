/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_INWEBO_PROOF_H
#define PIMS_INWEBO_PROOF_H

#include "base/digest.h"

/** What proves a device in every Finalize (spec/wire.md §1): texts, "" before the device has any. */
struct iw_proof_keys {
	const char *challenge;
	const char *k0; /**< mode upgrade of old clients puts K1 here */
	const char *k1;
	const char *serial;
};

struct iw_proofs {
	char r0[SHA256_HEX_SIZE]; /**< challenge;K0;serial */
	char r1[SHA256_HEX_SIZE]; /**< challenge;K0;K1 */
	char r2[SHA256_HEX_SIZE]; /**< challenge;K0;pin */
};

/** `pin` NULL or "" = without PIN. PIMS_E_CRYPTO. */
int iw_prove(const struct iw_proof_keys *keys, const char *pin, struct iw_proofs *ret_proofs);

#endif
