/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_CLI_MIMEAPPS_H
#define PIMS_CLI_MIMEAPPS_H

#include <stddef.h>

/*
 * The user's own default applications: group "Default Applications" of $XDG_CONFIG_HOME/mimeapps.list (freedesktop.org, Association between MIME types and
 * applications). xdg-mime sets a line there but can't take it away: hence this.
 */

/** The value of the line of `type`, as it stands, into `value`; "" when there is none or it does not fit. */
void mimeapps_get(const char *path, const char *type, char *value, size_t size);
/** Where the line of `type` names `application` alone: gives it the value `previous`, or removes it ("") and with it a file that says nothing any more. */
void mimeapps_restore(const char *path, const char *type, const char *application, const char *previous);

#endif
