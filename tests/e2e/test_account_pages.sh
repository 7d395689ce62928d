#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The pages of the account in headless Chromium, narrow and wide, light and dark, in English and German. Skipped (77) where there is no Chromium or Node.js
# (scripts/deps browser). With SCREENSHOTS=1 there are pictures in $BUILD_DIR/screenshots.
set -eu
for name in chromium chromium-browser google-chrome; do
	chromium=$(command -v $name) && break
done
if [ -z "$chromium" ] || ! command -v node >/dev/null; then
	echo "skipped: needs chromium and node (scripts/deps browser)"
	exit 77
fi
pims=$PIMS_BIN
# shellcheck disable=SC2034 # read in scripts/sandbox.sh
pimsd=$PIMSD_BIN
umask 077
work=$(mktemp -d)
fail() {
	echo "test_account_pages: $*" >&2
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

# login: the page ends this session
login() {
	rm -f "$work/cookies"
	"$pims" --state "$work/state" login --no-browser </dev/null >"$work/address" 2>"$work/errors" &
	login=$!
	read -r address <"$work/address" || fail "no address: $(cat "$work/errors")"
	sign_in "$address"
	wait $login || fail "login: $(cat "$work/errors")"
}
# enrol: a device of the demo account, for the page to remove
enrol() {
	"$pims" --state "$work/state" sms enrollment >"$work/answer" 2>"$work/errors" || fail "sms: $(cat "$work/errors")"
	printf '%s\n2580\n' "$(sms_code enrollment)" | "$pims" --state "$work/state" enroll --again >"$work/answer" 2>"$work/errors" ||
		fail "enroll: $(cat "$work/errors")"
}

# shellcheck disable=SC2034 # read in scripts/sandbox.sh
sandbox_options='--sms-cooldown 0'
mkdir -p "$BUILD_DIR/screenshots"
sandbox_start
"$pims" --state "$work/state" init --backend "$url" 2>"$work/errors" || fail "init: $(cat "$work/errors")"
mkfifo "$work/address"
export PIMS_STATE="$work/state"
for page in "375 de" "1280 en"; do
	login
	enrol
	RECOVERY_CODE=$("$pimsd" account recover $email --data "$work/data" 2>"$work/errors") || fail "recover: $(cat "$work/errors")"
	export RECOVERY_CODE DATA="$work/data"
	# shellcheck disable=SC2086 # two words
	node "$SOURCE_DIR/tests/e2e/account_pages.js" "$url" "$chromium" "$BUILD_DIR/screenshots" $page || fail "$page"
done
