#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The everyday words from init to logout over a real server, as talkative as they can be: no PIN, code, password, token, OTP or key occurs in a log, an
# error, a help text, an argument, or a file but the sealed one.
set -eu
pims=$PIMS_BIN
pimsd=$PIMSD_BIN
umask 077
work=$(mktemp -d)
secrets=$work/secrets
pin=80417263
login_pid=
fail() {
	echo "test_secrets: $*" >&2
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
: >"$work/log"
: >"$secrets"

# word EXIT_STATUS WORD...: standard input is $work/input, standard output goes to $work/output, the rest to the log
word() {
	wanted=$1
	shift
	got=0
	[ -e "$work/input" ] || : >"$work/input"
	"$pims" --verbose --state "$work/state" "$@" <"$work/input" >"$work/output" 2>>"$work/log" || got=$?
	rm -f "$work/input"
	[ $got = "$wanted" ] || fail "pims $*: exit status $got instead of $wanted: $(tail -n 5 "$work/log")"
}
# keep SECRET: it must occur nowhere
keep() {
	[ ${#1} -ge 4 ] || fail "a secret of ${#1} characters"
	printf '%s\n' "$1" >>"$secrets"
}

sandbox_start
keep "$pin"
keep 80417264
keep "$password"

word 3 whoami
word 0 init --backend "$url"
word 1 whoami
word 0 status
grep -q '^signed in *no$' "$work/output"

# sign in, with the redirect pasted instead of followed
mkfifo "$work/address" "$work/paste"
"$pims" --verbose --state "$work/state" login --no-browser <"$work/paste" >"$work/address" 2>>"$work/log" &
login_pid=$!
exec 4>"$work/paste" 3<"$work/address"
read -r address <&3 || fail "no address"
echo 'http://127.0.0.1/callback?code=stolen-code&state=wrong-state' >&4
keep stolen-code
sign_in "$address"
wait "$login_pid" || fail "login: $(tail -n 5 "$work/log")"
login_pid=
[ -z "$(cat <&3)" ] || fail "more than the address on standard output"
exec 3<&- 4>&-
keep "$(printf '%s' "$address" | sed 's/.*[?&]state=\([^&]*\).*/\1/')"
grep -q "signed in as $email" "$work/log"

word 0 whoami
[ "$(cat "$work/output")" = "$email" ]
word 0 token
keep "$(cat "$work/output")"
first=$(cat "$work/output")
word 0 token id --refresh
keep "$(cat "$work/output")"
[ "$(cat "$work/output")" != "$first" ]
word 0 token cvs
keep "$(cat "$work/output")"
word 0 phone
[ "$(cat "$work/output")" = "$phone" ]

word 1 otp
word 0 sms enrollment
code=$(sms_code enrollment)
keep "$code"
printf '00000000\n%s\n' "$pin" >"$work/input"
word 1 enroll --sms-code-stdin --pin-stdin
printf '%s\n%s\n' "$code" "$pin" >"$work/input"
word 0 enroll --sms-code-stdin --pin-stdin
word 0 enroll
grep -q already "$work/output"
word 0 otp
keep "$(cat "$work/output")"
echo 80417264 >"$work/input"
word 1 otp --pin
printf '%s' "$pin" >"$work/pin"
word 0 otp --pin-file "$work/pin"
rm "$work/pin"
keep "$(cat "$work/output")"
echo "$pin" >"$work/input"
word 0 get pims.authentication.otp action=withPIN pinCode=-
keep "$(jq -r .result.otp "$work/output")"
jq -n --arg pin "$pin" '{action: "withPIN", pinCode: $pin}' >"$work/input"
word 0 get pims.authentication.otp --json -
keep "$(jq -r .result.otp "$work/output")"
word 2 get pims.authentication.otp action=withPIN "pinCode=$pin"
word 2 get pims.authentication.otp --json "{\"action\":\"withPIN\",\"pinCode\":\"$pin\"}"
word 2 otp --pin "$pin"
word 2 "$pin"
word 2 pin update "$pin"
keep 29180465
printf '%s\n29180465\n' "$pin" >"$work/input"
word 0 pin update
printf '80417264\n30591746\n' >"$work/input"
word 1 pin update
word 0 sms reset-pin
code=$(sms_code resetPIN)
keep "$code"
keep 30591746
printf '%s\n30591746\n' "$code" >"$work/input"
word 0 pin reset
word 0 devices
grep -q 'this device' "$work/output"
word 1 devices remove 1 --yes
word 0 status --json
jq -e '.signedIn and .deviceActivated and .accountBlocked == "NotBlocked"' "$work/output" >/dev/null
cp -r "$work/state" "$work/kept"
word 0 logout
word 1 token
for command in init login account logout whoami status token phone sms enroll pin devices otp get set apis completion help; do
	"$pims" "$command" --help >>"$work/log"
done

[ "$(wc -l <"$secrets")" -ge 12 ] || fail "not all secrets were collected"
# what the sandbox shows by itself on its console: the password, and the SMS with their codes
for place in "$work/log" "$work/server.err" "$work/state" "$work/kept"; do
	if found=$(grep -rlaF -f "$secrets" "$place"); then
		fail "a secret is in $found: $(grep -rhaoF -f "$secrets" "$place" | sort -u)"
	fi
done
grep -vE 'password|[Ss][Mm][Ss]|code' "$work/server.out" >"$work/console" || true
if grep -aF -f "$secrets" "$work/console"; then
	fail "a secret is on the server's console"
fi
