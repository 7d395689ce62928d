/* SPDX-License-Identifier: Apache-2.0 */
#include "facade/api.h"
#include "facade/change.h"
#include "facade/sdk.h"
#include "identity/identity.h"
#include "strong/strong.h"

/* The rows in the order of spec/api.json; their lists of codes are the documents', gaps included. */

#define TOKEN_API "pims.authentication.token"
#define ACCOUNT_API "pims.authentication.account"
#define USER_API "pims.authentication.user"
#define SMS_API "pims.authentication.smscode"
#define ENROLLMENT_API "pims.authentication.enrollment"
#define PIN_API "pims.authentication.pincode"
#define OTP_API "pims.authentication.otp"
#define BASIC "BasicAuthentication"
#define SDK "SDK"

static const char *const token_actions[] = {"get", "refresh", NULL};
static const struct api_parameter token_parameters[] = {{"action", API_STRING, true, token_actions, NULL, NULL}, {0}};
static const struct api_field token_result[] = {{"type", "string"}, {"token", "string"}, {0}};
/* with htu, the result has the "scope" of an access token, too, and "tokenType" and "dpop" where it is bound to a key (RFC 9449) */
static const struct api_parameter access_parameters[] = {
	{"action", API_STRING, true, token_actions, NULL, NULL},
	{"htu", API_EXTENSION, false, NULL, NULL, "URL of a request of your own: a token that is bound to a key comes with tokenType and a proof for it"},
	{"htm", API_EXTENSION, false, NULL, NULL, "its method (GET)"},
	{"nonce", API_EXTENSION, false, NULL, NULL, "the DPoP-Nonce that its server gave"},
	{0}};
static const short token_errors[] = {2001, 2006, 2101, 2102, 2201, 2202, 2204, 2301, 0};

static const struct api_parameter user_parameters[] = {
	{"local", API_LANGUAGE, false, NULL, NULL, "UI language of the user agent, e.g. en"},
	{"context", API_OBJECT, false, NULL, NULL, "Android context; handed to the user-agent hook, otherwise ignored"},
	{0}};
static const char *const end_session_values[] = {"browser", NULL};
static const struct api_parameter logout_parameters[] = {
	{"local", API_LANGUAGE, false, NULL, NULL, "UI language of the user agent, e.g. en"},
	{"context", API_OBJECT, false, NULL, NULL, "Android context; handed to the user-agent hook, otherwise ignored"},
	{"endSession", API_EXTENSION, false, end_session_values, NULL, "browser: then its session at the provider too, by the user agent"},
	{0}};
static const short user_errors[] = {2001, 2101, 2102, 2368, 0};
static const short logout_errors[] = {2001, 2101, 2102, 2201, 2202, 2204, 2301, 0};

static const struct api_field username_result[] = {{"username", "string"}, {0}};
static const struct api_field activated_result[] = {{"isDeviceActivated", "boolean"}, {0}};
static const struct api_field blocked_result[] = {{"isAccountBlocked", "Unknown | PinBlocked | NotBlocked"}, {0}};
static const short username_errors[] = {2001, 2101, 2102, 2301, 0};
static const short account_errors[] = {2001, 2101, 2102, 2344, 0};

static const struct api_field phone_result[] = {{"phoneNumber", "string"}, {0}};
static const short phone_errors[] = {2001, 2006, 2201, 2202, 2204, 2307, 0};

static const struct api_parameter certification_parameters[] = {{"phoneNumber", API_PHONE, true, NULL, NULL, NULL}, {0}};
static const short sms_errors[] = {2001, 2006, 2101, 2102, 2201, 2202, 2204, 0};

static const struct api_parameter confirm_parameters[] = {{"smsCode", API_DIGITS, true, NULL, NULL, NULL}, {0}};
static const struct api_field confirm_result[] = {{"status", "NotEnrolled | AlreadyEnrolled"}, {0}};
static const short confirm_errors[] = {2001, 2006, 2102, 2201, 2202, 2204, 2308, 2309, 2310, 2311, 2312, 2313, 2314, 2316, 2317, 2344, 0};

