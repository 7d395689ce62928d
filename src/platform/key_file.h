/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_PLATFORM_KEY_FILE_H
#define PIMS_PLATFORM_KEY_FILE_H

#include "platform/env.h"

#include <pims/options.h>

#define KEY_FILE_NAME "key"

/**
 * The built-in struct pims_key: the file `key` in the state directory, 32 bytes, mode 0600, made at the first use. Two processes that make it at
 * the same time get the same key. The object must not move after key_file_hooks().
 */
struct key_file {
	char *dir;
	struct env env;
	char error[512]; /**< as in struct store_file */
};

/** PIMS_E_INVALID (no directory given), PIMS_E_MEMORY. */
int key_file_init(struct key_file *file, const char *dir, const struct env *env);
void key_file_free(struct key_file *file);
/**
 * The hook, with `file` as its data. Errors: PIMS_E_FORMAT (not an ordinary file of 32 bytes), PIMS_E_STATE (others than its owner may read
 * it, or it is somebody else's), PIMS_E_KEY (there is a sealed state, but its key is gone: none is made), PIMS_E_SYSTEM, PIMS_E_CRYPTO, PIMS_E_MEMORY.
 */
void key_file_hooks(struct key_file *file, struct pims_key *ret_hooks);

#endif
