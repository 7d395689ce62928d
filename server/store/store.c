/* SPDX-License-Identifier: Apache-2.0 */
#include "server/store/store.h"

#include "server/store/store_ops.h"

/* The operations are the backend's; this file only passes them on. */

void store_close(struct store *store)
{
	if (store)
		store->ops->close(store);
}

int store_setting_get(struct store *store, const char *name, unsigned char **ret_value, size_t *ret_length)
{
	return store->ops->setting_get(store, name, ret_value, ret_length);
}

int store_setting_add(struct store *store, const char *name, const unsigned char *value, size_t length)
{
	return store->ops->setting_add(store, name, value, length);
}

int store_account_add(struct store *store, const char *email, const char *password_hash, const char *phone, int64_t now)
{
	return store->ops->account_add(store, email, password_hash, phone, now);
}

int store_account_by_email(struct store *store, const char *email, struct account *ret_account)
{
	return store->ops->account_by_email(store, email, ret_account);
}

int store_account_by_id(struct store *store, int64_t id, struct account *ret_account)
{
	return store->ops->account_by_id(store, id, ret_account);
}

int store_account_by_subject(struct store *store, const char *subject, struct account *ret_account)
{
	return store->ops->account_by_subject(store, subject, ret_account);
}

int store_account_external(struct store *store, const char *issuer, const char *subject, const char *display, int64_t now,
			   struct account *ret_account)
{
	return store->ops->account_external(store, issuer, subject, display, now, ret_account);
}

int store_account_by_external(struct store *store, const char *issuer, const char *subject, struct account *ret_account)
{
	return store->ops->account_by_external(store, issuer, subject, ret_account);
}

int store_account_list(struct store *store, int (*each)(void *data, const struct account *account), void *data)
{
	return store->ops->account_list(store, each, data);
}

int store_account_set_password(struct store *store, const char *email, const char *password_hash)
{
	return store->ops->account_set_password(store, email, password_hash);
}

int store_account_set_phone(struct store *store, const char *email, const char *phone)
{
	return store->ops->account_set_phone(store, email, phone);
}

int store_account_set_country(struct store *store, const char *email, const char *country)
{
	return store->ops->account_set_country(store, email, country);
}

int store_account_set_blocked(struct store *store, const char *email, bool blocked)
{
	return store->ops->account_set_blocked(store, email, blocked);
}

int store_account_remove(struct store *store, const char *email)
{
	return store->ops->account_remove(store, email);
}

int store_client_add(struct store *store, const struct client *client)
{
	return store->ops->client_add(store, client);
}

int store_client_get(struct store *store, const char *id, struct client *ret_client)
{
	return store->ops->client_get(store, id, ret_client);
}

int store_client_list(struct store *store, int (*each)(void *data, const struct client *client), void *data)
{
	return store->ops->client_list(store, each, data);
}

int store_client_remove(struct store *store, const char *id)
{
	return store->ops->client_remove(store, id);
}

int store_proof_use(struct store *store, const struct proof_use *proof)
{
	return store->ops->proof_use(store, proof);
}

int store_pushed_add(struct store *store, const struct pushed_request *pushed, int max, int64_t now)
{
	return store->ops->pushed_add(store, pushed, max, now);
}

int store_pushed_visit(struct store *store, const unsigned char hash[32], const char *client, int64_t visited_until, int64_t now, char **ret_text)
{
	return store->ops->pushed_visit(store, hash, client, visited_until, now, ret_text);
}

int store_pushed_use(struct store *store, const unsigned char hash[32])
{
	return store->ops->pushed_use(store, hash);
}

int store_code_add(struct store *store, const struct auth_code *code)
{
	return store->ops->code_add(store, code);
}

int store_code_consume(struct store *store, const unsigned char hash[32], int64_t now, struct auth_code *ret_code)
{
	return store->ops->code_consume(store, hash, now, ret_code);
}

int store_session_add(struct store *store, const struct session_row *session, const unsigned char code_hash[32],
		      const struct token_pair *tokens, int64_t *ret_id)
{
	return store->ops->session_add(store, session, code_hash, tokens, ret_id);
}

int store_refresh_rotate(struct store *store, const unsigned char refresh[32], const char *client,
			 const struct token_pair *tokens, int64_t now, struct session_row *ret_session)
{
	return store->ops->refresh_rotate(store, refresh, client, tokens, now, ret_session);
}

int store_refresh_find(struct store *store, const unsigned char refresh[32], const char *client, struct session_row *ret_session)
{
	return store->ops->refresh_find(store, refresh, client, ret_session);
}

int store_access_find(struct store *store, const unsigned char access[32], const char *key, int64_t now, struct session_row *ret_session)
{
	return store->ops->access_find(store, access, key, now, ret_session);
}

int store_token_revoke(struct store *store, const unsigned char token[32], const char *client)
{
	return store->ops->token_revoke(store, token, client);
}

