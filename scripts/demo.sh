#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Walks through every authentication call with the command line program against a sandbox server of its own: each call, its message, its
# time. Ends with status 1 at the first message that differs from what the reference documents.
#
#   scripts/demo.sh BUILD_DIR
set -eu

here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${1:-build}" && pwd)
pims=$build/pims
pimsd=$build/pimsd
pin=4739
umask 077
work=$(mktemp -d)
login_pid=
number=0

end() {
	status=$?
	trap - EXIT INT TERM HUP
	if [ -n "$login_pid" ]; then
		kill "$login_pid" 2>/dev/null || true
		wait "$login_pid" 2>/dev/null || true
	fi
	sandbox_stop || true
	[ $status = 0 ] || [ ! -s "$work/server.err" ] || sed 's/^/  pimsd: /' "$work/server.err" >&2
	rm -rf "$work"
	exit $status
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

fail() {
	echo "demo: $*" >&2
	exit 1
}
# shellcheck source=scripts/sandbox.sh
. "$here/sandbox.sh"
milliseconds() {
	echo $(($(date +%s%N) / 1000000))
}

# --- showing and comparing ---------------------------------------------------------------------------------------------------------

title() {
	number=$((number + 1))
	name=$1
	printf '\n%2d  %s\n' $number "$name"
}
# Tokens are cut: everybody's terminal is somebody's screenshot
show() {
	jq 'walk(if type == "string" and length > 40 and (contains(" ") | not) then .[0:12] + "…" else . end)' "$1" | sed 's/^/    /'
}
took() {
	printf '%s\t%s\n' "$2" "$1" >>"$work/times"
	printf '    %s ms\n' "$2"
}
# compare FILE WANTED: JSON with the same members, nothing more; a wanted string "~…" is an expression that the value must match
compare() {
	jq -e --argjson wanted "$2" '
		def same($w):
			if ($w | type) == "object" then
				. as $value | type == "object" and keys == ($w | keys) and all($w | keys[]; . as $key | $value[$key] | same($w[$key]))
			elif ($w | type) == "string" and ($w | startswith("~")) then type == "string" and test($w[1:])
			else . == $w end;
		same($wanted)' "$1" >/dev/null || fail "step $number, $name: expected $2, got $(cat "$1")"
}
succeeded() {
	compare "$work/message" '{"transactionId": "~^[0-9a-f]{8}-[0-9a-f]{4}$", "status": "SUCCEEDED", "result": '"$1"'}'
}
# failed CODE LABEL: other members of the error (cause, recovery) are ours and may be there
failed() {
	jq 'del(.error.cause, .error.recovery, .error.retryAfter, .error.remaining)' "$work/message" >"$work/documented"
	compare "$work/documented" '{"transactionId": "~^[0-9a-f]{8}-[0-9a-f]{4}$", "status": "FAILED", "error": {"code": '"$1"', "label": "'"$2"'"}}'
}

# call EXIT_STATUS WORD...: runs pims, its standard input is $work/input; shows the call and its message
call() {
	wanted=$1
	shift
	echo "    \$ pims $*"
	start=$(milliseconds)
	got=0
	"$pims" --state "$work/state" "$@" <"$work/input" >"$work/message" 2>"$work/errors" || got=$?
	stop=$(milliseconds)
	: >"$work/input"
	[ $got = "$wanted" ] || fail "step $number, $name: exit status $got instead of $wanted: $(cat "$work/message" "$work/errors")"
	show "$work/message"
	took "$name" $((stop - start))
}
result() {
	jq -r ".result.$1" "$work/message"
}

# --- the other service's part ------------------------------------------------------------------------------------------------------

# verify STATUS WANTED: the OTP in $work/otp goes to the server as a service of one's own would send it
verify() {
	jq -n --arg account "$email" --rawfile otp "$work/otp" '{account: $account, otp: $otp}' >"$work/verify"
	printf 'user = "demo:demo"\nheader = "Content-Type: application/json"\ndata-binary = "@%s"\n' "$work/verify" >"$work/service"
	echo "    \$ curl -K service.conf $url/v1/otp/verify"
	start=$(milliseconds)
	got=$(curl -sS --max-time 20 -K "$work/service" -o "$work/message" -w '%{http_code}' "$url/v1/otp/verify") || fail "no answer"
	stop=$(milliseconds)
	[ "$got" = "$1" ] || fail "step $number, $name: HTTP status $got instead of $1: $(cat "$work/message")"
	show "$work/message"
	took "$name" $((stop - start))
	compare "$work/message" "$2"
}

# --- the walk ----------------------------------------------------------------------------------------------------------------------

if ! [ -x "$pims" ] || ! [ -x "$pimsd" ]; then
	fail "pims and pimsd are not built in $build"
fi
: >"$work/input"

echo "a sandbox server: pimsd --sandbox --listen 127.0.0.1:0"
start=$(milliseconds)
sandbox_start
name="start of the sandbox"
sed 's/^/    /' "$work/server.out"
took "$name" $(($(milliseconds) - start))

title "write the configuration"
call 0 init --backend "$url" --json
jq -e --arg url "$url" '.backend == $url and .credential.clientID == "pims"' "$work/message" >/dev/null || fail "init wrote something else"

title "nobody is signed in"
call 1 get pims.authentication.account actionType=basic type=username
failed 2301 'Need Basic Authentication (to get CVS token)'

title "sign in"
echo "    \$ pims set pims.authentication.user action=login --no-browser"
mkfifo "$work/login"
start=$(milliseconds)
timeout 60 "$pims" --state "$work/state" set pims.authentication.user action=login --no-browser </dev/null >"$work/login" 2>"$work/errors" &
login_pid=$!
exec 3<"$work/login"
read -r address <&3 || fail "no sign-in address: $(cat "$work/errors")"
echo "    ${address%%\?*}?…"
sign_in "$address"
cat <&3 >"$work/message"
wait "$login_pid" || fail "login: $(cat "$work/message" "$work/errors")"
login_pid=
exec 3<&-
stop=$(milliseconds)
show "$work/message"
took "$name" $((stop - start))
succeeded null

title "whose account"
call 0 get pims.authentication.account actionType=basic type=username
succeeded '{"username": "'$email'"}'

title "id token"
call 0 get pims.authentication.token type=idtoken action=get
succeeded '{"type": "idtoken", "token": "~^[A-Za-z0-9_-]+[.][A-Za-z0-9_-]+[.][A-Za-z0-9_-]+$"}'
result token >"$work/first"

title "CVS token"
call 0 get pims.authentication.token type=cvs action=get
succeeded '{"type": "cvs", "token": "~^.{16,}$"}'

title "this device is not enrolled"
call 0 get pims.authentication.account actionType=strong type=isDeviceActivated
succeeded '{"isDeviceActivated": false}'

title "the account is not blocked"
call 0 get pims.authentication.account actionType=strong type=isAccountBlocked
succeeded '{"isAccountBlocked": "NotBlocked"}'

title "trusted phone number"
call 0 get pims.authentication.trustedphonenumber
succeeded '{"phoneNumber": "'$phone'"}'

title "SMS for the enrollment"
call 0 get pims.authentication.smscode type=enrollment
succeeded null

title "the SMS's code"
sms_code enrollment >"$work/input"
call 0 set pims.authentication.smscode action=enrollment smsCode=-
succeeded '{"status": "NotEnrolled"}'

title "enrol with a PIN"
echo $pin >"$work/input"
call 0 set pims.authentication.enrollment action=enroll pinCode=-
succeeded null

title "this device is enrolled"
call 0 get pims.authentication.account actionType=strong type=isDeviceActivated
succeeded '{"isDeviceActivated": true}'

title "OTP without PIN"
call 0 get pims.authentication.otp action=withoutPIN
succeeded '{"otp": "~^[a-z0-9]{1,9}$"}'

title "OTP with PIN"
echo $pin >"$work/input"
call 0 get pims.authentication.otp action=withPIN pinCode=-
succeeded '{"otp": "~^[a-z0-9]{1,9}$"}'
result otp | tr -d '\n' >"$work/otp"

title "a service accepts the OTP"
verify 200 '{"valid": true}'

title "and refuses it the second time"
verify 403 '{"type": "about:blank#otp.refused", "title": "~.", "status": 403, "cause": "otp.refused"}'

title "id token, renewed"
call 0 get pims.authentication.token type=idtoken action=refresh
succeeded '{"type": "idtoken", "token": "~^[A-Za-z0-9_-]+[.][A-Za-z0-9_-]+[.][A-Za-z0-9_-]+$"}'
result token >"$work/second"
! cmp -s "$work/first" "$work/second" || fail "the renewed id token is the old one"

title "SMS for a new PIN"
call 0 get pims.authentication.smscode type=resetPIN
succeeded null
sms_code resetPIN >/dev/null

title "sign out"
call 0 set pims.authentication.user action=logout
succeeded null

title "nobody is signed in any more"
call 1 get pims.authentication.token type=idtoken action=get
failed 2301 'Need Basic Authentication (to get CVS token)'

echo
echo "summary, times with the start of the program"
awk -F '\t' '{ printf "  %6d ms  %s\n", $1, $2; sum += $1 } END { printf "  %6d ms  all %d steps\n", sum, NR }' "$work/times"
echo "every message is as documented"
