/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_STORE_H
#define PIMSD_STORE_H

#include "base/secret.h"
#include "server/store/store_devices.h"
#include "server/store/store_passkeys.h"
#include "server/store/store_sms.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Domain operations, each atomic in its backend: one statement or one transaction that changes exactly what it says, or fails. A call returns when
 * the change is durable. Any thread. Return values: 0, PIMS_E_NOT_FOUND (no such row, or no longer in the wanted state), PIMS_E_STATE (exists
 * already, or conflict), PIMS_E_SYSTEM (the database failed; logged). Times are milliseconds since 1970 and are given by the caller.
 * Secrets (PIN, Kma, K0, K1, secval) reach the store sealed under the master key (server/store/seal.h); tokens and authorization codes as SHA-256,
 * SMS codes and one-time passwords, which are short, as seal_digest(). Strings in results are owned by the result: each has its _free; results
 * are written only on success. An `each` must not call the store.
 */

struct store; /* opened by sqlite_open() (server/store/sqlite.h) */
void store_close(struct store *store);

/* --- settings: server keys, sealed ------------------------------------------------------------------------------------------- */
/** Reads a value; PIMS_E_NOT_FOUND. malloc()ed. */
int store_setting_get(struct store *store, const char *name, unsigned char **ret_value, size_t *ret_length);
/** Writes it unless it exists; PIMS_E_STATE when it does (another process was first: read it). */
int store_setting_add(struct store *store, const char *name, const unsigned char *value, size_t length);

/* --- accounts ---------------------------------------------------------------------------------------------------------------------- */
struct account {
	int64_t id;
	char *subject;  /**< UUID, the sub of its tokens */
	char *email;    /**< lower case, unique; of an external account its `subject`, which is no address that anybody signs in with */
	char *password_hash; /**< libsodium's Argon2id string; of an external account "" */
	char *issuer;   /**< where its owner signs in (server/external); NULL = here */
	char *external_subject; /**< his "sub" there */
	char *display;  /**< his name there, for people to read only; NULL = none is known */
	char *phone;    /**< the trusted number as E.164, NULL = none */
	char *country;  /**< ISO 3166 alpha-2, for national forms of numbers; NULL = the server's */
	char *customer; /**< "AP-ACNT…" */
	unsigned char *pin; /**< sealed; NULL = no PIN chosen yet */
	size_t pin_length;
	int pin_failures;
	bool pin_blocked; /**< too many wrong PINs */
	bool blocked;     /**< by the operator: no sign-in */
	int64_t created;
};
void account_free(struct account *account);
int store_account_add(struct store *store, const char *email, const char *password_hash, const char *phone, int64_t now);
int store_account_by_email(struct store *store, const char *email, struct account *ret_account);
int store_account_by_id(struct store *store, int64_t id, struct account *ret_account);
int store_account_by_subject(struct store *store, const char *subject, struct account *ret_account);
/**
 * The account of a subject at another provider, and nobody else's: found by both, or made, without a password. Of several that make it at once, one does.
 * `display` (NULL: leaves what is there) becomes its name for people.
 */
int store_account_external(struct store *store, const char *issuer, const char *subject, const char *display, int64_t now,
			   struct account *ret_account);
/** The same without making or changing anything. PIMS_E_NOT_FOUND. */
int store_account_by_external(struct store *store, const char *issuer, const char *subject, struct account *ret_account);
/** Calls `each` for every account in the order of e-mail; a non-zero return ends and is returned. */
int store_account_list(struct store *store, int (*each)(void *data, const struct account *account), void *data);
/** Also revokes every session of the account. */
int store_account_set_password(struct store *store, const char *email, const char *password_hash);
/** By the operator: NULL = none. Codes that went to another number die. */
int store_account_set_phone(struct store *store, const char *email, const char *phone);
int store_account_set_country(struct store *store, const char *email, const char *country);
/** Blocking revokes every session; unblocking also lifts the PIN block. */
int store_account_set_blocked(struct store *store, const char *email, bool blocked);
/** With everything that belongs to it. */
int store_account_remove(struct store *store, const char *email);

