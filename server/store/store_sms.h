/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_STORE_SMS_H
#define PIMSD_STORE_SMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Part of store.h, whose rules hold: codes by SMS, and the trusted number they certify. */

struct store;
struct mail;

/* --- SMS codes --------------------------------------------------------------------------------------------------------------------- */
enum sms_purpose {
	SMS_ENROLLMENT = 1,
	SMS_RESET_PIN = 2,
	SMS_CERTIFICATION = 3, /**< of a number: its code is good for that number only */
	SMS_NOTICE = 4         /**< a message without a code */
};
/** A message of the outbox. The text holds the code, so it is sealed. */
struct sms_message {
	int64_t id;
	int64_t account;
	char *phone;
	unsigned char *text; /**< sealed */
	size_t text_length;
	int64_t time;
	enum sms_purpose purpose;
};
/** A code that was sent. */
struct sms_code {
	int64_t account;
	enum sms_purpose purpose;
	unsigned char hash[32]; /**< seal_digest() of the code */
	unsigned char *code;    /**< sealed: a resend must send the same one */
	size_t code_length;
	int64_t created;
	int64_t sent;           /**< when it was sent last */
	int64_t expires;
	char *phone;            /**< where it went; NULL = not known */
	int sends;              /**< how often, 0 = unsent */
};
void sms_code_free(struct sms_code *code);
/**
 * Makes `code` the live one of its account and purpose (an older one dies) and writes the message to the outbox with time `code->sent`, both or
 * neither. The same code again is a resend: `sent` and `expires` become the given ones. PIMS_E_STATE: the hash collides with a live code of
 * another account or purpose (take another); PIMS_E_NOT_FOUND: a resend (`sent` after `created`) of a code that was used up meanwhile. Of `message`
 * only phone and text are read; NULL: the code is told in another way.
 */
int store_sms_add(struct store *store, const struct sms_code *code, const struct sms_message *message);
/** At most `max` messages in a window under `key`, as store_attempt(). */
struct sms_limit {
	char key[96];
	int max;
	int window_s;
};
enum { SMS_LIMITS_MAX = 8, SMS_COOLDOWN_MAX = 4 };
struct sms_policy {
	struct sms_limit limits[SMS_LIMITS_MAX];
	size_t count;
	int cooldown_s; /**< after the first message of a code; it doubles up to four times that. 0 = none */
	int64_t now;
};
/** What became of a request for a message. */
struct sms_verdict {
	bool cooling;    /**< refused, since the code was sent a moment ago */
	bool spent;      /**< refused by a limit */
	int retry_after; /**< seconds until the next message of this code may be asked for */
	int remaining;   /**< messages left before a limit is reached */
};
/**
 * Sends `code` within the policy: all limits and the cool-down are checked, all limits counted, the code made live and the message written to the outbox,
 * or nothing at all. PIMS_E_LIMIT: refused, see *ret_verdict (filled then, too). `code->sends` 0: a new one; PIMS_E_STATE: the account has a live code for
 * this purpose and number already (read it and send that), or the hash collides (take another). `sends` above 0: a resend of what store_sms_live() gave;
 * PIMS_E_NOT_FOUND: it was used up meanwhile.
 */
int store_sms_send(struct store *store, const struct sms_code *code, const struct sms_message *message, const struct sms_policy *policy,
		   struct sms_verdict *ret_verdict);

/** A trusted number to be set by its owner. */
struct phone_change {
	int64_t account;
	const char *phone;            /**< E.164 */
	unsigned char code_hash[32];  /**< seal_digest() of the certification code */
	bool modify;                  /**< else: the account has none yet */
	bool enroll;                  /**< the code becomes an enrollment code */
	const unsigned char *ticket;  /**< else: a recovery, whose code is used up; codes by SMS die; whatever number was there. NULL = none */
	const struct mail *mail;      /**< the notice of a recovery */
	int64_t device;               /**< modify: the device whose challenge was proved and is consumed */
	const char *challenge;
	unsigned char *notice; /**< modify, recovery: sealed text for the old number */
	size_t notice_length;
	int max_tries; /**< of a code */
	int64_t now;
};
enum phone_result {
	PHONE_SET,
	PHONE_SAME,    /**< this very code set this very number before: the first answer got lost */
	PHONE_CODE,    /**< wrong code, or for another number */
	PHONE_EXPIRED,
	PHONE_EXISTS,
	PHONE_NONE,
	PHONE_DEVICE   /**< the challenge is consumed or expired */
};
/**
 * Sets the number, uses the code up, lets codes that went to another number die and writes the notice to the old one's outbox, or nothing of it. A wrong
 * code is counted against the live one. *ret_old is the number before, NULL or malloc()ed; *ret_remaining the tries left, or -1.
 */
int store_phone_change(struct store *store, const struct phone_change *change, enum phone_result *ret_result, char **ret_old, int *ret_remaining);

/** The live code of account and purpose, for a resend. PIMS_E_NOT_FOUND: none, used, expired, or bound to a serial (no other could use it). */
int store_sms_live(struct store *store, int64_t account, enum sms_purpose purpose, int64_t now, struct sms_code *ret_code);
/** What a code is for. PIMS_E_NOT_FOUND: unknown or used; PIMS_E_STATE: expired. */
int store_sms_find(struct store *store, const unsigned char hash[32], enum sms_purpose purpose, int64_t now, int64_t *ret_account);
/**
 * Counts a try of the account's PIN with an enrollment code. Called before the PIN is compared, so that parallel guesses count too; a success sets the
 * count back (store_sms_tried_right). PIMS_E_NOT_FOUND: unknown, used or expired, or `max` tries are spent: the code is used up then.
 * *ret_remaining: tries left after this one.
 */
int store_sms_try(struct store *store, const unsigned char hash[32], int max, int64_t now, int *ret_remaining);
/** The PIN was right: the code's count is 0 again. */
int store_sms_tried_right(struct store *store, const unsigned char hash[32]);
/** Messages with an id above `after_id`, oldest first. */
int store_sms_outbox(struct store *store, int64_t after_id, int (*each)(void *data, const struct sms_message *message), void *data);

#endif
