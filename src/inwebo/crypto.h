/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_INWEBO_CRYPTO_H
#define PIMS_INWEBO_CRYPTO_H

#include "base/secret.h"

enum { IW_KEY_SIZE = 16 };

/*
 * Keys of spec/wire.md §1: 16 bytes each, everywhere as 32 lower-case hex digits, since the digits themselves enter the proofs and the OTP.
 * PIMS_E_FORMAT: a key of another form; PIMS_E_CRYPTO, PIMS_E_MEMORY.
 */

/** Kma of a PIN ("" = none) and a serial. */
int iw_kma(const char *pin, const char *serial, struct secret *ret_kma);
/** One block of AES-128-ECB under Kma: what the wire carries → the key (K0, K1, H). */
int iw_key_open(const char *kma, const char *closed, struct secret *ret_key);
/** The other way: K0 and K1 for the wire, and secval from the ms secret. */
int iw_key_close(const char *kma, const char *key, struct secret *ret_closed);
/** K1 after dK1, which is any text. */
int iw_k1_next(const char *k1, const char *dk1, struct secret *ret_k1);

#endif
