/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_IWWS_MAC_H
#define PIMSD_IWWS_MAC_H

#include "inwebo/server.h"
#include "server/account/mail.h"
#include "server/server.h"
#include "server/store/seal.h"

/** One request of /iwws/MAC on its way. */
struct mac_call {
	struct server *server;
	const char *network; /**< of the client (request_network()) */
	const struct texts *texts; /**< for mails; NULL where no step is run */
	int64_t now;         /**< milliseconds since 1970 */
	struct iw_request request;
	struct buf xml; /**< the answer */
	struct iw_refusal refusal;
};

/**
 * A step: 0 with the answer in `xml`, an enum iw_error with `refusal` filled, or a negative enum pims_return: our own failure, which is no answer of the
 * protocol (HTTP 500).
 */
typedef int (*mac_step_fn)(struct mac_call *call);

int mac_setup_activate(struct mac_call *call);
int mac_finalize_activate(struct mac_call *call);
int mac_finalize_ms(struct mac_call *call);
int mac_setup_otp(struct mac_call *call);
int mac_finalize_otp(struct mac_call *call);
int mac_setup_status(struct mac_call *call);
int mac_setup_password(struct mac_call *call);
int mac_finalize_password(struct mac_call *call);
int mac_setup_reset(struct mac_call *call);
int mac_finalize_reset(struct mac_call *call);

/** Fills `refusal` and returns `error`. `cause` NULL = the table's. */
int mac_refuse(struct mac_call *call, enum iw_error error, const char *cause);

/** A device with its account, opened. */
struct mac_device {
	struct device row;
	struct account account;
	struct iw_record record;
	struct secret pin; /**< of the account, empty = none */
};

/** The device of the request's id; refuses an unknown one (FORBIDDEN) and a removed one (NODEVICE). */
int mac_device_load(struct mac_call *call, struct mac_device *ret_device);
/** Opens the account and the record of a row that is already there. */
int mac_device_open(struct mac_call *call, struct mac_device *device);
/** Puts the record back into the row, sealed. */
int mac_device_seal(struct mac_call *call, struct mac_device *device);
void mac_device_free(struct mac_device *device);

/** Refuses a device whose activation is not finished. */
int mac_check_active(struct mac_call *call, const struct mac_device *device);
/**
 * A challenge in the row and in the store. One that is still good is told again instead of being replaced: whoever knows an id may ask for Setup, and must
 * not be able to spoil the proofs that the device is about to send.
 */
int mac_make_challenge(struct mac_call *call, struct device *row);
/** Only that the device proves itself; whether the account is blocked is the caller's question then. */
int mac_prove_keys(struct mac_call *call, const struct mac_device *device, const char *challenge, struct iw_verdict *ret_verdict);
/** Proofs of the request by the device's keys. Refuses a device that does not prove itself, and then a blocked account: strangers learn nothing. */
int mac_prove(struct mac_call *call, const struct mac_device *device, const char *challenge, struct iw_verdict *ret_verdict);
/** Counts a wrong PIN of a device that proved itself; returns the refusal. The challenge is used up. */
int mac_wrong_pin(struct mac_call *call, const struct mac_device *device);
/** Refuses an account that is blocked. */
int mac_check_blocked(struct mac_call *call, const struct account *account);
/** The account whose live code for `purpose` this is. Refuses others, and addresses that guess. */
int mac_find_code(struct mac_call *call, const unsigned char hash[SEAL_DIGEST_SIZE], enum sms_purpose purpose, int64_t *ret_account);
/** Refuses for a while: `retry_after` seconds. */
int mac_too_many(struct mac_call *call, enum iw_error error, int retry_after);
/** Counts a repeat of a step that has been done, since each could try another PIN. Refuses at the limit. */
int mac_count_repeat(struct mac_call *call, const struct mac_device *device);
/** Refuses a new PIN that is against the policy. */
int mac_check_new_pin(struct mac_call *call, const struct secret *pin);
/**
 * What the account's owner is told by mail of what this call changes, for the change's transaction; `name` fills the sentence. None for an account whose
 * owner signs in elsewhere: nobody knows an address. To be freed in any case.
 */
int mac_notice(struct mac_call *call, const struct account *account, const char *sentence, const char *name, struct notice *ret_notice);
/** The account's PIN; empty when it has none. */
int mac_account_pin(struct mac_call *call, const struct account *account, struct secret *ret_pin);

#endif
