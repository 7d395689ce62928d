/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A whole life with a brand's live service, byte by byte: sign-in, renewal, SMS, enrollment, two OTPs, sign-out. The library runs as applications have it, its
 * libcurl too; only that the addresses of the service are led to a server on loopback, which tells what has arrived. What must arrive stands in
 * tests/data/live/conversation.txt and tests/data/vectors/conversation.json.
 */
#include "support/harness.h"
#include "support/raw_server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REQUESTS = 16, TEXT = 65536, HOST = 256, LONGEST_TURN_MS = 20000 };

static struct harness h;
static struct raw_server *server;
static struct loop_transport *curl;
static struct pims_transport curl_hooks, hooks;
static struct pims_random random_hooks;
static json_t *vectors;
static char recorded[TEXT];
static char hosts[REQUESTS][HOST]; /* in the order of the requests */
static size_t sent;

/* --- the record ------------------------------------------------------------------------------------------------------------------------ */

static void section(const char *name, char *text)
{
	char title[64];
	const char *start, *next;

	snprintf(title, sizeof title, "\n=== %s\n", name);
	start = strstr(recorded, title);
	if (!start)
		fail_msg("there is no section %s", name);
	start += strlen(title);
	next = strstr(start, "\n=== ");
	snprintf(text, TEXT, "%.*s", (int)(next ? (size_t)(next - start) : strlen(start) - 1), start);
}

/* Lines of the head end with CR LF; the body is the rest. */
static void put_wire(const char *text, struct buf *wire)
{
	const char *body = strstr(text, "\n\n");

	assert_non_null(body);
	for (; text < body + 2; text++) {
		if (*text == '\n')
			buf_putc(wire, '\r');
		buf_putc(wire, *text);
	}
	buf_puts(wire, text);
	assert_int_equal(buf_error(wire), 0);
}

static const json_t *exchange(size_t index)
{
	return json_array_get(json_object_get(vectors, "exchanges"), index);
}

static const char *input(const char *name)
{
	return json_string_value(json_object_get(json_object_get(vectors, "inputs"), name));
}

/* "200", a header line or none, the body. */
static void queue_answer(const char *name)
{
	static char text[TEXT], header[256];
	char *line;

	section(name, text);
	line = strchr(text, '\n');
	assert_non_null(line);
	snprintf(header, sizeof header, "%.*s", (int)strcspn(line + 1, "\n"), line + 1);
	line = strchr(line + 1, '\n');
	if (*header)
		snprintf(header + strlen(header), sizeof header - strlen(header), "\r\n");
	raw_server_reply_http(server, (int)strtol(text, NULL, 10), *header ? header : NULL, line ? line + 1 : "");
}

/* What has arrived as request `index`, with the name of the host that it was for in the place of ours. */
static void arrived(size_t index, struct buf *wire)
{
	const char *request, *host, *rest;

	assert_true(raw_server_wait(server, index + 1, LONGEST_TURN_MS));
	request = raw_server_request(server, index);
	assert_non_null(request);
	host = strstr(request, "\r\nHost: 127.0.0.1:");
	assert_non_null(host);
	rest = strstr(host + 2, "\r\n");
	buf_put(wire, request, (size_t)(host - request));
	buf_printf(wire, "\r\nHost: %s", hosts[index]);
	buf_puts(wire, rest);
	assert_int_equal(buf_error(wire), 0);
}

static void assert_arrived(size_t index, const char *text)
{
	struct buf expected = BUF_INIT(TEXT), wire = BUF_INIT(TEXT);

	put_wire(text, &expected);
	arrived(index, &wire);
	assert_string_equal(buf_text(&wire), buf_text(&expected));
	assert_int_equal(wire.len, expected.len);
	buf_free(&expected);
	buf_free(&wire);
}

static void assert_section(size_t index, const char *name)
{
	static char text[TEXT];

	section(name, text);
	assert_arrived(index, text);
}

