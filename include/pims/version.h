/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_VERSION_H
#define PIMS_VERSION_H

/** Version of the headers a program was compiled with; pims_version() tells the library's own. */
#define PIMS_VERSION_MAJOR 0
#define PIMS_VERSION_MINOR 1
#define PIMS_VERSION_PATCH 0
#define PIMS_VERSION "0.1.0"

/** Marks the library's symbols; everything else is hidden. */
#if defined(__GNUC__)
#define PIMS_API __attribute__((visibility("default")))
#else
#define PIMS_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/**
 * The library's version, e.g. "0.1.0". A static string, from any thread. Since 0.1.
 */
PIMS_API const char *pims_version(void);

#ifdef __cplusplus
}
#endif

#endif
