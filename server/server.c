/* SPDX-License-Identifier: Apache-2.0 */
#include "server/server.h"

#include "base/text.h"
#include "base/url.h"
#include "server/data_dir.h"
#include "server/external/external.h"
#include "server/iwws/keys.h"
#include "server/oidc/handlers.h"
#include "server/oidc/keys.h"
#include "server/oidc/oauth.h"
#include "server/oidc/passkey.h"
#include "server/sandbox/sandbox.h"
#include "server/sandbox_seed.h"
#include "server/settings.h"
#include "server/sweeper.h"
#include "server/web/visit.h"

#include <pims/error.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_TABLES = 12 };

struct service {
	struct http_server *http;
	struct sweeper *sweeper;
	struct tls *tls;
	int socket; /**< listening, until `http` has taken it over */
	unsigned port;
	char *metadata_path; /**< RFC 8414 §3.1, where the issuer has a path; NULL = it has none */
	struct route own_routes[2];
	const struct route *tables[MAX_TABLES];
};

struct server *request_server(const struct request *request)
{
	return request->server;
}

unsigned server_port(const struct server *server)
{
	return server->service->port;
}

bool server_has_tls(const struct server *server)
{
	return server->service->tls;
}

void server_reload(struct server *server)
{
	if (!server_has_tls(server))
		env_log(&server->env, PIMS_LOG_INFO, "there is no certificate to read again");
	else if (tls_reload(server->service->tls) == 0)
		env_log(&server->env, PIMS_LOG_INFO, "certificate and key were read again");
	else
		env_log(&server->env, PIMS_LOG_ERROR, "the old certificate and key stay in use");
}

static int start_tls(struct server *server, const struct server_options *options)
{
	if (!options->tls_cert)
		return 0;
	return tls_open(&server->service->tls, options->tls_cert, options->tls_key, &server->env);
}

static int start_listening(struct server *server, const struct server_options *options)
{
	int r;

	r = http_listen(options->address, options->port, &server->service->socket, &server->service->port);
	if (r < 0)
		env_log(&server->env, PIMS_LOG_ERROR, "%s:%u: %s", options->address, options->port,
			r == PIMS_E_SYSTEM ? strerror(errno) : "is no numeric address with a port");
	return r;
}

/* The default is right for who asks from the same machine. */
static int default_issuer(struct server *server, const char *address)
{
	const char *scheme = server_has_tls(server) ? "https" : "http";
	bool v6 = strchr(address, ':');
	char url[128];

	if (server->settings.issuer)
		return 0;
	snprintf(url, sizeof url, v6 ? "%s://[%s]:%u" : "%s://%s:%u", scheme, address, server->service->port);
	return text_set(&server->settings.issuer, url);
}

static int open_data(struct server *server)
{
	const char *dir = server->settings.data_dir;
	const struct env *env = &server->env;
	int r;

	r = data_dir_open_store(&server->store, dir, env);
	if (r == 0)
		r = data_dir_open_seal(&server->seal, dir, server->store, env);
	if (r == 0)
		r = settings_load_macid(&server->settings, server->store, env);
	if (r == 0)
		r = oidc_keys_load(&server->oidc_keys, server->store, server->seal, env);
	if (r == 0)
		r = iwws_keys_load(&server->iw_keys, server->store, server->seal, env);
	if (r == 0 && server->settings.sandbox)
		r = sandbox_seed(server->store, env);
	if (r < 0)
		env_log(env, PIMS_LOG_ERROR, "%s: cannot be used: %s", dir, pims_strerror(r));
	return r;
}

/* Password hashes take their time and memory: whoever types a password on a page waits for the others who do, and nobody else for them. */
bool server_slow(const struct request *request)
{
	return strcmp(request->method, "POST") == 0 &&
	       (strcmp(request->path, OIDC_AUTHORIZE_PATH) == 0 || text_starts(request->path, ACCOUNT_PATH));
}

void server_malformed(struct request *request, struct response *response)
{
	if (text_equal(request->path, iwws_routes[0].path))
		iwws_malformed(response);
	else if (text_equal(request->path, OIDC_TOKEN_PATH) || text_equal(request->path, OIDC_REVOKE_PATH) || text_equal(request->path, OIDC_PAR_PATH))
		oauth_error(response, 400, "invalid_request", "a parameter is repeated or malformed"); /* RFC 6749 §5.2 */
}

/* Browsers take no such word from an address, and a name of this machine alone may have other servers that speak HTTP (RFC 6797 §8.1.1). */
static bool wants_hsts(const char *issuer)
{
	unsigned char address[ADDRESS_BYTES];
	struct url url = {0};
	bool wants;

	if (url_parse(issuer, &url) < 0)
		return false;
	wants = strcmp(url.scheme, "https") == 0 && !url_is_loopback(&url) && !strchr(url.host, ':') &&
		address_parse(url.host, strlen(url.host), address) < 0;
	url_free(&url);
	return wants;
}

