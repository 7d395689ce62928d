/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_HTTP_TLS_IDENTITY_H
#define PIMSD_HTTP_TLS_IDENTITY_H

#include "platform/env.h"

#include <gnutls/abstract.h>

enum { TLS_MAX_CHAIN = 16 };

/** A certificate with its chain and its key, constant once read. Private to server/http. */
struct identity {
	gnutls_pcert_st chain[TLS_MAX_CHAIN];
	unsigned count;
	gnutls_privkey_t key;
	unsigned users;        /**< private to tls.c, */
	struct identity *next; /**< and what took its place */
};

/** As tls_open(). */
int identity_read(struct identity **ret_identity, const char *certificate_file, const char *key_file, const struct env *env);
void identity_free(struct identity *identity);

#endif
