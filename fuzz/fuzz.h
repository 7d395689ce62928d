/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_FUZZ_FUZZ_H
#define PIMS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/** What libFuzzer and replay.c call. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Holds in every build, unlike assert(). */
#define FUZZ_CHECK(condition) \
	do { \
		if (!(condition)) \
			abort(); \
	} while (0)

#endif
