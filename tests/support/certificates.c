/* SPDX-License-Identifier: Apache-2.0 */
#include "certificates.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HOUR_S = 3600 };

static void add_extension(X509 *certificate, int nid, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	assert_non_null(extension);
	assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
	X509_EXTENSION_free(extension);
}

static X509 *new_certificate(const char *name, const struct wanted *wanted, EVP_PKEY *key)
{
	X509 *certificate = X509_new();
	bool given = wanted->from || wanted->until;

	assert_non_null(certificate);
	X509_set_version(certificate, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), wanted->serial ? wanted->serial : 1);
	X509_gmtime_adj(X509_getm_notBefore(certificate), given ? wanted->from : -HOUR_S);
	X509_gmtime_adj(X509_getm_notAfter(certificate), given ? wanted->until : HOUR_S);
	X509_set_pubkey(certificate, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
	return certificate;
}

void authority_make(struct authority *authority, const char *name)
{
	const struct wanted wanted = {.serial = 1};

	authority->key = EVP_EC_gen("P-256");
	authority->certificate = new_certificate(name, &wanted, authority->key);
	X509_set_issuer_name(authority->certificate, X509_get_subject_name(authority->certificate));
	add_extension(authority->certificate, NID_basic_constraints, "critical,CA:TRUE");
	add_extension(authority->certificate, NID_key_usage, "critical,keyCertSign");
	assert_true(X509_sign(authority->certificate, authority->key, EVP_sha256()) > 0);
}

void authority_free(struct authority *authority)
{
	X509_free(authority->certificate);
	EVP_PKEY_free(authority->key);
}

static FILE *begin_file(const char *file, char next[256])
{
	FILE *stream;
	int fd;

	assert_true(snprintf(next, 256, "%s.next", file) < 256);
	fd = open(next, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	stream = fdopen(fd, "w");
	assert_non_null(stream);
	return stream;
}

static void end_file(FILE *stream, const char *next, const char *file)
{
	assert_int_equal(fclose(stream), 0);
	assert_int_equal(rename(next, file), 0);
}

void authority_write(const struct authority *authority, const char *file)
{
	char next[256];
	FILE *stream = begin_file(file, next);

	assert_int_equal(PEM_write_X509(stream, authority->certificate), 1);
	end_file(stream, next, file);
}

void certificate_make(const struct authority *authority, const struct wanted *wanted, const char *certificate_file, const char *key_file)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = new_certificate("server", wanted, key);
	char next[256];
	FILE *stream;

	X509_set_issuer_name(certificate, X509_get_subject_name(authority->certificate));
	add_extension(certificate, NID_subject_alt_name, wanted->names ? wanted->names : "IP:127.0.0.1");
	assert_true(X509_sign(certificate, authority->key, EVP_sha256()) > 0);
	stream = begin_file(certificate_file, next);
	assert_int_equal(PEM_write_X509(stream, certificate), 1);
	assert_int_equal(PEM_write_X509(stream, authority->certificate), 1);
	end_file(stream, next, certificate_file);
	stream = begin_file(key_file, next);
	assert_int_equal(PEM_write_PKCS8PrivateKey(stream, key, NULL, NULL, 0, NULL, NULL), 1);
	end_file(stream, next, key_file);
	X509_free(certificate);
	EVP_PKEY_free(key);
}

void certificate_pin(const char *certificate_file, char ret_pin[PIN_SIZE])
{
	unsigned char *bytes = NULL, digest[SHA256_DIGEST_LENGTH];
	FILE *stream = fopen(certificate_file, "r");
	X509 *certificate;
	int length;

	assert_non_null(stream);
	certificate = PEM_read_X509(stream, NULL, NULL, NULL);
	assert_non_null(certificate);
	fclose(stream);
	length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &bytes);
	assert_true(length > 0);
	SHA256(bytes, (size_t)length, digest);
	OPENSSL_free(bytes);
	X509_free(certificate);
	strcpy(ret_pin, "sha256//");
	assert_int_equal(EVP_EncodeBlock((unsigned char *)ret_pin + 8, digest, sizeof digest), 44);
}
