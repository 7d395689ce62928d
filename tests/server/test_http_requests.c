/* SPDX-License-Identifier: Apache-2.0 */
#include "http_fixture.h"

/* One request at a time: what is refused before a handler, what a handler sees, what goes out. */

static void echo(struct request *request, struct response *response)
{
	json_t *object = json_object();
	char cookie[32] = "none";

	request_cookie(request, "session", cookie, sizeof cookie);
	json_put_text(object, "method", request->method);
	json_put_text(object, "path", request->path);
	json_put_text(object, "address", request->address);
	json_put_text(object, "header", request_header(request, "x-TEST"));
	json_put_text(object, "cookie", cookie);
	json_put_text(object, "a", request_parameter(request, "a"));
	json_put_text(object, "query", query_get(&request->query, "a"));
	json_put_text(object, "form", query_get(&request->form, "a"));
	json_put_text(object, "body", request->body);
	json_put_int(object, "length", (int64_t)request->body_length);
	response_json(response, 200, object);
}

static void json_echo(struct request *request, struct response *response)
{
	json_t *object = request_json(request);

	if (!object)
		response_problem(response, 400, "request.json", "No JSON", -1, -1);
	else
		response_json(response, 200, object);
}

static void nothing(struct request *request, struct response *response)
{
	(void)request;
	(void)response;
}

static void null_json(struct request *request, struct response *response)
{
	(void)request;
	response_header(response, "X-Half", "done");
	response_json(response, 200, NULL);
}

static void too_much(struct request *request, struct response *response)
{
	(void)request;
	response->status = 200;
	while (buf_puts(&response->body, "0123456789012345678901234567890123456789") == 0)
		;
}

static void redirect(struct request *request, struct response *response)
{
	response_redirect(response, 303, query_get(&request->query, "to"));
}

static void cached(struct request *request, struct response *response)
{
	(void)request;
	assert_int_equal(response_header(response, "cache-control", "public, max-age=60"), 0);
	assert_int_equal(response_header(response, "X-Bad", "a\r\nSet-Cookie: x"), PIMS_E_FORMAT);
	assert_int_equal(response_header(response, "X-Bad\r\nSet-Cookie", "x"), PIMS_E_FORMAT);
	response_text(response, 200, "text/plain; charset=utf-8", "text");
}

static void limited(struct request *request, struct response *response)
{
	(void)request;
	response_problem(response, 429, "sms.cooldown", "Too soon", 42, 3);
}

static void empty(struct request *request, struct response *response)
{
	(void)request;
	response->status = 202;
}

static const struct route first_routes[] = {
	{"GET", "/echo", echo},
	{"POST", "/echo", echo},
	{"GET", "/only-get", echo},
	{"POST", "/only-post", echo},
	{0},
};
static const struct route second_routes[] = {
	{"POST", "/json", json_echo}, {"GET", "/nothing", nothing}, {"GET", "/null", null_json}, {"GET", "/too-much", too_much},
	{"GET", "/redirect", redirect}, {"GET", "/cached", cached}, {"GET", "/limited", limited}, {"GET", "/empty", empty},
	{0},
};
static const struct route *const tables[] = {first_routes, second_routes, NULL};

/* "/only-post" is for pages of other origins, "/echo" takes parameters from either place. */
static unsigned rules(const char *path)
{
	if (strcmp(path, "/only-post") == 0)
		return REQUEST_ANY_ORIGIN | REQUEST_UNTYPED;
	return strcmp(path, "/echo") == 0 ? REQUEST_QUERY : 0;
}

static int begin(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);
	struct http_server_options options = {.address = "127.0.0.1", .loops = 1, .workers = 2, .rules = rules};

	assert_non_null(fixture);
	fake_env_init(&fixture->fake);
	options.env = &fixture->fake.env;
	assert_int_equal(http_server_start(&fixture->server, &options, tables), 0);
	fixture->port = http_server_port(fixture->server);
	*state = fixture;
	return 0;
}

static int end(void **state)
{
	struct fixture *fixture = *state;

	http_server_stop(fixture->server);
	fake_env_free(&fixture->fake);
	free(fixture);
	return 0;
}

