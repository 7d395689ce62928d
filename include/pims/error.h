/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_ERROR_H
#define PIMS_ERROR_H

#include <pims/version.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * What the functions of this library return: 0, or one of these, negative. They say that a call was not accepted; what an
 * accepted call came to is told in its message, with the codes of enum pims_error.
 */
#define PIMS_RETURNS(X) \
	X(1, INVALID, "invalid argument") \
	X(2, MEMORY, "out of memory") \
	X(3, THREAD, "called from a thread that does not run the loop") \
	X(4, STATE, "not possible in this state") \
	X(5, NOT_FOUND, "no such pending call") \
	X(6, SYSTEM, "system call failed, see errno") \
	X(7, LIMIT, "a limit is exceeded") \
	X(8, AGAIN, "busy, try again") \
	X(9, FORMAT, "malformed data") \
	X(10, CRYPTO, "cryptographic operation failed") \
	X(11, VERSION, "written by a newer version") \
	X(12, KEY, "sealed with another key")

#define PIMS_RETURN_ENUM(number, name, text) PIMS_E_##name = -(number),
enum pims_return {
	PIMS_OK = 0,
	PIMS_RETURNS(PIMS_RETURN_ENUM)
	PIMS_E_RESERVED = -100 /**< no function returns it */
};
#undef PIMS_RETURN_ENUM

/**
 * The documented error codes of messages: code, name, label, since (version of the reference). Labels are literal, slips and
 * trailing blanks included; "[NAME]" is replaced by the name the error is about. Source: the Mobile SDK's reference.
 */
