/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An OTP end to end against a sandbox, beside two bare GETs of libcurl to the same server in the same run: what libpims, the protocol and the
 * durable writes on both sides cost on top of the network.
 */
#include "app.h"
#include "bench/measure.h"
#include "sandbox.h"

#include <curl/curl.h>
#include <stdio.h>

enum { WARM_UP = 20, ROUNDS = 400 };

static size_t discard(char *bytes, size_t size, size_t count, void *data)
{
	(void)bytes;
	(void)data;
	return size * count;
}

static CURL *bare_client(const struct sandbox *sandbox)
{
	CURL *curl = curl_easy_init();
	char url[128];

	measure_need(curl != NULL, "curl_easy_init");
	snprintf(url, sizeof url, "%s/.well-known/openpims", sandbox->url);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, discard);
	return curl;
}

static double time_two_gets(CURL *curl)
{
	double start = measure_now();

	for (int i = 0; i < 2; i++)
		measure_need(curl_easy_perform(curl) == CURLE_OK, "bare GET");
	return measure_now() - start;
}

static double time_otp(struct app *app, const char *parameters)
{
	double start = measure_now();
	double end;

	app_call(app, "get", "pims.authentication.otp", parameters);
	end = measure_now();
	app_assert_succeeded(app);
	return end - start;
}

static void measure(struct app *app, CURL *curl)
{
	static double with_pin[ROUNDS], without_pin[ROUNDS], bare[ROUNDS];
	double otp, gets;

	for (int i = -WARM_UP; i < ROUNDS; i++) {
		double a = time_otp(app, "{\"action\": \"withPIN\", \"pinCode\": \"2580\"}");
		double b = time_two_gets(curl);
		double c = time_otp(app, "{\"action\": \"withoutPIN\"}");

		if (i < 0)
			continue;
		with_pin[i] = a;
		bare[i] = b;
		without_pin[i] = c;
	}
	otp = measure_percentile(with_pin, ROUNDS, 50);
	gets = measure_percentile(bare, ROUNDS, 50);
	measure_print(otp, "us", "OTP with PIN end to end, median");
	measure_print(measure_percentile(with_pin, ROUNDS, 99), "us", "OTP with PIN end to end, 99 %");
	measure_print(measure_percentile(without_pin, ROUNDS, 50), "us", "OTP without PIN end to end, median");
	measure_print(gets, "us", "two bare GETs, median");
	measure_print(otp / gets, "x", "OTP with PIN : two bare GETs");
}

int main(void)
{
	struct sandbox sandbox;
	struct app app;
	CURL *curl;

	curl_global_init(CURL_GLOBAL_DEFAULT);
	sandbox_start(&sandbox, NULL);
	app_start(&app, &sandbox, NULL);
	app_initialize(&app);
	app_login(&app, SANDBOX_EMAIL, SANDBOX_PASSWORD);
	app_enrol(&app, &sandbox, "2580");
	curl = bare_client(&sandbox);
	measure(&app, curl);
	curl_easy_cleanup(curl);
	app_remove(&app);
	sandbox_stop(&sandbox);
	sandbox_remove(&sandbox);
	return 0;
}
