/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_OIDC_HANDLERS_H
#define PIMSD_OIDC_HANDLERS_H

#include "server/http/http.h"

/* One file each; the paths are the live service's (spec/wire.md §2). */
#define OIDC_AUTHORIZE_PATH "/am/oauth2/authorize"
#define OIDC_PAR_PATH "/am/oauth2/par"
#define OIDC_TOKEN_PATH "/am/oauth2/access_token"
#define OIDC_REVOKE_PATH "/am/oauth2/token/revoke"
#define OIDC_JWKS_PATH "/am/oauth2/connect/jwk_uri"
#define OIDC_USERINFO_PATH "/am/oauth2/userinfo"
#define OIDC_END_SESSION_PATH "/am/oauth2/connect/endSession"
#define OIDC_METADATA_PATH "/.well-known/openid-configuration"
#define OAUTH_METADATA_PATH "/.well-known/oauth-authorization-server" /* RFC 8414 §3, with the issuer's path behind it */

void oidc_authorize(struct request *request, struct response *response);
void oidc_par(struct request *request, struct response *response);
void oidc_token(struct request *request, struct response *response);
void oidc_revoke(struct request *request, struct response *response);
void oidc_userinfo(struct request *request, struct response *response);
void oidc_end_session(struct request *request, struct response *response);
void oidc_metadata(struct request *request, struct response *response);
void oidc_jwks(struct request *request, struct response *response);

#endif
