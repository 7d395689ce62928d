/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_SANDBOX_ASSETS_H
#define PIMSD_SANDBOX_ASSETS_H

/* page.html, page.css and page.js as texts, made when the server is built (cmake/Embed.cmake). */
extern const unsigned char sandbox_asset_html[];
extern const unsigned char sandbox_asset_css[];
extern const unsigned char sandbox_asset_js[];

#endif