/* --- clients ----------------------------------------------------------------------------------------------------------------------- */
struct client {
	char *id;
	char *secret_hash;  /**< hex SHA-256 of the secret (random by construction, or the sandbox's), NULL = none */
	char *jwks; /**< its public keys as a JWK set, with which it proves itself instead (RFC 7523); NULL = none */
	char *name;
	char *redirect_uris; /**< separated by '\n' */
	char *scope; /**< no more than this is granted; NULL = all there is */
	bool no_exchange; /**< its tokens may not be exchanged (RFC 8693) */
	bool dpop; /**< gets bound tokens only (dpop_bound_access_tokens of RFC 9449 §5.2) */
	bool par;  /**< must push its authorization requests (RFC 9126 §6) */
};
void client_free(struct client *client);
/** True for one that cannot prove itself: it has neither secret nor keys. */
bool client_is_public(const struct client *client);
int store_client_add(struct store *store, const struct client *client);
int store_client_get(struct store *store, const char *id, struct client *ret_client);
int store_client_list(struct store *store, int (*each)(void *data, const struct client *client), void *data);
int store_client_remove(struct store *store, const char *id);

/* --- proofs of possession (RFC 9449) ------------------------------------------------------------------------------------------------ */
enum { PROOF_KEY_SIZE = 44 }; /**< the thumbprint of a key in base64url (RFC 7638), "" = no key */
/** A proof, or a client's assertion (RFC 7523), that was accepted: it is good once, on all nodes. */
struct proof_use {
	unsigned char hash[32]; /**< SHA-256 of its key and id */
	int64_t expires;        /**< from here on it would be refused for its age */
};
/** PIMS_E_INVALID: it was used before. */
int store_proof_use(struct store *store, const struct proof_use *proof);

/* --- pushed authorization requests (RFC 9126) --------------------------------------------------------------------------------------- */
struct pushed_request {
	unsigned char hash[32]; /**< SHA-256 of its request_uri */
	const char *client;
	const char *text; /**< its parameters, encoded */
	int64_t expires;
	const struct proof_use *proof; /**< as in struct token_pair */
};
/**
 * Adds one, unless `max` of the client's wait already (PIMS_E_LIMIT). PIMS_E_NOT_FOUND: no such client; PIMS_E_INVALID: the proof was used before.
 */
int store_pushed_add(struct store *store, const struct pushed_request *pushed, int max, int64_t now);
/**
 * Its text, if it is this client's and waits. The first visit makes it wait until `visited_until`. PIMS_E_NOT_FOUND: unknown, expired, used, or another
 * client's. The caller owns *ret_text.
 */
int store_pushed_visit(struct store *store, const unsigned char hash[32], const char *client, int64_t visited_until, int64_t now, char **ret_text);
/** Uses one up that was visited a moment ago. PIMS_E_STATE: it was used. */
int store_pushed_use(struct store *store, const unsigned char hash[32]);

/* --- sign-in: authorization codes, sessions, tokens --------------------------------------------------------------------------------- */
struct auth_code {
	unsigned char hash[32];
	int64_t account;
	char *client, *redirect_uri, *scope;
	char *code_challenge; /**< S256, NULL = none was given */
	char *nonce;          /**< NULL = none */
	int64_t auth_time, expires;
	int64_t otp_time;     /**< when a one-time password was given as well; 0 = none was */
	int64_t passkey_time; /**< the same of a passkey */
	const unsigned char *browser; /**< store_code_add(): hash of the one that must still be signed in to the account; NULL = none */
	char key[PROOF_KEY_SIZE]; /**< that must prove the exchange (dpop_jkt) */
	const unsigned char *pushed; /**< store_code_add(): hash of the pushed request that it uses up; NULL = none */
};
void auth_code_free(struct auth_code *code);
/**
 * PIMS_E_NOT_FOUND: no such account or client, the browser has been signed out meanwhile, or its OTP or passkey counts no more; PIMS_E_STATE: the pushed
 * request was used.
 */
int store_code_add(struct store *store, const struct auth_code *code);
/** Marks it used and returns it. PIMS_E_STATE: it was used before: the session it made is revoked by this call (RFC 6749 §4.1.2). */
int store_code_consume(struct store *store, const unsigned char hash[32], int64_t now, struct auth_code *ret_code);

