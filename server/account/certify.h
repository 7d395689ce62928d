/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_CERTIFY_H
#define PIMSD_CERTIFY_H

#include "server/server.h"

/** What became of a number and its code; freed by certified_free(). */
struct certified {
	enum phone_result result;
	char *old;       /**< the number before; NULL = none */
	int remaining;   /**< tries left with this code, or -1 */
	int retry_after; /**< PIMS_E_LIMIT: seconds */
};
void certified_free(struct certified *certified);

/**
 * store_phone_change() within the wrong codes that an account has in a day, whatever code comes next (NIST SP 800-63B-4 §3.1.3.2). PIMS_E_LIMIT: they are
 * spent, and no code was looked at. Right ones count nothing.
 */
int certify_number(const struct server *server, const struct phone_change *change, struct certified *ret_certified);

#endif