static const struct api_parameter number_parameters[] = {
	{"smsCode", API_DIGITS, true, NULL, NULL, NULL}, {"phoneNumber", API_PHONE, true, NULL, "Phone number", NULL}, {0}};
static const short add_errors[] = {2001, 2006, 2101, 2102, 2201, 2202, 2204, 2344, 0};
static const short modify_errors[] = {2001, 2006, 2101, 2102, 2201, 2202, 2204, 2308, 2309,
				      2310, 2311, 2312, 2313, 2314, 2316, 2317, 2344, 0};

static const struct api_parameter enroll_parameters[] = {
	{"pinCode", API_DIGITS, true, NULL, NULL, NULL},
	{"smsCode", API_DIGITS, false, NULL, NULL, "needed when the code was not given to set smscode enrollment in this activation"},
	{0}};
static const short enroll_errors[] = {2001, 2101, 2102, 2305, 2308, 2309, 2310, 2311, 2312, 2313, 2314, 2316, 2317, 2344, 0};

static const struct api_parameter enroll_phone_parameters[] = {{"pinCode", API_DIGITS, true, NULL, NULL, NULL},
							       {"smsCode", API_DIGITS, true, NULL, NULL, NULL},
							       {"phoneNumber", API_PHONE, true, NULL, NULL, NULL},
							       {0}};
static const short enroll_phone_errors[] = {2001, 2101, 2102, 2305, 2308, 2309, 2310, 2311, 2312, 2313, 2314, 2316, 2317, 2344, 2390, 0};
static const short remove_errors[] = {2001, 2101, 2102, 2202, 2204, 2305, 2308, 2309, 2310, 2311, 2312, 2313, 2314, 2316, 2317, 2344, 0};

static const struct api_parameter reset_parameters[] = {{"pinCode", API_DIGITS, true, NULL, NULL, "the new PIN"},
							{"smsCode", API_DIGITS, true, NULL, NULL, "from get smscode resetPIN"},
							{0}};
static const struct api_parameter update_parameters[] = {
	{"oldPIN", API_DIGITS, true, NULL, NULL, NULL}, {"newPIN", API_DIGITS, true, NULL, NULL, NULL}, {0}};
static const short pin_errors[] = {2001, 2101, 2102, 2305, 2308, 2309, 2310, 2311, 2312, 2313, 2314, 2315, 2316, 2317, 2344, 0};

/* A sign-in may want an OTP itself, and where nobody is signed in the device makes it all the same: its keys prove it, not a token. */
#define OTP_SIGNED_OUT {"signedOut", API_EXTENSION, false, signed_out_values, NULL, "allowed: also where nobody is signed in, for the sign-in's page"}
static const char *const signed_out_values[] = {"allowed", NULL};
static const struct api_parameter otp_parameters[] = {{"pinCode", API_DIGITS, true, NULL, NULL, NULL}, OTP_SIGNED_OUT, {0}};
static const struct api_parameter otp_bare_parameters[] = {OTP_SIGNED_OUT, {0}};
static const struct api_field otp_result[] = {{"otp", "string"}, {0}};
static const short otp_errors[] = {2000, 2001, 2006, 2101, 2102, 2202, 2308, 2309, 2310, 2311, 2312, 2313, 2314, 2316, 2317, 0};

static const struct api_parameter configuration_parameters[] = {
	{"environnement", API_STRING, false, NULL, NULL, NULL}, {"mode", API_STRING, false, NULL, NULL, NULL},
	{"monitoring", API_OBJECT, false, NULL, NULL, NULL},    {"credential", API_OBJECT, false, NULL, NULL, NULL},
	{"profile", API_OBJECT, false, NULL, NULL, NULL},       {"backend", API_EXTENSION, false, NULL, NULL, "URL of a self-hosted server"},
	{"issuer", API_EXTENSION, false, NULL, NULL, "issuer of any OpenID provider, instead of a backend"},
	{"scope", API_EXTENSION, false, NULL, NULL, "scope to ask for; has openid in it"},
	{"country", API_EXTENSION, false, NULL, NULL, "ISO 3166 alpha-2: region of national phone numbers"},
	{"live", API_EXTENSION_OBJECT, false, NULL, NULL, "what no public source tells of a brand's live service: oauthURL, apiURL, realm"},
	{"dpop", API_EXTENSION, false, NULL, NULL, "auto, all or never: which tokens are bound to a key where the server can (RFC 9449)"},
	{0}};
