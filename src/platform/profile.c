/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/profile.h"

#include <stdlib.h>
#include <string.h>

void endpoints_free(struct endpoints *endpoints)
{
	if (!endpoints)
		return;
	free(endpoints->issuer);
	free(endpoints->authorization);
	free(endpoints->par);
	free(endpoints->token);
	free(endpoints->revocation);
	free(endpoints->jwks);
	free(endpoints->jwks_document);
	free(endpoints->userinfo);
	free(endpoints->end_session);
	free(endpoints->inwebo);
	free(endpoints->sms);
	free(endpoints->sms_purpose);
	free(endpoints->phone);
	free(endpoints->account);
	free(endpoints->devices);
	free(endpoints->devices_remove);
	free(endpoints->account_create);
	free(endpoints->account_email);
	free(endpoints->account_password);
	free(endpoints->customer_audience);
	free(endpoints->realm);
	free(endpoints->scope);
	free(endpoints->resource);
	memset(endpoints, 0, sizeof *endpoints);
}

static void live_free(struct live *live)
{
	free(live->oauth_url);
	free(live->api_url);
	free(live->realm);
}

void profile_free(struct profile *profile)
{
	if (!profile)
		return;
	free(profile->environment);
	free(profile->mode);
	free(profile->brand);
	free(profile->client_id);
	secret_free(&profile->client_secret);
	free(profile->login_redirect_uri);
	free(profile->webviews_redirect_uri);
	free(profile->macid);
	free(profile->backend);
	free(profile->issuer);
	free(profile->scope);
	free(profile->inwebo_url);
	live_free(&profile->live);
	free(profile->inwebo_key);
	endpoints_free(&profile->endpoints);
	memset(profile, 0, sizeof *profile);
}
