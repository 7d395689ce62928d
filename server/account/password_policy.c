/* SPDX-License-Identifier: Apache-2.0 */
#include "server/account/password_policy.h"

#include "base/secret.h"
#include "server/account/password.h"
#include "server/account/password_table.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* No common password is longer */
enum { LONGEST_COMMON = 32, WORDS = sizeof common_passwords / sizeof *common_passwords };

/* Each Unicode code point is one character: bytes that go on one do not count. */
static size_t characters(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += ((unsigned char)*text & 0xc0) != 0x80;
	return count;
}

static int compare(const void *key, const void *word)
{
	return strcmp(key, *(const char *const *)word);
}

static bool is_common(const char *password)
{
	char lower[LONGEST_COMMON + 1];
	size_t length = strlen(password);
	bool found;

	if (length > LONGEST_COMMON)
		return false;
	for (size_t i = 0; i <= length; i++)
		lower[i] = (char)(password[i] >= 'A' && password[i] <= 'Z' ? password[i] | 0x20 : password[i]);
	found = bsearch(lower, common_passwords, WORDS, sizeof *common_passwords, compare) != NULL;
	secret_wipe(lower, sizeof lower);
	return found;
}

static bool is_address(const char *password, const char *email)
{
	size_t name = email ? strcspn(email, "@") : 0;

	return email && (strcasecmp(password, email) == 0 || (strlen(password) == name && strncasecmp(password, email, name) == 0));
}

static enum password_fault check(const char *password, const char *email, int min)
{
	if (characters(password) < (size_t)min || strlen(password) > PASSWORD_MAX)
		return PASSWORD_LENGTH;
	return is_common(password) || is_address(password, email) ? PASSWORD_COMMON : PASSWORD_FINE;
}

/* As it will be hashed: full-width letters are the common ones then, and a letter with its accent is one. */
enum password_fault password_policy(const char *password, const char *email, int min)
{
	char *normal = password_normalise(password);
	enum password_fault fault = check(normal ? normal : password, email, min);

	if (fault == PASSWORD_FINE && strlen(password) > PASSWORD_MAX)
		fault = PASSWORD_LENGTH;
	secret_free_text(normal);
	return fault;
}
