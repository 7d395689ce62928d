/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_INWEBO_CLIENT_H
#define PIMS_INWEBO_CLIENT_H

#include "base/buf.h"
#include "inwebo/device.h"
#include "inwebo/error.h"
#include "inwebo/proof.h"

/*
 * The client's half of iwws/MAC (spec/wire.md §1), without I/O: each step appends a request target ("/iwws/MAC?…") to a buffer, or reads an answer into
 * the device. Return values: 0, a negative enum pims_return, or a positive enum iw_error when the server refused. PIMS_E_FORMAT: the
 * answer is no proper answer. PIMS_E_STATE: the device is in another phase. A step that returns anything but 0 leaves the device as it
 * was, with one exception: IW_SYNCHROFAILED of iw_client_finalize_otp_answer().
 */

/** What the application is to the server; the same in all steps. The texts are the caller's. */
struct iw_app {
	const char *macid; /**< 32 hex digits */
	const char *lang;  /**< "fr"; NULL = "en" */
	const char *name;  /**< of the device, as people will see it in lists; UTF-8 */
	const char *kfact_pin; /**< fingerprint of the server's key, iw_rsa_fingerprint(); NULL = the one remembered at the first activation counts */
};

/** An answer to read: the caller sets `xml` and `length` (need not be NUL-terminated); a step fills `refusal` when it returns > 0. */
struct iw_reply {
	const char *xml;
	size_t length;
	int64_t time; /**< seconds since 1970 when it came, 0 = not known: only the offline OTP would use it */
	struct iw_refusal refusal;
	bool unsynchronised; /**< NOK:SYNCHROFAILED beside all that the step brings: it succeeded (0), the synchronisation after it did not */
};

/** True when OTPs can be asked for: IW_ACTIVE, or IW_SETUP while the device of an earlier enrollment still lives. */
bool iw_client_usable(const struct iw_device *device);

/**
 * Nobody signs Kfact, and who swaps it gets PIN and Kma: it must be the pinned one (else IW_KFACT_PINNED), or, without a pin, the one that the device was
 * enrolled with (IW_KFACT_CHANGED). `kfact`: modulus in hex.
 */
int iw_client_check_kfact(const struct iw_device *device, const struct iw_app *app, const char *kfact);

/** PIMS_E_INVALID: macid or code have a form that no server takes (nothing is sent). */
int iw_client_setup_activate(const struct iw_app *app, const char *code, struct buf *ret_target);
/** Reads Kfact, Kiw, pinmode; phase IW_SETUP. A live device keeps its keys until Finalize. IW_KFACT_PINNED, IW_KFACT_CHANGED: see iw_client_check_kfact(). */
int iw_client_setup_activate_answer(struct iw_device *device, const struct iw_app *app, const char *code, struct iw_reply *reply);

/**
 * Makes device_id and alea when there are none, Kma and both encryptions; phase IW_FINALIZE: save before sending. In phase IW_FINALIZE it makes the
 * same request again (same code and serial). `pin` "" where pinmode is 0.
 */
int iw_client_finalize_activate(struct iw_device *device, const struct env *env, const struct iw_app *app, const char *pin,
				struct buf *ret_target);
/** Phase IW_MS (save before sending), or IW_ACTIVE when the server wants no ms. IW_FINALIZE stays on a wrong PIN or code. */
int iw_client_finalize_activate_answer(struct iw_device *device, const struct env *env, const char *pin, struct iw_reply *reply);

/** Phase IW_MS. Each repeat sends the same ms secret. */
int iw_client_ms(const struct iw_device *device, const struct env *env, const char *pin, struct buf *ret_target);
/** Phase IW_ACTIVE. */
int iw_client_ms_answer(struct iw_device *device, const char *pin, struct iw_reply *reply);

/**
 * Mode status: a challenge, and then proofs (without PIN) for whoever asks for them beside iwws/MAC; `ret_proofs` are good once. IW_SYNCHROFAILED: keys
 * wait that only a PIN opens.
 */
int iw_client_setup_status(const struct iw_device *device, struct buf *ret_target);
int iw_client_setup_status_answer(struct iw_device *device, struct iw_reply *reply);
int iw_client_prove(const struct iw_device *device, struct iw_proofs *ret_proofs);

/** A new PIN: by the old one (mode password), or by a code that was sent for it (mode reset; `old_pin` NULL). */
struct iw_new_pin {
	const char *old_pin;
	const char *new_pin;
	const char *code; /**< reset */
};
/** PIMS_E_INVALID: the code has a form that no server takes. */
int iw_client_setup_pin(const struct iw_device *device, const struct iw_new_pin *pin, struct buf *ret_target);
/** Reads challenge and Kiw, closed with the Kfact of the enrollment. */
int iw_client_setup_pin_answer(struct iw_device *device, const struct iw_new_pin *pin, struct iw_reply *reply);
int iw_client_finalize_pin(const struct iw_device *device, const struct env *env, const struct iw_app *app, const struct iw_new_pin *pin,
			   struct buf *ret_target);
/** Keys that came in the answer are under the new PIN: save the device. */
int iw_client_finalize_pin_answer(struct iw_device *device, const struct iw_new_pin *pin, struct iw_reply *reply);

int iw_client_setup_otp(const struct iw_device *device, struct buf *ret_target);
int iw_client_setup_otp_answer(struct iw_device *device, struct iw_reply *reply);

/**
 * `pin` NULL = withoutPIN. IW_SYNCHROFAILED: keys wait that only a PIN opens (sealed_k0, sealed_k1), so withPIN comes first; nothing is to be sent.
 */
int iw_client_finalize_otp(const struct iw_device *device, const struct iw_app *app, const char *pin, struct buf *ret_target);
/**
 * Applies K0, K1, dK1, H, J, K, Tsync, then computes the OTP: save the device before it is told to anybody. *ret_again: the answer carried J, do Setup and
 * Finalize once more; the OTP of the second answer counts, whatever it carries (*ret_otp is empty when the first has no defi). IW_SYNCHROFAILED: the
 * answer brought keys under the PIN and there was none: they are kept in the device (save it), the next withPIN applies them.
 */
int iw_client_finalize_otp_answer(struct iw_device *device, const char *pin, struct iw_reply *reply, struct secret *ret_otp,
				  bool *ret_again);

#endif