/* RFC 8414 §3.1: between host and path of the issuer, which a proxy in front hands to us as it is. */
static int make_own_routes(const struct server *server)
{
	struct service *service = server->service;
	struct buf path = BUF_INIT(8192);
	struct url url = {0};
	int r = url_parse(server->settings.issuer, &url);

	if (r == 0 && *url.path && !text_equal(url.path, "/"))
		r = buf_printf(&path, OAUTH_METADATA_PATH "%s", url.path);
	if (r == 0 && path.len)
		r = text_set(&service->metadata_path, buf_text(&path));
	if (r == 0 && path.len)
		service->own_routes[0] = (struct route){"GET", service->metadata_path, oidc_metadata};
	url_free(&url);
	buf_free(&path);
	return r;
}

static void choose_tables(const struct server *server)
{
	const struct route **table = server->service->tables;

	*table++ = iwws_routes;
	*table++ = account_routes;
	*table++ = sms_routes;
	if (!server->external) { /* what knows passwords */
		*table++ = oidc_routes;
		*table++ = page_routes;
		*table++ = server->service->own_routes;
	}
	if (server->sandbox) {
		*table++ = sandbox_routes;
		*table++ = mail_routes;
	}
	*table = NULL;
}

static int start_serving(struct server *server, const struct server_options *options)
{
	struct service *service = server->service;
	const struct http_server_options http = {
		.loops = options->loops,
		.workers = options->workers,
		.server = server,
		.env = &server->env,
		.filter = server->sandbox ? sandbox_filter : NULL,
		.rules = server_rules,
		.malformed = server_malformed,
		.slow = server_slow,
		.proxies = &server->settings.proxies,
		.tls = service->tls,
		.https_only = text_starts(server->settings.issuer, "https://"),
		.hsts = wants_hsts(server->settings.issuer),
		.note = server->sandbox ? sandbox_note : NULL,
		.socket = service->socket,
	};
	int r = make_own_routes(server);

	if (r < 0)
		return r;
	choose_tables(server);
	r = sweeper_start(&service->sweeper, server->store, &server->env);
	if (r < 0)
		return r;
	service->socket = -1;
	r = http_server_start(&service->http, &http, service->tables);
	if (r < 0)
		env_log(&server->env, PIMS_LOG_ERROR, "cannot serve HTTP: %s", strerror(errno));
	return r;
}

/* Better no server than one where nobody can do what it wants. */
static int check_passkeys(const struct server *server)
{
	if (!server->settings.sign_in_passkey || passkey_possible(server))
		return 0;
	env_log(&server->env, PIMS_LOG_ERROR, "sign-in with passkeys needs an issuer that is an https URL with a host name, or http://localhost: %s is none",
		server->settings.issuer);
	return PIMS_E_INVALID;
}

static int start(struct server *server, const struct server_options *options)
{
	int r;

	server->service = calloc(1, sizeof *server->service);
	if (!server->service)
		return PIMS_E_MEMORY;
	server->service->socket = -1;
	r = settings_copy(&server->settings, &options->settings);
	if (r == 0 && server->settings.sandbox)
		r = sandbox_new(&server->sandbox, server, options->workers);
	if (r == 0)
		r = start_tls(server, options);
	if (r == 0)
		r = start_listening(server, options);
	if (r == 0)
		r = default_issuer(server, options->address);
	if (r == 0)
		r = check_passkeys(server);
	if (r == 0)
		r = open_data(server);
	if (r == 0 && server->settings.external.issuer)
		r = external_start(&server->external, &server->settings.external, options->workers, &server->env);
	else if (r == 0)
		r = passkey_check_host(server);
	return r < 0 ? r : start_serving(server, options);
}

int server_start(struct server **ret_server, const struct server_options *options)
{
	struct server *server = calloc(1, sizeof *server);
	int r;

	if (!server)
		return PIMS_E_MEMORY;
	if (options->env)
		server->env = *options->env;
	else
		env_init(&server->env, NULL, NULL, NULL);
	r = start(server, options);
	if (r < 0) {
		server_stop(server);
		return r;
	}
	*ret_server = server;
	return 0;
}

static void stop_service(struct service *service)
{
	if (!service)
		return;
	http_server_stop(service->http);
	tls_free(service->tls);
	sweeper_stop(service->sweeper);
	if (service->socket >= 0)
		close(service->socket);
	free(service->metadata_path);
	free(service);
}

void server_stop(struct server *server)
{
	if (!server)
		return;
	sandbox_close(server->sandbox);
	external_stop(server->external);
	stop_service(server->service);
	external_free(server->external);
	sandbox_free(server->sandbox);
	iw_keys_free(server->iw_keys);
	oidc_keys_free(server->oidc_keys);
	store_close(server->store);
	seal_free(server->seal);
	settings_free(&server->settings);
	free(server);
}
