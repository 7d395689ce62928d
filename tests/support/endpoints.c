/* SPDX-License-Identifier: Apache-2.0 */
#include "endpoints.h"

#include "base/digest.h"
#include "base/encode.h"
#include "base/json.h"
#include "base/text.h"
#include "base/url.h"
#include "server/web/visit.h"
#include "server/account/password.h"
#include "server/oidc/keys.h"
#include "server/store/seal.h"
#include "server/store/sqlite.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <cmocka.h>

enum { REPLY_MAX = 1 << 22 };

/* --- the server ------------------------------------------------------------------------------------------------------------------- */

static int64_t read_clock(void *data)
{
	const struct endpoints *endpoints = data;

	return atomic_load(&endpoints->now);
}

/* Argon2id at its least: what it costs in earnest is the business of other tests. */
static void add_account(struct store *store, const char *email, const char *password, const char *phone, int64_t now)
{
	char hash[crypto_pwhash_STRBYTES];

	assert_true(sodium_init() >= 0);
	assert_int_equal(crypto_pwhash_str_alg(hash, password, strlen(password), crypto_pwhash_argon2id_OPSLIMIT_MIN,
					       crypto_pwhash_argon2id_MEMLIMIT_MIN, crypto_pwhash_ALG_ARGON2ID13),
			 0);
	assert_int_equal(store_account_add(store, email, hash, phone, now), 0);
}

static void add_client(struct store *store, const char *id, const char *secret, const char *uris)
{
	struct client client = {0};
	unsigned char digest[SHA256_SIZE];
	char hex[SHA256_HEX_SIZE];

	if (secret) {
		assert_int_equal(sha256(secret, strlen(secret), digest), 0);
		hex_encode(digest, sizeof digest, hex);
		assert_int_equal(text_set(&client.secret_hash, hex), 0);
	}
	assert_int_equal(text_set(&client.id, id), 0);
	assert_int_equal(text_set(&client.name, id), 0);
	assert_int_equal(text_set(&client.redirect_uris, uris), 0);
	assert_int_equal(store_client_add(store, &client), 0);
	client_free(&client);
}

static void fill_store(struct endpoints *endpoints)
{
	struct store *store = endpoints->server.store;

	add_account(store, DEMO_EMAIL, DEMO_PASSWORD, DEMO_PHONE, endpoints->now);
	add_account(store, EVE_EMAIL, EVE_PASSWORD, NULL, endpoints->now);
	add_client(store, "pims", NULL, "http://127.0.0.1/callback\nhttp://localhost/callback\nhttp://[::1]/callback");
	add_client(store, "demo", "demo", "mymap://oauth2redirect/*\nhttp://127.0.0.1/*\nhttp://localhost/*");
	add_client(store, "other", "other", "https://other.example/callback?x=1");
}

static void open_store(struct server *server, const char *directory)
{
	char path[96];

	(void)snprintf(path, sizeof path, "%s/pimsd.db", directory);
	assert_int_equal(seal_open_master(&server->seal, directory, &server->env), 0);
	assert_int_equal(sqlite_open(&server->store, path, &server->env), 0);
	assert_int_equal(oidc_keys_load(&server->oidc_keys, server->store, server->seal, &server->env), 0);
}

static void close_store(struct server *server)
{
	oidc_keys_free(server->oidc_keys);
	store_close(server->store);
	seal_free(server->seal);
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *where)
{
	(void)status;
	(void)type;
	(void)where;
	return remove(path);
}