/** One sign-in of one account at one client: the family of its refresh tokens. */
struct session_row {
	int64_t id, account;
	char *client, *scope, *nonce;
	int64_t auth_time;
	int64_t otp_time, passkey_time; /**< as in struct auth_code */
};
void session_row_free(struct session_row *session);
struct token_pair {
	unsigned char access[32];  /**< SHA-256 */
	unsigned char refresh[32];
	int64_t issued;        /**< now */
	int64_t access_expires, refresh_expires;
	int64_t session_ms;    /**< no refresh token is good for longer than this after the password; 0 = no such limit */
	char access_key[PROOF_KEY_SIZE];     /**< to which the access token is bound */
	char session_key[PROOF_KEY_SIZE];    /**< to which the refresh tokens of the session are bound, from here on */
	const struct proof_use *proof; /**< used up with what it bought, or not at all; NULL = none came */
	const char *scope; /**< of the access token, less than the session's; NULL = the session's */
};
/**
 * Makes the session of a consumed code with its first tokens. PIMS_E_STATE: the code was presented again meanwhile, or the account is blocked;
 * PIMS_E_NOT_FOUND: no such account, client or code; PIMS_E_INVALID: the proof was used before.
 */
int store_session_add(struct store *store, const struct session_row *session, const unsigned char code_hash[32],
		      const struct token_pair *tokens, int64_t *ret_id);
/**
 * Rotates: `refresh` is the presented token. Its successors replace it, but it stays valid until a successor is first used (an answer may get lost);
 * presented after that, the whole session is revoked (PIMS_E_STATE). PIMS_E_NOT_FOUND: unknown, expired, revoked, another client's, of a session that has
 * lasted for `session_ms`, or the session is bound to a key that `tokens->session_key` is not: who has the token without the key changes nothing.
 * PIMS_E_INVALID: the proof was used before.
 */
int store_refresh_rotate(struct store *store, const unsigned char refresh[32], const char *client, const struct token_pair *tokens,
			 int64_t now, struct session_row *ret_session);
/** The session of a refresh token of that client, changing nothing; whether the token is still good, store_refresh_rotate() says. PIMS_E_NOT_FOUND. */
int store_refresh_find(struct store *store, const unsigned char refresh[32], const char *client, struct session_row *ret_session);
/**
 * The session of a live access token that is bound to `key` (NULL = to none), with the scope of that token. Using it also counts as use of the refresh token
 * that was issued with it.
 */
int store_access_find(struct store *store, const unsigned char access[32], const char *key, int64_t now, struct session_row *ret_session);
/**
 * Revokes the session of an access or refresh token of that client, and its account is signed out of its browsers; 0 also when there is none
 * (RFC 7009 §2.2). PIMS_E_STATE: it is another client's, and stays.
 */
int store_token_revoke(struct store *store, const unsigned char token[32], const char *client);
int store_session_revoke(struct store *store, int64_t session);
/** A session as its account's owner sees it. */
struct session_info {
	int64_t id;
	char *application; /**< name of the client */
	int64_t auth_time, used; /**< used: when it got tokens last; 0 = not known */
};
enum { SESSION_LIST_MAX = 200 };
/** The live sessions of the account that were used last, the last one first, at most SESSION_LIST_MAX. */
int store_session_list(struct store *store, int64_t account, int64_t now, int (*each)(void *data, const struct session_info *session), void *data);
/** Revokes one session of this account. PIMS_E_NOT_FOUND. */
int store_session_end(struct store *store, int64_t account, int64_t session);
/** Revokes every session, code and remote token of the account, and signs it out of its browsers. */
int store_sign_out(struct store *store, int64_t account);

/* --- tokens for one audience (RFC 8693) ---------------------------------------------------------------------------------------------- */
struct audience_token {
	unsigned char hash[32]; /**< SHA-256 */
	const char *audience;
	int64_t expires;
	const char *proved;            /**< the key of the request's proof; NULL = none */
	bool bound;                    /**< to that key */
	const struct proof_use *proof; /**< as in struct token_pair */
	const char *scope;             /**< a word that the scope of the subject must have; NULL = none */
	bool only_bound;               /**< the subject must be bound to the proved key */
};
/**
 * Adds a token to the session of `subject`, a live access token of that client that is bound to no key but the proved one; it ends with the session.
 * Counts as use of the access token. PIMS_E_NOT_FOUND: unknown, expired, another client's, bound to another key, or without the scope; PIMS_E_INVALID: the
 * proof was used before. Such a token is found by store_audience_find() only.
 */
