/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_ACCOUNT_ENROLL_CODE_H
#define PIMSD_ACCOUNT_ENROLL_CODE_H

#include "server/sms/sms.h"
#include "server/store/seal.h"

/**
 * An enrollment code that goes by no SMS: it is shown on a page, or the operator hands it over. Replaces a live one, and is never sent in a message. The
 * caller wipes it.
 */
int enroll_code_make(struct store *store, const struct seal *seal, const struct env *env, int64_t account, int seconds, char ret_code[SMS_CODE_SIZE]);

#endif