#define PIMS_ERRORS(X) \
	X(2000, UNKNOWN, "Unknown error", "2.0") \
	X(2001, NOT_INITIALIZED, "Facade not initialized", "2.0") \
	X(2002, NOT_SUPPORTED, "API not supported", "2.0") \
	X(2003, NOT_LOADED, "[Component] not loaded", "2.0") \
	X(2004, CONFIGURATION_INVALID, "Configuration file invalid", "2.0") \
	X(2005, DUPLICATE_COMMAND, "Duplicate command", "2.0") \
	X(2006, NOT_CONFIGURED, "Core not well configured", "2.0") \
	X(2007, ALREADY_INITIALIZED, "Facade already initialized", "2.0") \
	X(2010, NOT_SET, "[PARAMETER] not set", "2.0") \
	X(2101, MISSING_PARAMETER, "Missing [PARAMETER] parameter", "2.0") \
	X(2102, INVALID_PARAMETER, "Invalid [PARAMETER] parameter", "2.0") \
	X(2201, TIMEOUT, "Timeout/Polling Timeout/Command Timeout", "2.0") \
	X(2202, NETWORK, "Network problem : No internet", "2.0") \
	X(2203, INVALID_RETURN, "Invalid return [Parsing error] ou [No data] ou [invalid Data]", "2.0") \
	X(2204, SERVER, "Server Error", "2.0") \
	X(2205, CEA, "CEA Error", "2.0") \
	X(2208, PINNING, "Certificat pinning failed", "2.0") \
	X(2209, ALTRAN, "Altran Error", "2.0") \
	X(2210, GIGYA_SESSION, "error.gigyaSessionError", "2.3") \
	X(2301, NEED_BASIC_AUTHENTICATION, "Need Basic Authentication (to get CVS token)", "2.0") \
	X(2302, NEED_STRONG_AUTHENTICATION, "Need Strong Authentication ", "2.0") \
	X(2303, LOGOUT_FAILED, "Failed to logout", "2.0") \
	X(2305, SMS_CODE_INVALID, "The sms code is invalid", "2.0") \
	X(2306, SMS_CODE_EXPIRED, "The sms code is expired", "2.0") \
	X(2307, NO_PHONE_NUMBER, "User dont have a phone number", "2.0") \
	X(2308, INWEBO_ACCESS, "inwebo: access refused", "2.0") \
	X(2309, INWEBO_VERSION, "inwebo: version error", "2.0") \
	X(2310, INWEBO_BLOCKED, "inwebo: account is blocked ", "2.0") \
	X(2311, INWEBO_STATE, "inwebo: internal state not correct", "2.0") \
	X(2312, INWEBO_NO_DEVICE, "inwebo: device is disabled or unknown", "2.0") \
	X(2313, INWEBO_NOT_ACTIVATED, "inwebo: User must activate inWebo helium or inWebo Desktop Token before achieving this operation", "2.0") \
	X(2314, INWEBO_NO_SERVICE, "inwebo: No service is available", "2.0") \
	X(2315, INWEBO_PIN_REUSED, "inwebo: the new password equals the previous one", "2.0") \
	X(2316, INWEBO_SYNCHRO, "inwebo: the operation succeeded but it required a post-synchronization which failed", "2.0") \
	X(2317, INWEBO_FORBIDDEN, "inwebo: forbidden operation (due to activated state/blocked state/upgradable state)", "2.0") \
	X(2318, IDTOKEN_INVALID, "IdToken not valid", "2.0") \
	X(2319, IDTOKEN_FORMAT, "IdToken bad format", "2.0") \
	X(2320, NOT_ENOUGH_ANSWERS, "Not enought Answered Questions", "2.0") \
	X(2321, INVALID_ID, "Invalid ID searched", "2.0") \
	X(2323, NOT_OWNER, "You aren't the owner of this vehicle", "2.0") \
	X(2325, CHARGING_DISCARDED, "Immediate charging request discarded, defered hour has been change", "2.0") \
	X(2326, DEFERRED_HOUR_DISCARDED, "Defered hour request discarded, immediate charging has been launch", "2.0") \
	X(2327, INVALID_IMAGE, "Invalid image", "2.0") \
	X(2328, INVALID_CROPPING, "Invalid cropping area", "2.0") \
	X(2329, DISCARDED_SEV, "Immediate [ACTION] request discarded due to SEV different than STOP.", "2.0") \
	X(2330, CHARGING_STANDBY, "Immediate charging request discarded due to charging system is standby", "2.0") \
	X(2331, CHARGING_ONGOING, "Immediate charging request discarded due to charging already ongoing.", "2.0") \
	X(2332, CHARGING_COMMUNICATION, "Immediate charging request discarded due to communication problem with charging system.", "2.0") \
	X(2333, PRECONDITIONING_ONGOING, "Immediate preconditioning request discarded due to preconditioning already ongoing.", "2.0") \
	X(2334, PRECONDITIONING_COMMUNICATION, "Immediate preconditioning request discarded due to communication problem with preconditioning system.", "2.0") \
	X(2335, PRECONDITIONING_STOP_SEV, "Stop preconditioning request discarded due to SEV different than STOP. ", "2.0") \
	X(2336, PRECONDITIONING_NOT_RUNNING, "Stop preconditioning request discarded due to precondtioning not running.", "2.0") \
	X(2337, CHARGING_HOURS_UPDATE, "Charging Defered Hours need to be update", "2.0") \
	X(2338, PRECONDITIONING_UPDATE, "Preconditioning program need to be update", "2.0") \
	X(2339, SERVICE_STARTED, "Service already started", "2.0") \
	X(2340, PERMISSION_NEEDED, "[Permition] need to be granted", "2.0") \
	X(2341, ACTIVATION_NEEDED, "[Location or Bluetooth] need to be activated on the phone", "2.0") \
	X(2342, NOT_PAIRED, "Smartphone not paired with the vehicle", "2.0") \
	X(2343, CLEAR_FAILED, "Failed to clear data", "2.0") \
	X(2344, COMPONENT_NOT_CONFIGURED, "[Component] not configured", "2.0") \
	X(2345, NO_DATA_SAVED, "No data saved", "2.0") \
	X(2346, NO_STEP, "No Step for this stepsID [stepsID]", "2.0") \
	X(2347, SIMULATOR, "[Component] not supported on simulator", "2.0") \
	X(2348, STRONGID_QUOTA, "StrongID document quoata reached ", "2.0") \
	X(2349, STRONGID_EXISTS, "StrongID enrollment already exists ", "2.0") \
	X(2350, DEPRECATED, "[Method] is deprecated since [version]", "2.0") \
	X(2351, REFRESH_ONGOING, "Immediate refresh request discarded due to refresh already ongoing.", "2.0") \
	X(2353, ANOTHER_COMMAND, "Command can't be execute another command are ongoing", "2.0") \
	X(2354, KEY_CAR_POSITION, "Invalid Key Car Position ", "2.0") \
	X(2355, SIGNATURE, "Invalid Signature", "2.0") \
	X(2356, TIMESTAMP, "Invalid Timestamp", "2.0") \
	X(2357, DOORS_STATE, "Doors state need to be update", "2.0") \
	X(2358, HORN_TOO_SOON, "Horn request have been execute with succes earlier wait to send new one", "2.0") \
	X(2359, LIGHT_TOO_SOON, "Light request have been execute with succes earlier wait to send new one", "2.0") \
	X(2360, DOORS_UNLOCKED, "All vehicle's doors are unlocked", "2.0") \
	X(2361, DOORS_LOCKED, "All vehicle's doors are locked", "2.0") \
	X(2362, DOOR_OPEN, "Lock/Unlock request discarded due to door open", "2.0") \
	X(2363, BROKER_LOST, "Lost connection with MQTT brocker", "2.0") \
	X(2364, SAME_COMMAND, "Command can't be execute because same command are ongoing", "2.0") \
	X(2365, NO_SUBSCRIPTION, "Command can't be execute because no subscribe are running", "2.0") \
	X(2366, VIN, "VIN not valid for this request", "2.0") \
	X(2367, SERVICE_NOT_STARTED, "Service not started", "2.0") \
	X(2368, WEBVIEW_CANCELED, "WebView canceled", "2.0") \
	X(2369, WEBVIEW_PERMISSION, "Webview permission denied", "2.0") \
	X(2370, TRIP_REMOVE, "Can't remove trip with identifier: [IDENTIFIER]", "2.0") \
	X(2371, TRIP_MERGE, "Can't merge trips with identifiers: [IDENTIFIERS LIST]", "2.0") \
	X(2372, TRIP_UNMERGE, "Can't unmerge trip with identifier: [IDENTIFIER]", "2.0") \
	X(2373, TABLE_IMPORT, "Can't import [Table name] from file", "2.0") \
	X(2374, TABLE_EXPORT, "Can't export [Table name]", "2.0") \
	X(2375, TRIP_RETRIEVE, "Can't retrieve trip with ID: [IDENTIFIER]", "2.0") \
	X(2376, TRIP_EDIT, "Can' Edit trip with ID: [IDENTIFIER]", "2.0") \
	X(2377, BROKER_CONNECTION, "Broker connexion failed", "2.0") \
	X(2378, FUEL_PRICE, "Can't store fuel price", "2.0") \
	X(2379, TRIPS_DATABASE, "Can't retrieve trips from old database", "2.0") \
	X(2383, GIGYA_LOCKED_OUT, "error.accountTemporarilyLockedOut", "2.3") \
	X(2384, GIGYA_PENDING_VERIFICATION, "error.gigya.social.login.account.pending.verification", "2.3") \
	X(2387, GIGYA_NEED_LINK, "error.gigya.social.login.need.social.link", "2.3") \
	X(2388, GIGYA_EXISTS, "error.gigya.social.login.account.already.exists", "2.3") \
	X(2389, GIGYA_INCOMPLETE, "error.gigya.social.login.incomplete.userProfile", "2.3") \
	X(2390, PHONE_REGISTERED, "Phone number allready registered", "2.0")

#define PIMS_ERROR_ENUM(code, name, label, since) PIMS_##name = (code),
enum pims_error {
	PIMS_ERRORS(PIMS_ERROR_ENUM)
	PIMS_ERROR_RESERVED = 9999 /**< no message carries it */
};
#undef PIMS_ERROR_ENUM

/** Text of a return value, for logs and people. A static string, never NULL, from any thread. Since 0.1. */
PIMS_API const char *pims_strerror(int value);

/** Label of a documented code with its "[NAME]", or NULL when the code is unknown. A static string, from any thread. Since 0.1. */
PIMS_API const char *pims_error_label(int code);

#ifdef __cplusplus
}
#endif

#endif
