/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_INWEBO_SERVER_H
#define PIMS_INWEBO_SERVER_H

#include "base/buf.h"
#include "inwebo/device.h"
#include "inwebo/error.h"
#include "inwebo/keys.h"
#include "inwebo/request.h"

/*
 * The server's half of iwws/MAC (spec/wire.md §1), without I/O: a request that was read and a record of the device go in, a changed record and an
 * answer come out. What may be answered to whom, and counting, is the caller's (server/iwws).
 */

/** The one service that the server offers, and its device secret. */
#define IW_SERVICE_ID "1"
#define IW_MS_ID "1"

/** What the server keeps of a device, opened. Texts of 32 hex digits; all zero is empty. */
struct iw_record {
	struct secret k0;
	struct secret k1;         /**< the one the device proved last */
	struct secret k1_offered; /**< sent since by dK1: the answer may have got lost, so both are good until one is proved */
	struct secret kma;
	struct secret secval;
	char ms_challenge[65]; /**< of step ms, once it is done: a repeat of it is told apart */
	struct secret pin_before; /**< the PIN that this device changed, and the digest (hex) of the code that it reset one with, until an OTP */
	char reset_code[65];      /**< shows that the change was heard of: a repeat of it is told apart from a wrong PIN or code */
	bool first_pin;           /**< its activation chose the account's first PIN; until step ms */
};

void iw_record_free(struct iw_record *record);
/** As JSON text for a sealed place. */
int iw_record_encode(const struct iw_record *record, struct buf *ret_json);
/** Into an all-zero record. PIMS_E_FORMAT. */
int iw_record_decode(const char *json, size_t length, struct iw_record *ret_record);

/** Kma (hex) and PIN of ActionFinalize activate, password, reset. PIMS_E_FORMAT: they do not open, or are no Kma and no text of at most IW_MAX_PIN bytes. */
int iw_server_open_activation(const struct iw_keys *keys, const struct iw_request *request, struct secret *ret_kma, struct secret *ret_pin);
/** New K0 and K1; `record->kma` is there. */
int iw_server_make_keys(const struct env *env, struct iw_record *record);
/** secval of step ms. PIMS_E_FORMAT: ms_val0 does not open, or is no secret of 16 bytes. */
int iw_server_take_ms(const struct iw_keys *keys, const struct iw_request *request, struct iw_record *record);

enum iw_pin_proof {
	IW_PIN_WRONG,
	IW_PIN_NONE, /**< R2 was made without PIN */
	IW_PIN_RIGHT
};

/** What R0, R1 and R2 prove. */
struct iw_verdict {
	bool device;           /**< R0 and R1: it has K0 and K1 */
	bool offered;          /**< it has the K1 that was offered */
	enum iw_pin_proof pin; /**< counts only with `device` */
};

/** What was to be proved. */
struct iw_expected {
	const char *challenge; /**< "" proves nothing */
	const char *serial;
	const char *pin; /**< of the account, "" = none: no R2 is right then */
};

int iw_server_check(const struct iw_record *record, const struct iw_expected *expected, const struct iw_request *request,
		    struct iw_verdict *ret_verdict);

/** A new OTP. */
struct iw_issue {
	char defi[9];
	struct secret dk1;
	struct secret otp;
	int remaining;   /**< OTPs left in the device's budget; -1 = it has none */
	int retry_after; /**< seconds until the budget renews; -1 = none */
};
void iw_issue_free(struct iw_issue *issue);
/** The K1 that was proved becomes current, the next one is offered, and the OTP is made of it as the device will make it. */
int iw_server_issue(struct iw_record *record, const struct iw_verdict *verdict, const struct env *env, struct iw_issue *ret_issue);

/* Answers. Each is appended whole, or PIMS_E_LIMIT, PIMS_E_MEMORY. */

int iw_server_answer_setup_activate(const struct iw_keys *keys, int pinmode, struct buf *ret_xml);

struct iw_enrolled {
	const char *id;
	const char *challenge; /**< of step ms */
	int64_t now;           /**< seconds since 1970 */
};
int iw_server_answer_finalize_activate(const struct iw_keys *keys, const struct iw_record *record, const struct iw_enrolled *enrolled,
				       struct buf *ret_xml);
int iw_server_answer_ms(struct buf *ret_xml);
int iw_server_answer_setup_otp(const char *challenge, int pinmode, struct buf *ret_xml);
int iw_server_answer_finalize_otp(const struct iw_issue *issue, struct buf *ret_xml);
/** Mode status: a challenge. Modes password and reset: a challenge and Kiw. */
int iw_server_answer_setup_status(const char *challenge, int pinmode, struct buf *ret_xml);
int iw_server_answer_setup_pin(const struct iw_keys *keys, enum iw_step step, const char *challenge, struct buf *ret_xml);
int iw_server_answer_finalize_pin(enum iw_step step, struct buf *ret_xml);
int iw_server_answer_refusal(enum iw_step step, const struct iw_refusal *refusal, struct buf *ret_xml);

#endif
