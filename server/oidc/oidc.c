/* SPDX-License-Identifier: Apache-2.0 */
#include "server/oidc/handlers.h"
#include "server/server.h"

const struct route oidc_routes[] = {
	{"GET", OIDC_METADATA_PATH, oidc_metadata},
	{"GET", OAUTH_METADATA_PATH, oidc_metadata}, /* RFC 8414 §3 */
	{"GET", OIDC_JWKS_PATH, oidc_jwks},
	{"GET", OIDC_AUTHORIZE_PATH, oidc_authorize},
	{"POST", OIDC_AUTHORIZE_PATH, oidc_authorize},
	{"POST", OIDC_PAR_PATH, oidc_par},
	{"POST", OIDC_TOKEN_PATH, oidc_token},
	{"POST", OIDC_REVOKE_PATH, oidc_revoke},
	{"GET", OIDC_USERINFO_PATH, oidc_userinfo},
	{"POST", OIDC_USERINFO_PATH, oidc_userinfo},
	{"GET", OIDC_END_SESSION_PATH, oidc_end_session},
	{"POST", OIDC_END_SESSION_PATH, oidc_end_session},
	{NULL, NULL, NULL},
};
