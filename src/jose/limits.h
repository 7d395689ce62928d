/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_JOSE_LIMITS_H
#define PIMS_JOSE_LIMITS_H

/* Bounds of signed tokens and key sets, in bytes or items. */
enum {
	JWS_MAX = 16384,      /**< compact serialisation */
	JWK_SET_MAX = 65536,
	KEY_ID_MAX = 256,
	KEYS_MAX = 64,
	AUDIENCES_MAX = 16
};

#endif