static void assert_mac(size_t index, size_t which)
{
	static char section_text[TEXT], text[TEXT];
	char *mark;

	section("mac", section_text);
	mark = strstr(section_text, "${target}");
	assert_non_null(mark);
	snprintf(text, sizeof text, "%.*s%s%s", (int)(mark - section_text), section_text, json_string_value(json_object_get(exchange(which), "target")),
		 mark + strlen("${target}"));
	assert_arrived(index, text);
}

/* --- the way there ------------------------------------------------------------------------------------------------------------------------ */

/* Only by https, and nowhere but to the hosts that the test looks at afterwards. */
static int send_to_loopback(void *data, const struct pims_http_request *request, pims_http_done_fn done, void *token)
{
	struct pims_http_request led = *request;
	const char *host = request->url + strlen("https://");
	size_t length = strcspn(host, "/");

	(void)data;
	assert_memory_equal(request->url, "https://", strlen("https://"));
	assert_true(sent < REQUESTS && length < HOST);
	snprintf(hosts[sent++], HOST, "%.*s", (int)length, host);
	led.url = raw_server_url(server, host + length);
	return curl_hooks.send(curl_hooks.data, &led, done, token);
}

static void cancel(void *data, void *token)
{
	(void)data;
	curl_hooks.cancel(curl_hooks.data, token);
}

/* --- what is random --------------------------------------------------------------------------------------------------------------------- */

/* Each length has its own row of values, so that names of calls and nonces of the state, which nobody sees, stand in nobody's way. */
static void fill_hex(void *bytes, size_t length, const char *hex)
{
	unsigned char *at = bytes;

	assert_non_null(hex);
	assert_int_equal(strlen(hex), 2 * length);
	for (size_t i = 0; i < length; i++) {
		unsigned value;

		assert_int_equal(sscanf(hex + 2 * i, "%2x", &value), 1);
		at[i] = (unsigned char)value;
	}
}

static void fill_32(unsigned char *bytes)
{
	static const size_t texts = 3; /* verifier, state, nonce */
	static size_t given;
	const json_t *seeds = json_object_get(json_object_get(vectors, "client_random"), "oaep_seeds");

	if (given < texts)
		for (size_t i = 0; i < 32; i++)
			bytes[i] = (unsigned char)(32 * given + i);
	else
		fill_hex(bytes, 32, json_string_value(json_array_get(seeds, given - texts)));
	given++;
}

static int fill(void *data, void *bytes, size_t length)
{
	static unsigned alea_given;

	(void)data;
	if (length == 32)
		fill_32(bytes);
	else if (length == 16)
		fill_hex(bytes, 16, alea_given++ == 0 ? input("alea") : json_string_value(json_object_get(json_object_get(vectors, "client_random"), "ms_secret")));
	else if (length == 8)
		fill_hex(bytes, 8, input("device_id"));
	else
		memset(bytes, 7, length);
	return 0;
}

/* --- the life ----------------------------------------------------------------------------------------------------------------------------- */

static void pump(void)
{
	for (int waited = 0; !h.heard.count && waited < LONGEST_TURN_MS; waited += 10) {
		assert_true(pims_run(h.loop, 10) >= 0);
		fake_env_advance(&h.fake, 1);
	}
	harness_assert_succeeded(&h.heard);
}

static void call(const char *verb, const char *api, const char *parameters)
{
	harness_call(&h, verb, api, parameters);
	pump();
}

static const char *result(const char *name)
{
	return json_string_value(json_object_get(json_object_get(h.heard.message, "result"), name));
}

static void initialize(void)
{
	char *text;
	char changes[1024];

	snprintf(changes, sizeof changes,
		 "{\"backend\":null,\"environnement\":\"Production\",\"credential\":{\"clientID\":\"00000000-1111-2222-3333-444444444444\","
		 "\"clientSecret\":\"a secret: 100%%\",\"macID\":\"%s\",\"inWeboURL\":\"https://inwebo.example.org/\"},"
		 "\"live\":{\"apiURL\":\"https://api.example.org\"}}",
		 input("macid"));
	text = harness_configuration_with(changes);
	h.heard.count = 0;
	assert_int_equal(pims_initialize(h.pims, text, harness_hear, &h.heard, NULL), 0);
	pump();
	free(text);
}

