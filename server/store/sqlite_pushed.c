/* SPDX-License-Identifier: Apache-2.0 */
#include "server/store/sqlite_store.h"

#include <pims/error.h>

#include <stdlib.h>
#include <string.h>

struct addition {
	const struct pushed_request *pushed;
	int max;
	int64_t now;
};

static int pushed_add(struct sql *sql, void *arg)
{
	const struct addition *addition = arg;
	const struct pushed_request *pushed = addition->pushed;
	int r = sql_proof_use(sql, pushed->proof);

	if (r < 0)
		return r;
	return sql_change(sql,
			  "INSERT INTO pushed (hash, client, text, expires) SELECT ?1, ?2, ?3, ?4"
			  " WHERE (SELECT count(*) FROM pushed WHERE client = ?2 AND expires > ?5) < ?6",
			  VALUES(HASH(pushed->hash), TEXT(pushed->client), TEXT(pushed->text), INT(pushed->expires), INT(addition->now),
				 INT(addition->max)),
			  PIMS_E_LIMIT);
}

int sqlite_pushed_add(struct store *store, const struct pushed_request *pushed, int max, int64_t now)
{
	struct addition addition = {.pushed = pushed, .max = max, .now = now};

	return sqlite_write(store, pushed_add, &addition);
}

struct visit {
	const unsigned char *hash;
	int64_t until, visited;
	char *text;
};

static int visit_row(sqlite3_stmt *statement, void *ret_result)
{
	struct visit *visit = ret_result;

	visit->visited = sqlite3_column_int64(statement, 1);
	return sql_text(statement, 0, &visit->text);
}

static int first_visit(struct sql *sql, void *arg)
{
	const struct visit *visit = arg;

	return sql_run(sql, "UPDATE pushed SET visited = 1, expires = ? WHERE hash = ? AND visited = 0",
		       VALUES(INT(visit->until), HASH(visit->hash)));
}

int sqlite_pushed_visit(struct store *store, const unsigned char hash[32], const char *client, int64_t visited_until, int64_t now,
			char **ret_text)
{
	struct visit visit = {.hash = hash, .until = visited_until};
	int r = sqlite_find(store, "SELECT text, visited FROM pushed WHERE hash = ? AND client = ? AND expires > ?",
			    VALUES(HASH(hash), TEXT(client), INT(now)), visit_row, &visit);

	if (r == 0 && !visit.visited)
		r = sqlite_write(store, first_visit, &visit);
	if (r < 0) {
		free(visit.text);
		return r;
	}
	*ret_text = visit.text;
	return 0;
}

int sql_pushed_use(struct sql *sql, const unsigned char *hash)
{
	return hash ? sql_change(sql, "DELETE FROM pushed WHERE hash = ?", VALUES(HASH(hash)), PIMS_E_STATE) : 0;
}

static int pushed_use(struct sql *sql, void *arg)
{
	return sql_pushed_use(sql, arg);
}

int sqlite_pushed_use(struct store *store, const unsigned char hash[32])
{
	unsigned char copy[32];

	memcpy(copy, hash, sizeof copy);
	return sqlite_write(store, pushed_use, copy);
}
