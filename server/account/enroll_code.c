/* SPDX-License-Identifier: Apache-2.0 */
#include "server/account/enroll_code.h"

#include <pims/error.h>

#include <string.h>

enum { TRIES = 8 };

/* "" is no number: what is sent to one is never this code. */
static int make_once(struct store *store, const struct seal *seal, const struct env *env, struct sms_code *code, char ret_digits[SMS_CODE_SIZE])
{
	struct buf sealed = BUF_INIT(1024);
	int r = sms_code_make(env, ret_digits);

	if (r == 0)
		r = seal_digest(seal, ret_digits, code->hash);
	if (r == 0)
		r = seal_value(seal, env, ret_digits, strlen(ret_digits), &sealed);
	if (r == 0) {
		code->code = (unsigned char *)sealed.data;
		code->code_length = sealed.len;
		r = store_sms_add(store, code, NULL);
	}
	buf_free(&sealed);
	return r;
}

/* Another account may hold the same digits: then others. */
int enroll_code_make(struct store *store, const struct seal *seal, const struct env *env, int64_t account, int seconds, char ret_code[SMS_CODE_SIZE])
{
	int64_t now = env_now(env);
	char nowhere[] = "";
	struct sms_code code = {.account = account, .purpose = SMS_ENROLLMENT, .created = now, .sent = now,
				.expires = now + INT64_C(1000) * seconds, .phone = nowhere};
	int r = PIMS_E_STATE;

	for (int i = 0; i < TRIES && r == PIMS_E_STATE; i++)
		r = make_once(store, seal, env, &code, ret_code);
	return r == PIMS_E_STATE ? PIMS_E_SYSTEM : r;
}
