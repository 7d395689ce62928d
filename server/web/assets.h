/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_WEB_ASSETS_H
#define PIMSD_WEB_ASSETS_H

/* passkey.js as a text, made when the server is built (cmake/Embed.cmake). */
extern const unsigned char web_asset_passkey[];

#endif
