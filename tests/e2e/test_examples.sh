#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The programs of examples/ do what they say, against a sandbox.
set -eu
pimsd=$PIMSD_BIN
examples=$BUILD_DIR/examples
umask 077
work=$(mktemp -d)
example_pid=
fail() {
	echo "test_examples: $*" >&2
	exit 1
}
end() {
	status=$?
	trap - EXIT
	[ -z "$example_pid" ] || kill "$example_pid" 2>/dev/null || true
	sandbox_stop || status=1
	rm -rf "$work"
	exit $status
}
# shellcheck source=scripts/sandbox.sh
. "$SOURCE_DIR/scripts/sandbox.sh"
trap end EXIT
# wait_for PATTERN FILE
wait_for() {
	tries=0
	until grep -q "$1" "$2"; do
		tries=$((tries + 1))
		[ $tries -le 600 ] || fail "no $1 in $(cat "$2")"
		sleep 0.05
	done
}
export XDG_STATE_HOME="$work/state"
sandbox_start

mkfifo "$work/keyboard"
"$examples/otp" "$url" <"$work/keyboard" >"$work/otp.out" 2>"$work/otp.err" &
example_pid=$!
exec 3>"$work/keyboard"
wait_for 'http' "$work/otp.out"
sign_in "$(sed -n 's/^ *\(http[^ ]*\)$/\1/p' "$work/otp.out")"
wait_for 'PIN' "$work/otp.out"
echo 7391 >&3
wait_for 'Code of the SMS' "$work/otp.out"
sms_code enrollment >&3
wait "$example_pid" || fail "otp ended with $?: $(cat "$work/otp.err")"
example_pid=
exec 3>&-
otp=$(tail -n 1 "$work/otp.out" | sed 's/.*: //')
printf '{"account": "%s", "otp": "%s"}' "$email" "$otp" >"$work/verify"
curl -sS -f --max-time 20 -u demo:demo -H 'Content-Type: application/json' -d "@$work/verify" "$url/v1/otp/verify" >"$work/verified" || fail "the OTP was refused"
[ "$(jq .valid "$work/verified")" = true ]

mkfifo "$work/lines"
"$examples/foreign_loop" "$url" <"$work/lines" >"$work/loop.out" 2>&1 &
example_pid=$!
exec 3>"$work/lines"
echo >&3
wait_for SUCCEEDED "$work/loop.out"
exec 3>&-
wait "$example_pid" || fail "foreign_loop ended with $?"
example_pid=
[ "$(jq -r .result.backend "$work/loop.out")" = "$url" ]
