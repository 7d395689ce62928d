/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_IWWS_MAC_H
#define PIMSD_IWWS_MAC_H

#include "inwebo/server.h"
#include "server/server.h"
#include "server/store/seal.h"

/** One request of /iwws/MAC on its way. */
struct mac_call {
	struct server *server;
	const char *address; /**< of the peer */
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

/** Proofs of the request by the device's keys. Refuses a device that does not prove itself, and then a blocked account: strangers learn nothing. */
int mac_prove(struct mac_call *call, const struct mac_device *device, const char *challenge, struct iw_verdict *ret_verdict);
/** Counts a wrong PIN of a device that proved itself; returns the refusal. The challenge is used up. */
int mac_wrong_pin(struct mac_call *call, const struct mac_device *device);
/** Refuses an account that is blocked. */
int mac_check_blocked(struct mac_call *call, const struct account *account);
/** The account's PIN; empty when it has none. */
int mac_account_pin(struct mac_call *call, const struct account *account, struct secret *ret_pin);

#endif