int store_audience_add(struct store *store, const unsigned char subject[32], const char *client, const struct audience_token *token, int64_t now);
/** The account of a live token for that audience. PIMS_E_NOT_FOUND. */
int store_audience_find(struct store *store, const unsigned char hash[32], const char *audience, int64_t now, int64_t *ret_account);

/* --- browsers that are signed in: what their cookie stands for ---------------------------------------------------------------------- */
struct browser {
	unsigned char hash[32]; /**< SHA-256 of the cookie */
	int64_t account;
	int64_t auth_time; /**< when the password was given */
	int64_t otp_time, passkey_time; /**< when these were; 0 = none was */
	int64_t expires;
	const char *password_hash; /**< store_browser_add(): which password that was; NULL = any */
};
/**
 * Adds one; the one of the hash `replaced` (NULL = none) ends. PIMS_E_NOT_FOUND: no such account, it is blocked, or its password is another by now; nothing
 * ends then.
 */
int store_browser_add(struct store *store, const struct browser *browser, const unsigned char *replaced);
/** PIMS_E_NOT_FOUND: unknown, expired, or its account is blocked. */
int store_browser_find(struct store *store, const unsigned char hash[32], int64_t now, struct browser *ret_browser);
/** A one-time password was given in it: from here on its cookie is the one of `new_hash`. PIMS_E_NOT_FOUND: it was signed out meanwhile. */
int store_browser_prove(struct store *store, const unsigned char hash[32], const unsigned char new_hash[32], int64_t now);
/** Ends all of an account. */
int store_browser_end(struct store *store, int64_t account);

enum { PLACES_MAX = 20 };
/**
 * Adds or renews a place where the account was signed in (server/oidc/places.h), by its seal_digest(). Of more than PLACES_MAX those that end first go; all
 * of them with its sessions. PIMS_E_NOT_FOUND: no such account.
 */
int store_place_add(struct store *store, int64_t account, const unsigned char place[32], int64_t expires);
/** PIMS_E_NOT_FOUND. `place` NULL: any of the account. */
int store_place_find(struct store *store, int64_t account, const unsigned char place[32], int64_t now);

/* --- e-mail: accounts made and changed by their owners ------------------------------------------------------------------------------- */
enum mail_purpose { MAIL_CREATE = 1, MAIL_CHANGE = 2, MAIL_RESET = 3 };
/** A message of the outbox. The text may hold a code, so it is sealed. */
struct mail {
	int64_t id;
	const char *email;
	const unsigned char *text;
	size_t text_length;
	int64_t time;
};
/** What is done once its code has come back. */
struct mail_code {
	unsigned char ticket[32]; /**< SHA-256 of what the page that asked holds */
	enum mail_purpose purpose;
	int64_t account;           /**< MAIL_CHANGE, MAIL_RESET */
	const char *email;         /**< to be the account's; MAIL_RESET: must be */
	const char *password_hash; /**< MAIL_CREATE: to be the account's; MAIL_CHANGE: must still be, NULL = any */
	unsigned char code[32];    /**< seal_digest() */
	int64_t expires;
};
/**
 * Stores the code and writes the message to the outbox, both or neither; for a reset, the operator's, it replaces an older one. PIMS_E_NOT_FOUND: its account
 * is blocked or has another password by now.
 */
int store_mail_ask(struct store *store, const struct mail_code *code, const struct mail *mail);
/**
 * Takes a code: the account is made, or gets the new address, and a notice goes to the old one (of `notice` text and time count). The code is used up.
 * Every try counts. PIMS_E_NOT_FOUND: wrong, used or expired code, `max_tries` spent, or the address has an account meanwhile.
 */
int store_mail_confirm(struct store *store, const struct mail_code *code, int max_tries, const struct mail *notice);
/** Writes a message to the outbox. PIMS_E_LIMIT: one was written under `key` within the window, and this one is not. */
int store_mail_once(struct store *store, const char *key, int window_s, const struct mail *mail);
/** Messages with an id above `after_id`, oldest first. */
int store_mail_outbox(struct store *store, int64_t after_id, int (*each)(void *data, const struct mail *mail), void *data);
/** A new password by its owner. */
struct password_change {
	int64_t account;
	const char *old_hash; /**< of the password that was checked; NULL = any */
	const char *hash;
	int64_t keep; /**< session, 0 = none */
	const struct mail *notice;
};
/**
 * Ends every session but `keep`, codes, remote tokens, browsers and waiting changes of address; the notice goes to its address. PIMS_E_NOT_FOUND: no such
 * account, it is blocked, or its password is another by now.
 */
