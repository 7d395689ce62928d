/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_CAUSE_H
#define PIMS_CAUSE_H

#include <pims/version.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What the table says to call next. */
#define PIMS_NEXT_INITIALIZE "initialize"
#define PIMS_NEXT_LOGIN "set pims.authentication.user action=login"
#define PIMS_NEXT_SMS "get pims.authentication.smscode type=enrollment"
#define PIMS_NEXT_CERTIFY "get pims.authentication.smscode type=phoneNumberCertification"
#define PIMS_NEXT_RESET "get pims.authentication.smscode type=resetPIN"
#define PIMS_NEXT_ENROLL "set pims.authentication.enrollment action=enroll"
#define PIMS_NEXT_REMOVE "set pims.authentication.enrollment action=remove"
#define PIMS_NEXT_OTP "get pims.authentication.otp action=withPIN"

/**
 * The causes of errors: word, what it means, what to call next ("" = nothing, or the same again), documented codes it comes with (before the nearest
 * listed one takes their place; "" = it does not reach a caller of this library), what the error tells besides where the server knows it. A word
 * that ends in a dot stands for all that begin with it and have no row. Texts have no secrets in them and can be shown to people.
 * docs/ERRORS.md is made from this.
 */
#define PIMS_CAUSES(X) \
	X("account.blocked", "the operator has blocked the account", "", "2310 2204", "") \
	X("agent.canceled", "it was canceled on the page", "", "2368", "") \
	X("agent.port", "the port that the redirect goes to is taken by another program", "", "2368", "") \
	X("agent.timeout", "nobody finished the page within the time allowed", "", "2368", "") \
	X("agent.unavailable", "no browser can be opened here", PIMS_NEXT_LOGIN, "2368", "") \
	X("backend.insecure", "that address is not https", "", "2006 2102", "") \
	X("backend.no_audience", "this server has no token for the customer API", "", "2006", "") \
	X("backend.no_endpoint", "this server does not offer that", "", "2344 2006", "") \
	X("canceled", "canceled", "", "2000", "") \
	X("client.invalid", "the server does not know the client, or its secret is wrong", "", "", "") \
	X("configuration.", "a value of the configuration is missing or wrong", PIMS_NEXT_INITIALIZE, "2006 2344", "") \
	X("configuration.busy", "another change of the configuration is under way", "", "2005", "") \
	X("configuration.changed", "the configuration was changed meanwhile", "", "2000", "") \
	X("configuration.issuer", "the issuer must be an https address, and no backend stands beside it", PIMS_NEXT_INITIALIZE, "2006", "") \
	X("configuration.scope", "the scope must be words of printable characters, openid among them", PIMS_NEXT_INITIALIZE, "2006", "") \
	X("device.not_enrolled", "this device is not enrolled", PIMS_NEXT_SMS, "2317", "") \
	X("device.proof", "this device could not be proved to be enrolled", PIMS_NEXT_SMS, "2312", "") \
	X("device.unknown", "the account has no such device", "", "2102", "") \
	X("id_token.", "the server's id token fails a check: another key, audience or clock than expected", PIMS_NEXT_LOGIN, "2204 2301", "") \
	X("id_token.algorithm", "the server signs with neither RSA nor ECDSA: have the client registered for RS256", "", "2204 2301", "") \
	X("identity.unavailable", "the provider that people sign in at cannot be asked at the moment", "", "2204", "retryAfter") \
	X("internal", "something went wrong in the library", "", "2000", "") \
	X("internal.", "something went wrong in the library", "", "2000", "") \
	X("internal.memory", "out of memory", "", "2000", "") \
	X("internal.system", "the operating system refused something", "", "2000", "") \
	X("inwebo.access", "wrong PIN, or the SMS code is no longer good", "", "2308", "remaining") \
	X("inwebo.argument", "a value has the wrong form: most often something else was entered as the SMS code", "", "2102", "") \
	X("inwebo.blocked", "too many wrong PINs: the PIN is blocked", PIMS_NEXT_RESET, "2310", "remaining") \
	X("inwebo.code", "the SMS code is wrong, used or expired", PIMS_NEXT_SMS, "2305", "remaining") \
	X("inwebo.forbidden", "the server does not allow this device", PIMS_NEXT_REMOVE, "2317", "") \
	X("inwebo.kfact_changed", "the server's key is not the one this device was enrolled with: somebody may be in between", "", "2208", "") \
	X("inwebo.kfact_pinned", "the server's inWebo key is not the one in the configuration: somebody may be in between", "", "2208", "") \
	X("inwebo.macid", "the server does not know the macID", PIMS_NEXT_INITIALIZE, "2314", "") \
	X("inwebo.max_devices", "the account has as many devices as it may have", PIMS_NEXT_REMOVE, "2317", "") \
	X("inwebo.no_device", "the server has removed this device", PIMS_NEXT_SMS, "2312", "") \
	X("inwebo.no_service", "the server has no service for this device", PIMS_NEXT_REMOVE, "2314", "") \
	X("inwebo.not_activated", "this device was never activated", PIMS_NEXT_SMS, "2313", "") \
	X("inwebo.pin", "wrong PIN", "", "2308", "remaining") \
	X("inwebo.pin_refused", "the server does not accept this PIN: its length or form", "", "2102", "") \
	X("inwebo.pin_reused", "the new PIN is the old one", "", "2315", "") \
	X("inwebo.service", "the server does not offer that service", "", "2314", "") \
	X("inwebo.state", "device and server do not agree on what comes next", PIMS_NEXT_SMS, "2311", "") \
	X("inwebo.synchro", "it succeeded, and the next call finishes it", PIMS_NEXT_OTP, "2316", "") \
	X("inwebo.timeout", "the server did not finish in time", "", "2201", "") \
	X("inwebo.too_many_attempts", "too many attempts with this SMS code", PIMS_NEXT_SMS, "2305 2308", "retryAfter") \
	X("inwebo.unknown", "the server refused with a word that is not known", "", "2000", "") \
	X("inwebo.version", "the server does not speak this version of the protocol", "", "2309", "") \
	X("log.directory", "there is no directory for log files", "", "2006", "") \
	X("memory", "out of memory", "", "2000 2006", "") \
	X("network.pin", "the server's key is not the one that is pinned", "", "2208", "") \
	X("network.portal", "a portal or proxy of this network answers in place of the server", "", "2202", "") \
	X("network.timeout", "the server did not answer in time", "", "2201", "") \
	X("network.tls", "the server's certificate cannot be trusted", "", "2202", "") \
	X("network.unreachable", "the server cannot be reached", "", "2202", "") \
	X("oauth.", "the sign-in server refused", "", "2204 2368", "") \
	X("oauth.access_denied", "it was refused or canceled on the page", "", "2368", "") \
	X("oauth.insufficient_scope", "this session lacks the scope for that: configure it, and sign in again", PIMS_NEXT_INITIALIZE, "2204", "") \
	X("oauth.invalid_client", "the server does not know this client id, or wants another secret or way to send it", PIMS_NEXT_INITIALIZE, "2006", "") \
	X("oauth.invalid_dpop_proof", "the server wants a proof of a key, or another one: leave dpop on, and sign in again", PIMS_NEXT_LOGIN, "2204", "") \
	X("oauth.invalid_grant", "the session has ended on the server", PIMS_NEXT_LOGIN, "2301", "") \
	X("oauth.invalid_scope", "the server does not give this client that scope: configure another", PIMS_NEXT_INITIALIZE, "2204", "") \
	X("oauth.invalid_target", "the server has no token for that audience", "", "2006", "") \
	X("oauth.issuer", "the redirect does not come from the server it was asked of", PIMS_NEXT_LOGIN, "2204", "") \
	X("oauth.no_code", "the redirect carries no code", PIMS_NEXT_LOGIN, "2204", "") \
	X("oauth.unauthorized_client", "the server does not allow this client that: its operator registers it for it", PIMS_NEXT_INITIALIZE, "2006", "") \
	X("otp.budget", "no more one-time passwords for now", "", "2317", "retryAfter remaining") \
	X("otp.pin_required", "the server wants the PIN for this", PIMS_NEXT_OTP, "2308", "") \
	X("otp.refused", "the one-time password is wrong, used or expired", PIMS_NEXT_OTP, "", "") \
	X("otp.row", "too many wrong one-time passwords in a row were tried on the account: get one with the PIN", PIMS_NEXT_OTP, "2308", "") \
	X("phone.exists", "the account has a trusted phone number already", "", "2390", "") \
	X("phone.invalid", "that is no phone number: write it as +33612345678, or as in the account's country", "", "2102", "") \
	X("phone.none", "the account has no trusted phone number", PIMS_NEXT_CERTIFY, "2307 2204", "") \
	X("pin.policy", "the server does not accept this PIN: 4 to 8 digits, not easy to guess", "", "2102", "") \
	X("request.", "the server could not read the request", "", "2204", "") \
	X("sandbox.", "the sandbox could not do what it was told", "", "", "") \
	X("server.busy", "the server has too much to do", "", "2204", "retryAfter") \
	X("server.content_type", "that is no answer of such a server: a proxy, a portal, another address?", "", "2204", "") \
	X("server.cut", "the connection ended inside the answer", "", "2204", "") \
	X("server.error", "the server answered with an error", "", "2204", "") \
	X("server.failed", "something went wrong in the server", "", "2204", "") \
	X("server.format", "that is no answer of such a server: a proxy, a portal, another address?", "", "2204", "") \
	X("server.issuer", "the server calls itself by another address than the one it was asked at", "", "2204", "") \
	X("server.stopping", "the server is being stopped", "", "2204", "retryAfter") \
	X("server.throttled", "too many requests", "", "2204", "retryAfter") \
	X("server.too_big", "the answer is longer than any of such a server", "", "2204", "") \
	X("server.unexpected", "the server answered with something else than expected", "", "2204", "") \
	X("session.expired", "the session has ended", PIMS_NEXT_LOGIN, "2301", "") \
	X("session.none", "nobody is signed in", PIMS_NEXT_LOGIN, "2301", "") \
	X("sms.budget", "no more SMS for this account, number or country for now", "", "2204", "retryAfter remaining") \
	X("sms.code", "the SMS code is wrong, used or expired", "", "2305", "remaining") \
	X("sms.cooldown", "an SMS was sent just now; the code in it is still good", "", "2204", "retryAfter remaining") \
	X("sms.country", "this server sends no SMS to that country", "", "2204", "remaining") \
	X("sms.expired", "the SMS code has expired", PIMS_NEXT_SMS, "2306", "") \
	X("sms.too_many_attempts", "too many wrong SMS codes for this account", "", "2204", "retryAfter") \
	X("state.corrupt", "the state file is truncated or damaged; nothing was overwritten", "", "2006 2000", "") \
	X("state.directory", "the directory of the state cannot be used", "", "2006 2000", "") \
	X("state.io", "the state cannot be read or written: the disk is full, or permissions are missing; the old state stays", "", "2006 2000", "") \
	X("state.key", "the state file was sealed with another key; nothing was overwritten", "", "2006 2000", "") \
	X("state.key_unsafe", "others can read the key file: it must have mode 0600", "", "2006 2000", "") \
	X("state.limit", "the state file is too long to be one; nothing was overwritten", "", "2006 2000", "") \
	X("state.locked", "another process works on this profile and does not end", "", "2006 2000", "") \
	X("state.version", "the state file was written by a newer version; nothing was overwritten", "", "2006 2000", "")

