/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_BASE_BRAND_TABLE_H
#define PIMS_BASE_BRAND_TABLE_H

/*
 * All that public sources tell of the live service (spec/wire.md §2, §3), and the only place where it stands: brand, environment, mode; where one
 * signs in; realm, sent as x-introspect-realm; scheme of the redirect URI "<scheme>://oauth2redirect/<country>".
 *
 * Other environments and B2B, the host of the API, inWebo's URL, issuer, keys and scopes are told by none: who uses them configures them
 * (`live` and `credential.inWeboURL`). So are client id, secret and macID, which belong to the user.
 */
#define BRANDS(X) \
	X("Peugeot", "Production", "B2C", "https://idpcvs.peugeot.com/am/oauth2", "clientsB2CPeugeot", "mymap") \
	X("Citroen", "Production", "B2C", "https://idpcvs.citroen.com/am/oauth2", "clientsB2CCitroen", "mymacsdk") \
	X("Ds", "Production", "B2C", "https://idpcvs.driveds.com/am/oauth2", "clientsB2CDS", "mymdssdk") \
	X("Opel", "Production", "B2C", "https://idpcvs.opel.com/am/oauth2", "clientsB2COpel", "mymopsdk") \
	X("Vauxhall", "Production", "B2C", "https://idpcvs.vauxhall.co.uk/am/oauth2", "clientsB2CVauxhall", "mymvxsdk")

/* Below the sign-in URL. */
#define BRAND_PATH_AUTHORIZE "/authorize"
#define BRAND_PATH_TOKEN "/access_token"
#define BRAND_PATH_REVOKE "/token/revoke"
/* Below the API's URL. Car associations and the remote token (spec/wire.md §3) are about vehicles: no call here makes them. */
#define BRAND_PATH_SMS "/applications/cvs/v4/mobile/smsCode"

/* Of a redirect URI, between scheme and country. */
#define BRAND_REDIRECT "://oauth2redirect/"

#endif
