/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_FACADE_CONFIGURATION_H
#define PIMS_FACADE_CONFIGURATION_H

#include "platform/flow.h"

enum { CONFIGURATION_MAX = 64 * 1024, CONFIGURATION_MAX_TEXT = 2048 };

/**
 * Reads the parameters of initialize (spec/facade.md §initialize parameters) into an all-zero profile. False: flow->outcome is 2004 (not
 * JSON, no object), 2006 with the cause `configuration.…` that names the first missing or wrong value, or 2000; the profile stays all zero.
 * `text` NULL is an empty object.
 */
bool configuration_read(struct flow *flow, const char *text, struct profile *ret_profile);
/** The same of what was parsed already. */
bool configuration_take(struct flow *flow, const json_t *root, struct profile *ret_profile);
/** The parameters that a profile was read from; NULL: out of memory. The caller owns and wipes it. */
json_t *configuration_write(const struct profile *profile);

#endif
