/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_INWEBO_DEVICE_H
#define PIMS_INWEBO_DEVICE_H

#include "base/json.h"
#include "base/secret.h"
#include "platform/env.h"

#include <stdbool.h>

enum {
	IW_KEY_HEX = 32,           /**< digits of K0, K1, secval, alea, macid, challenge */
	IW_MAX_MODULUS_HEX = 1024, /**< 4096 bits */
	IW_MAX_ID = 64,
	IW_MAX_CODE = 32,
	IW_MAX_PIN = 32
};

enum iw_phase {
	IW_NONE,     /**< not enrolled */
	IW_SETUP,    /**< ActionSetup activate was answered: code, Kfact, Kiw, pinmode are known */
	IW_FINALIZE, /**< ActionFinalize activate was sent and may have arrived: repeated with the same code and serial */
	IW_MS,       /**< id, K0, K1 are here; step ms is missing */
	IW_ACTIVE,
	IW_REMOVED /**< the server answered NOK:NODEVICE: enrol again */
};

/** The device at inWebo (spec/wire.md §1). device_id outlives every enrollment; the rest belongs to one. All zero = never used. */
struct iw_device {
	enum iw_phase phase;
	char device_id[IW_KEY_HEX + 1]; /**< made once an installation */
	char alea[IW_KEY_HEX + 1];
	char id[IW_MAX_ID + 1];
	struct secret k0, k1, secval; /**< hex texts */
	struct secret ms_secret;      /**< 16 bytes in hex, only in phase IW_MS: the same again when ms is repeated */
	char secid[IW_MAX_ID + 1];
	char tsync[24];                          /**< "0" before the first synchronisation */
	char challenge[65];                      /**< for the next proof, "" = none */
	char macid[IW_KEY_HEX + 1];              /**< the application it was enrolled for */
	struct secret code;                      /**< activation code; kept until the first OTP, so that a repeat is known to be one */
	int pinmode;                             /**< of the last Setup: 0 none, 1 current PIN wanted, 2 new PIN to choose */
	char *kfact;                             /**< remembered at the first activation: a change is 2208 (`inwebo.kfact_changed`) */
	char *kiw;                               /**< opened modulus, hex */
	char *ms_id, *ms_key;                    /**< of the Finalize answer, phase IW_MS; ms_key opened, hex */
	struct secret sealed_k0, sealed_k1, dk1; /**< came without a PIN at hand (Kma is not stored): applied by the next withPIN */
	char *j, *k;                             /**< of the offline OTP: kept, not used */
	struct secret h;
	bool sync_due; /**< a call succeeded, its synchronisation did not (2316): whether the server still knows the device is asked first */
	int64_t tref; /**< of the offline OTP: seconds since 1970 when J came, 0 = not known */
};

/** A copy into an all-zero device, which stays all zero on failure. PIMS_E_MEMORY. */
int iw_device_copy(const struct iw_device *device, struct iw_device *ret_device);
void iw_device_free(struct iw_device *device); /* wipes; all zero afterwards, device_id too */
/** Forgets the enrollment: keeps device_id and kfact. */
void iw_device_forget(struct iw_device *device);
/** The server answered NOK:NODEVICE: forgets, phase IW_REMOVED. */
void iw_device_set_removed(struct iw_device *device);
/** Makes device_id when there is none. */
int iw_device_init(struct iw_device *device, const struct env *env);
/** "device_id/_/alea" */
int iw_device_serial(const struct iw_device *device, struct buf *buf);
int iw_device_encode(const struct iw_device *device, json_t **ret_object);
/** Into an all-zero device; PIMS_E_FORMAT leaves it all zero. */
int iw_device_decode(const json_t *object, struct iw_device *ret_device);

#endif
