/* SPDX-License-Identifier: Apache-2.0 */
#include "server/http/tls.h"

#include "base/text.h"
#include "server/http/http_internal.h"
#include "server/http/tls_identity.h"

#include <pims/error.h>

#include <stdlib.h>

/*
 * GnuTLS takes certificate and key by reference and uses them until the handshake's end, which may come long after a reload. So every connection holds the
 * identity that was in use when it came, and every identity the one that took its place: what a handshake may have been given lives as long as
 * its connection.
 */

struct tls {
	char *certificate_file, *key_file;
	struct env env;
	pthread_mutex_t lock;
	struct identity *current;
};

/* The callback of a handshake knows its session only; but a loop's thread serves one server. */
static _Thread_local struct tls *loops_tls;

static struct identity *take(struct tls *tls)
{
	struct identity *identity;

	pthread_mutex_lock(&tls->lock);
	identity = tls->current;
	identity->users++;
	pthread_mutex_unlock(&tls->lock);
	return identity;
}

/* With the lock, or when nobody else is left. */
static void drop(struct identity *identity)
{
	while (identity && --identity->users == 0) {
		struct identity *next = identity->next;

		identity_free(identity);
		identity = next;
	}
}

void tls_connection(struct tls *tls, void **context, enum MHD_ConnectionNotificationCode code)
{
	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		loops_tls = tls;
		*context = take(tls);
		return;
	}
	pthread_mutex_lock(&tls->lock);
	drop(*context);
	pthread_mutex_unlock(&tls->lock);
	*context = NULL;
}

int tls_choose(gnutls_session_t session, const gnutls_datum_t *authorities, int authority_count, const gnutls_pk_algorithm_t *algorithms,
	       int algorithm_count, gnutls_pcert_st **ret_chain, unsigned *ret_count, gnutls_privkey_t *ret_key)
{
	struct tls *tls = loops_tls;
	struct identity *identity;

	(void)session;
	(void)authorities;
	(void)authority_count;
	(void)algorithms;
	(void)algorithm_count;
	if (!tls)
		return -1;
	pthread_mutex_lock(&tls->lock);
	identity = tls->current; /* the connection's own, or one that came after it: it holds both */
	pthread_mutex_unlock(&tls->lock);
	*ret_chain = identity->chain;
	*ret_count = identity->count;
	*ret_key = identity->key;
	return 0;
}

int tls_reload(struct tls *tls)
{
	struct identity *identity = NULL;
	int r = identity_read(&identity, tls->certificate_file, tls->key_file, &tls->env);

	if (r < 0)
		return r;
	identity->users = 1;
	pthread_mutex_lock(&tls->lock);
	if (tls->current) {
		tls->current->next = identity;
		identity->users++;
		drop(tls->current);
	}
	tls->current = identity;
	pthread_mutex_unlock(&tls->lock);
	return 0;
}

int tls_open(struct tls **ret_tls, const char *certificate_file, const char *key_file, const struct env *env)
{
	struct tls *tls = calloc(1, sizeof *tls);
	int r;

	if (!tls)
		return PIMS_E_MEMORY;
	tls->env = *env;
	pthread_mutex_init(&tls->lock, NULL);
	r = text_set(&tls->certificate_file, certificate_file);
	if (r == 0)
		r = text_set(&tls->key_file, key_file);
	if (r == 0)
		r = tls_reload(tls);
	if (r < 0) {
		tls_free(tls);
		return r;
	}
	*ret_tls = tls;
	return 0;
}

void tls_free(struct tls *tls)
{
	if (!tls)
		return;
	drop(tls->current);
	pthread_mutex_destroy(&tls->lock);
	free(tls->certificate_file);
	free(tls->key_file);
	free(tls);
}
