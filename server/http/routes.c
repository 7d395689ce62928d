/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "server/http/http_internal.h"

#include <pims/error.h>

#include <string.h>

static bool serves(const struct route *route, const char *method)
{
	if (strcmp(route->method, method) == 0)
		return true;
	return strcmp(method, "HEAD") == 0 && strcmp(route->method, "GET") == 0;
}

int routes_find(const struct route *const *tables, const char *method, const char *path, handler_fn *ret_handler, struct buf *ret_allow)
{
	for (; *tables; tables++)
		for (const struct route *route = *tables; route->method; route++) {
			if (strcmp(route->path, path) != 0)
				continue;
			if (serves(route, method)) {
				*ret_handler = route->handler;
				return 0;
			}
			buf_printf(ret_allow, "%s%s%s", ret_allow->len ? ", " : "", route->method,
				   strcmp(route->method, "GET") == 0 ? ", HEAD" : "");
		}
	return ret_allow->len ? PIMS_E_STATE : PIMS_E_NOT_FOUND;
}
