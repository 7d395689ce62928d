/* SPDX-License-Identifier: Apache-2.0 */
#include "server/http/tls_identity.h"

#include "base/buf.h"
#include "base/digest.h"

#include <pims/error.h>

#include <errno.h>
#include <fcntl.h>
#include <gnutls/x509.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MAX_FILE = 256 * 1024 };

struct reader {
	const char *certificate_file, *key_file;
	const struct env *env;
	gnutls_x509_crt_t *certificates;
	unsigned count;
};

static int bad(const struct reader *reader, const char *file, const char *why, int r)
{
	env_log(reader->env, PIMS_LOG_ERROR, "%s: %s", file, why);
	return r;
}

static int bad_format(const struct reader *reader, const char *file, const char *what, int code)
{
	env_log(reader->env, PIMS_LOG_ERROR, "%s: %s: %s", file, what, gnutls_strerror(code));
	return code == GNUTLS_E_MEMORY_ERROR ? PIMS_E_MEMORY : PIMS_E_FORMAT;
}

/* A group of its own for keys is common (Debian's ssl-cert), so that is a warning; everybody's reading and anybody's writing are not. */
static int check_mode(const struct reader *reader, const struct stat *status)
{
	if (status->st_mode & (S_IRWXO | S_IWGRP)) {
		env_log(reader->env, PIMS_LOG_ERROR, "%s: is open to others (mode %03o): chmod 600 it", reader->key_file, status->st_mode & 0777U);
		return PIMS_E_KEY;
	}
	if (status->st_mode & S_IRGRP)
		env_log(reader->env, PIMS_LOG_WARNING, "%s: can be read by its group (mode %03o)", reader->key_file, status->st_mode & 0777U);
	return 0;
}

static int read_open(const struct reader *reader, int fd, const char *file, struct buf *ret_text)
{
	struct stat status;
	char bytes[4096];
	ssize_t n = 0;
	int r = 0;

	if (fstat(fd, &status) < 0)
		return bad(reader, file, strerror(errno), PIMS_E_SYSTEM);
	if (!S_ISREG(status.st_mode))
		return bad(reader, file, "is no file", PIMS_E_FORMAT);
	if (file == reader->key_file)
		r = check_mode(reader, &status);
	while (r == 0 && (n = read(fd, bytes, sizeof bytes)) > 0)
		r = buf_put(ret_text, bytes, (size_t)n);
	explicit_bzero(bytes, sizeof bytes);
	if (r == PIMS_E_LIMIT)
		return bad(reader, file, "is too long", r);
	return n < 0 ? bad(reader, file, strerror(errno), PIMS_E_SYSTEM) : r;
}

static int read_file(const struct reader *reader, const char *file, struct buf *ret_text)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int r;

	if (fd < 0)
		return bad(reader, file, strerror(errno), PIMS_E_SYSTEM);
	r = read_open(reader, fd, file, ret_text);
	close(fd);
	return r;
}

static int read_certificates(struct reader *reader, struct identity *identity)
{
	struct buf text = BUF_INIT(MAX_FILE);
	gnutls_datum_t datum;
	int r = read_file(reader, reader->certificate_file, &text), code = 0;

	if (r == 0) {
		datum = (gnutls_datum_t){(unsigned char *)text.data, (unsigned)text.len};
		code = gnutls_x509_crt_list_import2(&reader->certificates, &reader->count, &datum, GNUTLS_X509_FMT_PEM, 0);
	}
	buf_free(&text);
	if (r < 0)
		return r;
	if (code < 0)
		return bad_format(reader, reader->certificate_file, "is no certificate (PEM)", code);
	if (reader->count > TLS_MAX_CHAIN)
		return bad(reader, reader->certificate_file, "has more than 16 certificates", PIMS_E_LIMIT);
	identity->count = reader->count;
	code = gnutls_pcert_import_x509_list(identity->chain, reader->certificates, &identity->count, GNUTLS_X509_CRT_LIST_SORT);
	if (code == 0)
		return 0;
	identity->count = 0;
	return bad_format(reader, reader->certificate_file, "its certificates are no chain", code);
}

