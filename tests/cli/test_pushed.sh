#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# pims at a pimsd that takes pushed requests only (RFC 9126): the browser gets a reference, and the sign-in works, with the password and with a yes.
set -eu
pims=$PIMS_BIN
pimsd=$PIMSD_BIN
umask 077
work=$(mktemp -d)
login_pid=
fail() {
	echo "test_pushed: $*" >&2
	exit 1
}
end() {
	status=$?
	trap - EXIT
	[ -z "$login_pid" ] || kill "$login_pid" 2>/dev/null || true
	sandbox_stop || status=1
	rm -rf "$work"
	exit $status
}
# shellcheck source=scripts/sandbox.sh
. "$SOURCE_DIR/scripts/sandbox.sh"
trap end EXIT

sandbox_options=--par-required
sandbox_start
"$pims" --state "$work/state" init --backend "$url" >/dev/null
mkfifo "$work/address"
for round in password yes; do
	"$pims" --state "$work/state" login --no-browser </dev/null >"$work/address" 2>"$work/errors" &
	login_pid=$!
	exec 3<"$work/address"
	read -r address <&3 || fail "no address: $(cat "$work/errors")"
	case $address in
	*redirect_uri* | *code_challenge*) fail "the address carries the request: $address" ;;
	*request_uri=urn*) ;;
	*) fail "no reference in $address" ;;
	esac
	sign_in "$address"
	[ $round = password ] || ! grep -q 'name="password"' "$work/tags" || fail "the password was asked for twice"
	wait "$login_pid" || fail "login: $(cat "$work/errors")"
	login_pid=
	exec 3<&-
	[ "$("$pims" --state "$work/state" whoami)" = "$email" ] || fail "whoami"
done
# a reference is good once
status=$(curl -sS -o "$work/page" -w '%{http_code}' -b "$work/cookies" "$address")
[ "$status" = 400 ] || fail "a reference that was used got $status"
