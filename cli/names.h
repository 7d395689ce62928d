/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_CLI_NAMES_H
#define PIMS_CLI_NAMES_H

/* Calls behind the everyday words. */
#define API_TOKEN "pims.authentication.token"
#define API_ACCOUNT "pims.authentication.account"
#define API_USER "pims.authentication.user"
#define API_PHONE "pims.authentication.trustedphonenumber"
#define API_SMS "pims.authentication.smscode"
#define API_ENROLLMENT "pims.authentication.enrollment"
#define API_PIN "pims.authentication.pincode"
#define API_OTP "pims.authentication.otp"
#define API_DEVICE "pims.authentication.device"

/* Options that several words have. */
#define JSON_ROW \
	{ \
		"json", NULL, "print the message as JSON" \
	}
#define NO_BROWSER_ROW \
	{ \
		"no-browser", NULL, "print the address alone on standard output, open nothing" \
	}
#define NO_HANDLER_ROW \
	{ \
		"no-handler", NULL, "leave the desktop's handler of the brand's scheme alone; paste the address" \
	}
#define QR_ROW \
	{ \
		"qr", NULL, "show the address as a QR code too" \
	}
#define LOCAL_ROW \
	{ \
		"local", "LANG", "language of the page: en, fr, de, es or it" \
	}
#define WAIT_ROW \
	{ \
		"wait", "SECONDS", "how long the page may take (default: 600)" \
	}
#define PIN_STDIN_ROW \
	{ \
		"pin-stdin", NULL, "read the PIN from a line of standard input" \
	}
#define PIN_FILE_ROW \
	{ \
		"pin-file", "FILE", "read the PIN from the first line of a file" \
	}

#endif
