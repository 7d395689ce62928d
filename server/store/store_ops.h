/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_STORE_OPS_H
#define PIMSD_STORE_OPS_H

#include "server/store/store.h"

/** What a backend implements: the operations of server/store/store.h, one for one, same contracts. */
struct store_ops {
	void (*close)(struct store *store);
	int (*setting_get)(struct store *store, const char *name, unsigned char **ret_value, size_t *ret_length);
	int (*setting_add)(struct store *store, const char *name, const unsigned char *value, size_t length);
	int (*account_add)(struct store *store, const char *email, const char *password_hash, const char *phone, int64_t now);
	int (*account_by_email)(struct store *store, const char *email, struct account *ret_account);
	int (*account_by_id)(struct store *store, int64_t id, struct account *ret_account);
	int (*account_by_subject)(struct store *store, const char *subject, struct account *ret_account);
	int (*account_external)(struct store *store, const char *issuer, const char *subject, const char *display, int64_t now,
		struct account *ret_account);
	int (*account_by_external)(struct store *store, const char *issuer, const char *subject, struct account *ret_account);
	int (*account_list)(struct store *store, int (*each)(void *data, const struct account *account), void *data);
	int (*account_set_password)(struct store *store, const char *email, const char *password_hash);
	int (*account_set_phone)(struct store *store, const char *email, const char *phone);
	int (*account_set_country)(struct store *store, const char *email, const char *country);
	int (*account_set_blocked)(struct store *store, const char *email, bool blocked);
	int (*account_remove)(struct store *store, const char *email);
	int (*client_add)(struct store *store, const struct client *client);
	int (*client_get)(struct store *store, const char *id, struct client *ret_client);
	int (*client_list)(struct store *store, int (*each)(void *data, const struct client *client), void *data);
	int (*client_remove)(struct store *store, const char *id);
	int (*proof_use)(struct store *store, const struct proof_use *proof);
	int (*pushed_add)(struct store *store, const struct pushed_request *pushed, int max, int64_t now);
	int (*pushed_visit)(struct store *store, const unsigned char hash[32], const char *client, int64_t visited_until, int64_t now,
		char **ret_text);
	int (*pushed_use)(struct store *store, const unsigned char hash[32]);
	int (*code_add)(struct store *store, const struct auth_code *code);
	int (*code_consume)(struct store *store, const unsigned char hash[32], int64_t now, struct auth_code *ret_code);
	int (*session_add)(struct store *store, const struct session_row *session, const unsigned char code_hash[32],
		const struct token_pair *tokens, int64_t *ret_id);
	int (*refresh_rotate)(struct store *store, const unsigned char refresh[32], const char *client,
		const struct token_pair *tokens, int64_t now, struct session_row *ret_session);
	int (*refresh_find)(struct store *store, const unsigned char refresh[32], const char *client, struct session_row *ret_session);
	int (*access_find)(struct store *store, const unsigned char access[32], const char *key, int64_t now, struct session_row *ret_session);
	int (*token_revoke)(struct store *store, const unsigned char token[32], const char *client);
	int (*session_revoke)(struct store *store, int64_t session);
	int (*session_list)(struct store *store, int64_t account, int64_t now, int (*each)(void *data, const struct session_info *session), void *data);
	int (*session_end)(struct store *store, int64_t account, int64_t session);
	int (*sign_out)(struct store *store, int64_t account);
	int (*audience_add)(struct store *store, const unsigned char subject[32], const char *client, const struct audience_token *token, int64_t now);
	int (*audience_find)(struct store *store, const unsigned char hash[32], const char *audience, int64_t now, int64_t *ret_account);
	int (*browser_add)(struct store *store, const struct browser *browser, const unsigned char *replaced);
	int (*browser_find)(struct store *store, const unsigned char hash[32], int64_t now, struct browser *ret_browser);
	int (*browser_prove)(struct store *store, const unsigned char hash[32], const unsigned char new_hash[32], int64_t now);
	int (*browser_end)(struct store *store, int64_t account);
	int (*place_add)(struct store *store, int64_t account, const unsigned char place[32], int64_t expires);
	int (*place_find)(struct store *store, int64_t account, const unsigned char place[32], int64_t now);
	int (*mail_ask)(struct store *store, const struct mail_code *code, const struct mail *mail);
	int (*mail_confirm)(struct store *store, const struct mail_code *code, int max_tries, const struct mail *notice);
	int (*mail_once)(struct store *store, const char *key, int window_s, const struct mail *mail);
	int (*mail_outbox)(struct store *store, int64_t after_id, int (*each)(void *data, const struct mail *mail), void *data);
	int (*account_change_password)(struct store *store, const struct password_change *change);
	int (*password_reset)(struct store *store, const struct password_reset *reset, int64_t *ret_account);
	int (*recovery_add)(struct store *store, const char *email, const char *hash, int64_t expires, int64_t now);
	int (*recovery_try)(struct store *store, int64_t account, int max, int64_t now, char **ret_hash);
	int (*recovery_claim)(struct store *store, int64_t account, const char *hash, const char *phone, const unsigned char ticket[32]);
	int (*recovery_claimed)(struct store *store, const unsigned char ticket[32], int64_t now, struct recovery_claim *ret_claim);
	int (*sms_add)(struct store *store, const struct sms_code *code, const struct sms_message *message);
	int (*sms_send)(struct store *store, const struct sms_code *code, const struct sms_message *message,
		const struct sms_policy *policy, struct sms_verdict *ret_verdict);
	int (*phone_change)(struct store *store, const struct phone_change *change, enum phone_result *ret_result, char **ret_old,
		int *ret_remaining);
	int (*sms_live)(struct store *store, int64_t account, enum sms_purpose purpose, int64_t now, struct sms_code *ret_code);
	int (*sms_find)(struct store *store, const unsigned char hash[32], enum sms_purpose purpose, int64_t now, int64_t *ret_account);
	int (*sms_try)(struct store *store, const unsigned char hash[32], int max, int64_t now, int *ret_remaining);
	int (*sms_tried_right)(struct store *store, const unsigned char hash[32]);
	int (*sms_outbox)(struct store *store, int64_t after_id, int (*each)(void *data, const struct sms_message *message), void *data);
	int (*enroll_finalize)(struct store *store, const struct device *device, const unsigned char *pin, size_t pin_length,
		int max_devices, int64_t now);
	int (*enroll_find)(struct store *store, const unsigned char code_hash[32], const char *serial, struct device *ret_device);
	int (*enroll_ms)(struct store *store, const struct device *device, const struct mail *notice, int64_t now);
	int (*device_get)(struct store *store, int64_t id, struct device *ret_device);
	int (*device_list)(struct store *store, int64_t account, int (*each)(void *data, const struct device *device), void *data);
	int (*device_remove)(struct store *store, int64_t account, int64_t id);
	int (*account_factor)(struct store *store, int64_t account, enum account_factor *ret_best);
	int (*passkey_list)(struct store *store, int64_t account, int (*each)(void *data, const struct passkey *passkey), void *data);
	int (*passkey_find)(struct store *store, int64_t account, const unsigned char *credential, size_t length, struct passkey *ret_passkey);
	int (*passkey_use)(struct store *store, const struct passkey_use *use);
	int (*passkey_add)(struct store *store, const struct passkey_use *use);
	int (*passkey_remove)(struct store *store, int64_t account, int64_t id);
	int (*passkey_strangers)(struct store *store, const char *party, int64_t *ret_count);
	int (*device_challenge)(struct store *store, int64_t id, const char *challenge, int64_t expires);
	int (*otp_grant)(struct store *store, const struct otp_grant *grant, int *ret_remaining);
	int (*pin_failed)(struct store *store, const struct device *device, int max, int *ret_remaining);
	int (*pin_change)(struct store *store, const struct pin_change *change);
	int (*otp_consume)(struct store *store, int64_t account, const unsigned char otp_hash[32], int64_t now);
	int (*remote_add)(struct store *store, int64_t account, const unsigned char otp_hash[32], const struct token_pair *tokens,
		int64_t now);
	int (*remote_refresh)(struct store *store, int64_t account, const unsigned char refresh[32], const unsigned char access[32],
		int64_t access_expires, int64_t now);
	int (*remote_find)(struct store *store, const unsigned char access[32], int64_t now, int64_t *ret_account);
	int (*attempt)(struct store *store, const char *key, int max, int window_s, int64_t now, int *ret_retry_after);
	int (*attempt_check)(struct store *store, const char *key, int max, int64_t now, int *ret_retry_after);
	int (*attempt_forget)(struct store *store, const char *key);
	int (*sweep)(struct store *store, int64_t now);
};

/** The first member of a backend's own structure. */
struct store {
	const struct store_ops *ops;
};

#endif
