/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Resident memory of pimsd after 1,000 enrolments, which go over HTTP as any client's: sign-in, SMS, Setup, Finalize, ms. 200 accounts with five
 * devices each, since that is the limit of an account.
 */
#include "base/encode.h"
#include "base/json.h"
#include "base/url.h"
#include "bench/measure.h"
#include "inwebo/client.h"
#include "platform/env.h"
#include "sandbox.h"
#include "web.h"

#include <curl/curl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ACCOUNTS = 200, DEVICES = 5, TEXT = 4096 };

#define PASSWORD "the-password-of-the-bench"
#define REDIRECT "http%3A%2F%2F127.0.0.1%2Fbench"

struct bench {
	struct sandbox sandbox;
	struct env env;
	struct iw_app app;
	char macid[IW_KEY_HEX + 1];
	int64_t last_sms;
};

/* Resident memory of a process in KiB. */
static double resident(pid_t pid)
{
	char line[256];
	double kib = 0;
	FILE *file;

	snprintf(line, sizeof line, "/proc/%d/status", (int)pid);
	file = fopen(line, "r");
	measure_need(file != NULL, "/proc is not there");
	while (fgets(line, sizeof line, file))
		if (strncmp(line, "VmRSS:", 6) == 0)
			kib = strtod(line + 6, NULL);
	fclose(file);
	return kib;
}

static json_t *json_of(const struct web_answer *answer)
{
	json_t *object = NULL;

	measure_need(json_parse_object(answer->body, answer->length, 1 << 24, &object) == 0, "an answer is no JSON object");
	return object;
}

static void read_macid(struct bench *bench)
{
	struct web_answer answer;
	char url[TEXT];
	json_t *document;

	snprintf(url, sizeof url, "%s/.well-known/openpims", bench->sandbox.url);
	web_call("GET", url, NULL, NULL, &answer);
	document = json_of(&answer);
	measure_need(json_text(document, "macid") != NULL, "no macid");
	snprintf(bench->macid, sizeof bench->macid, "%s", json_text(document, "macid"));
	bench->app = (struct iw_app){.macid = bench->macid, .name = "bench"};
	json_decref(document);
	web_free(&answer);
}

/* The header that carries an access token of the account, got by the authorization code flow of the confidential client. */
static void sign_in(const struct bench *bench, const char *email, char header[TEXT])
{
	static const char *const headers[] = {"Content-Type: application/x-www-form-urlencoded", "Authorization: Basic ZGVtbzpkZW1v", NULL};
	struct web_answer answer;
	char url[TEXT], body[TEXT];
	const char *code;
	json_t *tokens;

	snprintf(url, sizeof url, "%s/am/oauth2/authorize?response_type=code&client_id=demo&scope=openid&state=s&redirect_uri=%s", bench->sandbox.url,
		 REDIRECT);
	web_sign_in(url, email, PASSWORD, &answer);
	code = strstr(answer.location, "code=");
	measure_need(code != NULL, "the sign-in gave no code");
	snprintf(body, sizeof body, "grant_type=authorization_code&redirect_uri=%s&code=%.*s", REDIRECT,
		 (int)strcspn(code + 5, "&"), code + 5);
	web_free(&answer);
	snprintf(url, sizeof url, "%s/am/oauth2/access_token", bench->sandbox.url);
	web_call("POST", url, headers, body, &answer);
	tokens = json_of(&answer);
	measure_need(json_text(tokens, "access_token") != NULL, "no access token");
	snprintf(header, TEXT, "Authorization: Bearer %s", json_text(tokens, "access_token"));
	json_wipe(tokens);
	web_free(&answer);
}

static void order_sms(struct bench *bench, const char *bearer, char code[16])
{
	const char *const headers[] = {"Content-Type: application/json", bearer, NULL};
	struct web_answer answer;
	const json_t *messages, *newest;
	json_t *outbox;
	char url[TEXT];

	snprintf(url, sizeof url, "%s/v1/sms", bench->sandbox.url);
	web_call("POST", url, headers, "{\"purpose\": \"enrollment\"}", &answer);
	measure_need(answer.status == 202, "the SMS was refused");
	web_free(&answer);
	snprintf(url, sizeof url, "%s/sandbox/sms?after=%lld", bench->sandbox.url, (long long)bench->last_sms);
	web_call("GET", url, NULL, NULL, &answer);
	outbox = json_of(&answer);
	messages = json_object_get(outbox, "messages");
	newest = json_array_get(messages, json_array_size(messages) - 1);
	measure_need(newest && json_text(newest, "code"), "the SMS did not come");
	snprintf(code, 16, "%s", json_text(newest, "code"));
	bench->last_sms = json_int(newest, "id", 0);
	json_decref(outbox);
	web_free(&answer);
}

