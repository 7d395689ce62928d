/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_OIDC_WEBAUTHN_H
#define PIMSD_OIDC_WEBAUTHN_H

#include "server/store/store.h"

/** The relying party's half of W3C Web Authentication Level 2, without attestation: what a browser posts is checked, nothing is asked or stored here. */

/** COSE algorithms (RFC 9053, RFC 8812) in our order: ES256, EdDSA with Ed25519, RS256. */
enum { WEBAUTHN_ES256 = -7, WEBAUTHN_EDDSA = -8, WEBAUTHN_RS256 = -257 };

struct webauthn_ceremony {
	const char *party;     /**< RP ID: a host name */
	const char *origin;    /**< of our pages */
	const char *challenge; /**< a text: its bytes are the challenge */
};
/** What the page's script posts, in base64url. NULL = it is missing. */
struct webauthn_answer {
	const char *client_data, *authenticator_data;
	const char *signature; /**< not of a registration */
};

/**
 * §7.1: the credential that was made, as id, algorithm and public key of `ret_passkey`, which the caller frees. PIMS_E_INVALID: something is wrong, and
 * *ret_fault says what, in a literal for the log.
 */
int webauthn_register(const struct webauthn_ceremony *ceremony, const struct webauthn_answer *answer, struct passkey *ret_passkey, const char **ret_fault);
/** §7.2: the signature is by `passkey`, over this challenge, with its owner present. The count that came with it; errors as above. */
int webauthn_assert(const struct webauthn_ceremony *ceremony, const struct webauthn_answer *answer, const struct passkey *passkey, int64_t *ret_count,
		    const char **ret_fault);

#endif
