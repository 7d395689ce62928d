/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_HTTP_PROXIES_H
#define PIMSD_HTTP_PROXIES_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The proxies whose word is taken for whom they forward (X-Forwarded-For, X-Forwarded-Proto), and numeric addresses. A header of anybody else is what a
 * stranger wrote. An IPv4 address and the same one mapped into IPv6 (RFC 4291 §2.5.5.2) are one.
 */

enum { PROXIES_MAX = 64, ADDRESS_BYTES = 16, ADDRESS_TEXT_SIZE = 46 };

struct network {
	unsigned char bytes[ADDRESS_BYTES];
	unsigned bits; /**< that count, of 128 */
};

/** All zero: nobody is trusted. */
struct proxies {
	struct network networks[PROXIES_MAX];
	size_t count;
};

/** Adds a list: "ADDRESS[/BITS],…". PIMS_E_FORMAT: one is no network; PIMS_E_LIMIT: too many. What stood before the wrong one is added. */
int proxies_add(struct proxies *proxies, const char *list);
bool proxies_trust(const struct proxies *proxies, const unsigned char address[ADDRESS_BYTES]);

/** "192.0.2.1", "2001:db8::1", and with a port as some proxies write it: "192.0.2.1:80", "[2001:db8::1]:80", "[2001:db8::1]". PIMS_E_FORMAT. */
int address_parse(const char *text, size_t length, unsigned char ret_address[ADDRESS_BYTES]);
/** Leaves of an IPv6 address the /64; an IPv4 one stays whole. */
void address_network(unsigned char address[ADDRESS_BYTES]);
/** The one way of writing it, so that limits count a client once. */
void address_write(const unsigned char address[ADDRESS_BYTES], char ret_text[ADDRESS_TEXT_SIZE]);

#endif
