/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digest.h"

#include <pims/error.h>

#include <openssl/evp.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Fetched once for the process: a fetch costs more than the digest itself. */
static EVP_MD *algorithm;
static pthread_once_t algorithm_once = PTHREAD_ONCE_INIT;

static void fetch_algorithm(void)
{
	algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
}

static EVP_MD_CTX *begin(void)
{
	EVP_MD_CTX *context;

	pthread_once(&algorithm_once, fetch_algorithm);
	if (!algorithm)
		return NULL;
	context = EVP_MD_CTX_new();
	if (context && EVP_DigestInit_ex2(context, algorithm, NULL) != 1) {
		EVP_MD_CTX_free(context);
		context = NULL;
	}
	return context;
}

int sha256(const void *bytes, size_t length, unsigned char ret_digest[SHA256_SIZE])
{
	EVP_MD_CTX *context = begin();
	int ok;

	ok = context && EVP_DigestUpdate(context, bytes, length) == 1 && EVP_DigestFinal_ex(context, ret_digest, NULL) == 1;
	EVP_MD_CTX_free(context);
	return ok ? 0 : PIMS_E_CRYPTO;
}

int sha256_join(unsigned char ret_digest[SHA256_SIZE], const char *separator, ...)
{
	EVP_MD_CTX *context = begin();
	const char *text;
	va_list list;
	int ok = context != NULL;

	va_start(list, separator);
	for (int i = 0; ok && (text = va_arg(list, const char *)) != NULL; i++) {
		if (i > 0)
			ok = EVP_DigestUpdate(context, separator, strlen(separator)) == 1;
		ok = ok && EVP_DigestUpdate(context, text, strlen(text)) == 1;
	}
	va_end(list);
	ok = ok && EVP_DigestFinal_ex(context, ret_digest, NULL) == 1;
	EVP_MD_CTX_free(context);
	return ok ? 0 : PIMS_E_CRYPTO;
}

int sha2(const char *bits, const void *bytes, size_t length, unsigned char ret_digest[SHA2_MAX], size_t *ret_size)
{
	char name[8];

	(void)snprintf(name, sizeof name, "SHA%s", bits);
	return EVP_Q_digest(NULL, name, NULL, bytes, length, ret_digest, ret_size) == 1 ? 0 : PIMS_E_CRYPTO;
}
