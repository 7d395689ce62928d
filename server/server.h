/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_SERVER_H
#define PIMSD_SERVER_H

#include "platform/env.h"
#include "server/http/http.h"
#include "server/store/store.h"

#include <stdbool.h>
#include <stdint.h>

struct oidc_keys; /* server/oidc/keys.h: signing key, JWKS text */
struct iw_keys;   /* inwebo/server.h: Kfact, Kiw, ms keys */
struct seal;      /* server/store/seal.h: the master key */
struct sandbox;   /* server/sandbox/sandbox.h */
struct external;  /* server/external/external.h: sign-in at another provider */

enum { SMS_COUNTRIES_SIZE = 512, SMS_ANDROID_HASH_SIZE = 12 };

/** What limits messages (server/sms/policy.h). A limit of 0 is the default one. */
struct sms_settings {
	int cooldown_seconds; /**< 30, doubling twice; 0 = none */
	int per_hour, per_day; /**< of an account: 5, 10; in the sandbox 100, 1000 */
	int per_number;        /**< certification messages to a number in a day: 5; in the sandbox 500 */
	int per_address;       /**< of a client's address in a day: 100; in the sandbox 10000 */
	char countries[SMS_COUNTRIES_SIZE]; /**< "FR=1000,ES": allowed ones with their budget in a day; "*" is any; "" = the server's, in the sandbox any */
	char android_hash[SMS_ANDROID_HASH_SIZE]; /**< of the app that reads messages by itself (SMS Retriever); "" = none */
};

/** Sign-in at another provider (server/external/). Texts; NULL = not given. */
struct external_settings {
	char *issuer;        /**< exactly as the provider writes it; NULL = we are the provider */
	char *audience;      /**< that access tokens must name */
	char *client_id;     /**< of ours, for introspection (RFC 7662); NULL = access tokens are JWTs (RFC 9068) */
	char *secret_file;   /**< of that client */
	char *ca_file;       /**< PEM, instead of the system's authorities */
	char *scope;         /**< without which a token opens nothing */
	char *app_client_id; /**< what the well-known document tells apps: NULL = "pims" */
	char *app_scope;     /**< NULL = "openid profile email" and `scope` */
	char *resource;      /**< that apps ask tokens for (RFC 8707) */
	int cache_seconds;   /**< answers of introspection are used again for so long; 0 = never, -1 = the default: 10 */
};

/** Settings, from the command line and the configuration; constant while the server runs. */
struct settings {
	bool sandbox;
	bool quiet; /**< a sandbox that shows no SMS on standard output */
	char *data_dir;
	char *issuer;       /**< public URL without a slash at its end */
	char *customer_audience; /**< of tokens for the customer API; NULL = "customer-api" */
	char macid[33];
	int access_seconds;   /**< 3599 */
	int refresh_seconds;  /**< from their issue */
	int session_seconds;  /**< from the password on; 0 = no end */
	int code_seconds;     /**< authorization codes */
	int sms_seconds;      /**< 600 */
	int otp_seconds;      /**< 120 */
	int challenge_seconds;
	int pin_tries;        /**< 5 */
	int max_devices;      /**< 5 */
	int pin_min, pin_max; /**< digits of a new PIN; 0 = 4 and 8 */
	int otp_per_day;      /**< OTPs of a device in a UTC day; 0 = any number */
	int password_min;     /**< characters of a new password */
	bool weak_pins;       /**< a new PIN may be one that is guessed first (server/iwws/pin_policy.c) */
	char country[3];      /**< of accounts that have none of their own; "" = FR */
	struct sms_settings sms;
	struct external_settings external;
	struct proxies proxies; /**< whose X-Forwarded-… is believed; none = nobody's */
	bool par_required; /**< every authorization request must have been pushed (RFC 9126 §5) */
	bool dpop_nonce; /**< every DPoP proof needs a nonce of ours (RFC 9449 §8, §9) */
	bool sign_in_otp;     /**< policy: who has a device signs in with its one-time password, too */
	bool sign_in_passkey; /**< policy: everybody signs in with a passkey, too */
	bool dpop_required; /**< access tokens are bound to a key, of every client and of another provider too, or open nothing */
	bool otp_without_pin; /**< policy: an OTP is given without the PIN */
};

/** What every handler works with. Shared by all threads; everything in it is constant or locks itself. */
struct server {
	struct settings settings;
	struct env env;
	struct store *store;
	struct seal *seal;
	struct oidc_keys *oidc_keys;
	struct iw_keys *iw_keys;
	struct sandbox *sandbox; /**< server/sandbox/sandbox.h; NULL in production */
	struct external *external; /**< NULL: sign-in is our own */
	struct service *service; /**< private to server/server.c */
};

/** What a server is started with; strings are copied. */
struct server_options {
	struct settings settings; /**< issuer NULL: "http[s]://ADDRESS:PORT"; macid "": the stored one, or a new one */
	const struct env *env;    /**< copied; NULL = the built-ins */
	const char *address;      /**< numeric, "127.0.0.1" */
	unsigned port;            /**< 0 = any free one */
	unsigned loops, workers;  /**< 0 = as http_server_options */
	const char *tls_cert, *tls_key; /**< PEM files; NULL: plain HTTP. Both or none */
};

/** Settings as documented in pimsd(8); data_dir and issuer are NULL. */
void settings_default(struct settings *ret_settings, bool sandbox);

/**
 * Opens the data directory (makes what is missing), listens and serves; the sandbox gets its accounts and clients. Any number of them in one process, or
 * on one data directory. What went wrong is logged with the file's or the address's name. The caller owns *ret_server: server_stop().
 */
int server_start(struct server **ret_server, const struct server_options *options);
unsigned server_port(const struct server *server);
/** True when it has a certificate of its own. */
bool server_has_tls(const struct server *server);
/** Reads certificate and key again, for new connections; those that are there go on. What is wrong is logged, and the old ones stay. Any thread. */
void server_reload(struct server *server);
/** Lets running requests finish, then closes all. NULL allowed. */
void server_stop(struct server *server);

/** How requests to a path are read (server/rules.c, http_server_options.rules). */
unsigned server_rules(const char *path);
/** The answer to a query string or form that can't be read, where a protocol has a form of its own (http_server_options.malformed). */
void server_malformed(struct request *request, struct response *response);
/** Requests that hash a password (http_server_options.slow). */
bool server_slow(const struct request *request);

/** The request's server. */
struct server *request_server(const struct request *request);

/* Routes of each part, ended by a NULL method. */
extern const struct route oidc_routes[];    /* server/oidc, if sign-in is ours: discovery, authorize, access_token, revoke, JWKS, userinfo, end_session */
extern const struct route iwws_routes[];    /* server/iwws: /iwws/MAC */
void iwws_malformed(struct response *response);
extern const struct route account_routes[]; /* server/account: phone, account, car associations, well-known document, otp verify, remote token */
extern const struct route sms_routes[];     /* server/sms: smsCode, reset PIN */
extern const struct route sandbox_routes[]; /* server/sandbox; only in sandbox mode */

/**
 * The access token of a request, Bearer or DPoP with its proof → account and session; on failure the response is filled (401; of external tokens also 403
 * and 503) and a negative value returned. An external token has no session of ours: id 0, its client and scope.
 */
int authenticate(struct request *request, struct response *response, struct session_row *ret_session, struct account *ret_account);
/** The answer to a token that authenticate() took, where its sign-in is below the `acr` that is wanted (RFC 9470 §3). */
void authenticate_step_up(const struct request *request, struct response *response, const char *level);

#endif
