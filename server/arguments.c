/* SPDX-License-Identifier: Apache-2.0 */
#include "server/arguments.h"

#include "base/encode.h"
#include "base/text.h"
#include "base/url.h"
#include "server/log.h"

#include <pims/error.h>

#include <getopt.h>
#include <stdio.h>
#include <string.h>

enum { DEFAULT_PORT = 8480, MAX_WORKERS = 1024, DAY_S = 24 * 60 * 60 };

static const char help[] =
	"Usage: pimsd --sandbox [--listen ADDRESS:PORT] [--data DIR]\n"
	"       pimsd --data DIR --listen ADDRESS:PORT --issuer URL\n"
	"       pimsd account COMMAND ... --data DIR\n"
	"       pimsd client COMMAND ... --data DIR\n"
	"       pimsd key fingerprint --data DIR\n"
	"\n"
	"The server of the openpims clients: sign-in (OpenID Connect), SMS codes, device enrollment and one-time passwords.\n"
	"\n"
	"  --sandbox              everything in one: a demo account, clients, and SMS shown on the console and on the page /sandbox/\n"
	"  --listen ADDRESS:PORT  numeric address; port 0 is any free one (default 127.0.0.1:8480)\n"
	"  --data DIR             database and master key; made when missing (sandbox: a temporary one, removed at the end)\n"
	"  --issuer URL           the server's public URL (https, but on loopback; default in the sandbox: where it listens)\n"
	"  --tls-cert FILE, --tls-key FILE  speak HTTPS: PEM files of the certificate with its chain and of the key; read again at SIGHUP\n"
	"  --trusted-proxy ADDRESS[/BITS],...  proxies whose X-Forwarded-For and -Proto are believed (default none)\n"
	"  --macid HEX            the application's id, 32 hex digits (default: made at the first start)\n"
	"  --otp-pin-required     no one-time password without the PIN\n"
	"  --sign-in-otp          who has an enrolled device signs in with the password and a one-time password\n"
	"  --sign-in-passkey      everybody signs in with the password and a passkey; who has none registers one\n"
	"  --otp-per-day N        one-time passwords a device may have in a day (default 0: any number)\n"
	"  --session-days N       days from the password until an application must ask for it again (default 365; 0: never)\n"
	"  --max-devices N        enrolled devices of an account (default 5)\n"
	"  --pin-min N, --pin-max N  digits of a new PIN (default 4 and 8)\n"
	"  --password-min N       characters of a new password, 8 to 64 (default 15; sandbox 8)\n"
	"  --weak-pins            new PINs may be 1234, 0000 or the like\n"
	"  --customer-audience NAME  of tokens for the customer API (default customer-api)\n"
	"  --dpop-nonce           DPoP proofs need a nonce of the server (default: only when the client's clock is wrong)\n"
	"  --dpop-required        no access tokens but such that are bound to a key (DPoP)\n"
	"  --par-required         every application must push its authorization requests (RFC 9126)\n"
	"  --country CC           of accounts that have none: how national phone numbers are read (default FR)\n"
	"  --sms-cooldown S       seconds until an SMS is sent again, doubling twice (default 30)\n"
	"  --sms-per-hour N, --sms-per-day N          SMS of an account (default 5 and 10; sandbox 100 and 1000)\n"
	"  --sms-per-number N, --sms-per-address N    new numbers, clients' addresses, in a day (default 5 and 100)\n"
	"  --sms-countries LIST   allowed ones with a budget a day, such as FR=1000,ES; * is any (default the --country)\n"
	"  --sms-android-hash H   the app's 11 characters for the SMS Retriever\n"
	"  --external-issuer URL  leaves sign-in to another OpenID provider, whose access tokens are taken; with it\n"
	"    --external-audience NAME   that tokens must be made for (needed unless tokens are introspected)\n"
	"    --external-client-id ID --external-client-secret-file FILE   introspects tokens (RFC 7662) as that client\n"
	"    --external-cache S         seconds for which introspection is remembered (default 10; 0: never)\n"
	"    --external-scope NAME      that tokens must have\n"
	"    --external-ca-file FILE    authorities (PEM) for the provider's certificate\n"
	"    --external-app-client-id ID, --external-app-scope SCOPES, --external-resource URI   what apps are told to use\n"
	"  --workers N            requests worked on at once (default 48)\n"
	"  --log LEVEL            error, warning, info (default), debug\n"
	"  --help, --version\n"
	"\n"
	"Example: pimsd --sandbox --listen 127.0.0.1:0\n"
	"Exit status: 0 ended by a signal, 1 cannot run, 2 wrong usage.\n"
	"Accounts and clients: pimsd account --help, pimsd client --help. Keys: pimsd key --help.\n";

void arguments_help(void)
{
	fputs(help, stdout);
}

