/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_STORE_DEVICES_H
#define PIMSD_STORE_DEVICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Part of store.h, whose rules hold: enrolled devices and their one-time passwords. */

struct store;
struct mail;

/* --- devices and one-time passwords ------------------------------------------------------------------------------------------------ */
enum device_phase { DEVICE_MS = 1, DEVICE_ACTIVE = 2, DEVICE_REMOVED = 3 };
struct device {
	int64_t id;       /**< the wire's id, random, positive */
	int64_t account;
	char *serial;
	char *device_id;  /**< serial's part before its last "/_/": activating again replaces */
	char *name;
	enum device_phase phase;
	unsigned char code_hash[32]; /**< of the activation code: repeating Finalize with code and serial finds it */
	unsigned char *keys;      /**< sealed JSON: K0, K1, K1 offered but not yet proven, Kma, secval */
	size_t keys_length;
	char challenge[65];       /**< "" = none */
	int64_t challenge_expires;
	int64_t version;          /**< grows with each change */
	int64_t created;
	int64_t last_used;
};
void device_free(struct device *device);
/**
 * ActionFinalize activate: consumes the SMS code (bound to this serial: the same code and serial may come again until step ms is done), sets the
 * account's PIN when `pin` is not NULL and it has none, and adds the device, replacing an entry of the same account and device_id.
 * The replaced entry, if its id differs, leaves a tombstone as store_device_remove() does.
 * PIMS_E_NOT_FOUND: code unknown, used or expired, or bound to another serial; PIMS_E_LIMIT: `max_devices` reached; PIMS_E_STATE: `pin` is given but
 * the account has got one meanwhile (read it again), the account is blocked, the id is taken, or this code and serial have a device in
 * phase DEVICE_MS already (the answer got lost: the caller answers from that device, so that two repeats in flight cannot undo each other).
 */
int store_enroll_finalize(struct store *store, const struct device *device, const unsigned char *pin, size_t pin_length, int max_devices,
			  int64_t now);
/** The device in phase DEVICE_MS that this code and serial made, also when the code has expired since: for a repeated Finalize. PIMS_E_NOT_FOUND. */
int store_enroll_find(struct store *store, const unsigned char code_hash[32], const char *serial, struct device *ret_device);
/**
 * Step ms: phase DEVICE_ACTIVE, with keys and challenge as given; needs `device->version` unchanged, else PIMS_E_STATE. The code is now used up, and the
 * notice (NULL = none) goes to its address.
 */
int store_enroll_ms(struct store *store, const struct device *device, const struct mail *notice, int64_t now);
/** A removed device is found too: phase DEVICE_REMOVED, account as it was, no keys (NOK:NODEVICE differs from NOK:FORBIDDEN, an id never issued). */
int store_device_get(struct store *store, int64_t id, struct device *ret_device);
/** Without the removed ones. */
int store_device_list(struct store *store, int64_t account, int (*each)(void *data, const struct device *device), void *data);
/** Leaves a tombstone: id, account, phase DEVICE_REMOVED; keys, challenge and names are gone; it counts for no limit. */
int store_device_remove(struct store *store, int64_t account, int64_t id);
/** Sets the challenge of ActionSetup; the version grows too. */
int store_device_challenge(struct store *store, int64_t id, const char *challenge, int64_t expires);
/**
 * ActionFinalize otp: consumes the challenge, stores new keys and the OTP's hash (seal_digest()), and clears PIN failures when `pin_proved`. PIMS_E_STATE:
 * the version changed, the challenge is consumed, or the account is blocked or its PIN is.
 */
int store_otp_issue(struct store *store, const struct device *device, bool pin_proved, const unsigned char otp_hash[32], int64_t expires,
		    int64_t now);
/** The same within a budget. */
struct otp_grant {
	const struct device *device;
	bool pin_proved;
	const unsigned char *hash;
	int64_t expires, now;
	int per_day; /**< OTPs of the account's device_id in a UTC day; 0 = any number */
};
/**
 * With the PIN proved it also ends the account's row of wrong OTPs. PIMS_E_LIMIT: the budget of the day is spent, PIMS_E_INVALID: the row is full and the PIN
 * was not proved; nothing was changed then. *ret_remaining: what is left of the budget, -1 = there is none.
 */
int store_otp_grant(struct store *store, const struct otp_grant *grant, int *ret_remaining);
/**
 * A wrong PIN of a device that proved itself, in step ms too: consumes the challenge, counts, blocks at `max`. *ret_remaining: tries left.
 * PIMS_E_STATE as above.
 */
int store_pin_failed(struct store *store, const struct device *device, int max, int *ret_remaining);
/** A new PIN of the account, by a device that proved itself. */
struct pin_change {
	const struct device *device; /**< with its new keys; `version` stands for the challenge */
	const unsigned char *pin;    /**< sealed; NULL = the account has it already (a repeat): only the challenge is consumed */
	size_t pin_length;
	const unsigned char *old_pin; /**< update: sealed, as it was read */
	size_t old_pin_length;
	const unsigned char *code_hash; /**< reset, its repeat too: the code, which is used up; lifts the PIN block */
	const struct mail *notice;      /**< NULL = none; a repeat sends none */
	int64_t now;
};
/**
 * Consumes the challenge, stores the device's keys, uses the code up, sets the PIN, clears the failures and sends the notice; all or nothing.
 * PIMS_E_STATE: the version changed, the challenge is consumed, the PIN was changed meanwhile, or the account is blocked (its PIN, too, in an update).
 * PIMS_E_NOT_FOUND: the code is unknown, used or expired.
 */
int store_pin_change(struct store *store, const struct pin_change *change);
enum { OTP_ROW = 100 };
/**
 * Accepts an OTP of the account once. PIMS_E_NOT_FOUND: unknown, used or expired. While the account has a live one that is a guess, and each value counts once
 * in a row, which an accepted OTP ends; with OTP_ROW of them those that live die. PIMS_E_LIMIT: the row is full (see store_otp_grant()).
 */
int store_otp_consume(struct store *store, int64_t account, const unsigned char otp_hash[32], int64_t now);

#endif
