#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# pimsd as openid-client, a client library that others wrote, sees it.
set -eu
# shellcheck source=tests/interop/lib.sh
. "$SOURCE_DIR/tests/interop/lib.sh"
need_commands curl jq
need_node_modules
pimsd=$PIMSD_BIN
work=$(mktemp -d)
fail() {
	echo "test_openid_client: $*" >&2
	exit 1
}
end() {
	status=$?
	trap - EXIT
	sandbox_stop || status=1
	rm -rf "$work"
	exit $status
}
# shellcheck source=scripts/sandbox.sh
. "$SOURCE_DIR/scripts/sandbox.sh"
trap end EXIT
sandbox_start
run_node "$SOURCE_DIR/tests/interop/openid_client.mjs" "$url" "$pimsd" "$work/data" "$work" || {
	cat "$work/server.err" >&2
	exit 1
}
