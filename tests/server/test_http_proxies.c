/* SPDX-License-Identifier: Apache-2.0 */
#include "http_fixture.h"

/* Whose word is taken for whom a request comes from: nobody's but the configured proxies'. */

static struct proxies proxies;

static void tell_client(struct request *request, struct response *response)
{
	char client[REQUEST_CLIENT_SIZE], network[REQUEST_CLIENT_SIZE], text[2 * REQUEST_CLIENT_SIZE + 2];

	request_client(request, client);
	request_network(request, network);
	(void)snprintf(text, sizeof text, "%s %s", client, network);
	response_text(response, 200, "text/plain", text);
}

static const struct route routes[] = {{"GET", "/client", tell_client}, {0}};
static const struct route *const tables[] = {routes, NULL};

static void start_at(struct fixture *fixture, const char *address, const char *trusted)
{
	struct http_server_options options = {.address = address, .loops = 1, .workers = 2, .proxies = &proxies};

	proxies = (struct proxies){.count = 0};
	if (trusted)
		assert_int_equal(proxies_add(&proxies, trusted), 0);
	assert_int_equal(http_server_start(&fixture->server, &options, tables), 0);
	fixture->port = http_server_port(fixture->server);
}

static int begin(void **state)
{
	*state = calloc(1, sizeof(struct fixture));
	assert_non_null(*state);
	return 0;
}

static int end(void **state)
{
	struct fixture *fixture = *state;

	http_server_stop(fixture->server);
	free(fixture);
	return 0;
}

/* `headers`: whole lines */
static const char *client_of(const struct fixture *fixture, const char *headers)
{
	static char request[64 * 1024], client[2 * REQUEST_CLIENT_SIZE + 2];
	const struct answer *answer;

	assert_true(snprintf(request, sizeof request, "GET /client HTTP/1.1\r\nHost: x\r\n%s\r\n", headers) < (int)sizeof request);
	answer = ask(fixture, request);
	assert_int_equal(answer->status, 200);
	(void)snprintf(client, sizeof client, "%s", answer->body);
	client[strcspn(client, " ")] = 0;
	return client;
}

static void nobody_is_believed_by_default(void **state)
{
	start_at(*state, "127.0.0.1", NULL);
	assert_string_equal(client_of(*state, "X-Forwarded-For: 203.0.113.7\r\n"), "127.0.0.1");
	assert_string_equal(client_of(*state, "Forwarded: for=203.0.113.7\r\nX-Real-IP: 203.0.113.7\r\n"), "127.0.0.1");
}

static void a_peer_that_is_no_configured_proxy_is_not_believed(void **state)
{
	start_at(*state, "127.0.0.1", "127.0.0.2,127.0.1.0/24,10.0.0.0/8,::1");
	assert_string_equal(client_of(*state, "X-Forwarded-For: 203.0.113.7\r\n"), "127.0.0.1");
}

static void what_stands_before_the_first_stranger_is_not_believed(void **state)
{
	start_at(*state, "127.0.0.1", "127.0.0.1");
	assert_string_equal(client_of(*state, "X-Forwarded-For: 203.0.113.7\r\n"), "203.0.113.7");
	assert_string_equal(client_of(*state, "X-Forwarded-For: 198.51.100.1, 203.0.113.7\r\n"), "203.0.113.7");
	assert_string_equal(client_of(*state, "X-Forwarded-For: 127.0.0.1,\t203.0.113.7 \r\n"), "203.0.113.7");
}

static void a_proxy_that_adds_a_line_of_its_own_is_heard_before_the_strangers_line(void **state)
{
	start_at(*state, "127.0.0.1", "127.0.0.1");
	assert_string_equal(client_of(*state, "X-Forwarded-For: 198.51.100.1\r\nx-forwarded-for: 203.0.113.7\r\n"), "203.0.113.7");
	assert_string_equal(client_of(*state, "X-Forwarded-For: 198.51.100.1\r\nx-forwarded-for: 127.0.0.1\r\n"), "198.51.100.1");
}

static void a_chain_of_proxies_is_followed(void **state)
{
	start_at(*state, "127.0.0.1", "127.0.0.0/8,192.0.2.0/24,2001:db8:1::/48");
	assert_string_equal(client_of(*state, "X-Forwarded-For: 6.6.6.6, 203.0.113.7, 192.0.2.9\r\n"), "203.0.113.7");
	assert_string_equal(client_of(*state, "X-Forwarded-For: 6.6.6.6, 2001:db8:2::7, 2001:db8:1::9, 192.0.2.9\r\n"), "2001:db8:2::7");
	/* all are proxies: the farthest is the client, as when one of them asks for itself */
	assert_string_equal(client_of(*state, "X-Forwarded-For: 192.0.2.8, 192.0.2.9\r\n"), "192.0.2.8");
}

