/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_ARGUMENTS_H
#define PIMSD_ARGUMENTS_H

#include "server/server.h"

#include <stdbool.h>

enum { EXIT_USAGE = 2 };

/** What may be done how often, and with which PINs; 0 = the default. */
struct policy {
	int pin_min, pin_max;
	int max_devices;
	int otp_per_day;
	int password_min;
	int session_days; /**< -1 = the default; 0 = no end */
};

/** The command line of the server; texts are the command line's. */
struct arguments {
	bool sandbox;
	bool help;
	bool version;
	bool pin_required, dpop_nonce, dpop_required, par_required;
	bool weak_pins, sign_in_otp, sign_in_passkey;
	char *data_dir; /**< NULL: none was given */
	char *issuer;
	char address[64];
	unsigned port;
	unsigned workers;
	char macid[33];
	char country[3];
	char *customer_audience;
	struct sms_settings sms;
	struct policy policy;
	struct external_settings external;
	struct proxies proxies;
	const char *tls_cert, *tls_key; /**< files; NULL: plain HTTP */
	enum pims_log_level level;
};

/** PIMS_E_INVALID: wrong usage; standard error has been told why. */
int arguments_parse(int argc, char **argv, struct arguments *ret_arguments);
void arguments_help(void);
/** Takes "--sms-NAME VALUE"; PIMS_E_INVALID: the value is wrong, and standard error has been told. */
int arguments_take_sms(struct sms_settings *settings, const char *name, const char *value);
/** Takes "--issuer URL", without a slash at its end; PIMS_E_INVALID: it is none, and standard error has been told. */
int arguments_take_issuer(char *text, char **ret_issuer);
/** Takes "--pin-min N" and its like; PIMS_E_INVALID: the value is wrong, and standard error has been told. */
int arguments_take_policy(struct policy *policy, const char *name, const char *value);
/** Takes "--tls-cert FILE", "--tls-key FILE" and "--trusted-proxy LIST"; PIMS_E_INVALID likewise. */
int arguments_take_network(struct arguments *arguments, const char *name, const char *value);
/** PIMS_E_INVALID: certificate, key and issuer do not go together; standard error has been told. */
int arguments_check_network(const struct arguments *arguments);
/** PIMS_E_INVALID: the values do not go together; standard error has been told. */
int arguments_check_policy(const struct policy *policy);
/** Takes "--external-NAME VALUE"; PIMS_E_INVALID: the value is wrong, and standard error has been told. */
int arguments_take_external(struct external_settings *external, const char *name, char *value);
/** PIMS_E_INVALID: the options do not go together; standard error has been told. */
int arguments_check_external(const struct arguments *arguments);
/** "FR", any case. */
int arguments_take_country(char country[3], const char *value);
/** Options of the server; the texts stay the arguments'. */
void arguments_options(const struct arguments *arguments, const struct env *env, struct server_options *ret_options);

#endif
