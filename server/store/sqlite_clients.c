/* SPDX-License-Identifier: Apache-2.0 */
#include "server/store/sqlite_store.h"

#include <pims/error.h>

#define COLUMNS "id, secret_hash, name, redirect_uris, dpop, scope, exchange, par, jwks"

static int client_row(sqlite3_stmt *statement, void *ret_result)
{
	struct client client = {.dpop = sqlite3_column_int(statement, 4) == 1, .no_exchange = sqlite3_column_int(statement, 6) == 0,
				.par = sqlite3_column_int(statement, 7) == 1};

	if (sql_text(statement, 0, &client.id) < 0 || sql_text(statement, 1, &client.secret_hash) < 0 ||
	    sql_text(statement, 2, &client.name) < 0 || sql_text(statement, 3, &client.redirect_uris) < 0 ||
	    sql_text(statement, 5, &client.scope) < 0 || sql_text(statement, 8, &client.jwks) < 0) {
		client_free(&client);
		return PIMS_E_MEMORY;
	}
	*(struct client *)ret_result = client;
	return 0;
}

int sqlite_client_get(struct store *store, const char *id, struct client *ret_client)
{
	return sqlite_find(store, "SELECT " COLUMNS " FROM clients WHERE id = ?", VALUES(TEXT(id)), client_row, ret_client);
}

struct listing {
	int (*each)(void *data, const struct client *client);
	void *data;
};

static int listed(sqlite3_stmt *statement, void *arg)
{
	const struct listing *listing = arg;
	struct client client;
	int r = client_row(statement, &client);

	if (r < 0)
		return r;
	r = listing->each(listing->data, &client);
	client_free(&client);
	return r;
}

int sqlite_client_list(struct store *store, int (*each)(void *data, const struct client *client), void *data)
{
	struct listing listing = {.each = each, .data = data};

	return sqlite_each(store, "SELECT " COLUMNS " FROM clients ORDER BY id", NO_VALUES, listed, &listing);
}

struct client_change {
	const struct client *client;
	const char *id;
};

static int client_add(struct sql *sql, void *arg)
{
	const struct client *client = ((struct client_change *)arg)->client;

	return sql_run(sql, "INSERT INTO clients (" COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
		       VALUES(TEXT(client->id), TEXT(client->secret_hash), TEXT(client->name ? client->name : client->id),
			      TEXT(client->redirect_uris ? client->redirect_uris : ""), INT(client->dpop), TEXT(client->scope),
			      INT(!client->no_exchange), INT(client->par), TEXT(client->jwks)));
}

int sqlite_client_add(struct store *store, const struct client *client)
{
	struct client_change change = {.client = client};

	return sqlite_write(store, client_add, &change);
}

static int client_remove(struct sql *sql, void *arg)
{
	const struct client_change *change = arg;

	return sql_change(sql, "DELETE FROM clients WHERE id = ?", VALUES(TEXT(change->id)), PIMS_E_NOT_FOUND);
}

int sqlite_client_remove(struct store *store, const char *id)
{
	struct client_change change = {.id = id};

	return sqlite_write(store, client_remove, &change);
}
