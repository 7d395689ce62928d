/* SPDX-License-Identifier: Apache-2.0 */
#include "server/store/sqlite_store.h"

#include "base/text.h"

#include <pims/error.h>

/*
 * Proofs of possession and clients' assertions that were accepted, until their age alone would refuse them (RFC 9449 §11.1, RFC 7523 §3). Only who holds
 * a token, or a client's key, gets this far, so that strangers
 * do not fill the table.
 */

int sql_key(sqlite3_stmt *statement, int column, char ret_key[PROOF_KEY_SIZE])
{
	const char *text = (const char *)sqlite3_column_text(statement, column);

	return text_copy(ret_key, PROOF_KEY_SIZE, text ? text : "") < 0 ? PIMS_E_SYSTEM : 0;
}

int sql_proof_use(struct sql *sql, const struct proof_use *proof)
{
	int r;

	if (!proof)
		return 0;
	r = sql_run(sql, "INSERT INTO proofs (hash, expires) VALUES (?, ?)", VALUES(HASH(proof->hash), INT(proof->expires)));
	if (r == PIMS_E_STATE)
		return PIMS_E_INVALID;
	return r < 0 ? r : 0;
}

static int proof_use(struct sql *sql, void *arg)
{
	const struct proof_use *const *proof = arg;

	return sql_proof_use(sql, *proof);
}

int sqlite_proof_use(struct store *store, const struct proof_use *proof)
{
	return sqlite_write(store, proof_use, &proof);
}
