/* SPDX-License-Identifier: Apache-2.0 */
#include "server/store/sqlite_store.h"

#include <pims/error.h>

struct place {
	int64_t account;
	const unsigned char *hash;
	int64_t expires;
};

static int place_add(struct sql *sql, void *arg)
{
	const struct place *place = arg;
	int r;

	r = sql_run(sql,
		    "INSERT INTO places (account, hash, expires) VALUES (?, ?, ?)"
		    " ON CONFLICT (account, hash) DO UPDATE SET expires = max(expires, excluded.expires)",
		    VALUES(INT(place->account), HASH(place->hash), INT(place->expires)));
	if (r < 0)
		return r;
	return sql_run(sql,
		       "DELETE FROM places WHERE account = ?1 AND hash IN (SELECT hash FROM places WHERE account = ?1 AND hash <> ?2"
		       " ORDER BY expires DESC LIMIT -1 OFFSET ?3)",
		       VALUES(INT(place->account), HASH(place->hash), INT(PLACES_MAX - 1)));
}

int sqlite_place_add(struct store *store, int64_t account, const unsigned char place[32], int64_t expires)
{
	struct place add = {.account = account, .hash = place, .expires = expires};
	int r = sqlite_write(store, place_add, &add);

	return r > 0 ? 0 : r;
}

static int ignore_row(sqlite3_stmt *statement, void *arg)
{
	(void)statement;
	(void)arg;
	return 0;
}

int sqlite_place_find(struct store *store, int64_t account, const unsigned char place[32], int64_t now)
{
	return sqlite_find(store, "SELECT 1 FROM places WHERE account = ?1 AND (?2 IS NULL OR hash = ?2) AND expires > ?3",
			   VALUES(INT(account), HASH(place), INT(now)), ignore_row, NULL);
}