static void ports_and_other_spellings_are_one_address(void **state)
{
	start_at(*state, "127.0.0.1", "127.0.0.1");
	assert_string_equal(client_of(*state, "X-Forwarded-For: 203.0.113.7:4711\r\n"), "203.0.113.7");
	assert_string_equal(client_of(*state, "X-Forwarded-For: [2001:DB8:0::7]:4711\r\n"), "2001:db8::7");
	assert_string_equal(client_of(*state, "X-Forwarded-For: [2001:db8::7]\r\n"), "2001:db8::7");
	assert_string_equal(client_of(*state, "X-Forwarded-For: ::ffff:203.0.113.7\r\n"), "203.0.113.7");
}

static void malformed_values_end_the_reading(void **state)
{
	static const char *const bad[] = {
		"", " ", ",", "unknown", "_hidden", "203.0.113", "203.0.113.7.8", "203.0.113.7:", "203.0.113.7:x", "203.0.113.7:65536", "[2001:db8::1",
		"[2001:db8::1]x", "[203.0.113.7", "2001:db8::1%eth0", "2001:db8::1::", "203.0.113.7\x01", "<script>", "203.0.113.7/8", "[]", ":", "\"203.0.113.7\"",
		"0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000", "203.0.113.7 203.0.113.8",
	};
	char headers[256];

	start_at(*state, "127.0.0.1", "127.0.0.1,192.0.2.9");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		(void)snprintf(headers, sizeof headers, "X-Forwarded-For: 203.0.113.7, %s\r\n", bad[i]);
		assert_string_equal(client_of(*state, headers), "127.0.0.1");
		(void)snprintf(headers, sizeof headers, "X-Forwarded-For: 203.0.113.7, %s, 192.0.2.9\r\n", bad[i]);
		assert_string_equal(client_of(*state, headers), "192.0.2.9"); /* the last one that somebody trusted saw */
	}
}

static void a_list_without_end_costs_a_bounded_walk(void **state)
{
	static char headers[20000] = "X-Forwarded-For: 203.0.113.7";

	start_at(*state, "127.0.0.1", "127.0.0.1,192.0.2.9");
	for (size_t length = strlen(headers); length < 12000; length += 10)
		(void)snprintf(headers + length, sizeof headers - length, ",192.0.2.9");
	(void)snprintf(headers + strlen(headers), sizeof headers - strlen(headers), "\r\n");
	assert_string_equal(client_of(*state, headers), "192.0.2.9");
}

static void over_ipv6_the_peer_is_trusted_by_its_address(void **state)
{
	struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	static const char request[] = "GET /client HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 2001:db8:0:0:1:2:3:4\r\n\r\n";
	struct fixture *fixture = *state;
	static struct answer answer;
	int fd;

	start_at(fixture, "::1", "::1/128");
	address.sin6_port = htons((uint16_t)fixture->port);
	fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
	send_text(fd, request);
	read_answer(fd, &answer, false);
	close(fd);
	assert_string_equal(answer.body, "2001:db8::1:2:3:4 2001:db8::");
}

static void networks_are_read_or_refused(void **state)
{
	static const char *const bad[] = {"", ",", "127.0.0.1,", "localhost", "127.0.0.1/33", "::1/129", "127.0.0.1/", "127.0.0.1/-1", "127.0.0.1/8/8", "127.0.0.1:80",
					  "[::1]", "127.0.0.1 ", "2001:db8::1%lo", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
	unsigned char address[ADDRESS_BYTES];
	struct proxies list = {.count = 0};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(proxies_add(&list, bad[i]), PIMS_E_FORMAT);
	list = (struct proxies){.count = 0};
	assert_int_equal(proxies_add(&list, "10.1.2.3/9,2001:db8::/33"), 0);
	assert_int_equal(address_parse("10.127.0.1", 10, address), 0);
	assert_true(proxies_trust(&list, address));
	assert_int_equal(address_parse("10.128.0.1", 10, address), 0);
	assert_false(proxies_trust(&list, address));
	assert_int_equal(address_parse("2001:db8:7fff::1", 16, address), 0);
	assert_true(proxies_trust(&list, address));
	assert_int_equal(address_parse("2001:db8:8000::1", 16, address), 0);
	assert_false(proxies_trust(&list, address));
	for (size_t i = 2; i < PROXIES_MAX; i++)
		assert_int_equal(proxies_add(&list, "0.0.0.0/0"), 0);
	assert_int_equal(proxies_add(&list, "0.0.0.0/0"), PIMS_E_LIMIT);
	assert_int_equal(address_parse("2001:db9::1", 11, address), 0);
	assert_false(proxies_trust(&list, address)); /* every IPv4 address is no IPv6 one */
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nobody_is_believed_by_default),
		TEST(a_peer_that_is_no_configured_proxy_is_not_believed),
		TEST(what_stands_before_the_first_stranger_is_not_believed),
		TEST(a_proxy_that_adds_a_line_of_its_own_is_heard_before_the_strangers_line),
		TEST(a_chain_of_proxies_is_followed),
		TEST(ports_and_other_spellings_are_one_address),
		TEST(malformed_values_end_the_reading),
		TEST(a_list_without_end_costs_a_bounded_walk),
		TEST(over_ipv6_the_peer_is_trusted_by_its_address),
		cmocka_unit_test(networks_are_read_or_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
