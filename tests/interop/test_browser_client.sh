#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# pimsd used by an application that is a page of another origin in a real browser.
set -eu
# shellcheck source=tests/interop/lib.sh
. "$SOURCE_DIR/tests/interop/lib.sh"
need_commands curl jq
need_node_modules
for name in chromium chromium-browser google-chrome; do
	chromium=$(command -v $name) && break
done
[ -n "$chromium" ] || skip "needs chromium (scripts/deps browser)"
pimsd=$PIMSD_BIN
work=$(mktemp -d)
fail() {
	echo "test_browser_client: $*" >&2
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
run_node "$SOURCE_DIR/tests/interop/browser_client.mjs" "$url" "$chromium" "$work/profile" || {
	cat "$work/server.err" >&2
	exit 1
}
