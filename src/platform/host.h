/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_PLATFORM_HOST_H
#define PIMS_PLATFORM_HOST_H

enum { HOST_TEXT_SIZE = 96 };

/** What this machine calls itself, in visible ASCII; never empty. */
struct host {
	char os[HOST_TEXT_SIZE];
	char os_version[HOST_TEXT_SIZE];
	char model[HOST_TEXT_SIZE];
	char brand[HOST_TEXT_SIZE];
};

/** Reads os-release(5), the firmware's tables and uname(2) below `root` ("" = the machine's own). What is not told has a general word in its place. */
void host_read(const char *root, struct host *ret_host);

#endif
