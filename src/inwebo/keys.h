/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_INWEBO_KEYS_H
#define PIMS_INWEBO_KEYS_H

#include "base/buf.h"
#include "inwebo/rsa.h"
#include "platform/env.h"

/**
 * The keys of an iwws/MAC server (spec/wire.md §1): Kfact, which everybody sees, Kiw for Kma and PIN, and the key of step ms. RSA of 1024 bits, since
 * the clients in the field cut at 128 bytes. Constant once made: any thread.
 */
struct iw_keys;

enum { IW_KEYS_MAX = 16384 };

/** New keys. The caller owns *ret_keys. PIMS_E_CRYPTO, PIMS_E_MEMORY. */
int iw_keys_generate(const struct env *env, struct iw_keys **ret_keys);
/** As JSON text for a sealed place: it holds the private keys. */
int iw_keys_encode(const struct iw_keys *keys, struct buf *ret_json);
/** The other way; `env` gives the seeds of what is closed with Kfact. PIMS_E_FORMAT. */
int iw_keys_decode(const char *json, size_t length, const struct env *env, struct iw_keys **ret_keys);
/** NULL allowed. */
void iw_keys_free(struct iw_keys *keys);

/** Kfact's modulus; Kiw's and the ms key's moduli as the wire carries them, closed with Kfact. Made once, since each costs private operations. */
const char *iw_keys_kfact(const struct iw_keys *keys);
const char *iw_keys_kiw(const struct iw_keys *keys);
const char *iw_keys_ms_key(const struct iw_keys *keys);
/** Opens what a client closed under Kiw or the ms key. `ret_message` has room for IW_RSA_MAX_BYTES. PIMS_E_FORMAT. */
int iw_keys_open_kiw(const struct iw_keys *keys, const char *hex, unsigned char *ret_message, size_t *ret_length);
int iw_keys_open_ms(const struct iw_keys *keys, const char *hex, unsigned char *ret_message, size_t *ret_length);

#endif