static void an_unknown_path_is_404(void **state)
{
	assert_problem(get(*state, "/none"), 404, "request.path");
	assert_problem(get(*state, "/echo/"), 404, "request.path");
	assert_problem(get(*state, "/ECHO"), 404, "request.path");
	assert_problem(get(*state, "//echo"), 404, "request.path");
	assert_problem(get(*state, "/%65cho"), 404, "request.path");
	assert_problem(get(*state, "/../echo"), 404, "request.path");
	assert_problem(ask(*state, "POST /none HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody"), 404, "request.path");
}

static void another_method_is_405_and_tells_the_right_ones(void **state)
{
	const struct answer *answer = ask(*state, "DELETE /echo HTTP/1.1\r\nHost: x\r\n\r\n");

	assert_problem(answer, 405, "request.method");
	assert_non_null(strstr(answer->bytes, "\r\nAllow: GET, HEAD, POST\r\n"));
	answer = ask(*state, "HEAD /only-post HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_int_equal(answer->status, 405);
	assert_non_null(strstr(answer->bytes, "\r\nAllow: POST\r\n"));
	answer = ask(*state, "post /only-post HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(answer->status, 405);
	answer = ask(*state, "OPTIONS /echo HTTP/1.1\r\nHost: x\r\nOrigin: http://x\r\nAccess-Control-Request-Method: GET\r\n\r\n");
	assert_problem(answer, 405, "request.method");
	assert_int_equal(ask(*state, "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n")->status, 404);
}

static void a_broken_query_string_is_400(void **state)
{
	assert_problem(get(*state, "/echo?a=%zz"), 400, "request.query");
	assert_problem(get(*state, "/echo?a=%"), 400, "request.query");
	assert_problem(get(*state, "/echo?a=%00"), 400, "request.query");
	assert_problem(get(*state, "/echo?a=1&a=2"), 400, "request.query");
	assert_problem(get(*state, "/none?a=%zz"), 400, "request.query");
}

static struct answer *post(const struct fixture *fixture, const char *target, const char *type, const char *body)
{
	static char request[256 * 1024];

	assert_true(snprintf(request, sizeof request, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n%s", target, type,
			     strlen(body), body) < (int)sizeof request);
	return ask(fixture, request);
}

#define FORM "application/x-www-form-urlencoded"

static void a_broken_form_is_400(void **state)
{
	assert_problem(post(*state, "/echo", FORM, "a=%zz"), 400, "request.form");
	assert_problem(post(*state, "/echo", FORM "; charset=utf-8", "a=1&a=2"), 400, "request.form");
	assert_int_equal(post(*state, "/echo", "text/plain", "a=%zz")->status, 200);
	assert_int_equal(post(*state, "/echo", FORM "x", "a=%zz")->status, 200);
}

static void a_long_body_is_413(void **state)
{
	static char body[REQUEST_MAX_BODY + 2];

	memset(body, 'x', REQUEST_MAX_BODY + 1);
	assert_problem(post(*state, "/echo", "text/plain", body), 413, "request.body");
	body[REQUEST_MAX_BODY] = 0;
	assert_int_equal(post(*state, "/echo", "text/plain", body)->status, 200);
}

static void a_hopeless_body_is_413_before_it_comes(void **state)
{
	assert_problem(ask(*state, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n"), 413, "request.body");
}

static void a_long_chunked_body_is_413(void **state)
{
	static struct answer answer;
	static char chunk[10000];
	struct fixture *fixture = *state;
	int fd = connect_port(fixture->port);

	memset(chunk, 'x', sizeof chunk);
	memcpy(chunk, "2000\r\n", 6);
	memcpy(chunk + 6 + 0x2000, "\r\n", 2);
	send_text(fd, "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
	for (int i = 0; i < 9; i++)
		send_bytes(fd, chunk, 6 + 0x2000 + 2);
	send_text(fd, "0\r\n\r\n");
	read_answer(fd, &answer, false);
	assert_problem(&answer, 413, "request.body");
	close(fd);
}

static void an_endless_body_ends_the_connection(void **state)
{
	static struct answer answer;
	static char chunk[0x10000 + 16];
	struct fixture *fixture = *state;
	int fd = connect_port(fixture->port);

	memset(chunk, 'x', sizeof chunk);
	memcpy(chunk, "10000\r\n", 7);
	memcpy(chunk + 7 + 0x10000, "\r\n", 2);
	send_text(fd, "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
	for (int i = 0; i < 64; i++)
		send_bytes(fd, chunk, 7 + 0x10000 + 2);
	read_answer(fd, &answer, false);
	assert_int_equal(answer.status, -1);
	close(fd);
}

static void a_long_url_is_414(void **state)
{
	static char target[REQUEST_MAX_URL * 4];

	memset(target, 'a', sizeof target);
	memcpy(target, "/echo?a=", 8);
	target[REQUEST_MAX_URL] = 0;
	assert_int_equal(get(*state, target)->status, 200);
	target[REQUEST_MAX_URL] = 'a';
	target[REQUEST_MAX_URL + 1] = 0;
	assert_problem(get(*state, target), 414, "request.url");
	target[REQUEST_MAX_URL + 1] = 'a';
	target[sizeof target - 1] = 0;
	assert_int_equal(get(*state, target)->status, 414);
}

static void headers_are_bounded(void **state)
{
	static char request[128 * 1024];
	size_t length = (size_t)snprintf(request, sizeof request, "GET /echo HTTP/1.1\r\nHost: x\r\n");
	const struct answer *answer;

	while (length < 100 * 1024)
		length += (size_t)snprintf(request + length, sizeof request - length, "X-Header-%zu: value\r\n", length);
	snprintf(request + length, sizeof request - length, "\r\n");
	answer = ask(*state, request);
	assert_true(answer->status == 431 || answer->status == 413 || answer->status == -1);
	assert_int_equal(get(*state, "/echo")->status, 200);
}

static void one_header_may_be_long_but_not_endless(void **state)
{
	static char request[128 * 1024], value[100 * 1024];

	memset(value, 'v', sizeof value - 1);
	snprintf(request, sizeof request, "GET /echo HTTP/1.1\r\nHost: x\r\nX-Test: %.8000s\r\n\r\n", value);
	assert_int_equal(ask(*state, request)->status, 200);
	snprintf(request, sizeof request, "GET /echo HTTP/1.1\r\nHost: x\r\nX-Test: %s\r\n\r\n", value);
	assert_int_equal(ask(*state, request)->status, 431);
}

static void a_compressed_body_is_415(void **state)
{
	static const char *const codings[] = {"gzip", "br", "GZIP", "identity, gzip", "x"};
	char request[256];

	for (size_t i = 0; i < sizeof codings / sizeof *codings; i++) {
		const struct answer *answer;

		snprintf(request, sizeof request, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Encoding: %s\r\nContent-Length: 3\r\n\r\nabc", codings[i]);
		answer = ask(*state, request);
		assert_problem(answer, 415, "request.encoding");
		assert_non_null(strstr(answer->bytes, "\r\nAccept-Encoding: identity\r\n"));
	}
	assert_int_equal(ask(*state, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Encoding: Identity\r\nContent-Length: 3\r\n\r\nabc")->status, 200);
}

static void what_is_no_http_gets_no_handler(void **state)
{
	static const char *const requests[] = {
		"\r\n\r\n\r\n\r\nnonsense\r\n\r\n", "GET\r\n\r\n", "GET /echo\r\n\r\n", "GET /echo HTTP/9.9\r\nHost: x\r\n\r\n",
		"GET /echo HTTP/1.1\r\n\r\n", "\x16\x03\x01\x02\x01\xfc\x03\x03\r\n\r\n",
		"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
		"GET /echo HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
		"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabcde",
		"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
		"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
		"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity\r\n\r\n",
		"POST /echo HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	};

	for (size_t i = 0; i < sizeof requests / sizeof *requests; i++)
		assert_int_not_equal(ask(*state, requests[i])->status, 200);
	assert_problem(ask(*state, "GET /echo HTTP/1.1\r\n\r\n"), 400, "request.headers");
	assert_int_equal(ask(*state, "GET /echo HTTP/1.0\r\n\r\n")->status, 200);
}

static void a_handler_that_fails_is_500_without_its_half(void **state)
{
	const struct answer *answer = get(*state, "/nothing");

	assert_problem(answer, 500, "server.failed");
	answer = get(*state, "/null");
	assert_problem(answer, 500, "server.failed");
	assert_null(strstr(answer->bytes, "X-Half"));
	assert_problem(get(*state, "/too-much"), 500, "server.failed");
}

static void a_redirect_to_two_lines_is_500(void **state)
{
	const struct answer *answer = get(*state, "/redirect?to=http://a/%0d%0aSet-Cookie:x");

	assert_problem(answer, 500, "server.failed");
	assert_null(strstr(answer->bytes, "Set-Cookie"));
	answer = get(*state, "/redirect?to=http://a/?b");
	assert_int_equal(answer->status, 303);
	assert_non_null(strstr(answer->bytes, "\r\nLocation: http://a/?b\r\n"));
}

static json_t *echoed(const struct answer *answer)
{
	json_t *object = NULL;

	assert_int_equal(answer->status, 200);
	assert_int_equal(json_parse_object(answer->body, strlen(answer->body), 1 << 20, &object), 0);
	return object;
}

static void a_handler_sees_the_request(void **state)
{
	json_t *object = echoed(ask(*state, "POST /only-post?a=q+1&b=%C3%A9 HTTP/1.1\r\nHost: any\r\nX-Test: head er\r\nCookie: other=1; session=abc\r\n"
					    "Content-Type: application/X-WWW-Form-urlencoded;charset=utf-8\r\nContent-Length: 7\r\n\r\na=f%2B1"));

	assert_string_equal(json_text(object, "method"), "POST");
	assert_string_equal(json_text(object, "path"), "/only-post");
	assert_string_equal(json_text(object, "address"), "127.0.0.1");
	assert_string_equal(json_text(object, "header"), "head er");
	assert_string_equal(json_text(object, "cookie"), "abc");
	assert_string_equal(json_text(object, "a"), "f+1");
	assert_string_equal(json_text(object, "query"), "q 1");
	assert_string_equal(json_text(object, "form"), "f+1");
	assert_string_equal(json_text(object, "body"), "a=f%2B1");
	assert_int_equal(json_int(object, "length", 0), 7);
	json_decref(object);
}

static void a_parameter_comes_from_the_query_of_a_post_without_body_too(void **state)
{
	json_t *object = echoed(ask(*state, "POST /echo?a=1 HTTP/1.1\r\nHost: x\r\nContent-Type: " FORM "\r\nContent-Length: 0\r\n\r\n"));

	assert_string_equal(json_text(object, "a"), "1");
	assert_null(json_text(object, "form"));
	assert_string_equal(json_text(object, "body"), "");
	json_decref(object);
}

static void two_places_must_not_say_two_things(void **state)
{
	assert_problem(post(*state, "/echo?a=1", FORM, "a=2"), 400, "request.form");
	assert_problem(post(*state, "/echo?b=1&a=1", FORM, "c=1&a=%31+"), 400, "request.form");
	assert_int_equal(post(*state, "/echo?a=1", FORM, "a=%31")->status, 200);
	assert_int_equal(post(*state, "/echo?a=1", FORM, "a=")->status, 200);
	assert_int_equal(post(*state, "/echo?a=1", "text/plain", "a=2")->status, 200);
	assert_int_equal(post(*state, "/only-post?a=1", FORM, "a=2")->status, 200); /* whose query string is not read */
}

static void a_parameter_is_read_where_it_belongs_unless_the_path_is_lenient(void **state)
{
	json_t *object = echoed(post(*state, "/only-post?a=1", FORM, "b=2"));

	assert_null(json_text(object, "a"));
	json_decref(object);
	object = echoed(ask(*state, "GET /echo?b=1 HTTP/1.1\r\nHost: x\r\nContent-Type: " FORM "\r\nContent-Length: 3\r\n\r\na=2"));
	assert_null(json_text(object, "a"));
	assert_null(json_text(object, "form"));
	json_decref(object);
	object = echoed(post(*state, "/echo?a=1", FORM, "a=&b=2"));
	assert_string_equal(json_text(object, "a"), "1");
	json_decref(object);
}

static void a_body_without_type_is_a_form_where_the_path_says_so(void **state)
{
	json_t *object = echoed(ask(*state, "POST /only-post HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\na=2"));

	assert_string_equal(json_text(object, "a"), "2");
	json_decref(object);
	object = echoed(ask(*state, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\na=2"));
	assert_null(json_text(object, "a"));
	json_decref(object);
}

static void a_client_that_asks_before_it_sends_its_body_may_go_on(void **state)
{
	static struct answer answer;
	struct fixture *fixture = *state;
	int fd = connect_port(fixture->port);
	char interim[64] = "";

	send_text(fd, "POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Type: " FORM "\r\nContent-Length: 3\r\n\r\n");
	assert_true(recv(fd, interim, sizeof interim - 1, 0) > 0);
	assert_string_equal(interim, "HTTP/1.1 100 Continue\r\n\r\n");
	send_text(fd, "a=2");
	read_answer(fd, &answer, false);
	assert_int_equal(answer.status, 200);
	close(fd);
	/* and one that is refused learns so without sending it */
	assert_problem(ask(fixture, "POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 10000000\r\n\r\n"), 413, "request.body");
}

static void requests_in_one_packet_are_answered_in_their_order(void **state)
{
	static struct answer answer;
	struct fixture *fixture = *state;
	int fd = connect_port(fixture->port);
	const char *at;

	send_text(fd, "GET /echo?a=first HTTP/1.1\r\nHost: x\r\n\r\n"
		      "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Type: " FORM "\r\n\r\n4\r\na=se\r\n4\r\ncond\r\n0\r\n\r\n"
		      "GET /echo?a=third HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	/* the last one ends the connection: everything until then is one "answer" to the reader */
	answer.length = 0;
	for (ssize_t n = 1; n > 0; answer.length += n > 0 ? (size_t)n : 0)
		n = recv(fd, answer.bytes + answer.length, ANSWER_MAX - 1 - answer.length, 0);
	answer.bytes[answer.length] = 0;
	close(fd);
	at = strstr(answer.bytes, "\"a\":\"first\"");
	assert_non_null(at);
	at = strstr(at, "\"a\":\"second\"");
	assert_non_null(at);
	at = strstr(at, "Connection: close");
	assert_non_null(at);
	assert_non_null(strstr(at, "\"a\":\"third\""));
}

static void an_old_client_gets_its_answer_and_the_end(void **state)
{
	static struct answer answer;
	struct fixture *fixture = *state;
	int fd = connect_port(fixture->port);
	char more;

	send_text(fd, "POST /echo HTTP/1.0\r\nContent-Type: " FORM "\r\nContent-Length: 3\r\n\r\na=2");
	read_answer(fd, &answer, false);
	assert_int_equal(answer.status, 200);
	assert_null(strstr(answer.bytes, "Transfer-Encoding"));
	assert_int_equal(recv(fd, &more, 1, 0), 0);
	close(fd);
}

static void a_preflight_is_answered_where_the_path_says_so(void **state)
{
	const struct answer *answer =
		ask(*state, "OPTIONS /only-post?a=1 HTTP/1.1\r\nHost: x\r\nOrigin: http://y\r\nAccess-Control-Request-Method: POST\r\n\r\n");

	assert_int_equal(answer->status, 204);
	assert_string_equal(answer->body, "");
	assert_non_null(strstr(answer->bytes, "\r\nAccess-Control-Allow-Origin: *\r\n"));
	assert_non_null(strstr(answer->bytes, "\r\nAccess-Control-Allow-Methods: POST\r\n"));
	assert_null(strstr(get(*state, "/echo")->bytes, "Access-Control"));
}

static void the_absolute_form_is_taken(void **state)
{
	json_t *object = echoed(get(*state, "http://other.example:80/echo?a=1"));

	assert_string_equal(json_text(object, "path"), "/echo");
	assert_string_equal(json_text(object, "a"), "1");
	json_decref(object);
}

static void json_must_be_an_object_without_doubles(void **state)
{
	static const char *const wrong[] = {"", "[]", "{", "{\"a\":1,\"a\":2}", "{} x", "null", "a=1"};

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_problem(post(*state, "/json", "application/json", wrong[i]), 400, "request.json");
	assert_string_equal(post(*state, "/json", "application/json", "{\"a\":1}")->body, "{\"a\":1}");
}

static void head_is_get_without_body(void **state)
{
	const struct answer *answer = ask(*state, "HEAD /only-get HTTP/1.1\r\nHost: x\r\n\r\n");

	assert_int_equal(answer->status, 200);
	assert_string_equal(answer->body, "");
	assert_non_null(strstr(answer->bytes, "\r\nContent-Type: application/json\r\n"));
}

static void answers_are_not_stored_nor_sniffed_nor_framed(void **state)
{
	const struct answer *answer = get(*state, "/echo");

	assert_non_null(strstr(answer->bytes, "\r\nCache-Control: no-store\r\n"));
	assert_non_null(strstr(answer->bytes, "\r\nX-Content-Type-Options: nosniff\r\n"));
	assert_non_null(strstr(answer->bytes, "\r\nReferrer-Policy: no-referrer\r\n"));
	assert_non_null(strstr(answer->bytes, "\r\nX-Frame-Options: DENY\r\n"));
	assert_non_null(strstr(get(*state, "/none")->bytes, "\r\nCache-Control: no-store\r\n"));
}

static void a_handler_may_choose_its_caching(void **state)
{
	const struct answer *answer = get(*state, "/cached");

	assert_non_null(strstr(answer->bytes, "\r\ncache-control: public, max-age=60\r\n"));
	assert_null(strstr(answer->bytes, "no-store"));
	assert_null(strstr(answer->bytes, "Set-Cookie"));
	assert_non_null(strstr(answer->bytes, "\r\nContent-Type: text/plain; charset=utf-8\r\n"));
	assert_string_equal(answer->body, "text");
}

static void the_date_is_that_of_the_servers_clock(void **state)
{
	struct fixture *fixture = *state;

	assert_non_null(strstr(get(fixture, "/echo")->bytes, "\r\nDate: Tue, 12 Nov 2024 13:14:15 GMT\r\n"));
}

static void a_problem_tells_when_to_come_again(void **state)
{
	const struct answer *answer = get(*state, "/limited");
	json_t *object = NULL;

	assert_problem(answer, 429, "sms.cooldown");
	assert_non_null(strstr(answer->bytes, "\r\nRetry-After: 42\r\n"));
	assert_int_equal(json_parse_object(answer->body, strlen(answer->body), 4096, &object), 0);
	assert_int_equal(json_int(object, "retryAfter", 0), 42);
	assert_int_equal(json_int(object, "remaining", 0), 3);
	assert_string_equal(json_text(object, "type"), "about:blank#sms.cooldown");
	json_decref(object);
}

static void an_answer_may_be_empty(void **state)
{
	const struct answer *answer = get(*state, "/empty");

	assert_int_equal(answer->status, 202);
	assert_non_null(strstr(answer->bytes, "\r\nContent-Length: 0\r\n"));
	assert_null(strstr(answer->bytes, "Content-Type:"));
}

static void the_log_has_no_query_string(void **state)
{
	struct fixture *fixture = *state;

	get(fixture, "/echo?code=SECRET1");
	post(fixture, "/echo", FORM, "password=SECRET2");
	get(fixture, "/echo?code=SECRET3%zz");
	get(fixture, "/echo;code=SECRET4");
	get(fixture, "/echo%3fcode=SECRET5");
	get(fixture, "code=SECRET6");
	http_server_stop(fixture->server); /* now the log stands still */
	fixture->server = NULL;
	assert_true(fake_env_logged(&fixture->fake, "GET /echo 200"));
	assert_true(fake_env_logged(&fixture->fake, "POST /echo 200"));
	assert_false(fake_env_logged(&fixture->fake, "SECRET"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_unknown_path_is_404),
		TEST(another_method_is_405_and_tells_the_right_ones),
		TEST(a_broken_query_string_is_400),
		TEST(a_broken_form_is_400),
		TEST(a_long_body_is_413),
		TEST(a_hopeless_body_is_413_before_it_comes),
		TEST(a_long_chunked_body_is_413),
		TEST(an_endless_body_ends_the_connection),
		TEST(a_long_url_is_414),
		TEST(headers_are_bounded),
		TEST(one_header_may_be_long_but_not_endless),
		TEST(a_compressed_body_is_415),
		TEST(two_places_must_not_say_two_things),
		TEST(what_is_no_http_gets_no_handler),
		TEST(a_handler_that_fails_is_500_without_its_half),
		TEST(a_redirect_to_two_lines_is_500),
		TEST(a_handler_sees_the_request),
		TEST(a_parameter_comes_from_the_query_of_a_post_without_body_too),
		TEST(a_parameter_is_read_where_it_belongs_unless_the_path_is_lenient),
		TEST(a_body_without_type_is_a_form_where_the_path_says_so),
		TEST(a_client_that_asks_before_it_sends_its_body_may_go_on),
		TEST(requests_in_one_packet_are_answered_in_their_order),
		TEST(an_old_client_gets_its_answer_and_the_end),
		TEST(a_preflight_is_answered_where_the_path_says_so),
		TEST(the_absolute_form_is_taken),
		TEST(json_must_be_an_object_without_doubles),
		TEST(head_is_get_without_body),
		TEST(answers_are_not_stored_nor_sniffed_nor_framed),
		TEST(a_handler_may_choose_its_caching),
		TEST(the_date_is_that_of_the_servers_clock),
		TEST(a_problem_tells_when_to_come_again),
		TEST(an_answer_may_be_empty),
		TEST(the_log_has_no_query_string),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
