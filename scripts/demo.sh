#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Walks through every authentication call with the command line program against a sandbox server of its own: each call, its message, its
# time. Ends with status 1 at the first message that differs from what the reference documents.
#
#   scripts/demo.sh BUILD_DIR
set -eu

build=$(cd "${1:-build}" && pwd)
pims=$build/pims
pimsd=$build/pimsd
email=demo@example.com
password=demo-password
phone=0612345678
pin=1234
umask 077
work=$(mktemp -d)
server_pid=
login_pid=
number=0

end() {
	status=$?
	trap - EXIT INT TERM HUP
	for pid in $login_pid $server_pid; do
		kill "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
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
	jq 'walk(if type == "string" and length > 40 then .[0:12] + "…" else . end)' "$1" | sed 's/^/    /'
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

# --- the browser's and the other service's part ------------------------------------------------------------------------------------

plain() {
	sed -e 's/&quot;/"/g' -e "s/&#39;/'/g" -e 's/&lt;/</g' -e 's/&gt;/>/g' -e 's/&amp;/\&/g'
}
# attribute NAME: of the tag in standard input
attribute() {
	sed -n 's/.*[[:space:]]'"$1"'="\([^"]*\)".*/\1/p' | plain
}
# field NAME VALUE: a line of curl's configuration, where nobody sees the arguments
field() {
	value=$(printf '%s' "$2" | sed -e 's/\\/\\\\/g' -e 's/"/\\"/g')
	printf 'data-urlencode = "%s=%s"\n' "$1" "$value"
}
# sign_in URL: gets the page, fills in its form as it is, sends it and follows the redirect to the waiting program
sign_in() {
	printf 'url = "%s"\n' "$1" | curl -sS -f --max-time 20 -b "$work/cookies" -c "$work/cookies" -K - >"$work/page" || fail "no sign-in page"
	tr '\n' ' ' <"$work/page" | sed 's/</\n</g' >"$work/tags"
	grep '^<form' "$work/tags" >"$work/form" || fail "the sign-in page has no form"
	origin=$(printf '%s' "$1" | sed 's,^\([a-z]*://[^/]*\).*,\1,')
	action=$(attribute action <"$work/form")
	case $action in
	http*) target=$action ;;
	/*) target=$origin$action ;;
	*) target=$1 ;;
	esac
	{
		printf 'url = "%s"\n' "$target"
		grep '^<input[^>]*type="hidden"' "$work/tags" | while read -r tag; do
			field "$(printf '%s' "$tag" | attribute name)" "$(printf '%s' "$tag" | attribute value)"
		done
		field username "$email"
		field password "$password"
	} >"$work/post"
	curl -sS -f -L --max-time 20 -H "Origin: $origin" -b "$work/cookies" -c "$work/cookies" -K "$work/post" -o "$work/page" ||
		fail "the sign-in form was refused"
}
# sms_code PURPOSE: of the newest message on the sandbox's virtual phone
sms_code() {
	curl -sS -f --max-time 20 "$url/sandbox/sms" >"$work/sms" || fail "no list of SMS"
	jq -e -r --arg purpose "$1" '[.messages[] | select(.purpose == $purpose)][-1].code' "$work/sms" || fail "no SMS for $1"
}
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

for program in "$pims" "$pimsd"; do
	[ -x "$program" ] || fail "$program is not built"
done
for tool in curl jq; do
	command -v $tool >/dev/null || fail "$tool is missing: scripts/deps demo"
done
: >"$work/input"
: >"$work/server.out"

echo "a sandbox server: pimsd --sandbox --listen 127.0.0.1:0"
start=$(milliseconds)
"$pimsd" --sandbox --listen 127.0.0.1:0 --data "$work/data" >"$work/server.out" 2>"$work/server.err" &
server_pid=$!
tries=0
until grep -q 'listening on ' "$work/server.out"; do
	kill -0 "$server_pid" 2>/dev/null || fail "pimsd ended"
	tries=$((tries + 1))
	[ $tries -le 600 ] || fail "pimsd does not listen"
	sleep 0.05
done
url=$(sed -n 's/.*listening on \(http[^ ]*\).*/\1/p' "$work/server.out")
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
"$pims" --state "$work/state" set pims.authentication.user action=login --no-browser </dev/null >"$work/login" 2>"$work/errors" &
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
