/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_CLI_DESKTOP_H
#define PIMS_CLI_DESKTOP_H

#include <stdbool.h>

/*
 * This program as the desktop's handler of a scheme, for one user (freedesktop.org, Desktop Entry and MIME application associations): an entry in
 * $XDG_DATA_HOME/applications, which also keeps what it took the place of, and, where another application was the default, a line in mimeapps.list.
 */

/** Puts it there. False when the desktop can't do that (no xdg-mime, no directory); then nothing is left behind. */
bool desktop_register(const char *scheme);
/** True when an entry of ours is there. */
bool desktop_registered(const char *scheme);
/** Takes it away and gives back what was before. Where nothing was registered, nothing happens. */
void desktop_unregister(const char *scheme);

#endif
