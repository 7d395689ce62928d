/* SPDX-License-Identifier: Apache-2.0 */
#include "server/oidc/passkey.h"

#include "base/encode.h"
#include "base/text.h"
#include "server/oidc/browser.h"
#include "server/oidc/sign_in_notice.h"
#include "server/oidc/webauthn.h"
#include "server/store/seal.h"

#include <pims/error.h>

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { CREDENTIALS_MAX = 2 * PASSKEYS_MAX * PASSKEY_CREDENTIAL_MAX, ORIGIN_MAX = 8192 };

/* Web Authentication §5.1.3: a secure context, whose host is a name */
bool passkey_possible(const struct server *server)
{
	unsigned char address[sizeof(struct in6_addr)];
	struct url url = {0};
	bool possible = !server->external && url_parse(server->settings.issuer, &url) == 0 &&
			(text_equal(url.scheme, "https") || text_equal(url.host, "localhost")) && inet_pton(AF_INET, url.host, address) != 1 &&
			!strchr(url.host, ':');

	url_free(&url);
	return possible;
}

static int is_used(void *data, const struct passkey *passkey)
{
	(void)data;
	return passkey->last_used != 0;
}

int passkey_has(const struct server *server, int64_t account)
{
	int r = store_passkey_list(server->store, account, is_used, NULL);

	if (r > 0)
		return 0;
	return r < 0 ? r : PIMS_E_NOT_FOUND;
}

/* --- pages -------------------------------------------------------------------------------------------------------------------------- */

static int put_credential(struct buf *credentials, const struct passkey *passkey)
{
	if (credentials->len)
		(void)buf_putc(credentials, ' ');
	return base64url_encode(passkey->credential, passkey->credential_length, credentials);
}

static int put_used(void *data, const struct passkey *passkey)
{
	return passkey->last_used ? put_credential(data, passkey) : 0;
}

static int put_unused(void *data, const struct passkey *passkey)
{
	return passkey->last_used ? 0 : put_credential(data, passkey);
}

static int fill(const struct server *server, int64_t account, int (*put)(void *data, const struct passkey *passkey), struct passkey_prompt *ret_prompt)
{
	int r;

	*ret_prompt = (struct passkey_prompt){.credentials = BUF_INIT(CREDENTIALS_MAX), .user = BUF_INIT(256)};
	r = store_passkey_list(server->store, account, put, &ret_prompt->credentials);
	if (r == 0)
		r = url_parse(server->settings.issuer, &ret_prompt->issuer);
	ret_prompt->page.party = ret_prompt->issuer.host;
	ret_prompt->page.credentials = buf_text(&ret_prompt->credentials);
	return r;
}

int passkey_prompt_use(const struct server *server, int64_t account, bool unused, struct passkey_prompt *ret_prompt)
{
	return fill(server, account, unused ? put_unused : put_used, ret_prompt);
}

/* The subject is the account's handle: it tells nothing about a person (Web Authentication §14.6.1). */
int passkey_prompt_create(const struct server *server, int64_t account, struct passkey_prompt *ret_prompt)
{
	int r = fill(server, account, put_used, ret_prompt);

	if (r == 0)
		r = store_account_by_id(server->store, account, &ret_prompt->account);
	if (r == 0)
		r = base64url_encode(ret_prompt->account.subject, strlen(ret_prompt->account.subject), &ret_prompt->user);
	ret_prompt->page.user = buf_text(&ret_prompt->user);
	ret_prompt->page.account = ret_prompt->account.email;
	return r;
}

void passkey_prompt_free(struct passkey_prompt *prompt)
{
	url_free(&prompt->issuer);
	account_free(&prompt->account);
	buf_free(&prompt->credentials);
	buf_free(&prompt->user);
}

/* --- keys: sealed, so that nobody who can only write to the database puts one there, or moves one to another account ------------------- */

enum { SEALED_MAX = 2 * PASSKEY_KEY_MAX };

static int write_owner(const struct passkey *passkey, struct buf *ret_text)
{
	return buf_printf(ret_text, "passkey %" PRId64 " %d ", passkey->account, passkey->algorithm);
}

/* The bytes become the passkey's key. */
static int set_key(struct passkey *passkey, const char *bytes, size_t length)
{
	unsigned char *key = malloc(length);

	if (!key)
		return PIMS_E_MEMORY;
	memcpy(key, bytes, length);
	free(passkey->public_key);
	passkey->public_key = key;
	passkey->public_key_length = length;
	return 0;
}

static int seal_key(const struct server *server, struct passkey *passkey)
{
	struct buf clear = BUF_INIT(SEALED_MAX), sealed = BUF_INIT(SEALED_MAX);
	int r = write_owner(passkey, &clear);

	if (r == 0)
		r = buf_put(&clear, passkey->public_key, passkey->public_key_length);
	if (r == 0)
		r = seal_value(server->seal, &server->env, clear.data, clear.len, &sealed);
	if (r == 0)
		r = set_key(passkey, sealed.data, sealed.len);
	buf_free(&clear);
	buf_free(&sealed);
	return r;
}

static int open_key(const struct server *server, struct passkey *passkey)
{
	struct buf owner = BUF_INIT(SEALED_MAX), clear = BUF_INIT(SEALED_MAX);
	int r = write_owner(passkey, &owner);

	if (r == 0)
		r = open_value(server->seal, passkey->public_key, passkey->public_key_length, &clear);
	if (r == 0 && (clear.len <= owner.len || memcmp(clear.data, owner.data, owner.len) != 0))
		r = PIMS_E_FORMAT;
	if (r == 0)
		r = set_key(passkey, clear.data + owner.len, clear.len - owner.len);
	buf_free(&owner);
	buf_free(&clear);
	return r;
}

