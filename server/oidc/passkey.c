/* SPDX-License-Identifier: Apache-2.0 */
#include "server/oidc/passkey.h"

#include "base/encode.h"
#include "base/json.h"
#include "base/text.h"
#include "server/oidc/browser.h"
#include "server/oidc/form_token.h"
#include "server/oidc/sign_in_notice.h"
#include "server/oidc/webauthn.h"
#include "server/store/seal.h"

#include <pims/error.h>

#include <inttypes.h>
#include <string.h>
#include <unistr.h>

enum { CREDENTIALS_MAX = 2 * PASSKEYS_MAX * PASSKEY_CREDENTIAL_MAX, ORIGIN_MAX = 8192, SEALED_MAX = 2 * PASSKEY_KEY_MAX, OFFER_MAX = 16384 };

/* What a browser takes for an address, in whatever notation (WHATWG URL, "ends in a number"). */
static bool is_address(const char *host)
{
	size_t length = strlen(host);
	const char *label = host;

	if (length && host[length - 1] == '.')
		length--;
	for (size_t i = 0; i < length; i++)
		if (host[i] == '.')
			label = host + i + 1;
	length -= (size_t)(label - host);
	return strchr(host, ':') || (length && strspn(label, "0123456789") == length) || text_starts(label, "0x");
}

/* Web Authentication §5.1.3: a secure context, whose host is a name */
bool passkey_possible(const struct server *server)
{
	struct url url = {0};
	bool possible = url_parse(server->settings.issuer, &url) == 0 && (text_equal(url.scheme, "https") || text_equal(url.host, "localhost")) &&
			!is_address(url.host);

	url_free(&url);
	return possible;
}

int passkey_check_host(const struct server *server)
{
	struct url url = {0};
	int64_t count = 0;
	int r = url_parse(server->settings.issuer, &url);

	if (r == 0)
		r = store_passkey_strangers(server->store, passkey_possible(server) ? url.host : "", &count);
	if (r == 0 && count)
		env_log(&server->env, PIMS_LOG_WARNING,
			"%lld passkeys cannot be used at %s, which is not where they were made: who has no other needs pimsd account remove-passkeys",
			(long long)count, server->settings.issuer);
	url_free(&url);
	return r;
}

/* --- keys: sealed, so that nobody who can only write to the database puts one there, or moves one to another account ------------------- */

static int write_owner(const struct passkey *passkey, struct buf *ret_text)
{
	return buf_printf(ret_text, "passkey %" PRId64 " %d ", passkey->account, passkey->algorithm);
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
		r = bytes_set(&passkey->public_key, &passkey->public_key_length, sealed.data, sealed.len);
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
		r = bytes_set(&passkey->public_key, &passkey->public_key_length, clear.data + owner.len, clear.len - owner.len);
	buf_free(&owner);
	buf_free(&clear);
	return r;
}

/* --- offers: a new passkey on its way from one page to the next ------------------------------------------------------------------------ */

static int put_bytes(json_t *object, const char *name, const unsigned char *bytes, size_t length)
{
	struct buf text = BUF_INIT(2 * SEALED_MAX);
	int r = base64url_encode(bytes, length, &text);

	if (r == 0)
		r = json_put_text(object, name, buf_text(&text));
	buf_free(&text);
	return r;
}

static int fill_offer(const struct passkey *passkey, const struct browser *browser, int64_t until, json_t *object)
{
	int r = json_put_text(object, "type", "new passkey");

	if (r == 0)
		r = json_put_int(object, "until", until);
	if (r == 0)
		r = put_bytes(object, "browser", browser->hash, sizeof browser->hash);
	if (r == 0)
		r = json_put_text(object, "party", passkey->party);
	if (r == 0)
		r = json_put_text(object, "name", passkey->name);
	if (r == 0)
		r = json_put_int(object, "algorithm", passkey->algorithm);
	if (r == 0)
		r = put_bytes(object, "credential", passkey->credential, passkey->credential_length);
	return r < 0 ? r : put_bytes(object, "key", passkey->public_key, passkey->public_key_length);
}

static int write_offer(const struct server *server, const struct passkey *passkey, const struct browser *browser, struct buf *ret_offer)
{
	struct buf clear = BUF_INIT(OFFER_MAX), sealed = BUF_INIT(OFFER_MAX);
	json_t *object = json_object();
	int r = fill_offer(passkey, browser, env_now(&server->env) + INT64_C(1000) * FORM_TOKEN_SECONDS, object);

	if (r == 0)
		r = json_write(object, &clear);
	if (r == 0)
		r = seal_value(server->seal, &server->env, clear.data, clear.len, &sealed);
	if (r == 0)
		r = base64url_encode(sealed.data, sealed.len, ret_offer);
	json_decref(object);
	buf_free(&clear);
	buf_free(&sealed);
	return r;
}

