/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_PLATFORM_PROFILE_H
#define PIMS_PLATFORM_PROFILE_H

#include "base/secret.h"
#include "platform/log_file.h"

#include <stdbool.h>
#include <stdint.h>

/** Where a backend answers. A NULL member: the backend has no such endpoint (`backend.no_endpoint`). */
struct endpoints {
	char *issuer;
	char *authorization;
	char *par; /**< where authorization requests are pushed (RFC 9126), of a provider that takes no others; else NULL */
	char *token;
	char *revocation;
	char *jwks;
	char *jwks_document; /**< the provider's keys as they were last fetched, or NULL; in memory only */
	char *userinfo;
	char *end_session;
	char *inwebo;  /**< base URL: "/iwws/MAC" is appended */
	char *sms;     /**< POST smsCode, spec/wire.md §3 */
	char *sms_purpose; /**< ours: POST {"purpose": "resetPIN"}; NULL at the live service */
	char *phone;   /**< ours: GET, the trusted phone number */
	char *account; /**< ours: GET, state of account and PIN */
	char *devices; /**< ours: GET, the account's devices */
	char *devices_remove;   /**< ours: POST {"id"} or {"all"} or {"oldest"} */
	char *account_create;   /**< ours: pages for the user agent */
	char *account_email;
	char *account_password;
	char *customer_audience; /**< of the customer API, for RFC 8693 token exchange; no URL */
	char *realm;   /**< sent as x-introspect-realm; NULL = not sent */
	char *scope;
	char *resource; /**< the API that access tokens are asked for (RFC 8707); NULL = none is named. No URL that anybody calls */
	bool post_secret;   /**< the client's secret goes into the form: the provider takes no Basic (OpenID Connect Core §9) */
	bool dpop;          /**< it binds tokens to keys (RFC 9449), with ES256 among its algorithms */
	bool iss_parameter; /**< authorization_response_iss_parameter_supported (RFC 9207) */
	bool known;         /**< discovery is done */
};

/** What the user knows of a brand's live service and no public source tells (base/brand_table.h). NULL = not told. */
struct live {
	char *oauth_url; /**< "/authorize" and so on are appended */
	char *api_url;   /**< of the call for an SMS */
	char *realm;     /**< in place of the brand's */
};

/** What is bound to a key where the backend can (RFC 9449). */
enum dpop_mode {
	DPOP_AUTO,    /**< refresh and access tokens; a token for another audience, which is for other programs, where the backend leaves no choice */
	DPOP_ALL,     /**< these too */
	DPOP_REFRESH, /**< refresh tokens; the others where the backend leaves no choice: the application hands access tokens to other programs */
	DPOP_NEVER
};

/** How the client proves itself to a provider: a matter of its registration there, which no document tells (OpenID Connect Core §9). */
enum auth_method {
	AUTH_AUTO,  /**< Basic, or the form where the provider takes no Basic */
	AUTH_BASIC, /**< client_secret_basic */
	AUTH_POST   /**< client_secret_post */
};

/** The configuration given to initialize (spec/facade.md §initialize parameters). */
struct profile {
	char *environment;
	char *mode;
	char *brand;
	char *client_id;
	struct secret client_secret; /**< empty = public client */
	char *login_redirect_uri;
	char *webviews_redirect_uri;
	char *macid;   /**< NULL = StrongAuthentication is not configured */
	char *backend; /**< URL of a self-hosted server, or NULL */
	char *issuer;  /**< of an OpenID provider that is no backend of ours, or NULL; never both */
	char *scope;   /**< to ask for, or NULL: what the backend says, or a default */
	char *inwebo_url; /**< credential.inWeboURL, or NULL: the backend's */
	struct live live; /**< of no use with a backend */
	char *inwebo_key; /**< credential.inWeboKey: fingerprint of inWebo's Kfact, or NULL: the one of the first activation is kept */
	char country[3];
	enum dpop_mode dpop;
	enum auth_method auth_method;
	struct log_settings log; /**< monitoring */
	struct endpoints endpoints;
};

void endpoints_free(struct endpoints *endpoints);
void profile_free(struct profile *profile);

#endif
