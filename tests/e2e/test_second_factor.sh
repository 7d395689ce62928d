#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A server that wants a one-time password at the sign-in, and no SMS at all: the first device is enrolled with the operator's code, the only device signs
# in again when its session is gone, a second one comes by the page of the first, and who lost all of them is helped by the operator.
set -eu
pims=$PIMS_BIN
pimsd=$PIMSD_BIN
umask 077
work=$(mktemp -d)
fail() {
	echo "test_second_factor: $*" >&2
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

# run STATE WORD...: pims on one of the two devices; the answer is in $work/answer
run() {
	state=$work/$1
	shift
	"$pims" --state "$state" "$@" >"$work/answer" 2>"$work/errors" || fail "$*: $(cat "$work/errors")"
}
# give_otp ADDRESS STATE: answers the page that wants a one-time password
give_otp() {
	run "$2" otp --signed-out
	grep -q 'name="otp"' "$work/page" || fail "no page that asks for a one-time password"
	tr '\n' ' ' <"$work/page" | sed 's/</\n</g' >"$work/tags"
	action=$(grep '^<form' "$work/tags" | attribute action)
	{
		printf 'url = "%s"\n' "$url$action"
		grep '^<input[^>]*type="hidden"' "$work/tags" | while read -r tag; do
			field "$(printf '%s' "$tag" | attribute name)" "$(printf '%s' "$tag" | attribute value)"
		done
		field otp "$(cat "$work/answer")"
	} >"$work/post"
	curl -sS -f -L --max-time 20 -H "Origin: $url" -b "$work/cookies" -c "$work/cookies" -K "$work/post" -o "$work/page" ||
		fail "the one-time password was refused"
}
# login STATE [STATE_OF_THE_DEVICE]
login() {
	rm -f "$work/cookies"
	"$pims" --state "$work/$1" login --no-browser </dev/null >"$work/address" 2>"$work/errors" &
	login=$!
	read -r address <"$work/address" || fail "no address: $(cat "$work/errors")"
	sign_in "$address"
	if [ $# = 2 ]; then
		give_otp "$address" "$2"
	fi
	wait $login || fail "login: $(cat "$work/errors")"
}
operator() {
	"$pimsd" account "$@" --data "$work/data" 2>"$work/errors" || fail "$*: $(cat "$work/errors")"
}
# enroll STATE CODE
enroll() {
	printf '%s\n2580\n' "$2" | "$pims" --state "$work/$1" enroll --sms-code-stdin --pin-stdin >"$work/answer" 2>"$work/errors" ||
		fail "enroll: $(cat "$work/errors")"
}
level() {
	run "$1" token
	cut -d. -f2 "$work/answer" | tr '_-' '/+' | sed 's/$/==/' | base64 -d 2>/dev/null | jq -r '.acr' >"$work/acr"
	[ "$(cat "$work/acr")" = "urn:openpims:acr:$2" ] || fail "acr is $(cat "$work/acr") and not $2"
}

# shellcheck disable=SC2034 # read in scripts/sandbox.sh
sandbox_options='--sign-in-otp'
sandbox_start
mkfifo "$work/address"
run first init --backend "$url"
login first
level first password
code=$(operator enrollment-code $email)
enroll first "$code"

# the session is gone, the device is there
run first logout
if "$pims" --state "$work/first" otp >"$work/answer" 2>"$work/errors"; then
	fail "an OTP without a session and unasked"
fi
login first first
level first otp

# a second device: signed in with an OTP of the first, enrolled with a code that its page shows
run second init --backend "$url"
login second first
level second otp
curl -sS -f -b "$work/cookies" -o "$work/page" "$url/account/devices" || fail "no page of devices"
token=$(tr '\n' ' ' <"$work/page" | sed 's/</\n</g' | grep 'name="form_token"' | head -n 1 | attribute value)
curl -sS -f -H "Origin: $url" -b "$work/cookies" -o "$work/page" --data-urlencode "form_token=$token" -d add=1 "$url/account/devices" ||
	fail "no code"
enroll second "$(sed -n 's/.*<p class="code">\([0-9]*\)<.*/\1/p' "$work/page")"
run second otp

# nobody sent a message
curl -sS -f "$url/sandbox/sms" | jq -e '.messages == []' >/dev/null || fail "a message was sent"

# all devices are lost: the password alone opens nothing until the operator helps
rm -rf "$work/first" "$work/second"
operator remove-devices $email
run first init --backend "$url"
login first
level first password
