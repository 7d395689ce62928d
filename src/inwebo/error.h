/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_INWEBO_ERROR_H
#define PIMS_INWEBO_ERROR_H

/** Refusals: name, word on the wire, documented code, cause (spec/wire.md §1 Errors). */
#define IW_ERRORS(X) \
	X(CODE, "NOK:CODE", 2305, "inwebo.code") \
	X(SN, "NOK:SN", 2102, "inwebo.argument") \
	X(ACCESS, "NOK:ACCESS", 2308, "inwebo.access") \
	X(VERSION, "NOK:VERSION", 2309, "inwebo.version") \
	X(BLOCKED, "NOK:BLOCKED", 2310, "inwebo.blocked") \
	X(STATE, "NOK:STATE", 2311, "inwebo.state") \
	X(NODEVICE, "NOK:NODEVICE", 2312, "inwebo.no_device") \
	X(NOCA, "NOK:NOCA", 2313, "inwebo.not_activated") \
	X(NOSRV, "NOK:NOSRV", 2314, "inwebo.no_service") \
	X(PINREUSED, "NOK:PINREUSED", 2315, "inwebo.pin_reused") \
	X(SYNCHROFAILED, "NOK:SYNCHROFAILED", 2316, "inwebo.synchro") \
	X(FORBIDDEN, "NOK:FORBIDDEN", 2317, "inwebo.forbidden") \
	X(MAXNBTOOLS, "NOK:MAXNBTOOLS", 2317, "inwebo.max_devices") \
	X(PINREFUSED, "NOK:PINREFUSED", 2102, "inwebo.pin_refused") \
	X(TIMEOUT, "NOK:TIMEOUT", 2201, "inwebo.timeout") \
	X(KFACT_CHANGED, "", 2208, "inwebo.kfact_changed") \
	X(KFACT_PINNED, "", 2208, "inwebo.kfact_pinned") \
	X(OTHER, "", 2000, "inwebo.unknown")

#define IW_ERROR_ENUM(name, word, code, cause) IW_##name,
/* clang-format off */
enum iw_error {
	IW_OK = 0,
	IW_ERRORS(IW_ERROR_ENUM)
	IW_ERROR_COUNT
};
/* clang-format on */
#undef IW_ERROR_ENUM

enum { IW_DEVICES_SIZE = 4097 };

/** A refusal with what the answer tells besides its word. */
struct iw_refusal {
	enum iw_error error;
	int remaining;   /**< tries left; -1 = not told */
	int retry_after; /**< seconds; -1 = not told */
	char cause[64];  /**< the answer's element `cause`, else iw_error_cause() */
	char devices[IW_DEVICES_SIZE]; /**< MAXNBTOOLS: the account's devices as the text of a JSON array; "" = not told */
};

/** A refusal without details: cause from the table. */
void iw_refusal_set(struct iw_refusal *refusal, enum iw_error error);

/** The documented code and the cause of a refusal. Static strings. */
int iw_error_code(enum iw_error error);
const char *iw_error_cause(enum iw_error error);
/** The word on the wire, "OK" for 0. */
const char *iw_error_word(enum iw_error error);
/** The first refusal with that cause ("inwebo.access"); IW_OK = there is none. */
enum iw_error iw_error_of_cause(const char *cause);
/** From the wire; NOK:NOK_BLOCKED and OK:BLOCKED are BLOCKED, an unknown word OTHER. */
enum iw_error iw_error_parse(const char *word);

#endif
