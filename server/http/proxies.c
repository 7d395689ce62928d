/* SPDX-License-Identifier: Apache-2.0 */
#include "server/http/proxies.h"

#include "base/encode.h"

#include <pims/error.h>

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

enum { MAPPED_BITS = 96, ALL_BITS = 128, MAX_PORT = 65535 };

static const unsigned char mapped[MAPPED_BITS / 8] = {[10] = 0xff, [11] = 0xff};

static bool is_mapped(const unsigned char address[ADDRESS_BYTES])
{
	return memcmp(address, mapped, sizeof mapped) == 0;
}

static int parse_bare(const char *text, unsigned char ret_address[ADDRESS_BYTES])
{
	unsigned char address[ADDRESS_BYTES];

	if (inet_pton(AF_INET6, text, address) != 1) {
		memcpy(address, mapped, sizeof mapped);
		if (inet_pton(AF_INET, text, address + sizeof mapped) != 1)
			return PIMS_E_FORMAT;
	}
	memcpy(ret_address, address, sizeof address);
	return 0;
}

/* Cuts a port and brackets off. False: it has them in a wrong way. */
static bool strip_port(char **text)
{
	char *end = NULL, *colon = strchr(*text, ':');
	uint64_t port;

	if (**text == '[') {
		end = strchr(++*text, ']');
		if (!end)
			return false;
		*end++ = 0;
	} else if (colon && !strchr(colon + 1, ':')) {
		end = colon; /* one colon is no IPv6 */
	}
	if (!end || !*end)
		return true;
	if (*end != ':' || decimal_parse(end + 1, MAX_PORT, &port) < 0)
		return false;
	*end = 0;
	return true;
}

int address_parse(const char *text, size_t length, unsigned char ret_address[ADDRESS_BYTES])
{
	char copy[ADDRESS_TEXT_SIZE + sizeof "[]:65535"];
	char *bare = copy;

	if (length >= sizeof copy || memchr(text, 0, length))
		return PIMS_E_FORMAT;
	memcpy(copy, text, length);
	copy[length] = 0;
	return strip_port(&bare) ? parse_bare(bare, ret_address) : PIMS_E_FORMAT;
}

void address_write(const unsigned char address[ADDRESS_BYTES], char ret_text[ADDRESS_TEXT_SIZE])
{
	const void *bytes = is_mapped(address) ? address + sizeof mapped : address;

	if (!inet_ntop(is_mapped(address) ? AF_INET : AF_INET6, bytes, ret_text, ADDRESS_TEXT_SIZE))
		*ret_text = 0;
}

void address_network(unsigned char address[ADDRESS_BYTES])
{
	if (!is_mapped(address))
		memset(address + ADDRESS_BYTES / 2, 0, ADDRESS_BYTES / 2);
}

static int parse_network(char *text, struct network *ret_network)
{
	struct network network = {.bits = ALL_BITS};
	char *slash = strchr(text, '/');
	uint64_t bits, offset = strchr(text, ':') ? 0 : MAPPED_BITS;

	if (slash) {
		*slash = 0;
		if (decimal_parse(slash + 1, ALL_BITS - offset, &bits) < 0)
			return PIMS_E_FORMAT;
		network.bits = (unsigned)(bits + offset);
	}
	if (parse_bare(text, network.bytes) < 0)
		return PIMS_E_FORMAT;
	*ret_network = network;
	return 0;
}

int proxies_add(struct proxies *proxies, const char *list)
{
	for (;;) {
		size_t length = strcspn(list, ",");
		char text[ADDRESS_TEXT_SIZE + sizeof "/128"];

		if (length >= sizeof text)
			return PIMS_E_FORMAT;
		if (proxies->count == PROXIES_MAX)
			return PIMS_E_LIMIT;
		memcpy(text, list, length);
		text[length] = 0;
		if (parse_network(text, &proxies->networks[proxies->count]) < 0)
			return PIMS_E_FORMAT;
		proxies->count++;
		if (!list[length])
			return 0;
		list += length + 1;
	}
}

static bool holds(const struct network *network, const unsigned char address[ADDRESS_BYTES])
{
	size_t whole = network->bits / 8;
	unsigned char mask = (unsigned char)(0xff00U >> (network->bits % 8));

	if (memcmp(network->bytes, address, whole) != 0)
		return false;
	return whole == ADDRESS_BYTES || ((network->bytes[whole] ^ address[whole]) & mask) == 0;
}

bool proxies_trust(const struct proxies *proxies, const unsigned char address[ADDRESS_BYTES])
{
	for (size_t i = 0; i < proxies->count; i++)
		if (holds(&proxies->networks[i], address))
			return true;
	return false;
}
