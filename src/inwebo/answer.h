/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_INWEBO_ANSWER_H
#define PIMS_INWEBO_ANSWER_H

#include "base/buf.h"
#include "inwebo/error.h"

#include <stdbool.h>

/*
 * The answers of iwws/MAC (spec/wire.md §1): XML of one flat level. The server writes them, the client reads them. The last four elements are ours,
 * beside `err`: other clients skip them.
 */
#define IW_ELEMENTS(X) \
	X(ERR, "err") \
	X(KFACT, "Kfact") \
	X(KIW, "Kiw") \
	X(PINMODE, "pinmode") \
	X(ID, "id") \
	X(K0, "K0") \
	X(K1, "K1") \
	X(DK1, "dK1") \
	X(TSYNC, "Tsync") \
	X(S_N, "s_n") \
	X(S_ID, "s_id") \
	X(S_NAME, "s_name") \
	X(S_ICON, "s_icon") \
	X(S_CONNECTED, "s_connected") \
	X(S_KSC, "s_ksc") \
	X(S_SECURE, "s_secure") \
	X(S_URL, "s_url") \
	X(S_ONLINEOTP, "s_onlineotp") \
	X(CHALLENGE, "challenge") \
	X(MS_N, "ms_n") \
	X(MS_ID, "ms_id") \
	X(MS_KEY, "ms_key") \
	X(DEFI, "defi") \
	X(J, "J") \
	X(K, "K") \
	X(H, "H") \
	X(NEWVERSION, "newversion") \
	X(NEWVERSIONURL, "newversionurl") \
	X(REMAINING, "remaining") \
	X(RETRYAFTER, "retryAfter") \
	X(CAUSE, "cause") \
	X(DEVICES, "devices")

#define IW_ELEMENT_ENUM(name, text) IW_EL_##name,
enum iw_element { IW_ELEMENTS(IW_ELEMENT_ENUM) IW_EL_COUNT };
#undef IW_ELEMENT_ENUM

enum { IW_MAX_ANSWER = 65536 };

/** The elements of an answer, blanks around their texts removed. */
struct iw_answer {
	char *values[IW_EL_COUNT]; /**< NULL = not there */
};

/**
 * Reads an answer with root `root`. PIMS_E_FORMAT for anything else: no <?xml in front, DTD, entity, text or a level where none may be, a known element
 * twice, no `err`, longer than IW_MAX_ANSWER. Unknown elements are skipped. PIMS_E_MEMORY. The caller owns what is in *ret_answer.
 */
int iw_answer_read(const char *xml, size_t length, const char *root, struct iw_answer *ret_answer);
void iw_answer_free(struct iw_answer *answer);

/** "" when it is empty or absent. */
const char *iw_answer_text(const struct iw_answer *answer, enum iw_element element);
/** Absent and empty elements both count as not filled. */
bool iw_answer_filled(const struct iw_answer *answer, enum iw_element element);
bool iw_answer_has(const struct iw_answer *answer, enum iw_element element);
/** Printable ASCII without blanks, 1 to `max` characters: what ids and codes look like. */
bool iw_word_valid(const char *text, size_t max);
/** What `err` says, with its details; `remaining` and `retry_after` of an OK, too. */
enum iw_error iw_answer_refusal(const struct iw_answer *answer, struct iw_refusal *ret_refusal);

/** An answer is written as begin, puts, end into a buffer whose error is checked at the end. */
void iw_answer_begin(struct buf *buf, const char *root);
/** A value is any UTF-8 text. */
void iw_answer_put(struct buf *buf, enum iw_element element, const char *value);
int iw_answer_end(struct buf *buf, const char *root);

#endif