/* Sends a request of iwws/MAC; the answer's XML is the caller's to free. */
static struct iw_reply exchange(const struct bench *bench, int built, struct buf *target, struct web_answer *answer)
{
	char url[3 * TEXT];

	measure_need(built == 0, "a step of iwws/MAC cannot be built");
	snprintf(url, sizeof url, "%s%s", bench->sandbox.url, buf_text(target));
	buf_reset(target);
	web_call("GET", url, NULL, NULL, answer);
	return (struct iw_reply){.xml = answer->body, .length = answer->length};
}

static void enrol(struct bench *bench, const char *bearer)
{
	struct iw_device device = {0};
	struct buf target = BUF_INIT(2 * TEXT);
	struct web_answer answer;
	struct iw_reply reply;
	char code[16];

	order_sms(bench, bearer, code);
	reply = exchange(bench, iw_client_setup_activate(&bench->app, code, &target), &target, &answer);
	measure_need(iw_client_setup_activate_answer(&device, &bench->app, code, &reply) == 0, "Setup was refused");
	web_free(&answer);
	reply = exchange(bench, iw_client_finalize_activate(&device, &bench->env, &bench->app, "2580", &target), &target, &answer);
	measure_need(iw_client_finalize_activate_answer(&device, &bench->env, "2580", &reply) == 0, "Finalize was refused");
	web_free(&answer);
	reply = exchange(bench, iw_client_ms(&device, &bench->env, "2580", &target), &target, &answer);
	measure_need(iw_client_ms_answer(&device, "2580", &reply) == 0, "step ms was refused");
	web_free(&answer);
	buf_free(&target);
	iw_device_free(&device);
}

static void add_account(const struct bench *bench, int number, char email[64])
{
	char phone[16];
	const char *const arguments[] = {"account", "add", email, "--phone", phone, "--password-stdin", NULL};

	snprintf(email, 64, "bench%d@example.com", number);
	snprintf(phone, sizeof phone, "+336390%05d", number);
	measure_need(sandbox_admin(&bench->sandbox, arguments, PASSWORD "\n") == 0, "pimsd account add");
}

/* The server's console, on which it shows every SMS. */
static void *read_console(void *data)
{
	const struct sandbox *sandbox = data;
	char bytes[4096];

	while (read(sandbox->output, bytes, sizeof bytes) > 0)
		continue;
	return NULL;
}

int main(void)
{
	struct bench bench = {0};
	pthread_t console;
	char email[64], bearer[TEXT];
	double start, before;

	curl_global_init(CURL_GLOBAL_DEFAULT);
	env_init(&bench.env, NULL, NULL, NULL);
	sandbox_start(&bench.sandbox, NULL);
	measure_need(pthread_create(&console, NULL, read_console, &bench.sandbox) == 0, "pthread_create");
	read_macid(&bench);
	before = resident(bench.sandbox.pid);
	start = measure_now();
	for (int i = 0; i < ACCOUNTS; i++) {
		add_account(&bench, i, email);
		sign_in(&bench, email, bearer);
		for (int k = 0; k < DEVICES; k++)
			enrol(&bench, bearer);
	}
	measure_print((measure_now() - start) / 1e6, "s", "for 1,000 enrolments of 200 accounts, one after the other");
	measure_print(before / 1024, "MiB", "resident memory of pimsd at start");
	measure_print(resident(bench.sandbox.pid) / 1024, "MiB", "resident memory of pimsd after 1,000 enrolments");
	measure_need(kill(bench.sandbox.pid, SIGTERM) == 0 && waitpid(bench.sandbox.pid, NULL, 0) == bench.sandbox.pid, "pimsd did not end");
	bench.sandbox.pid = 0;
	pthread_join(console, NULL);
	close(bench.sandbox.output);
	sandbox_remove(&bench.sandbox);
	return 0;
}
