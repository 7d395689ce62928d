#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# pimsd as clients of the live service use it that others write: sign-in, SMS, activation, OTP, remote token, in two dialects.
set -eu
# shellcheck source=tests/interop/lib.sh
. "$SOURCE_DIR/tests/interop/lib.sh"
need_commands node curl jq
pimsd=$PIMSD_BIN
work=$(mktemp -d)
fail() {
	echo "test_foreign_client: $*" >&2
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
run_node "$SOURCE_DIR/tests/interop/foreign_client.mjs" "$url" "$TEST_DATA_DIR/vectors" || {
	cat "$work/server.err" >&2
	exit 1
}
