#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A passkey in headless Chromium, which has an authenticator of its own, narrow and wide, in English and German. Skipped (77) where there is no Chromium or
# Node.js (scripts/deps browser). With SCREENSHOTS=1 there are pictures in $BUILD_DIR/screenshots.
set -eu
for name in chromium chromium-browser google-chrome; do
	chromium=$(command -v $name) && break
done
if [ -z "$chromium" ] || ! command -v node >/dev/null; then
	echo "skipped: needs chromium and node (scripts/deps browser)"
	exit 77
fi
# shellcheck disable=SC2034 # read in scripts/sandbox.sh
pimsd=$PIMSD_BIN
umask 077
work=$(mktemp -d)
fail() {
	echo "test_passkey: $*" >&2
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

mkdir -p "$BUILD_DIR/screenshots"
# passkeys belong to a name: the port is found out first
sandbox_start
port=${url##*:}
sandbox_stop
for page in "375 de" "1280 en" "375 en wanted"; do
	# a place of its own: both change the password
	rm -rf "$work/data"
	# shellcheck disable=SC2034 # read in scripts/sandbox.sh
	sandbox_options="--listen 127.0.0.1:$port --issuer http://localhost:$port"
	case $page in
	*wanted) sandbox_options="$sandbox_options --sign-in-passkey" ;;
	esac
	sandbox_start
	# shellcheck disable=SC2086 # several words
	PASSWORD=$password node "$SOURCE_DIR/tests/e2e/passkey.js" "http://localhost:$port" "$chromium" "$BUILD_DIR/screenshots" $page || fail "$page"
	case $page in
	*wanted) ;;
	*) grep -q "a passkey was refused: the signature is not the passkey's" "$work/server.err" || fail "why a passkey was refused is not in the log" ;;
	esac
	sandbox_stop
done
