/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_CLI_RENDER_H
#define PIMS_CLI_RENDER_H

#include "base/buf.h"

#include <stdbool.h>

/**
 * Appends valid JSON text for a terminal: indented, with colours if wanted. No byte of the text itself changes, except that characters
 * which could command a terminal (DEL, C1) are written as their \u escapes. PIMS_E_MEMORY, PIMS_E_LIMIT.
 */
int render_json(const char *text, bool colours, struct buf *buf);

#endif