static int read_key(const struct reader *reader, struct identity *identity)
{
	struct buf text = BUF_INIT(MAX_FILE);
	gnutls_datum_t datum;
	int r = read_file(reader, reader->key_file, &text), code = 0;

	if (r == 0) {
		datum = (gnutls_datum_t){(unsigned char *)text.data, (unsigned)text.len};
		code = gnutls_privkey_init(&identity->key);
		if (code == 0)
			code = gnutls_privkey_import_x509_raw(identity->key, &datum, GNUTLS_X509_FMT_PEM, NULL, 0);
	}
	buf_free(&text); /* wipes */
	return r == 0 && code < 0 ? bad_format(reader, reader->key_file, "is no private key (PEM, not encrypted)", code) : r;
}

static int key_ids(const struct reader *reader, const struct identity *identity, unsigned char of_certificate[SHA256_SIZE],
		   unsigned char of_key[SHA256_SIZE])
{
	size_t certificate_size = SHA256_SIZE, key_size = SHA256_SIZE;
	gnutls_pubkey_t public = NULL;
	int code = gnutls_x509_crt_get_key_id(reader->certificates[0], GNUTLS_KEYID_USE_SHA256, of_certificate, &certificate_size);

	if (code == 0)
		code = gnutls_pubkey_init(&public);
	if (code == 0)
		code = gnutls_pubkey_import_privkey(public, identity->key, 0, 0);
	if (code == 0)
		code = gnutls_pubkey_get_key_id(public, GNUTLS_KEYID_USE_SHA256, of_key, &key_size);
	gnutls_pubkey_deinit(public);
	return code;
}

static int check_pair(const struct reader *reader, const struct identity *identity)
{
	unsigned char of_certificate[SHA256_SIZE], of_key[SHA256_SIZE];
	int code = key_ids(reader, identity, of_certificate, of_key);

	if (code < 0)
		return bad_format(reader, reader->key_file, "its public key cannot be had", code);
	if (memcmp(of_certificate, of_key, SHA256_SIZE) == 0) /* both public */
		return 0;
	env_log(reader->env, PIMS_LOG_ERROR, "%s: is not the key of the certificate in %s", reader->key_file, reader->certificate_file);
	return PIMS_E_KEY;
}

static int bad_time(const struct reader *reader, const char *what, time_t when)
{
	struct tm tm;

	if (!gmtime_r(&when, &tm))
		return bad(reader, reader->certificate_file, what, PIMS_E_KEY);
	env_log(reader->env, PIMS_LOG_ERROR, "%s: %s %04d-%02d-%02d %02d:%02d UTC", reader->certificate_file, what, tm.tm_year + 1900, tm.tm_mon + 1,
		tm.tm_mday, tm.tm_hour, tm.tm_min);
	return PIMS_E_KEY;
}

static int check_time(const struct reader *reader)
{
	time_t now = (time_t)(env_now(reader->env) / 1000);
	time_t from = gnutls_x509_crt_get_activation_time(reader->certificates[0]);
	time_t until = gnutls_x509_crt_get_expiration_time(reader->certificates[0]);

	if (until < now)
		return bad_time(reader, "has expired at", until);
	return from > now ? bad_time(reader, "is not valid before", from) : 0;
}

static void free_certificates(struct reader *reader)
{
	for (unsigned i = 0; i < reader->count; i++)
		gnutls_x509_crt_deinit(reader->certificates[i]);
	gnutls_free(reader->certificates);
}

int identity_read(struct identity **ret_identity, const char *certificate_file, const char *key_file, const struct env *env)
{
	struct reader reader = {.certificate_file = certificate_file, .key_file = key_file, .env = env};
	struct identity *identity = calloc(1, sizeof *identity);
	int r;

	if (!identity)
		return PIMS_E_MEMORY;
	r = read_certificates(&reader, identity);
	if (r == 0)
		r = read_key(&reader, identity);
	if (r == 0)
		r = check_pair(&reader, identity);
	if (r == 0)
		r = check_time(&reader);
	free_certificates(&reader);
	if (r < 0) {
		identity_free(identity);
		return r;
	}
	*ret_identity = identity;
	return 0;
}

void identity_free(struct identity *identity)
{
	for (unsigned i = 0; i < identity->count; i++)
		gnutls_pcert_deinit(&identity->chain[i]);
	gnutls_privkey_deinit(identity->key);
	free(identity);
}
