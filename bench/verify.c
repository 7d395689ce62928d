/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OTP verifications per second over 32 connections: each is one durable change of the database (an OTP is accepted once). Server and load
 * share the machine.
 */
#include "app.h"
#include "base/buf.h"
#include "bench/measure.h"
#include "sandbox.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONNECTIONS = 32, OTPS = 8000, OTP_SIZE = 32, PREPARE_SECONDS = 90 };

struct load {
	CURLM *multi;
	struct curl_slist *headers;
	char url[128];
	char (*otps)[OTP_SIZE];
	size_t count;
	size_t sent;
	size_t valid;
	size_t failed;
};

static size_t discard(char *bytes, size_t size, size_t count, void *data)
{
	(void)bytes;
	(void)data;
	return size * count;
}

/* Puts the next verification on a handle; its connection stays open. */
static void send_next(struct load *load, CURL *curl)
{
	char body[128];

	if (load->sent == load->count)
		return;
	snprintf(body, sizeof body, "{\"account\": \"%s\", \"otp\": \"%s\"}", SANDBOX_EMAIL, load->otps[load->sent++]);
	curl_easy_setopt(curl, CURLOPT_COPYPOSTFIELDS, body);
	measure_need(curl_multi_add_handle(load->multi, curl) == CURLM_OK, "curl_multi_add_handle");
}

static CURL *connection(struct load *load)
{
	CURL *curl = curl_easy_init();

	measure_need(curl != NULL, "curl_easy_init");
	curl_easy_setopt(curl, CURLOPT_URL, load->url);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, load->headers);
	curl_easy_setopt(curl, CURLOPT_USERNAME, "demo");
	curl_easy_setopt(curl, CURLOPT_PASSWORD, "demo");
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, discard);
	return curl;
}

static void take_finished(struct load *load)
{
	const CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(load->multi, &left))) {
		CURL *curl = message->easy_handle;
		long status = 0;

		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
		if (message->data.result == CURLE_OK && status == 200)
			load->valid++;
		else
			load->failed++;
		curl_multi_remove_handle(load->multi, curl);
		send_next(load, curl);
	}
}

static void run(struct load *load)
{
	CURL *connections[CONNECTIONS];

	for (int i = 0; i < CONNECTIONS; i++) {
		connections[i] = connection(load);
		send_next(load, connections[i]);
	}
	while (load->valid + load->failed < load->count) {
		int running;

		measure_need(curl_multi_perform(load->multi, &running) == CURLM_OK, "curl_multi_perform");
		take_finished(load);
		if (running)
			measure_need(curl_multi_poll(load->multi, NULL, 0, 1000, NULL) == CURLM_OK, "curl_multi_poll");
	}
	for (int i = 0; i < CONNECTIONS; i++)
		curl_easy_cleanup(connections[i]);
}

/* OTPs live for 120 s: as many as can be had in time. */
static size_t prepare(struct app *app, char (*otps)[OTP_SIZE])
{
	double end = measure_now() + PREPARE_SECONDS * 1e6;
	size_t count = 0;

	while (count < OTPS && measure_now() < end) {
		app_call(app, "get", "pims.authentication.otp", "{\"action\": \"withPIN\", \"pinCode\": \"2580\"}");
		app_assert_succeeded(app);
		snprintf(otps[count++], OTP_SIZE, "%s", app_result(app, "otp"));
	}
	return count;
}

static void measure(struct app *app, const struct sandbox *sandbox)
{
	struct load load = {.multi = curl_multi_init(), .otps = calloc(OTPS, OTP_SIZE)};
	double start, seconds;

	measure_need(load.multi && load.otps, "memory");
	snprintf(load.url, sizeof load.url, "%s/v1/otp/verify", sandbox->url);
	load.headers = curl_slist_append(NULL, "Content-Type: application/json");
	load.headers = curl_slist_append(load.headers, "Expect:");
	load.count = prepare(app, load.otps);
	start = measure_now();
	run(&load);
	seconds = (measure_now() - start) / 1e6;
	measure_print((double)load.valid / seconds, "1/s", "durable OTP verifications, 32 connections");
	if (load.failed)
		measure_print((double)load.failed, "", "OTPs REFUSED, which should not be");
	curl_slist_free_all(load.headers);
	curl_multi_cleanup(load.multi);
	free(load.otps);
	measure_need(load.failed == 0, "an OTP was refused");
}

int main(void)
{
	struct sandbox sandbox;
	struct app app;

	curl_global_init(CURL_GLOBAL_DEFAULT);
	sandbox_start(&sandbox, NULL);
	app_start(&app, &sandbox, NULL);
	app_initialize(&app);
	app_login(&app, SANDBOX_EMAIL, SANDBOX_PASSWORD);
	app_enrol(&app, &sandbox, "2580");
	measure(&app, &sandbox);
	app_remove(&app);
	sandbox_stop(&sandbox);
	sandbox_remove(&sandbox);
	return 0;
}
