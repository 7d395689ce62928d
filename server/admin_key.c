/* SPDX-License-Identifier: Apache-2.0 */
#include "server/admin.h"

#include "inwebo/rsa.h"
#include "server/data_dir.h"
#include "server/iwws/keys.h"

#include <pims/error.h>

#include <stdio.h>
#include <stdlib.h>

const char admin_key_help[] =
	"Usage: pimsd key fingerprint --data DIR\n"
	"\n"
	"Prints the fingerprint of the server's enrollment key (Kfact): SHA-256 over its modulus, 64 hex digits. Bring it to the clients by another way than\n"
	"the server itself; `pims init --inwebo-key` and credential.inWeboKey pin it, so that not even the first activation trusts another key.\n"
	"\n"
	"Example: pimsd key fingerprint --data /var/lib/pimsd\n"
	"Exit status: 0 done, 1 failed, 2 wrong usage.\n";

/* Makes the keys when no server has run on the data yet, as a server would. */
static int fingerprint(struct admin *admin)
{
	char text[SHA256_HEX_SIZE];
	struct seal *seal = NULL;
	struct iw_keys *keys = NULL;
	int r = data_dir_open_seal(&seal, admin->data_dir, admin->store, &admin->env);

	if (r == 0)
		r = iwws_keys_load(&keys, admin->store, seal, &admin->env);
	if (r == 0)
		r = iw_rsa_fingerprint(iw_keys_kfact(keys), text);
	if (r == 0)
		puts(text);
	iw_keys_free(keys);
	seal_free(seal);
	return r < 0 ? admin_failed(admin->data_dir, r) : EXIT_SUCCESS;
}

const struct admin_row admin_key_rows[] = {
	{"key", "fingerprint", 0, 0, false, fingerprint, NULL},
	{0},
};
