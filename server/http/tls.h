/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_HTTP_TLS_H
#define PIMSD_HTTP_TLS_H

#include "platform/env.h"

/*
 * The server's certificate and key, which can be exchanged while it runs: handshakes that begin afterwards use the new ones, connections and handshakes under
 * way keep theirs. What is wrong with a file is logged with its name.
 */
struct tls;

/**
 * Reads PEM files: the certificate with the chain behind it, and its private key, which must not be open to others. Both must fit each other and be valid now.
 * PIMS_E_SYSTEM, PIMS_E_KEY, PIMS_E_FORMAT, PIMS_E_LIMIT. The caller owns *ret_tls: tls_free() when no server uses it any more.
 */
int tls_open(struct tls **ret_tls, const char *certificate_file, const char *key_file, const struct env *env);
/** Reads the files again. On failure the old certificate and key stay. Any thread. */
int tls_reload(struct tls *tls);
/** NULL allowed. */
void tls_free(struct tls *tls);

#endif