int store_session_revoke(struct store *store, int64_t session)
{
	return store->ops->session_revoke(store, session);
}

int store_session_list(struct store *store, int64_t account, int64_t now, int (*each)(void *data, const struct session_info *session), void *data)
{
	return store->ops->session_list(store, account, now, each, data);
}

int store_session_end(struct store *store, int64_t account, int64_t session)
{
	return store->ops->session_end(store, account, session);
}

int store_sign_out(struct store *store, int64_t account)
{
	return store->ops->sign_out(store, account);
}

int store_audience_add(struct store *store, const unsigned char subject[32], const char *client, const struct audience_token *token, int64_t now)
{
	return store->ops->audience_add(store, subject, client, token, now);
}

int store_audience_find(struct store *store, const unsigned char hash[32], const char *audience, int64_t now, int64_t *ret_account)
{
	return store->ops->audience_find(store, hash, audience, now, ret_account);
}

int store_browser_add(struct store *store, const struct browser *browser, const unsigned char *replaced)
{
	return store->ops->browser_add(store, browser, replaced);
}

int store_browser_find(struct store *store, const unsigned char hash[32], int64_t now, struct browser *ret_browser)
{
	return store->ops->browser_find(store, hash, now, ret_browser);
}

int store_browser_prove(struct store *store, const unsigned char hash[32], const unsigned char new_hash[32], int64_t now)
{
	return store->ops->browser_prove(store, hash, new_hash, now);
}

int store_browser_end(struct store *store, int64_t account)
{
	return store->ops->browser_end(store, account);
}

int store_place_add(struct store *store, int64_t account, const unsigned char place[32], int64_t expires)
{
	return store->ops->place_add(store, account, place, expires);
}

int store_place_find(struct store *store, int64_t account, const unsigned char place[32], int64_t now)
{
	return store->ops->place_find(store, account, place, now);
}

int store_mail_ask(struct store *store, const struct mail_code *code, const struct mail *mail)
{
	return store->ops->mail_ask(store, code, mail);
}

int store_mail_confirm(struct store *store, const struct mail_code *code, int max_tries, const struct mail *notice)
{
	return store->ops->mail_confirm(store, code, max_tries, notice);
}

int store_mail_once(struct store *store, const char *key, int window_s, const struct mail *mail)
{
	return store->ops->mail_once(store, key, window_s, mail);
}

int store_mail_outbox(struct store *store, int64_t after_id, int (*each)(void *data, const struct mail *mail), void *data)
{
	return store->ops->mail_outbox(store, after_id, each, data);
}

int store_account_change_password(struct store *store, const struct password_change *change)
{
	return store->ops->account_change_password(store, change);
}

int store_password_reset(struct store *store, const struct password_reset *reset, int64_t *ret_account)
{
	return store->ops->password_reset(store, reset, ret_account);
}

int store_recovery_add(struct store *store, const char *email, const char *hash, int64_t expires, int64_t now)
{
	return store->ops->recovery_add(store, email, hash, expires, now);
}

int store_recovery_try(struct store *store, int64_t account, int max, int64_t now, char **ret_hash)
{
	return store->ops->recovery_try(store, account, max, now, ret_hash);
}

int store_recovery_claim(struct store *store, int64_t account, const char *hash, const char *phone, const unsigned char ticket[32])
{
	return store->ops->recovery_claim(store, account, hash, phone, ticket);
}

int store_recovery_claimed(struct store *store, const unsigned char ticket[32], int64_t now, struct recovery_claim *ret_claim)
{
	return store->ops->recovery_claimed(store, ticket, now, ret_claim);
}

int store_sms_add(struct store *store, const struct sms_code *code, const struct sms_message *message)
{
	return store->ops->sms_add(store, code, message);
}

int store_sms_send(struct store *store, const struct sms_code *code, const struct sms_message *message, const struct sms_policy *policy,
		   struct sms_verdict *ret_verdict)
{
	return store->ops->sms_send(store, code, message, policy, ret_verdict);
}

int store_phone_change(struct store *store, const struct phone_change *change, enum phone_result *ret_result, char **ret_old,
		       int *ret_remaining)
{
	return store->ops->phone_change(store, change, ret_result, ret_old, ret_remaining);
}

int store_sms_live(struct store *store, int64_t account, enum sms_purpose purpose, int64_t now, struct sms_code *ret_code)
{
	return store->ops->sms_live(store, account, purpose, now, ret_code);
}

int store_sms_find(struct store *store, const unsigned char hash[32], enum sms_purpose purpose, int64_t now, int64_t *ret_account)
{
	return store->ops->sms_find(store, hash, purpose, now, ret_account);
}

int store_sms_try(struct store *store, const unsigned char hash[32], int max, int64_t now, int *ret_remaining)
{
	return store->ops->sms_try(store, hash, max, now, ret_remaining);
}

