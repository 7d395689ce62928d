/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The smallest whole application: signs in, enrols this device if needed, and prints a one-time password.
 *
 *   pimsd --sandbox --listen 127.0.0.1:8080 &
 *   otp http://127.0.0.1:8080
 *
 * The sandbox shows its SMS on its console and at http://127.0.0.1:8080/sandbox/sms.
 */
#include <pims/pims.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { NUMBER_SIZE = 34, PARAMETERS_SIZE = 256 };

struct app {
	struct pims_loop *loop;
	struct pims *pims;
	char *result; /* of pims_discover(): parameters for initialize */
	char otp[64];
	int done;     /* the call has its message */
	int code;     /* of the message; 0 = SUCCEEDED */
	int flag;     /* isDeviceActivated */
};

/* The sign-in page. A program with a desktop would leave this hook out: the built-in one opens the browser. */
static int open_page(void *data, const char *transaction, const char *url, const char *language, const char *context)
{
	(void)data, (void)transaction, (void)language, (void)context;
	printf("Please sign in at\n\n  %s\n\n", url);
	return fflush(stdout);
}

/* Every call of this program ends here, once. */
static void take(void *data, const struct pims_message *message)
{
	struct app *app = data;
	const char *otp = pims_message_string(message, "otp");

	app->done = 1;
	app->code = pims_message_code(message);
	app->flag = pims_message_boolean(message, "isDeviceActivated");
	if (otp)
		snprintf(app->otp, sizeof app->otp, "%s", otp);
	if (app->code)
		fprintf(stderr, "failed: %d %s (%s)\n", app->code, pims_message_label(message),
			pims_message_cause(message) ? pims_message_cause(message) : "no cause");
}

/* pims_discover() answers with the configuration for a backend, as JSON in its message's result. */
static void take_configuration(void *data, const struct pims_message *message)
{
	struct app *app = data;
	const char *json = pims_message_json(message);
	const char *result = json ? strstr(json, "\"result\":") : NULL;

	take(data, message);
	if (app->code || !result)
		return;
	app->result = strdup(result + strlen("\"result\":"));
	if (app->result) /* the message's own closing brace */
		*strrchr(app->result, '}') = '\0';
}

/* Waits for the message of a call that returned `accepted`; 0 when it SUCCEEDED. */
static int await(struct app *app, int accepted)
{
	int r = accepted;

	while (r >= 0 && !app->done)
		r = pims_run(app->loop, -1);
	if (r < 0)
		fprintf(stderr, "not accepted: %s\n", pims_strerror(r));
	return r < 0 || app->code ? -1 : 0;
}

static int get(struct app *app, const char *api, const char *parameters)
{
	app->done = 0;
	return await(app, pims_get(app->pims, api, parameters, take, app, NULL));
}

static int set(struct app *app, const char *api, const char *parameters)
{
	app->done = 0;
	return await(app, pims_set(app->pims, api, parameters, take, app, NULL));
}

/* A number from the terminal, not shown. Digits only, so it needs no escaping in JSON. */
static int ask(const char *what, char number[NUMBER_SIZE])
{
	struct termios saved;
	struct termios quiet;
	int terminal = tcgetattr(STDIN_FILENO, &saved) == 0;
	char *got;

	printf("%s: ", what);
	fflush(stdout);
	if (terminal) {
		quiet = saved;
		quiet.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	}
	got = fgets(number, NUMBER_SIZE, stdin);
	if (terminal) {
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &saved);
		putchar('\n');
	}
	if (!got)
		return -1;
	number[strcspn(number, "\n")] = '\0';
	return *number && strspn(number, "0123456789") == strlen(number) ? 0 : -1;
}

static int start(struct app *app, const char *backend)
{
	const struct pims_agent agent = {.size = sizeof agent, .open = open_page};
	struct pims_options options = {.size = sizeof options, .agent = &agent, .device_name = "otp example"};

	if (pims_loop_new(&app->loop, NULL) < 0 || pims_new(&app->pims, app->loop, &options) < 0)
		return -1;
	if (await(app, pims_discover(app->pims, backend, take_configuration, app, NULL)) < 0 || !app->result)
		return -1;
	app->done = 0;
	return await(app, pims_initialize(app->pims, app->result, take, app, NULL));
}

static int sign_in(struct app *app)
{
	if (get(app, "pims.authentication.account", "{\"actionType\": \"basic\", \"type\": \"username\"}") == 0)
		return 0;
	if (app->code != PIMS_NEED_BASIC_AUTHENTICATION)
		return -1;
	return set(app, "pims.authentication.user", "{\"action\": \"login\"}");
}

/* The flow "Enrol" of the reference, for an account that has a phone number. */
static int enrol(struct app *app, const char *pin)
{
	char parameters[PARAMETERS_SIZE];
	char code[NUMBER_SIZE];
	int r;

	if (get(app, "pims.authentication.account", "{\"actionType\": \"strong\", \"type\": \"isDeviceActivated\"}") < 0)
		return -1;
	if (app->flag)
		return 0;
	if (get(app, "pims.authentication.smscode", "{\"type\": \"enrollment\"}") < 0 || ask("Code of the SMS", code) < 0)
		return -1;
	snprintf(parameters, sizeof parameters, "{\"action\": \"enrollment\", \"smsCode\": \"%s\"}", code);
	if (set(app, "pims.authentication.smscode", parameters) < 0)
		return -1;
	snprintf(parameters, sizeof parameters, "{\"action\": \"enroll\", \"pinCode\": \"%s\"}", pin);
	r = set(app, "pims.authentication.enrollment", parameters);
	explicit_bzero(parameters, sizeof parameters);
	explicit_bzero(code, sizeof code);
	return r;
}

static int otp(struct app *app, const char *pin)
{
	char parameters[PARAMETERS_SIZE];
	int r;

	snprintf(parameters, sizeof parameters, "{\"action\": \"withPIN\", \"pinCode\": \"%s\"}", pin);
	r = get(app, "pims.authentication.otp", parameters);
	explicit_bzero(parameters, sizeof parameters);
	if (r == 0)
		printf("%s\n", app->otp);
	return r;
}

int main(int argc, char **argv)
{
	struct app app = {0};
	char pin[NUMBER_SIZE] = "";
	int r = -1;

	if (argc != 2) {
		fprintf(stderr, "usage: %s BACKEND\n", argv[0]);
		return 2;
	}
	if (start(&app, argv[1]) == 0 && sign_in(&app) == 0 && ask("PIN (choose one the first time)", pin) == 0 && enrol(&app, pin) == 0)
		r = otp(&app, pin);
	explicit_bzero(pin, sizeof pin);
	pims_loop_free(app.loop); /* frees the context too */
	free(app.result);
	return r == 0 ? 0 : 1;
}