static void remove_directory(const char *directory)
{
	assert_int_equal(nftw(directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* What a server of the tests begins with is made once a program, since its keys take their time. */
static char template_directory[64];

static void remove_template(void)
{
	remove_directory(template_directory);
}

static void make_template(struct endpoints *endpoints)
{
	(void)snprintf(template_directory, sizeof template_directory, "/tmp/endpoints.XXXXXX");
	assert_non_null(mkdtemp(template_directory));
	assert_int_equal(atexit(remove_template), 0);
	open_store(&endpoints->server, template_directory);
	fill_store(endpoints);
	close_store(&endpoints->server);
}

static void copy_file(const char *directory, const char *name)
{
	char from[96], to[96], bytes[16384];
	FILE *in, *out;
	size_t length;
	int file;

	(void)snprintf(from, sizeof from, "%s/%s", template_directory, name);
	(void)snprintf(to, sizeof to, "%s/%s", directory, name);
	in = fopen(from, "rb");
	file = open(to, O_WRONLY | O_CREAT | O_EXCL, 0600);
	out = file < 0 ? NULL : fdopen(file, "wb");
	assert_true(in && out);
	while ((length = fread(bytes, 1, sizeof bytes, in)) > 0)
		assert_int_equal(fwrite(bytes, 1, length, out), length);
	assert_int_equal(ferror(in), 0);
	assert_int_equal(fclose(in), 0);
	assert_int_equal(fclose(out), 0);
}

static void start_http(struct endpoints *endpoints)
{
	static const struct route *const tables[] = {oidc_routes, account_routes, sms_routes, page_routes, sandbox_routes, mail_routes, NULL};
	struct http_server_options options = {.loops = 1, .workers = 4, .server = &endpoints->server, .env = &endpoints->server.env,
					      .rules = server_rules, .malformed = server_malformed, .proxies = &endpoints->server.settings.proxies};
	unsigned port = 0;

	assert_int_equal(http_listen("127.0.0.1", 0, &options.socket, &port), 0);
	(void)snprintf(endpoints->url, sizeof endpoints->url, "http://127.0.0.1:%u", port);
	(void)snprintf(endpoints->issuer, sizeof endpoints->issuer, "%s", endpoints->url);
	assert_int_equal(http_server_start(&endpoints->http, &options, tables), 0);
}

void endpoints_start(struct endpoints *endpoints, bool sandbox)
{
	struct pims_clock clock = {.size = sizeof clock, .now = read_clock, .data = endpoints};
	struct server *server = &endpoints->server;
	static char audience[] = "customer-api";

	memset(endpoints, 0, sizeof *endpoints);
	atomic_store(&endpoints->now, INT64_C(1731417255000));
	(void)snprintf(endpoints->directory, sizeof endpoints->directory, "/tmp/endpoints.XXXXXX");
	assert_non_null(mkdtemp(endpoints->directory));
	env_init(&server->env, &clock, NULL, NULL);
	server->settings = (struct settings){
		.sandbox = sandbox,
		.data_dir = endpoints->directory,
		.issuer = endpoints->issuer,
		.macid = "0123456789abcdef0123456789abcdef",
		.access_seconds = 3599,
		.refresh_seconds = 30 * 86400,
		.password_min = 8,
		.code_seconds = 60,
		.sms_seconds = 600,
		.otp_seconds = 120,
		.sms = {.per_hour = 5},
		.customer_audience = audience,
	};
	if (!*template_directory)
		make_template(endpoints);
	copy_file(endpoints->directory, "pimsd.db");
	copy_file(endpoints->directory, "master.key");
	open_store(server, endpoints->directory);
	start_http(endpoints);
}

void endpoints_stop(struct endpoints *endpoints)
{
	http_server_stop(endpoints->http);
	close_store(&endpoints->server);
	remove_directory(endpoints->directory);
}

void endpoints_advance(struct endpoints *endpoints, int64_t seconds)
{
	atomic_fetch_add(&endpoints->now, seconds * 1000);
}

/* --- calls ------------------------------------------------------------------------------------------------------------------------- */

static size_t take(char *bytes, size_t size, size_t count, void *data)
{
	return buf_put(data, bytes, size * count) == 0 ? size * count : 0;
}

static struct curl_slist *make_headers(const struct call *call)
{
	struct curl_slist *list = curl_slist_append(NULL, "Expect:");
	char line[4096];

	if (call->json)
		list = curl_slist_append(list, "Content-Type: application/json");
	if (call->authorization) {
		(void)snprintf(line, sizeof line, "Authorization: %s", call->authorization);
		list = curl_slist_append(list, line);
	}
	if (call->bearer) {
		(void)snprintf(line, sizeof line, "Authorization: Bearer %s", call->bearer);
		list = curl_slist_append(list, line);
	}
	if (call->header)
		list = curl_slist_append(list, call->header);
	if (call->header2)
		list = curl_slist_append(list, call->header2);
	assert_non_null(list);
	return list;
}

static void set_options(CURL *curl, const struct call *call, struct reply *reply)
{
	const char *body = call->form ? call->form : call->json;

	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, 30L);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &reply->body);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, &reply->headers);
	if (body || call->post)
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body ? body : "");
	if (call->method)
		curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, call->method);
}

