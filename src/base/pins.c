/* SPDX-License-Identifier: Apache-2.0 */
#include "base/pins.h"

#include "base/digest.h"
#include "base/encode.h"
#include "base/text.h"

#include <string.h>

enum { ENCODED_LENGTH = 44 };

static const char prefix[] = "sha256//";

static bool pin_valid(const char *text, size_t length)
{
	unsigned char digest[SHA256_SIZE];
	size_t size = 0;

	if (length != sizeof prefix - 1 + ENCODED_LENGTH || !text_starts(text, prefix))
		return false;
	return base64_decode(text + sizeof prefix - 1, ENCODED_LENGTH, digest, sizeof digest, &size) == 0 && size == sizeof digest;
}

bool pins_valid(const char *text)
{
	for (int count = 0; count < PINS_MAX; count++) {
		size_t length = strcspn(text, ";");

		if (!pin_valid(text, length))
			return false;
		if (!text[length])
			return true;
		text += length + 1;
	}
	return false;
}
