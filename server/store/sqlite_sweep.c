/* SPDX-License-Identifier: Apache-2.0 */
#include "server/store/sqlite_store.h"

/*
 * What has expired goes in small pieces, so that no request waits behind a long deletion. Codes stay for a day after their end: a late one is told
 * "expired", and an authorization code that comes again still ends its session. Activations that never reached step ms give their place in the
 * device limit back after an hour; tombstones stay a year.
 */

enum { PIECE = 500 };

#define HOUR INT64_C(3600000)
#define DAY (24 * HOUR)

struct sweep {
	const char *text;
	int64_t before;
	int deleted;
};

static int sweep_piece(struct sql *sql, void *arg)
{
	struct sweep *sweep = arg;
	int r;

	r = sql_run(sql, sweep->text, VALUES(INT(sweep->before), INT(PIECE)));
	sweep->deleted = r;
	return r;
}

int sqlite_sweep(struct store *store, int64_t now)
{
	static const struct {
		const char *text;
		int64_t age;
	} texts[] = {
		{"DELETE FROM otps WHERE (account, hash) IN (SELECT account, hash FROM otps WHERE expires <= ? LIMIT ?)", 0},
		{"DELETE FROM access_tokens WHERE hash IN (SELECT hash FROM access_tokens WHERE expires <= ? LIMIT ?)", 0},
		{"DELETE FROM refresh_tokens WHERE hash IN (SELECT hash FROM refresh_tokens WHERE expires <= ? LIMIT ?)", 0},
		{"DELETE FROM audience_tokens WHERE hash IN (SELECT hash FROM audience_tokens WHERE expires <= ? LIMIT ?)", 0},
		{"DELETE FROM proofs WHERE hash IN (SELECT hash FROM proofs WHERE expires <= ? LIMIT ?)", 0},
		{"DELETE FROM pushed WHERE hash IN (SELECT hash FROM pushed WHERE expires <= ? LIMIT ?)", 0},
		{"DELETE FROM browsers WHERE hash IN (SELECT hash FROM browsers WHERE expires <= ? LIMIT ?)", 0},
		{"DELETE FROM places WHERE (account, hash) IN (SELECT account, hash FROM places WHERE expires <= ? LIMIT ?)", 0},
		{"DELETE FROM mail_codes WHERE ticket IN (SELECT ticket FROM mail_codes WHERE expires <= ? LIMIT ?)", 0},
		{"DELETE FROM mails WHERE id IN (SELECT id FROM mails WHERE time <= ? LIMIT ?)", DAY},
		{"DELETE FROM recoveries WHERE account IN (SELECT account FROM recoveries WHERE expires <= ? LIMIT ?)", 0},
		{"DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires <= ? LIMIT ?)", 0},
		{"DELETE FROM remotes WHERE refresh IN (SELECT refresh FROM remotes WHERE refresh_expires <= ? LIMIT ?)", 0},
		{"DELETE FROM attempts WHERE key IN (SELECT key FROM attempts WHERE expires <= ? LIMIT ?)", 0},
		{"DELETE FROM codes WHERE hash IN (SELECT hash FROM codes WHERE expires <= ? LIMIT ?)", DAY},
		{"DELETE FROM sms_codes WHERE hash IN (SELECT hash FROM sms_codes WHERE expires <= ? LIMIT ?)", DAY},
		{"DELETE FROM sms_messages WHERE id IN (SELECT id FROM sms_messages WHERE time <= ? LIMIT ?)", DAY},
		{"DELETE FROM devices WHERE id IN (SELECT id FROM devices WHERE phase <> 2 AND phase = 1 AND last_used <= ? LIMIT ?)", HOUR},
		{"DELETE FROM devices WHERE id IN (SELECT id FROM devices WHERE phase <> 2 AND phase = 3 AND last_used <= ? LIMIT ?)", 365 * DAY},
	};
	int r = 0;

	for (size_t i = 0; i < sizeof texts / sizeof *texts && r == 0; i++) {
		struct sweep sweep = {.text = texts[i].text, .before = now - texts[i].age};

		do
			r = sqlite_write(store, sweep_piece, &sweep);
		while (r == 0 && sweep.deleted == PIECE);
	}
	return r;
}
