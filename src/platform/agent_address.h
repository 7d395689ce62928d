/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_PLATFORM_AGENT_ADDRESS_H
#define PIMS_PLATFORM_AGENT_ADDRESS_H

#include "base/url.h"

#include <stdbool.h>

/** True for a URI that a loopback port can receive (RFC 8252 §7.3). */
bool agent_address_receivable(const struct url *uri);
/** Opens a listener at the URI's host and port ("" = any free one). Returns the descriptor and its port, or PIMS_E_INVALID, PIMS_E_SYSTEM. */
int agent_address_listen(const struct url *uri, int backlog, unsigned short *ret_port);

#endif
