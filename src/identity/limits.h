/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_IDENTITY_LIMITS_H
#define PIMS_IDENTITY_LIMITS_H

/* Bounds of what a server may send, in bytes, items or seconds. */
enum {
	TOKEN_MAX = 8192,     /**< access or refresh token: must fit into a header */
	ID_TOKEN_MAX = 16384, /**< compact serialisation; as JWS_MAX (jose/limits.h) */
	CLAIM_MAX = 1024,     /**< subject, user name, client id */
	SCOPE_MAX = 1024,
	ENDPOINT_MAX = 2048,
	CODE_MAX = 6144,      /**< authorization code */
	DOCUMENT_MAX = 65536, /**< metadata, key set, token answer */

	CLOCK_LEEWAY = 60, /**< between our idea of the server's clock and the issuer's */
	TOKEN_MARGIN = 60  /**< a token is given out with at least this much life (spec/facade.md rule 7) */
};

#endif
