/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_FACADE_VALIDATE_H
#define PIMS_FACADE_VALIDATE_H

#include "facade/api.h"

enum { PARAMETERS_MAX = 64 * 1024 };

/**
 * Finds the row of a call and reads its parameters (spec/facade.md, rules 2 and 3). `text` is JSON, or NULL for none. The parameters come under their
 * canonical names, discriminators included, secrets as strings of digits, unknown ones left out; the caller owns them and
 * wipes. False: flow->outcome tells why, 2000, 2002, 2101 or 2102; *ret_row may be set even then, as far as the row is known.
 */
bool validate_call(struct flow *flow, enum api_verb verb, const char *api, const char *text, const struct api_row **ret_row,
		   json_t **ret_parameters);

#endif