void reply_free(struct reply *reply)
{
	buf_free(&reply->body);
	buf_free(&reply->headers);
	json_wipe(reply->json);
	reply->json = NULL;
}

void call(const struct endpoints *endpoints, const struct call *call, struct reply *reply)
{
	struct curl_slist *headers = make_headers(call);
	struct buf url = BUF_INIT(REPLY_MAX);
	CURL *curl = curl_easy_init();
	CURLcode code;

	assert_non_null(curl);
	reply_free(reply);
	buf_init(&reply->body, REPLY_MAX);
	buf_init(&reply->headers, REPLY_MAX);
	assert_int_equal(buf_printf(&url, "%s%s", endpoints->url, call->path), 0);
	set_options(curl, call, reply);
	curl_easy_setopt(curl, CURLOPT_URL, buf_text(&url));
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	code = curl_easy_perform(curl);
	if (code != CURLE_OK)
		fail_msg("%s: %s", call->path, curl_easy_strerror(code));
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply->status);
	(void)json_parse_value(buf_text(&reply->body), reply->body.len, REPLY_MAX, &reply->json);
	curl_slist_free_all(headers);
	curl_easy_cleanup(curl);
	buf_free(&url);
}

const char *reply_header(const struct reply *reply, const char *name)
{
	static char value[16384];
	size_t length = strlen(name);

	for (const char *line = buf_text(&reply->headers); *line;) {
		size_t end = strcspn(line, "\r\n");

		if (end > length && strncasecmp(line, name, length) == 0 && line[length] == ':') {
			(void)snprintf(value, sizeof value, "%.*s", (int)(end - length - 1 - strspn(line + length + 1, " ")),
				       line + length + 1 + strspn(line + length + 1, " "));
			return value;
		}
		line += end;
		line += strspn(line, "\r\n");
	}
	return "";
}

const char *reply_text(const struct reply *reply, const char *name)
{
	const char *text = reply->json ? json_text(reply->json, name) : NULL;

	return text ? text : "";
}

const char *reply_parameter(const struct reply *reply, const char *name)
{
	static char value[8192];
	const char *query = strchr(reply_header(reply, "Location"), '?');
	struct query parameters = {0};
	const char *found;

	value[0] = '\0';
	if (!query)
		return value;
	assert_int_equal(query_parse(query + 1, strlen(query + 1), &parameters), 0);
	found = query_get(&parameters, name);
	(void)snprintf(value, sizeof value, "%s", found ? found : "");
	query_free(&parameters);
	return value;
}

/* --- flows ------------------------------------------------------------------------------------------------------------------------- */

const char *authorization_query(const char *client)
{
	static char text[1024];
	struct buf query = BUF_INIT(sizeof text - 1);

	url_put(&query, "client_id", client);
	url_put(&query, "redirect_uri", strcmp(client, "pims") == 0 ? PIMS_REDIRECT : DEMO_REDIRECT);
	url_put(&query, "response_type", "code");
	url_put(&query, "scope", "openid profile email");
	url_put(&query, "state", "s t&1");
	url_put(&query, "nonce", "n-1");
	url_put(&query, "code_challenge", CHALLENGE);
	assert_int_equal(url_put(&query, "code_challenge_method", "S256"), 0);
	(void)snprintf(text, sizeof text, "%s", buf_text(&query));
	buf_free(&query);
	return text;
}

static void sign_in_as(const struct endpoints *endpoints, const char *client, const char *email, const char *password, char *ret_code,
		       size_t size)
{
	struct reply reply = {0};
	struct buf path = BUF_INIT(4096), form = BUF_INIT(1024);

	assert_int_equal(buf_printf(&path, "/am/oauth2/authorize?%s", authorization_query(client)), 0);
	url_put(&form, "username", email);
	assert_int_equal(url_put(&form, "password", password), 0);
	call(endpoints, &(struct call){.path = buf_text(&path), .form = buf_text(&form)}, &reply);
	assert_int_equal(reply.status, 303);
	(void)snprintf(ret_code, size, "%s", reply_parameter(&reply, "code"));
	assert_int_equal(strlen(ret_code), 36);
	reply_free(&reply);
	buf_free(&path);
	buf_free(&form);
}

void sign_in_code(const struct endpoints *endpoints, const char *client, char *ret_code, size_t size)
{
	sign_in_as(endpoints, client, DEMO_EMAIL, DEMO_PASSWORD, ret_code, size);
}