int store_sms_tried_right(struct store *store, const unsigned char hash[32])
{
	return store->ops->sms_tried_right(store, hash);
}

int store_sms_outbox(struct store *store, int64_t after_id, int (*each)(void *data, const struct sms_message *message), void *data)
{
	return store->ops->sms_outbox(store, after_id, each, data);
}

int store_enroll_finalize(struct store *store, const struct device *device, const unsigned char *pin, size_t pin_length,
			  int max_devices, int64_t now)
{
	return store->ops->enroll_finalize(store, device, pin, pin_length, max_devices, now);
}

int store_enroll_find(struct store *store, const unsigned char code_hash[32], const char *serial, struct device *ret_device)
{
	return store->ops->enroll_find(store, code_hash, serial, ret_device);
}

int store_enroll_ms(struct store *store, const struct device *device, const struct mail *notice, int64_t now)
{
	return store->ops->enroll_ms(store, device, notice, now);
}

int store_device_get(struct store *store, int64_t id, struct device *ret_device)
{
	return store->ops->device_get(store, id, ret_device);
}

int store_device_list(struct store *store, int64_t account, int (*each)(void *data, const struct device *device), void *data)
{
	return store->ops->device_list(store, account, each, data);
}

int store_device_remove(struct store *store, int64_t account, int64_t id)
{
	return store->ops->device_remove(store, account, id);
}

int store_account_factor(struct store *store, int64_t account, enum account_factor *ret_best)
{
	return store->ops->account_factor(store, account, ret_best);
}

int store_passkey_list(struct store *store, int64_t account, int (*each)(void *data, const struct passkey *passkey), void *data)
{
	return store->ops->passkey_list(store, account, each, data);
}

int store_passkey_find(struct store *store, int64_t account, const unsigned char *credential, size_t length, struct passkey *ret_passkey)
{
	return store->ops->passkey_find(store, account, credential, length, ret_passkey);
}

int store_passkey_use(struct store *store, const struct passkey_use *use)
{
	return store->ops->passkey_use(store, use);
}

int store_passkey_add(struct store *store, const struct passkey_use *use)
{
	return store->ops->passkey_add(store, use);
}

int store_passkey_strangers(struct store *store, const char *party, int64_t *ret_count)
{
	return store->ops->passkey_strangers(store, party, ret_count);
}

int store_passkey_remove(struct store *store, int64_t account, int64_t id)
{
	return store->ops->passkey_remove(store, account, id);
}

int store_device_challenge(struct store *store, int64_t id, const char *challenge, int64_t expires)
{
	return store->ops->device_challenge(store, id, challenge, expires);
}

int store_otp_grant(struct store *store, const struct otp_grant *grant, int *ret_remaining)
{
	return store->ops->otp_grant(store, grant, ret_remaining);
}

int store_otp_issue(struct store *store, const struct device *device, bool pin_proved, const unsigned char otp_hash[32], int64_t expires,
		    int64_t now)
{
	const struct otp_grant grant = {.device = device, .pin_proved = pin_proved, .hash = otp_hash, .expires = expires, .now = now};
	int remaining;

	return store_otp_grant(store, &grant, &remaining);
}

int store_pin_failed(struct store *store, const struct device *device, int max, int *ret_remaining)
{
	return store->ops->pin_failed(store, device, max, ret_remaining);
}

int store_pin_change(struct store *store, const struct pin_change *change)
{
	return store->ops->pin_change(store, change);
}

int store_otp_consume(struct store *store, int64_t account, const unsigned char otp_hash[32], int64_t now)
{
	return store->ops->otp_consume(store, account, otp_hash, now);
}

int store_remote_add(struct store *store, int64_t account, const unsigned char otp_hash[32], const struct token_pair *tokens,
		     int64_t now)
{
	return store->ops->remote_add(store, account, otp_hash, tokens, now);
}

int store_remote_refresh(struct store *store, int64_t account, const unsigned char refresh[32], const unsigned char access[32],
			 int64_t access_expires, int64_t now)
{
	return store->ops->remote_refresh(store, account, refresh, access, access_expires, now);
}

int store_remote_find(struct store *store, const unsigned char access[32], int64_t now, int64_t *ret_account)
{
	return store->ops->remote_find(store, access, now, ret_account);
}

int store_attempt(struct store *store, const char *key, int max, int window_s, int64_t now, int *ret_retry_after)
{
	return store->ops->attempt(store, key, max, window_s, now, ret_retry_after);
}

int store_attempt_check(struct store *store, const char *key, int max, int64_t now, int *ret_retry_after)
{
	return store->ops->attempt_check(store, key, max, now, ret_retry_after);
}

int store_attempt_forget(struct store *store, const char *key)
{
	return store->ops->attempt_forget(store, key);
}

int store_sweep(struct store *store, int64_t now)
{
	return store->ops->sweep(store, now);
}
