/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "server/http/http_internal.h"

#include <string.h>

/*
 * Who is behind the proxies. Each proxy adds the address of its own peer at the end of X-Forwarded-For, some of them as a header line of its own, which is the
 * same (RFC 9110 §5.3). So the end is what a trusted proxy saw, and what stands before the first stranger may be anything.
 */

enum { MAX_LINES = 8, MAX_HOPS = 16 };

struct lines {
	const char *last[MAX_LINES]; /**< a ring: only the last ones count */
	size_t count;
};

static enum MHD_Result take_line(void *data, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct lines *lines = data;

	(void)kind;
	if (value && text_equal_nocase(name, "X-Forwarded-For"))
		lines->last[lines->count++ % MAX_LINES] = value;
	return MHD_YES;
}

struct walk {
	const struct proxies *proxies;
	unsigned char client[ADDRESS_BYTES];
	unsigned hops;
};

/* One address of the list. False: the walk is over. */
static bool step(struct walk *walk, const char *start, size_t length)
{
	unsigned char address[ADDRESS_BYTES];

	while (length && strchr(" \t", start[0])) {
		start++;
		length--;
	}
	while (length && strchr(" \t", start[length - 1]))
		length--;
	if (walk->hops++ == MAX_HOPS || address_parse(start, length, address) < 0)
		return false;
	memcpy(walk->client, address, sizeof address);
	return proxies_trust(walk->proxies, address);
}

static bool walk_line(struct walk *walk, const char *line)
{
	size_t end = strlen(line);

	for (;;) {
		size_t start = end;

		while (start && line[start - 1] != ',')
			start--;
		if (!step(walk, line + start, end - start))
			return false;
		if (!start)
			return true;
		end = start - 1;
	}
}

static void walk_lines(const struct request *request, struct walk *walk)
{
	struct lines lines = {.count = 0};
	size_t count;

	MHD_get_connection_values(request->connection, MHD_HEADER_KIND, take_line, &lines);
	count = lines.count < MAX_LINES ? lines.count : MAX_LINES;
	while (count--)
		if (!walk_line(walk, lines.last[--lines.count % MAX_LINES]))
			return;
}

bool request_from_proxy(const struct request *request)
{
	unsigned char peer[ADDRESS_BYTES];

	return request->proxies && request->address && address_parse(request->address, strlen(request->address), peer) == 0 &&
	       proxies_trust(request->proxies, peer);
}

enum forwarded request_forwarded(const struct request *request)
{
	const char *scheme = request_from_proxy(request) ? request_header(request, "X-Forwarded-Proto") : NULL;

	if (!scheme)
		return FORWARDED_UNKNOWN;
	if (text_equal_nocase(scheme, "https"))
		return FORWARDED_HTTPS;
	return text_equal_nocase(scheme, "http") ? FORWARDED_HTTP : FORWARDED_UNKNOWN;
}

static bool find_client(const struct request *request, unsigned char ret_client[ADDRESS_BYTES])
{
	const char *peer = request->address ? request->address : "";
	struct walk walk = {.proxies = request->proxies};

	if (address_parse(peer, strlen(peer), walk.client) < 0)
		return false;
	if (request_from_proxy(request))
		walk_lines(request, &walk);
	memcpy(ret_client, walk.client, ADDRESS_BYTES);
	return true;
}

void request_client(const struct request *request, char ret_address[REQUEST_CLIENT_SIZE])
{
	unsigned char client[ADDRESS_BYTES];

	*ret_address = 0;
	if (find_client(request, client))
		address_write(client, ret_address);
}

void request_network(const struct request *request, char ret_network[REQUEST_CLIENT_SIZE])
{
	unsigned char client[ADDRESS_BYTES];

	*ret_network = 0;
	if (!find_client(request, client))
		return;
	address_network(client);
	address_write(client, ret_network);
}
