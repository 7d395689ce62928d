/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_CLI_APIS_H
#define PIMS_CLI_APIS_H

#include "base/buf.h"
#include "base/json.h"

/** The rows of pims_apis(); NULL when it cannot be read. The caller drops the reference. */
json_t *apis_rows(void);
/** Appends " name=value" for what chooses the row and " name=…" for its parameters. */
void apis_words(const json_t *row, struct buf *words);

#endif