static const struct api_field version_result[] = {{"versionCore", "string"}, {"versionFacade", "string"}, {0}};
static const struct api_field device_result[] = {
	{"OS", "string"}, {"OSVersion", "string"}, {"PhoneModel", "string"}, {"PhoneBrand", "string"}, {0}};
static const struct api_field log_result[] = {{"logPath", "string"}, {0}};
static const struct api_field logs_result[] = {{"logPaths", "array of strings"}, {0}};
static const struct api_field devices_result[] = {
	{"devices", "array of {id, name, platform, created, lastUsed, thisDevice}"}, {"limit", "integer"}, {0}};
static const struct api_parameter device_parameters[] = {{"id", API_STRING, true, NULL, NULL, "from get pims.authentication.device"}, {0}};
static const short devices_errors[] = {2001, 2201, 2202, 2204, 2344, 0};
static const short device_remove_errors[] = {2001, 2101, 2102, 2201, 2202, 2204, 2344, 0};
static const short configuration_errors[] = {2001, 0};
static const short no_errors[] = {0};

/* clang-format off */
/* verb, api, discriminators, parameters, result, errors, component, since, authenticated, first step */
const struct api_row api_rows[] = {
	{API_GET, TOKEN_API, {{.name = "type", .value = "idtoken"}}, token_parameters, token_result, token_errors,
	 BASIC, "2.0", true, identity_idtoken},
	{API_GET, TOKEN_API, {{.name = "type", .value = "cvs"}}, access_parameters, token_result, token_errors,
	 BASIC, "2.0", true, identity_cvs},
	{API_GET, TOKEN_API, {{.name = "type", .value = "customerAt"}}, access_parameters, token_result, token_errors,
	 BASIC, "2.0", true, identity_customer_at},
	{API_GET, ACCOUNT_API, {{.name = "actionType", .value = "basic"}, {.name = "type", .value = "username"}},
	 NULL, username_result, username_errors, BASIC, "2.0", true, identity_username},
	{API_SET, USER_API, {{.name = "action", .value = "login"}}, user_parameters, NULL, user_errors, BASIC, "2.0", false, identity_login},
	{API_SET, USER_API, {{.name = "action", .value = "forcedLogin"}}, user_parameters, NULL, user_errors,
	 BASIC, "2.0", false, identity_forced_login},
	{API_SET, USER_API, {{.name = "action", .value = "createAccount"}}, user_parameters, NULL, user_errors, BASIC, "2.0", false,
	 identity_create_account},
	{API_SET, USER_API, {{.name = "action", .value = "updateLogin"}}, user_parameters, NULL, user_errors, BASIC, "2.0", true,
	 identity_update_login},
	{API_SET, USER_API, {{.name = "action", .value = "updatePassword"}}, user_parameters, NULL, user_errors, BASIC, "2.0", true,
	 identity_update_password},
	{API_SET, USER_API, {{.name = "action", .value = "logout"}}, logout_parameters, NULL, logout_errors, BASIC, "2.0", true, identity_logout},
	{API_GET, ACCOUNT_API, {{.name = "actionType", .value = "strong"}, {.name = "type", .value = "isDeviceActivated"}},
	 NULL, activated_result, account_errors, API_STRONG, "2.0", true, strong_device_activated},
	{API_GET, ACCOUNT_API, {{.name = "actionType", .value = "strong"}, {.name = "type", .value = "isAccountBlocked"}},
	 NULL, blocked_result, account_errors, API_STRONG, "2.0", true, strong_account_blocked},
	{API_GET, "pims.authentication.trustedphonenumber", {{0}}, NULL, phone_result, phone_errors,
	 API_STRONG, "2.0", true, strong_trusted_phone},
	{API_GET, SMS_API, {{.name = "type", .value = "enrollment"}}, NULL, NULL, sms_errors, API_STRONG, "2.0", true, strong_sms_enrollment},
	{API_GET, SMS_API, {{.name = "type", .value = "resetPIN"}}, NULL, NULL, sms_errors, API_STRONG, "2.0", true, strong_sms_reset_pin},
	{API_GET, SMS_API, {{.name = "type", .value = "phoneNumberCertification"}}, certification_parameters, NULL, sms_errors,
	 API_STRONG, "2.0", true, strong_sms_certify_phone},
	{API_SET, SMS_API, {{.name = "action", .value = "enrollment"}}, confirm_parameters, confirm_result, confirm_errors,
	 API_STRONG, "2.0", true, strong_sms_confirm},
	/* the tutorial passes `type`, the reference of modifyPhoneNumber too */
	{API_SET, SMS_API, {{.name = "action", .value = "addPhoneNumber", .other_name = "type"}}, number_parameters, NULL, add_errors,
	 API_STRONG, "2.0", true, strong_add_phone},
	{API_SET, SMS_API, {{.name = "type", .value = "modifyPhoneNumber", .other_name = "action"}}, number_parameters, NULL, modify_errors,
	 API_STRONG, "2.0", true, strong_modify_phone},
	{API_SET, ENROLLMENT_API, {{.name = "action", .value = "enroll"}}, enroll_parameters, NULL, enroll_errors,
	 API_STRONG, "2.0", true, strong_enroll},
	/* the name of older releases is the second */
	{API_SET, ENROLLMENT_API, {{.name = "action", .value = "enrollWithPhoneNumber", .other_value = "enrollmentWithPhoneNumber"}},
	 enroll_phone_parameters, NULL, enroll_phone_errors, API_STRONG, "2.1", true, strong_enroll_with_phone},
	{API_SET, ENROLLMENT_API, {{.name = "action", .value = "remove"}}, NULL, NULL, remove_errors,
	 API_STRONG, "2.0", true, strong_remove},
	{API_SET, PIN_API, {{.name = "action", .value = "reset"}}, reset_parameters, NULL, pin_errors,
	 API_STRONG, "2.0", true, strong_pin_reset},
	{API_SET, PIN_API, {{.name = "action", .value = "update"}}, update_parameters, NULL, pin_errors,
	 API_STRONG, "2.0", true, strong_pin_update},
	{API_GET, OTP_API, {{.name = "action", .value = "withPIN"}}, otp_parameters, otp_result, otp_errors,
	 API_STRONG, "2.0", true, strong_otp_with_pin},
	{API_GET, OTP_API, {{.name = "action", .value = "withoutPIN"}}, otp_bare_parameters, otp_result, otp_errors,
	 API_STRONG, "2.0", true, strong_otp_without_pin},
	{API_SET, API_CONFIGURATION, {{0}}, configuration_parameters, NULL, configuration_errors, SDK, "2.0", false, sdk_configure},
	{API_GET, "pims.sdk.version", {{0}}, NULL, version_result, no_errors, SDK, "2.0", false, sdk_version},
	{API_GET, "pims.sdk.device", {{0}}, NULL, device_result, no_errors, SDK, "2.0", false, sdk_device},
	{API_GET, "pims.sdk.log", {{0}}, NULL, log_result, no_errors, SDK, "2.0", false, sdk_log},
	{API_GET, "pims.sdk.logs", {{0}}, NULL, logs_result, no_errors, SDK, "2.0", false, sdk_logs},
	/* extensions follow the reference's rows */
	{API_GET, "pims.authentication.device", {{0}}, NULL, devices_result, devices_errors, API_STRONG, API_OURS, true, strong_devices},
	{API_SET, "pims.authentication.device", {{.name = "action", .value = "remove"}}, device_parameters, NULL, device_remove_errors,
	 API_STRONG, API_OURS, true, strong_device_remove},
	{0}};
/* clang-format on */
