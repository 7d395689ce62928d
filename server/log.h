/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_LOG_H
#define PIMSD_LOG_H

#include "platform/env.h"

/** An environment that logs to standard error, a line an event: time, level, text. */
void log_env(struct env *ret_env, enum pims_log_level level);
/** "error", "warning", "info", "debug". PIMS_E_FORMAT. */
int log_level_parse(const char *text, enum pims_log_level *ret_level);

#endif