static void sign_in(void)
{
	static char text[TEXT];

	harness_call(&h, "set", "pims.authentication.user", "{\"action\":\"login\"}");
	section("page", text);
	assert_string_equal(h.agent_url, text);
	assert_int_equal(raw_server_requests(server), 0);
	queue_answer("token answer");
	section("redirect", text);
	assert_int_equal(pims_redirect(h.pims, text), 0);
	pump();
	assert_section(0, "token");
}

static void queue_mac(size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		raw_server_reply_http(server, 200, "Content-Type: text/xml\r\n", json_string_value(json_object_get(exchange(i), "reply")));
}

static void get_otp(size_t index)
{
	call("get", "pims.authentication.otp", "{\"action\":\"withPIN\",\"pinCode\":\"1234\"}");
	assert_string_equal(result("otp"), json_string_value(json_array_get(json_object_get(vectors, "otps"), index)));
}

static void every_request_to_the_live_service_is_the_recorded_one(void **state)
{
	(void)state;
	initialize();
	assert_int_equal(sent, 0);
	sign_in();

	queue_answer("refresh answer");
	call("get", "pims.authentication.token", "{\"type\":\"cvs\",\"action\":\"refresh\"}");
	assert_string_equal(result("token"), "access-token-2");
	assert_section(1, "refresh");

	queue_answer("sms answer");
	call("get", "pims.authentication.smscode", "{\"type\":\"enrollment\"}");
	assert_section(2, "sms");

	queue_mac(0, 9);
	call("set", "pims.authentication.smscode", "{\"action\":\"enrollment\",\"smsCode\":\"12345678\"}");
	assert_string_equal(result("status"), "AlreadyEnrolled");
	call("set", "pims.authentication.enrollment", "{\"action\":\"enroll\",\"pinCode\":\"1234\"}");
	get_otp(0);
	get_otp(1);
	for (size_t i = 0; i < 9; i++)
		assert_mac(3 + i, i);

	queue_answer("revocation answer");
	call("set", "pims.authentication.user", "{\"action\":\"logout\"}");
	assert_section(12, "revocation");
	assert_int_equal(sent, 13);
	assert_int_equal(raw_server_requests(server), 13);
}

static int begin(void **state)
{
	FILE *file = fopen(TEST_DATA_DIR "/live/conversation.txt", "r");

	(void)state;
	if (!file)
		return -1;
	recorded[fread(recorded, 1, sizeof recorded - 1, file)] = '\0';
	fclose(file);
	vectors = json_load_file(TEST_DATA_DIR "/vectors/conversation.json", JSON_REJECT_DUPLICATES, NULL);
	harness_init(&h);
	server = raw_server_start();
	random_hooks = (struct pims_random){.size = sizeof random_hooks, .fill = fill};
	hooks = (struct pims_transport){.size = sizeof hooks, .send = send_to_loopback, .cancel = cancel};
	if (!vectors || loop_transport_new(&curl, h.loop, NULL) < 0)
		return -1;
	loop_transport_hooks(curl, &curl_hooks);
	h.options.transport = &hooks;
	h.options.random = &random_hooks;
	h.options.device_name = "Android SDK built for x86_64 / UNKNOWN";
	pims_free(h.pims);
	h.pims = harness_context(&h);
	return 0;
}

static int end(void **state)
{
	(void)state;
	pims_free(h.pims);
	loop_transport_free(curl);
	harness_free(&h);
	raw_server_stop(server);
	json_decref(vectors);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(every_request_to_the_live_service_is_the_recorded_one, begin, end)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
