/* SPDX-License-Identifier: Apache-2.0 */
#include "server/store/store.h"

#include <stdlib.h>

void account_free(struct account *account)
{
	if (!account)
		return;
	free(account->subject);
	free(account->email);
	secret_free_text(account->password_hash);
	free(account->issuer);
	free(account->external_subject);
	free(account->display);
	free(account->phone);
	free(account->country);
	free(account->customer);
	free(account->pin);
	*account = (struct account){0};
}

void passkey_free(struct passkey *passkey)
{
	free(passkey->party);
	free(passkey->credential);
	free(passkey->public_key);
	*passkey = (struct passkey){0};
}

void client_free(struct client *client)
{
	if (!client)
		return;
	free(client->id);
	secret_free_text(client->secret_hash);
	free(client->name);
	free(client->redirect_uris);
	free(client->scope);
	free(client->jwks);
	*client = (struct client){0};
}

bool client_is_public(const struct client *client)
{
	return !client->secret_hash && !client->jwks;
}

void auth_code_free(struct auth_code *code)
{
	if (!code)
		return;
	free(code->client);
	free(code->redirect_uri);
	free(code->code_challenge);
	free(code->nonce);
	free(code->scope);
	*code = (struct auth_code){0};
}

void session_row_free(struct session_row *session)
{
	if (!session)
		return;
	free(session->client);
	free(session->scope);
	free(session->nonce);
	*session = (struct session_row){0};
}

void sms_code_free(struct sms_code *code)
{
	if (!code)
		return;
	free(code->code);
	free(code->phone);
	*code = (struct sms_code){0};
}

void device_free(struct device *device)
{
	if (!device)
		return;
	free(device->serial);
	free(device->device_id);
	free(device->name);
	free(device->keys);
	*device = (struct device){0};
}
