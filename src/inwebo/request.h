/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_INWEBO_REQUEST_H
#define PIMS_INWEBO_REQUEST_H

#include "base/buf.h"
#include "base/url.h"

/* The requests of iwws/MAC (spec/wire.md §1): the client writes them, the server reads them, by one table. */

enum iw_step {
	IW_STEP_SETUP_ACTIVATE,
	IW_STEP_FINALIZE_ACTIVATE,
	IW_STEP_FINALIZE_MS,
	IW_STEP_SETUP_OTP,
	IW_STEP_FINALIZE_OTP,
	IW_STEP_SETUP_STATUS, /* the modes from here on are ours */
	IW_STEP_SETUP_PASSWORD,
	IW_STEP_FINALIZE_PASSWORD,
	IW_STEP_SETUP_RESET,
	IW_STEP_FINALIZE_RESET,
	IW_STEP_COUNT
};

enum { IW_MAX_SERIAL = 128, IW_MAX_NAME = 256, IW_MAX_TARGET = 8192 };

/** One request. Texts are borrowed: from the caller when it is written, from the query when it was read. NULL is written as "". */
struct iw_request {
	enum iw_step step;
	const char *id;
	const char *lastsync;
	const char *macid;
	const char *lang;
	const char *serial;
	const char *code;
	const char *kma; /**< encrypted under Kiw */
	const char *pin; /**< encrypted under Kiw */
	const char *name;
	const char *sid;
	const char *ms_id;
	const char *ms_val; /**< encrypted under ms_key */
	const char *r0, *r1, *r2;
};

/** Appends "/iwws/MAC?…": parameters in the order of the clients in the field. */
int iw_request_write(const struct iw_request *request, struct buf *ret_target);

/**
 * PIMS_E_FORMAT: unknown action or mode, a required parameter is missing, or one is too long or of the wrong form. What was not sent is "". The
 * fixed parameters (version, ack, keytype, ms_n) are not looked at.
 */
int iw_request_read(const struct query *query, struct iw_request *ret_request);

/** "ActionSetup" or "ActionFinalize": the root element of an answer. */
const char *iw_step_action(enum iw_step step);

#endif
