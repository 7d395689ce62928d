/* SPDX-License-Identifier: Apache-2.0 */
#include <pims/error.h>
#include <pims/version.h>

#include <stddef.h>

#define RETURN_TEXT(number, name, text) \
	case -(number): \
		return text;

const char *pims_strerror(int value)
{
	switch (value) {
		PIMS_RETURNS(RETURN_TEXT)
	default:
		return value >= 0 ? "success" : "unknown error";
	}
}

#define LABEL(code, name, label, since) \
	case code: \
		return label;

const char *pims_error_label(int code)
{
	switch (code) {
		PIMS_ERRORS(LABEL)
	default:
		return NULL;
	}
}

const char *pims_version(void)
{
	return PIMS_VERSION;
}