static int wrong(const char *option, const char *what)
{
	fprintf(stderr, "pimsd: %s %s\n", option, what);
	return PIMS_E_INVALID;
}

static int take_listen(struct arguments *arguments, const char *text)
{
	const char *colon = strrchr(text, ':');
	size_t length = colon ? (size_t)(colon - text) : 0;
	uint64_t port;

	if (!length || decimal_parse(colon + 1, 65535, &port) < 0)
		return wrong("--listen", "wants ADDRESS:PORT");
	if (text[0] == '[' && length > 2 && text[length - 1] == ']') {
		text++;
		length -= 2;
	}
	if (length >= sizeof arguments->address)
		return wrong("--listen", "wants ADDRESS:PORT");
	memcpy(arguments->address, text, length);
	arguments->address[length] = 0;
	arguments->port = (unsigned)port;
	return 0;
}

int arguments_take_issuer(char *text, char **ret_issuer)
{
	size_t length = strlen(text);
	struct url url;
	bool fits;

	if (length && text[length - 1] == '/')
		text[length - 1] = 0;
	if (!url_is_http(text) || strchr(text, '?') || url_parse(text, &url) < 0)
		return wrong("--issuer", "wants an http or https URL without query and fragment");
	fits = strcmp(url.scheme, "https") == 0 || url_is_loopback(&url);
	url_free(&url);
	if (!fits)
		return wrong("--issuer", "must be https, since it is not on loopback");
	*ret_issuer = text;
	return 0;
}

static int take_workers(struct arguments *arguments, const char *text)
{
	uint64_t number;

	if (decimal_parse(text, MAX_WORKERS, &number) < 0 || !number)
		return wrong("--workers", "wants a number from 1 to 1024");
	arguments->workers = (unsigned)number;
	return 0;
}

static int take_macid(struct arguments *arguments, const char *text)
{
	if (!hex_valid(text, 32))
		return wrong("--macid", "wants 32 hex digits");
	return text_copy(arguments->macid, sizeof arguments->macid, text);
}

static int take_option(struct arguments *arguments, int option, const char *name, char *value)
{
	switch (option) {
	case 0:
		return 0;
	case 'S':
		return arguments_take_sms(&arguments->sms, name, value);
	case 'P':
		return arguments_take_policy(&arguments->policy, name, value);
	case 'N':
		return arguments_take_network(arguments, name, value);
	case 'L':
		return take_listen(arguments, value);
	case 'I':
		return arguments_take_issuer(value, &arguments->issuer);
	case 'E':
		return arguments_take_external(&arguments->external, name, value);
	case 'M':
		return take_macid(arguments, value);
	case 'C':
		return arguments_take_country(arguments->country, value);
	case 'A':
		arguments->customer_audience = value;
		return *value ? 0 : wrong("--customer-audience", "wants a name");
	case 'W':
		return take_workers(arguments, value);
	case 'G':
		return log_level_parse(value, &arguments->level) < 0 ? wrong("--log", "wants error, warning, info or debug") : 0;
	case 'D':
		arguments->data_dir = value;
		return *value ? 0 : wrong("--data", "wants a directory");
	default:
		return PIMS_E_INVALID;
	}
}

static int check(const struct arguments *arguments)
{
	if (arguments->help || arguments->version || arguments->sandbox)
		return 0;
	if (!arguments->data_dir)
		return wrong("--data", "is missing (or did you want --sandbox?)");
	if (!arguments->issuer)
		return wrong("--issuer", "is missing");
	return 0;
}

