/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_INWEBO_CLIENT_H
#define PIMS_INWEBO_CLIENT_H

#include "base/buf.h"
#include "inwebo/device.h"

/*
 * The client's half of iwws/MAC (spec/wire.md §1), without I/O: each step appends a request target ("/iwws/MAC?…") to a buffer, or reads an
 * answer into the device. A step never changes the device when it fails. Return values: 0, a negative enum pims_return, or
 * a positive enum iw_error when the server refused.
 */

/** NOK words of the wire; one table in inwebo/error.h makes word, documented code and cause of each. */
#include "inwebo/error.h"

int iw_client_setup_activate(const struct iw_device *device, const char *macid, const char *code, struct buf *ret_target);
/** Reads Kfact, Kiw, pinmode; phase IW_SETUP. IW_KFACT_CHANGED when the remembered Kfact differs. */
int iw_client_setup_activate_answer(struct iw_device *device, const char *macid, const char *code, const char *xml, size_t length);

/** Makes alea when there is none, Kma and both encryptions; phase IW_FINALIZE: save before sending. */
int iw_client_finalize_activate(struct iw_device *device, const struct env *env, const char *pin, const char *name,
				struct buf *ret_target);
/** Phase IW_MS, or IW_ACTIVE when the server wants no ms. IW_FINALIZE stays on a wrong PIN or code. */
int iw_client_finalize_activate_answer(struct iw_device *device, const struct env *env, const char *pin, const char *xml, size_t length);

int iw_client_ms(const struct iw_device *device, const struct env *env, const char *pin, struct buf *ret_target);
int iw_client_ms_answer(struct iw_device *device, const char *pin, const char *xml, size_t length);

int iw_client_setup_otp(const struct iw_device *device, struct buf *ret_target);
int iw_client_setup_otp_answer(struct iw_device *device, const char *xml, size_t length);

/** `pin` NULL = withoutPIN. */
int iw_client_finalize_otp(const struct iw_device *device, const char *pin, struct buf *ret_target);
/** Applies K0, K1, dK1, H, J, K, Tsync, then computes the OTP. *ret_again: the answer carried J, do Setup and Finalize once more. */
int iw_client_finalize_otp_answer(struct iw_device *device, const char *pin, const char *xml, size_t length, struct secret *ret_otp,
				  bool *ret_again);

#endif
