/* SPDX-License-Identifier: Apache-2.0 */
#include "facade/vault.h"

#include "base/text.h"
#include "facade/state.h"
#include "platform/key_file.h"
#include "platform/store_file.h"

#include <pims/error.h>

#include <stdlib.h>
#include <string.h>

enum { DIR_MAX = 4096 };

struct vault_files {
	struct store_file store;
	struct key_file key;
	char *dir;
};

/* XDG Base Directory Specification: relative paths in the variable are to be ignored. */
static int default_dir(char **ret_dir)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	struct buf dir = BUF_INIT(DIR_MAX);
	int r;

	if (state && *state == '/')
		buf_printf(&dir, "%s/pims/default", state);
	else if (home && *home == '/')
		buf_printf(&dir, "%s/.local/state/pims/default", home);
	else
		return PIMS_E_INVALID;
	r = buf_error(&dir);
	if (r == 0)
		r = text_set(ret_dir, buf_text(&dir));
	buf_free(&dir);
	return r;
}

static void files_free(struct vault_files *files)
{
	if (!files)
		return;
	store_file_free(&files->store);
	key_file_free(&files->key);
	free(files->dir);
	free(files);
}

static int files_new(struct vault_files **ret_files, const struct env *env, const char *dir)
{
	struct vault_files *files = calloc(1, sizeof *files);
	int r;

	if (!files)
		return PIMS_E_MEMORY;
	files->store.lock_fd = -1;
	r = dir ? text_set(&files->dir, dir) : default_dir(&files->dir);
	if (r == 0)
		r = store_file_init(&files->store, files->dir);
	if (r == 0)
		r = key_file_init(&files->key, files->dir, env);
	if (r == 0)
		*ret_files = files;
	else
		files_free(files);
	return r;
}

int vault_open(struct vault *vault, const struct env *env, const struct vault_options *options)
{
	bool own_store = !options->store || !options->store->load || !options->store->save;
	bool own_key = !options->key || !options->key->get;
	int r = 0;

	*vault = (struct vault){.env = env};
	if (own_store || own_key)
		r = files_new(&vault->files, env, options->dir);
	if (r < 0) {
		env_log(env, PIMS_LOG_ERROR, "no directory for the state: %s", pims_strerror(r));
		return r;
	}
	if (own_store)
		store_file_hooks(&vault->files->store, &vault->store);
	else
		vault->store = *options->store;
	if (own_key)
		key_file_hooks(&vault->files->key, &vault->key);
	else
		vault->key = *options->key;
	vault->open = true;
	return 0;
}

void vault_close(struct vault *vault)
{
	files_free(vault->files);
	secret_wipe(vault, sizeof *vault);
}

const char *vault_dir(const struct vault *vault)
{
	return vault->files ? vault->files->dir : NULL;
}

/* The built-in hooks know the file and the reason; else the store is named. */
int vault_failed(struct vault *vault, const char *what, int value)
{
	const struct vault_files *files = vault->files;
	const char *detail = files ? files->store.error : "";

	if (files && !*detail)
		detail = files->key.error;
	if (*detail)
		env_log(vault->env, PIMS_LOG_ERROR, "%s: %s", what, detail);
	else if (files)
		env_log(vault->env, PIMS_LOG_ERROR, "%s: %s/%s: %s", what, files->dir, STORE_STATE_NAME, pims_strerror(value));
	else
		env_log(vault->env, PIMS_LOG_ERROR, "%s: %s", what, pims_strerror(value));
	return value;
}

static int need_key(struct vault *vault)
{
	int r;

	if (vault->key_known)
		return 0;
	r = vault->key.get(vault->key.data, vault->key_bytes);
	if (r < 0)
		return r;
	vault->key_known = true;
	return 0;
}

static int open_blob(struct vault *vault, const unsigned char *blob, size_t length, json_t **ret_document)
{
	struct buf text = BUF_INIT(STATE_DOCUMENT_MAX);
	int r = need_key(vault);

	if (r == 0)
		r = seal_open(vault->key_bytes, blob, length, &text);
	if (r == 0)
		r = json_parse_object(buf_text(&text), text.len, STATE_DOCUMENT_MAX, ret_document);
	buf_free(&text);
	return r == PIMS_E_LIMIT ? PIMS_E_FORMAT : r;
}

int vault_read(struct vault *vault, json_t **ret_document)
{
	unsigned char *blob = NULL;
	size_t length = 0;
	json_t *document = NULL;
	int r = vault->store.load(vault->store.data, &blob, &length);

	if (r == 0 && length)
		r = open_blob(vault, blob, length, &document);
	free(blob);
	if (r < 0)
		return vault_failed(vault, "cannot read the state", r);
	*ret_document = document;
	return 0;
}

int vault_write(struct vault *vault, const json_t *document)
{
	struct buf text = BUF_INIT(STATE_DOCUMENT_MAX), blob = BUF_INIT(SEAL_MAX);
	int r = need_key(vault);

	if (r == 0)
		r = json_write(document, &text);
	if (r == 0)
		r = seal_close(vault->env, vault->key_bytes, text.data, text.len, &blob);
	if (r == 0)
		r = vault->store.save(vault->store.data, (const unsigned char *)blob.data, blob.len);
	buf_free(&text);
	buf_free(&blob);
	return r < 0 ? vault_failed(vault, "cannot save the state", r) : 0;
}

int vault_lock(struct vault *vault)
{
	int r = vault->store.lock ? vault->store.lock(vault->store.data) : 0;

	return r < 0 && r != PIMS_E_AGAIN ? vault_failed(vault, "cannot lock the state", r) : r;
}

void vault_unlock(struct vault *vault)
{
	if (vault->store.unlock)
		vault->store.unlock(vault->store.data);
}

bool vault_changed(struct vault *vault)
{
	return vault->store.changed && vault->store.changed(vault->store.data) == 1;
}

const char *vault_cause(int value)
{
	switch (value) {
	case PIMS_E_FORMAT:
		return "state.corrupt";
	case PIMS_E_VERSION:
		return "state.version";
	case PIMS_E_KEY:
		return "state.key";
	case PIMS_E_STATE:
		return "state.key_unsafe";
	case PIMS_E_INVALID:
		return "state.directory";
	case PIMS_E_AGAIN:
		return "state.locked";
	case PIMS_E_MEMORY:
		return "memory";
	case PIMS_E_LIMIT:
		return "state.limit";
	default:
		return "state.io";
	}
}