/* --- answers ------------------------------------------------------------------------------------------------------------------------ */

/* As browsers write it (RFC 6454 §6.2): without the scheme's own port. */
static int write_origin(const struct url *url, struct buf *ret_origin)
{
	int r = buf_printf(ret_origin, "%s://%s", url->scheme, url->host);

	if (r < 0 || !*url->port || text_equal(url->port, text_equal(url->scheme, "https") ? "443" : "80"))
		return r;
	return buf_printf(ret_origin, ":%s", url->port);
}

struct ceremony {
	struct url issuer;
	struct buf origin;
	struct webauthn_ceremony expected;
	struct webauthn_answer answer;
};

static int read_ceremony(const struct request *request, struct ceremony *ret_ceremony)
{
	const struct query *form = &request->form;
	const char *token = query_get(form, "form_token");
	int r;

	*ret_ceremony = (struct ceremony){
		.origin = BUF_INIT(ORIGIN_MAX),
		.answer = {query_get(form, "client_data"), query_get(form, "authenticator_data"), query_get(form, "signature")},
	};
	r = token && *token ? url_parse(request_server(request)->settings.issuer, &ret_ceremony->issuer) : PIMS_E_INVALID;
	if (r == 0)
		r = write_origin(&ret_ceremony->issuer, &ret_ceremony->origin);
	ret_ceremony->expected = (struct webauthn_ceremony){ret_ceremony->issuer.host, buf_text(&ret_ceremony->origin), token};
	return r;
}

static void ceremony_free(struct ceremony *ceremony)
{
	url_free(&ceremony->issuer);
	buf_free(&ceremony->origin);
}

/* For the operator: an origin that is never right is his to mend. */
static void log_fault(const struct request *request, int64_t account, const char *fault)
{
	if (fault)
		env_log(&request_server(request)->env, PIMS_LOG_INFO, "account %lld: a passkey was refused: %s", (long long)account, fault);
}

static int find(const struct request *request, int64_t account, struct passkey *ret_passkey, const char **ret_fault)
{
	const char *text = query_get(&request->form, "credential");
	unsigned char credential[PASSKEY_CREDENTIAL_MAX];
	size_t length = 0;
	int r = PIMS_E_NOT_FOUND;

	if (text && base64url_decode(text, strlen(text), credential, sizeof credential, &length) == 0)
		r = store_passkey_find(request_server(request)->store, account, credential, length, ret_passkey);
	if (r == PIMS_E_NOT_FOUND) {
		*ret_fault = "it is not the account's";
		return PIMS_E_INVALID;
	}
	if (r == 0)
		r = open_key(request_server(request), ret_passkey);
	if (r < 0)
		*ret_fault = "its key does not open";
	return r;
}

static int assert_passkey(const struct request *request, const struct passkey *passkey, int64_t *ret_count, const char **ret_fault)
{
	struct ceremony ceremony;
	int r = read_ceremony(request, &ceremony);

	if (r == 0)
		r = webauthn_assert(&ceremony.expected, &ceremony.answer, passkey, ret_count, ret_fault);
	ceremony_free(&ceremony);
	return r;
}

static void tell(const struct request *request, int64_t id)
{
	struct account account = {0};

	if (store_account_by_id(request_server(request)->store, id, &account) == 0)
		sign_in_notice(request, &account, SIGN_IN_PASSKEY_ADDED);
	account_free(&account);
}

int passkey_prove(const struct request *request, struct response *response, struct browser *browser)
{
	struct passkey passkey = {0};
	struct passkey_use use = {.passkey = &passkey};
	const char *fault = NULL;
	int r = find(request, browser->account, &passkey, &fault);

	if (r == 0)
		r = assert_passkey(request, &passkey, &use.sign_count, &fault);
	if (r == 0)
		r = browser_prove(request, response, browser, &use);
	if (r == PIMS_E_STATE) {
		fault = "it has signed more often than it says: there may be a copy of it";
		r = PIMS_E_INVALID;
	}
	if (r == 0 && !passkey.last_used)
		tell(request, browser->account);
	log_fault(request, browser->account, fault);
	passkey_free(&passkey);
	return r;
}

/* Up to the end of a character. */
static void copy_name(const char *text, char ret_name[PASSKEY_NAME_SIZE])
{
	size_t length = strnlen(text, PASSKEY_NAME_SIZE - 1);

	while (length && ((unsigned char)text[length] & 0xc0) == 0x80)
		length--;
	memcpy(ret_name, text, length);
	ret_name[length] = '\0';
}

int passkey_register(const struct request *request, const struct browser *browser, const char *name)
{
	const struct server *server = request_server(request);
	struct passkey passkey = {.account = browser->account, .created = env_now(&server->env)};
	struct ceremony ceremony;
	const char *fault = NULL;
	int64_t id = 0;
	int r = read_ceremony(request, &ceremony);

	copy_name(name, passkey.name);
	if (r == 0)
		r = webauthn_register(&ceremony.expected, &ceremony.answer, &passkey, &fault);
	if (r == 0)
		r = seal_key(server, &passkey);
	if (r == 0)
		r = store_passkey_add(server->store, &passkey, &id);
	log_fault(request, browser->account, fault);
	ceremony_free(&ceremony);
	passkey_free(&passkey);
	return r;
}