static int get_bytes(const json_t *object, const char *name, size_t max, unsigned char **ret_bytes, size_t *ret_length)
{
	unsigned char bytes[PASSKEY_KEY_MAX]; /* the longer one */
	const char *text = json_text(object, name);
	size_t length = 0;

	if (!text || base64url_decode(text, strlen(text), bytes, max, &length) < 0 || !length)
		return PIMS_E_INVALID;
	return bytes_set(ret_bytes, ret_length, bytes, length);
}

static bool is_of_browser(const json_t *object, const struct browser *browser)
{
	unsigned char hash[sizeof browser->hash];
	const char *text = json_text(object, "browser");
	size_t length = 0;

	return text && base64url_decode(text, strlen(text), hash, sizeof hash, &length) == 0 && length == sizeof hash &&
	       memcmp(hash, browser->hash, sizeof hash) == 0;
}

static int take_offer(const struct server *server, const json_t *object, const struct browser *browser, struct passkey *ret_passkey)
{
	int r;

	if (!text_equal(json_text(object, "type"), "new passkey") || !is_of_browser(object, browser) ||
	    json_int(object, "until", 0) < env_now(&server->env) || !json_text(object, "name") || !json_text(object, "party"))
		return PIMS_E_INVALID;
	ret_passkey->account = browser->account;
	ret_passkey->algorithm = (int)json_int(object, "algorithm", 0);
	r = text_set(&ret_passkey->party, json_text(object, "party"));
	if (r == 0)
		r = text_copy(ret_passkey->name, sizeof ret_passkey->name, json_text(object, "name"));
	if (r == 0)
		r = get_bytes(object, "credential", PASSKEY_CREDENTIAL_MAX, &ret_passkey->credential, &ret_passkey->credential_length);
	return r < 0 ? r : get_bytes(object, "key", PASSKEY_KEY_MAX, &ret_passkey->public_key, &ret_passkey->public_key_length);
}

static int parse_offer(const struct server *server, const struct browser *browser, const struct buf *clear, struct passkey *ret_passkey)
{
	json_t *object = NULL;
	int r = json_parse_object(clear->data, clear->len, OFFER_MAX, &object);

	if (r == 0)
		r = take_offer(server, object, browser, ret_passkey);
	json_decref(object);
	return r;
}

/* `passkey` is freed by the caller in any case. PIMS_E_INVALID: it is not of this browser, or too old. */
static int open_offer(const struct server *server, const struct browser *browser, const char *offer, struct passkey *ret_passkey)
{
	struct buf clear = BUF_INIT(OFFER_MAX);
	unsigned char sealed[OFFER_MAX];
	size_t length = 0;
	int r = offer ? base64url_decode(offer, strlen(offer), sealed, sizeof sealed, &length) : PIMS_E_INVALID;

	if (r == 0)
		r = open_value(server->seal, sealed, length, &clear);
	if (r == 0)
		r = parse_offer(server, browser, &clear, ret_passkey);
	buf_free(&clear);
	return r < 0 && r != PIMS_E_MEMORY ? PIMS_E_INVALID : r;
}

/* --- pages -------------------------------------------------------------------------------------------------------------------------- */

static int put_credential(void *data, const struct passkey *passkey)
{
	struct buf *credentials = data;

	if (credentials->len)
		(void)buf_putc(credentials, ' ');
	return base64url_encode(passkey->credential, passkey->credential_length, credentials);
}

static int start_prompt(const struct server *server, struct passkey_prompt *ret_prompt)
{
	int r;

	*ret_prompt = (struct passkey_prompt){.credentials = BUF_INIT(CREDENTIALS_MAX), .user = BUF_INIT(256)};
	r = url_parse(server->settings.issuer, &ret_prompt->issuer);
	ret_prompt->page.party = ret_prompt->issuer.host;
	return r;
}

int passkey_prompt_use(const struct server *server, int64_t account, struct passkey_prompt *ret_prompt)
{
	int r = start_prompt(server, ret_prompt);

	if (r == 0)
		r = store_passkey_list(server->store, account, put_credential, &ret_prompt->credentials);
	ret_prompt->page.credentials = buf_text(&ret_prompt->credentials);
	return r;
}

/* The subject is the account's handle: it tells nothing about a person (Web Authentication §14.6.1). */
int passkey_prompt_create(const struct server *server, int64_t account, struct passkey_prompt *ret_prompt)
{
	int r = passkey_prompt_use(server, account, ret_prompt);

	if (r == 0)
		r = store_account_by_id(server->store, account, &ret_prompt->account);
	if (r == 0)
		r = base64url_encode(ret_prompt->account.subject, strlen(ret_prompt->account.subject), &ret_prompt->user);
	ret_prompt->page.user = buf_text(&ret_prompt->user);
	ret_prompt->page.account = ret_prompt->account.email;
	return r;
}