/** The codes of the authentication and SDK calls: code, what it means where no cause says more, what to call next. */
#define PIMS_MEANINGS(X) \
	X(2000, "something went wrong", "") \
	X(2001, "there is no configuration", PIMS_NEXT_INITIALIZE) \
	X(2002, "there is no such call", "") \
	X(2003, "a part of the library is missing", "") \
	X(2004, "the configuration cannot be read", PIMS_NEXT_INITIALIZE) \
	X(2005, "the same call is under way already", "") \
	X(2006, "a value of the configuration is missing or wrong", PIMS_NEXT_INITIALIZE) \
	X(2007, "initialize has been called before", "") \
	X(2101, "a parameter is missing", "") \
	X(2102, "a parameter has a wrong value", "") \
	X(2201, "the server did not answer in time", "") \
	X(2202, "the server cannot be reached", "") \
	X(2204, "the server answered with an error, or with something else than expected", "") \
	X(2208, "the server's key is not the one that is pinned", "") \
	X(2301, "nobody is signed in, or the session has ended", PIMS_NEXT_LOGIN) \
	X(2302, "this needs a one-time password", PIMS_NEXT_OTP) \
	X(2305, "the SMS code is wrong, used or expired", PIMS_NEXT_SMS) \
	X(2306, "the SMS code has expired", PIMS_NEXT_SMS) \
	X(2307, "the account has no trusted phone number", PIMS_NEXT_CERTIFY) \
	X(2308, "wrong PIN, or the SMS code is no longer good", "") \
	X(2309, "the server does not speak this version of the protocol", "") \
	X(2310, "too many wrong PINs: the PIN is blocked", PIMS_NEXT_RESET) \
	X(2311, "device and server do not agree on what comes next", PIMS_NEXT_SMS) \
	X(2312, "the server has removed this device", PIMS_NEXT_SMS) \
	X(2313, "this device was never activated", PIMS_NEXT_SMS) \
	X(2314, "the server has no service for this device", "") \
	X(2315, "the new PIN is the old one", "") \
	X(2316, "it succeeded, and the next call finishes it", PIMS_NEXT_OTP) \
	X(2317, "the server does not allow this device", PIMS_NEXT_REMOVE) \
	X(2344, "the configuration has no macID or no address for it", PIMS_NEXT_INITIALIZE) \
	X(2368, "it was canceled on the page", "") \
	X(2390, "the account has a trusted phone number already", "")

/**
 * What a cause (pims_message_cause()) means, in plain English; for a cause that is NULL or not known, what the code means. Never NULL: "" when
 * neither is known. A static string, from any thread. Since 0.1.
 */
PIMS_API const char *pims_cause_text(const char *cause, int code);

/** What to call next, likewise: "set API name=value", or "" for nothing. The message's `recovery` is this, unless the call knew better. Since 0.1. */
PIMS_API const char *pims_cause_recovery(const char *cause, int code);

#ifdef __cplusplus
}
#endif

#endif