static void exchange(const struct endpoints *endpoints, const char *client, const char *code, struct reply *reply)
{
	struct buf form = BUF_INIT(1024);
	bool is_public = strcmp(client, "pims") == 0;

	url_put(&form, "grant_type", "authorization_code");
	url_put(&form, "code", code);
	url_put(&form, "redirect_uri", is_public ? PIMS_REDIRECT : DEMO_REDIRECT);
	assert_int_equal(url_put(&form, "code_verifier", VERIFIER), 0);
	if (is_public)
		assert_int_equal(url_put(&form, "client_id", client), 0);
	call(endpoints,
	     &(struct call){.path = "/am/oauth2/access_token", .form = buf_text(&form), .authorization = is_public ? NULL : DEMO_BASIC}, reply);
	assert_int_equal(reply->status, 200);
	buf_free(&form);
}

void sign_in_tokens(const struct endpoints *endpoints, const char *client, struct reply *reply)
{
	char code[64];

	sign_in_code(endpoints, client, code, sizeof code);
	exchange(endpoints, client, code, reply);
}

void sign_in_access(const struct endpoints *endpoints, const char *email, const char *password, char *ret_token, size_t size)
{
	struct reply reply = {0};
	char code[64];

	sign_in_as(endpoints, "demo", email, password, code, sizeof code);
	exchange(endpoints, "demo", code, &reply);
	(void)snprintf(ret_token, size, "%s", reply_text(&reply, "access_token"));
	reply_free(&reply);
}

/* The store's own way to a device with an open challenge, as iwws goes it. */
static void add_device(struct endpoints *endpoints, int64_t account, struct device *ret_device)
{
	static int64_t id = 1000;
	struct store *store = endpoints->server.store;
	char serial[] = "device-1/_/00", name[] = "test", device_id[32], phone[] = "0";
	unsigned char bytes[] = "sealed";
	struct buf text = BUF_INIT(256);
	struct sms_code code = {.account = account, .purpose = SMS_ENROLLMENT, .code = bytes, .code_length = sizeof bytes};
	struct sms_message message = {.phone = phone};
	struct device device = {.id = ++id, .account = account, .serial = serial, .device_id = device_id, .name = name, .phase = DEVICE_MS};

	(void)snprintf(device_id, sizeof device_id, "device-%d", (int)id);
	assert_int_equal(sha256(&id, sizeof id, code.hash), 0);
	memcpy(device.code_hash, code.hash, sizeof code.hash);
	code.created = code.sent = endpoints->now;
	code.expires = endpoints->now + 1000;
	device.keys = bytes;
	device.keys_length = sizeof bytes;
	(void)snprintf(device.challenge, sizeof device.challenge, "open");
	device.challenge_expires = endpoints->now + 1000;
	assert_int_equal(seal_value(endpoints->server.seal, &endpoints->server.env, "test", 4, &text), 0);
	message.text = (unsigned char *)text.data;
	message.text_length = text.len;
	assert_int_equal(store_sms_add(store, &code, &message), 0);
	buf_free(&text);
	assert_int_equal(store_enroll_finalize(store, &device, NULL, 0, 100, endpoints->now), 0);
	device.version = 1;
	assert_int_equal(store_enroll_ms(store, &device, NULL, endpoints->now), 0);
	assert_int_equal(store_device_get(store, device.id, ret_device), 0);
}

static void issue(struct endpoints *endpoints, const char *email, const char *otp, bool pin_proved)
{
	struct server *server = &endpoints->server;
	struct account account = {0};
	struct device device = {0};
	unsigned char hash[SEAL_DIGEST_SIZE];

	assert_int_equal(store_account_by_email(server->store, email, &account), 0);
	add_device(endpoints, account.id, &device);
	assert_int_equal(seal_digest(server->seal, otp, hash), 0);
	assert_int_equal(store_otp_issue(server->store, &device, pin_proved, hash, endpoints->now + 120000, endpoints->now), 0);
	device_free(&device);
	account_free(&account);
}

void issue_otp(struct endpoints *endpoints, const char *email, const char *otp)
{
	issue(endpoints, email, otp, false);
}

void issue_otp_with_pin(struct endpoints *endpoints, const char *email, const char *otp)
{
	issue(endpoints, email, otp, true);
}