int passkey_prompt_first(const struct server *server, const struct browser *browser, const char *offer, struct passkey_prompt *ret_prompt)
{
	struct passkey passkey = {0};
	int r = start_prompt(server, ret_prompt);

	if (r == 0)
		r = open_offer(server, browser, offer, &passkey);
	if (r == 0)
		r = put_credential(&ret_prompt->credentials, &passkey);
	ret_prompt->page.credentials = buf_text(&ret_prompt->credentials);
	ret_prompt->page.offer = offer;
	passkey_free(&passkey);
	return r;
}

void passkey_prompt_free(struct passkey_prompt *prompt)
{
	url_free(&prompt->issuer);
	account_free(&prompt->account);
	buf_free(&prompt->credentials);
	buf_free(&prompt->user);
}

/* --- answers ------------------------------------------------------------------------------------------------------------------------ */

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
		r = url_origin(&ret_ceremony->issuer, &ret_ceremony->origin);
	ret_ceremony->expected = (struct webauthn_ceremony){ret_ceremony->issuer.host, buf_text(&ret_ceremony->origin), token};
	return r;
}

static void ceremony_free(struct ceremony *ceremony)
{
	url_free(&ceremony->issuer);
	buf_free(&ceremony->origin);
}

static const char *fault_of(int r, bool is_new)
{
	if (r == PIMS_E_LIMIT)
		return "the account has as many as it may";
	if (r == PIMS_E_INVALID)
		return "it was not made in this browser in the last half an hour, or the account has got more meanwhile than was given";
	if (r != PIMS_E_STATE)
		return NULL;
	return is_new ? "it is registered already" : "it has signed more often than it says: there may be a copy of it";
}

/* For the operator: an origin that is never right is his to mend. */
static void log_fault(const struct request *request, const struct browser *browser, const char *fault)
{
	const struct server *server = request_server(request);
	struct account account = {0};

	if (fault && store_account_by_id(server->store, browser->account, &account) == 0)
		env_log(&server->env, PIMS_LOG_INFO, "account %s: a passkey was refused: %s", account.subject, fault);
	account_free(&account);
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
	if (r < 0)
		return r;
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

int passkey_prove(const struct request *request, struct response *response, struct browser *browser)
{
	struct passkey passkey = {0};
	struct passkey_use use = {.passkey = &passkey};
	const char *fault = NULL;
	int r = find(request, browser->account, &passkey, &fault);

	if (r == 0)
		r = assert_passkey(request, &passkey, &use.sign_count, &fault);
	if (r == 0)
		r = browser_prove(request, response, browser, &use, false);
	log_fault(request, browser, fault ? fault : fault_of(r, false));
	passkey_free(&passkey);
	return r == PIMS_E_STATE ? PIMS_E_INVALID : r;
}

/* What is no text is none; up to the end of a character, and of one line. */
static void copy_name(const char *text, char ret_name[PASSKEY_NAME_SIZE])
{
	size_t length = u8_check((const uint8_t *)text, strlen(text)) ? 0 : strnlen(text, PASSKEY_NAME_SIZE - 1);

	while (length && ((unsigned char)text[length] & 0xc0) == 0x80)
		length--;
	for (size_t i = 0; i < length; i++)
		ret_name[i] = (unsigned char)text[i] < ' ' || text[i] == 0x7f ? ' ' : text[i];
	ret_name[length] = '\0';
}

int passkey_create(const struct request *request, const struct browser *browser, const char *name, struct buf *ret_offer)
{
	struct passkey passkey = {.account = browser->account};
	struct ceremony ceremony;
	const char *fault = NULL;
	int r = read_ceremony(request, &ceremony);

	copy_name(name, passkey.name);
	if (r == 0)
		r = webauthn_register(&ceremony.expected, &ceremony.answer, &passkey, &fault);
	if (r == 0)
		r = text_set(&passkey.party, ceremony.expected.party);
	if (r == 0)
		r = write_offer(request_server(request), &passkey, browser, ret_offer);
	log_fault(request, browser, fault);
	ceremony_free(&ceremony);
	passkey_free(&passkey);
	return r;
}

int passkey_add(const struct request *request, struct response *response, struct browser *browser)
{
	const struct server *server = request_server(request);
	struct passkey passkey = {0};
	struct passkey_use use = {.passkey = &passkey};
	const char *fault = NULL;
	int r = open_offer(server, browser, query_get(&request->form, PASSKEY_OFFER), &passkey);

	if (r == 0)
		r = assert_passkey(request, &passkey, &use.sign_count, &fault);
	if (r == 0)
		r = seal_key(server, &passkey);
	if (r == 0)
		r = browser_prove(request, response, browser, &use, true);
	if (r == 0)
		sign_in_tell(request, browser->account, SIGN_IN_PASSKEY_ADDED);
	log_fault(request, browser, fault ? fault : fault_of(r, true));
	passkey_free(&passkey);
	return r;
}
