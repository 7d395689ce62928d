/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_FACADE_VAULT_H
#define PIMS_FACADE_VAULT_H

#include "base/json.h"
#include "platform/env.h"
#include "platform/seal.h"

#include <stdbool.h>

struct vault_files;

/** The state document on its way to the disk: sealed with the installation's key, kept by the store hook. */
struct vault {
	const struct env *env;
	struct pims_store store;
	struct pims_key key;
	struct vault_files *files; /**< the built-in hooks' data, NULL when both hooks are the application's */
	bool open;
	bool key_known;
	unsigned char key_bytes[SEAL_KEY_SIZE];
};

struct vault_options {
	const struct pims_store *store; /**< NULL or without hooks: the built-in file */
	const struct pims_key *key;     /**< likewise */
	const char *dir;                /**< state directory of the built-ins; NULL: the default */
};

/** Touches no file. PIMS_E_INVALID (no directory to be found), PIMS_E_MEMORY. It must not move while it is open. */
int vault_open(struct vault *vault, const struct env *env, const struct vault_options *options);
/** Unlocks, wipes the key. A vault that is all zero or closed is allowed. */
void vault_close(struct vault *vault);
/** The directory of the built-ins, or NULL when both hooks are the application's. */
const char *vault_dir(const struct vault *vault);
/** *ret_document is NULL when nothing was ever saved; the caller owns and wipes it. PIMS_E_FORMAT, PIMS_E_VERSION, PIMS_E_KEY as seal_open(). */
int vault_read(struct vault *vault, json_t **ret_document);
int vault_write(struct vault *vault, const json_t *document);
/** PIMS_E_AGAIN: another process has it. */
int vault_lock(struct vault *vault);
void vault_unlock(struct vault *vault);
/** True when another process may have saved since the last read or write. */
bool vault_changed(struct vault *vault);
/** Tells the log what failed, with the name of the file; returns `value`. */
int vault_failed(struct vault *vault, const char *what, int value);
/** The cause for a failure of the functions above, e.g. "state.corrupt". A static string. */
const char *vault_cause(int value);

#endif