int store_account_change_password(struct store *store, const struct password_change *change);

/** A new password by who has the code of MAIL_RESET. */
struct password_reset {
	const char *email; /**< the account's, to which the code went */
	unsigned char code[32];
	int max_tries;
	const char *hash;
	const struct mail *notice; /**< its time is now */
};
/**
 * Uses the code up and changes the password as store_account_change_password() does, with no session kept; a wrong code counts. PIMS_E_NOT_FOUND: wrong, used,
 * replaced or expired code, `max_tries` spent, no such account, or it is blocked. Any other change of the password kills the code, too.
 */
int store_password_reset(struct store *store, const struct password_reset *reset, int64_t *ret_account);

/* --- recovery: a one-time code from the operator ------------------------------------------------------------------------------------ */
/** Replaces an older one. `hash` is libsodium's Argon2id string. PIMS_E_NOT_FOUND: no such account. */
int store_recovery_add(struct store *store, const char *email, const char *hash, int64_t expires, int64_t now);
/** Counts a try and gives the hash to compare with (malloc()ed). PIMS_E_NOT_FOUND: none, expired, or `max` tries spent. */
int store_recovery_try(struct store *store, int64_t account, int max, int64_t now, char **ret_hash);
/**
 * The code of this hash was right: its tries are forgotten, and the new number waits for the SMS that certifies it (store_phone_change() with `ticket`, the
 * SHA-256 of what the page that asks for that code holds). Replaces what waited before. PIMS_E_NOT_FOUND: the code was used or replaced meanwhile, or the
 * account is blocked.
 */
int store_recovery_claim(struct store *store, int64_t account, const char *hash, const char *phone, const unsigned char ticket[32]);
/** A number that waits for its SMS. */
struct recovery_claim {
	int64_t account;
	char *phone; /**< malloc()ed */
	bool used;   /**< waits no more: it is the trusted one since */
};
/** By its ticket, until the recovery code's time. PIMS_E_NOT_FOUND: unknown, replaced, expired, or the account's password was changed since. */
int store_recovery_claimed(struct store *store, const unsigned char ticket[32], int64_t now, struct recovery_claim *ret_claim);

/* --- remote tokens (spec/wire.md §3): what an OTP is exchanged for ------------------------------------------------------------------ */
/**
 * Accepts an OTP of the account once, as store_otp_consume(), and stores the tokens it buys, both or neither. PIMS_E_NOT_FOUND, PIMS_E_LIMIT: as there.
 * Remote tokens die with their account, and with its sessions when its password changes, it is blocked, or it signs out everywhere.
 */
int store_remote_add(struct store *store, int64_t account, const unsigned char otp_hash[32], const struct token_pair *tokens, int64_t now);
/**
 * A new access token for a refresh token, which stays as it is. The old access token dies. PIMS_E_NOT_FOUND: unknown, expired, or another account's.
 */
int store_remote_refresh(struct store *store, int64_t account, const unsigned char refresh[32], const unsigned char access[32],
			 int64_t access_expires, int64_t now);
/** The account of a live remote access token. PIMS_E_NOT_FOUND. */
int store_remote_find(struct store *store, const unsigned char access[32], int64_t now, int64_t *ret_account);

/* --- attempts ---------------------------------------------------------------------------------------------------------------------- */
/** Counts an attempt under `key` in a window; PIMS_E_LIMIT and *ret_retry_after (seconds) when there were more than `max`. */
int store_attempt(struct store *store, const char *key, int max, int window_s, int64_t now, int *ret_retry_after);
/** The same without counting, for what is counted only when it failed: PIMS_E_LIMIT when `max` or more were counted in the window that is open. */
int store_attempt_check(struct store *store, const char *key, int max, int64_t now, int *ret_retry_after);
/** Forgets what was counted under `key`; nothing is no failure. */
int store_attempt_forget(struct store *store, const char *key);
/** Deletes what has expired; called now and then. */
int store_sweep(struct store *store, int64_t now);

#endif