int arguments_parse(int argc, char **argv, struct arguments *ret_arguments)
{
	struct arguments arguments = {
		.address = "127.0.0.1", .port = DEFAULT_PORT, .level = PIMS_LOG_INFO, .country = "FR", .sms = {.cooldown_seconds = 30},
		.policy = {.session_days = -1}, .external = {.cache_seconds = -1}};
	int sandbox = 0, pin_required = 0, weak_pins = 0, sign_in_otp = 0, sign_in_passkey = 0;
	int dpop_nonce = 0, dpop_required = 0, par_required = 0, want_help = 0, version = 0;
	const struct option options[] = {
		{"sandbox", no_argument, &sandbox, 1},
		{"otp-pin-required", no_argument, &pin_required, 1},
		{"sign-in-otp", no_argument, &sign_in_otp, 1},
		{"sign-in-passkey", no_argument, &sign_in_passkey, 1},
		{"dpop-nonce", no_argument, &dpop_nonce, 1},
		{"dpop-required", no_argument, &dpop_required, 1},
		{"par-required", no_argument, &par_required, 1},
		{"help", no_argument, &want_help, 1},
		{"version", no_argument, &version, 1},
		{"listen", required_argument, NULL, 'L'},
		{"data", required_argument, NULL, 'D'},
		{"issuer", required_argument, NULL, 'I'},
		{"tls-cert", required_argument, NULL, 'N'},
		{"tls-key", required_argument, NULL, 'N'},
		{"trusted-proxy", required_argument, NULL, 'N'},
		{"macid", required_argument, NULL, 'M'},
		{"country", required_argument, NULL, 'C'},
		{"customer-audience", required_argument, NULL, 'A'},
		{"sms-cooldown", required_argument, NULL, 'S'},
		{"sms-per-hour", required_argument, NULL, 'S'},
		{"sms-per-day", required_argument, NULL, 'S'},
		{"sms-per-number", required_argument, NULL, 'S'},
		{"sms-per-address", required_argument, NULL, 'S'},
		{"sms-countries", required_argument, NULL, 'S'},
		{"sms-android-hash", required_argument, NULL, 'S'},
		{"weak-pins", no_argument, &weak_pins, 1},
		{"pin-min", required_argument, NULL, 'P'},
		{"pin-max", required_argument, NULL, 'P'},
		{"max-devices", required_argument, NULL, 'P'},
		{"otp-per-day", required_argument, NULL, 'P'},
		{"session-days", required_argument, NULL, 'P'},
		{"password-min", required_argument, NULL, 'P'},
		{"external-issuer", required_argument, NULL, 'E'},
		{"external-audience", required_argument, NULL, 'E'},
		{"external-client-id", required_argument, NULL, 'E'},
		{"external-client-secret-file", required_argument, NULL, 'E'},
		{"external-ca-file", required_argument, NULL, 'E'},
		{"external-scope", required_argument, NULL, 'E'},
		{"external-app-client-id", required_argument, NULL, 'E'},
		{"external-app-scope", required_argument, NULL, 'E'},
		{"external-resource", required_argument, NULL, 'E'},
		{"external-cache", required_argument, NULL, 'E'},
		{"workers", required_argument, NULL, 'W'},
		{"log", required_argument, NULL, 'G'},
		{0},
	};
	int option, index = 0;

	while ((option = getopt_long(argc, argv, "", options, &index)) != -1)
		if (take_option(&arguments, option, options[index].name, optarg) < 0)
			return PIMS_E_INVALID;
	if (optind < argc)
		return wrong(argv[optind], "is no command of pimsd");
	arguments.sandbox = sandbox;
	arguments.pin_required = pin_required;
	arguments.dpop_nonce = dpop_nonce;
	arguments.dpop_required = dpop_required;
	arguments.par_required = par_required;
	arguments.weak_pins = weak_pins;
	arguments.sign_in_otp = sign_in_otp;
	arguments.sign_in_passkey = sign_in_passkey;
	arguments.help = want_help;
	arguments.version = version;
	if (check(&arguments) < 0 || arguments_check_policy(&arguments.policy) < 0 || arguments_check_network(&arguments) < 0 ||
	    arguments_check_external(&arguments) < 0)
		return PIMS_E_INVALID;
	*ret_arguments = arguments;
	return 0;
}

static void take_policy(struct settings *settings, const struct arguments *arguments)
{
	const struct policy *policy = &arguments->policy;

	settings->weak_pins = arguments->weak_pins;
	settings->sign_in_otp = arguments->sign_in_otp;
	settings->sign_in_passkey = arguments->sign_in_passkey;
	settings->otp_per_day = policy->otp_per_day;
	if (policy->pin_min)
		settings->pin_min = policy->pin_min;
	if (policy->pin_max)
		settings->pin_max = policy->pin_max;
	if (policy->max_devices)
		settings->max_devices = policy->max_devices;
	if (policy->password_min)
		settings->password_min = policy->password_min;
	if (policy->session_days >= 0)
		settings->session_seconds = policy->session_days * DAY_S;
}

void arguments_options(const struct arguments *arguments, const struct env *env, struct server_options *ret_options)
{
	struct server_options options = {
		.env = env,
		.address = arguments->address,
		.port = arguments->port,
		.workers = arguments->workers,
		.tls_cert = arguments->tls_cert,
		.tls_key = arguments->tls_key,
	};

	settings_default(&options.settings, arguments->sandbox);
	options.settings.data_dir = arguments->data_dir;
	options.settings.issuer = arguments->issuer;
	if (arguments->pin_required)
		options.settings.otp_without_pin = false;
	take_policy(&options.settings, arguments);
	options.settings.dpop_nonce = arguments->dpop_nonce;
	options.settings.dpop_required = arguments->dpop_required;
	options.settings.par_required = arguments->par_required;
	options.settings.sms = arguments->sms;
	options.settings.external = arguments->external;
	options.settings.proxies = arguments->proxies;
	options.settings.customer_audience = arguments->customer_audience;
	memcpy(options.settings.country, arguments->country, sizeof options.settings.country);
	memcpy(options.settings.macid, arguments->macid, sizeof options.settings.macid);
	*ret_options = options;
}
