/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_ACCOUNT_REST_H
#define PIMSD_ACCOUNT_REST_H

#include "base/json.h"
#include "server/http/http.h"
#include "server/store/store.h"

struct server;

/* What our REST handlers share. Errors are problem documents (RFC 9457) whose `cause` is what programs look at. */

/** 400: the request has the wrong form. `title` is a literal. */
void rest_bad_request(struct response *response, const char *title);
/** 500: the server failed. */
void rest_failed(struct response *response);
/** The JSON array of an account's devices, as GET /v1/devices tells them. The caller owns *ret_devices. */
int account_device_list(const struct server *server, int64_t account, json_t **ret_devices);
/** What an account is called, for people. */
const char *rest_account_name(const struct account *account);
/**
 * The account that a name stands for: an e-mail address in any case, or a subject; where sign-in is external, the subject there. PIMS_E_NOT_FOUND. The
 * caller owns *ret_account.
 */
int rest_find_account(const struct request *request, const char *name, struct account *ret_account);

void account_phone(struct request *request, struct response *response);
void account_change_phone(struct request *request, struct response *response);
void account_state(struct request *request, struct response *response);
void account_car_associations(struct request *request, struct response *response);
void account_devices(struct request *request, struct response *response);
void account_devices_remove(struct request *request, struct response *response);
void account_well_known(struct request *request, struct response *response);
void account_otp_verify(struct request *request, struct response *response);
void account_remote_token(struct request *request, struct response *response);

#endif
