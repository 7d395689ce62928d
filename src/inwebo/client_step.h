/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_INWEBO_CLIENT_STEP_H
#define PIMS_INWEBO_CLIENT_STEP_H

#include "inwebo/answer.h"
#include "inwebo/client.h"
#include "inwebo/proof.h"
#include "inwebo/request.h"

/* What the steps of the client share (client_activate.c, client_otp.c). */

/** Opens an answer: 0, the refusal in it, or PIMS_E_FORMAT. Sets reply->refusal and reply->unsynchronised. */
int iw_step_open(struct iw_reply *reply, enum iw_step step, struct iw_answer *ret_answer);
/** Puts `next`, a changed copy, in the place of `device` when `result` is 0, else frees it. Returns `result`. */
int iw_step_commit(struct iw_device *device, struct iw_device *next, int result);
/** Kma of the device. */
int iw_step_kma(const struct iw_device *device, const char *pin, struct secret *ret_kma);
/** Proofs of the device for its challenge. */
int iw_step_prove(const struct iw_device *device, const char *pin, struct iw_proofs *ret_proofs);
/** The same where keys may wait for the PIN. IW_SYNCHROFAILED: they do, and `pin` is NULL. */
int iw_step_prove_synchronised(const struct iw_device *device, const char *pin, struct iw_proofs *ret_proofs);
void iw_step_put_proofs(struct iw_request *request, const struct iw_proofs *proofs);

/** The parameter lastsync. */
const char *iw_step_lastsync(const struct iw_device *device);
/** Takes the challenge of an ActionSetup answer. PIMS_E_FORMAT. */
int iw_step_challenge(struct iw_device *device, const struct iw_answer *answer);
/** The modulus of an answer's element, which the server closed with the private exponent of Kfact. PIMS_E_FORMAT. */
int iw_step_modulus(const char *kfact, const char *closed, char **ret_modulus);

/** Kma of the device and the PIN, both closed under Kiw: each into a buffer of IW_MAX_MODULUS_HEX. */
int iw_step_close_pin(const struct iw_device *device, const struct env *env, const char *pin, struct buf *ret_kma, struct buf *ret_pin);

#endif
