#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every row of the reference (tests/data/spec/api.json) by `pims get` and `pims set` against pimsd: it succeeds with the documented result, and every code
# that it lists comes with the documented label. A message is one line on a pipe; PINs and codes go in by standard input only. What is walked here through
# the library is in test_matrix.c.
set -eu
pims=$PIMS_BIN
pimsd=$PIMSD_BIN
reference=$TEST_DATA_DIR/spec/api.json
codes=$TEST_DATA_DIR/spec/errors.json
umask 077
work=$(mktemp -d)
pin=2580
new_pin=1793
first_number=+33612345678
number=0699887766
newline='
'
page_pid=
fail() {
	echo "test_matrix_pims: $*" >&2
	exit 1
}
end() {
	status=$?
	trap - EXIT
	[ -z "$page_pid" ] || kill "$page_pid" 2>/dev/null || true
	sandbox_stop || status=1
	rm -rf "$work"
	exit $status
}
# shellcheck source=scripts/sandbox.sh
. "$SOURCE_DIR/scripts/sandbox.sh"
trap end EXIT

# --- the sandbox

# ask PATH BODY
ask() {
	curl -sS -f --max-time 20 -o "$work/answer" -H 'Content-Type: application/json' -d "$2" "$url$1" || fail "$1 $2"
}
# set_phone NUMBER: of the account; --none takes it away, also one that a call has given it since
set_phone() {
	[ "$1" = --none ] || [ "$phone_now" = --none ] || return 0
	"$pimsd" account set-phone $email "$1" --data "$work/data" </dev/null >"$work/answer" || fail "set-phone $1"
	phone_now=$1
}

# --- calls

# receive COMMAND...: standard input is $input, the message goes to $message and the exit status to $got
receive() {
	message=$(
		got=0
		printf '%s' "$input" | "$pims" --state "$work/$who" "$@" 2>"$work/errors" || got=$?
		printf '.%s' $got
	)
	got=${message##*.}
	message=${message%.*}
}
# call: the row with its parameters; code and PINs are lines of standard input
call() {
	input=
	# shellcheck disable=SC2086 # several words
	set -- $options $verb "$api" $discriminator
	for parameter in $parameters; do
		case $parameter in
		action) set -- "$@" action=refresh ;;
		phoneNumber) set -- "$@" phoneNumber=$number ;;
		*) set -- "$@" "$parameter=-" ;;
		esac
		case $parameter in
		smsCode) input=$input$code$newline ;;
		newPIN) input=$input$new_pin$newline ;;
		oldPIN | pinCode) input=$input$pin$newline ;;
		esac
	done
	receive "$@"
}
# call_wrong VALUE: of every discriminator; without one, they are absent
call_wrong() {
	input=
	wrong=
	for word in $discriminator; do
		wrong="$wrong ${1:+${word%%=*}=$1}"
	done
	# shellcheck disable=SC2086 # several words
	receive $verb "$api" $wrong
}
# visit ANSWER COMMAND...: a call that opens a page. The browser comes back from it with ANSWER in the address; without one, it signs in there
visit() {
	back=$1
	shift
	"$pims" --state "$work/$who" "$@" --no-browser </dev/null >"$work/address" 2>"$work/errors" &
	page_pid=$!
	exec 3<"$work/address"
	read -r address <&3 || fail "$name: no address: $(cat "$work/errors")"
	if [ -z "$back" ]; then
		sign_in "$address"
	else
		redirect=$(printf '%s' "$address" | sed -e 's/.*[?&]redirect_uri=\([^&]*\).*/\1/' -e 's/%3A/:/g' -e 's/%2F/\//g')
		state=$(printf '%s' "$address" | sed 's/.*[?&]state=\([^&]*\).*/\1/')
		printf 'url = "%s?state=%s&iss=%s&%s"\n' "$redirect" "$state" "$url" "$back" | curl -sS -f --max-time 20 -K - -o "$work/page" ||
			fail "$name: the program does not wait at $redirect"
	fi
	got=0
	wait "$page_pid" || got=$?
	page_pid=
	message=$(
		cat <&3
		printf .
	)
	message=${message%.}
	exec 3<&-
}
login() {
	visit '' set pims.authentication.user action=login
	succeeded 4
}

# --- answers

one_line() {
	case ${message%"$newline"} in
	*"$newline"* | "$message") fail "$name: not one line: $message $(cat "$work/errors")" ;;
	esac
}
# succeeded ROW
succeeded() {
	one_line
	[ "$got" = 0 ] || fail "$name: exit status $got: $message $(cat "$work/errors")"
	printf '%s' "$message" | jq -e --argjson row "$1" --slurpfile reference "$reference" '
		def fits($kind):
			if $kind == "boolean" then type == "boolean"
			elif $kind | startswith("array") then type == "array" and all(.[]; type == "string")
			elif $kind | contains(" | ") then IN($kind | split(" | ")[])
			else type == "string" and . != "" end;
		$reference[0].rows[$row].result as $documented | .result as $result |
		keys == ["result", "status", "transactionId"] and .status == "SUCCEEDED" and (.transactionId | fits("string")) and
		if $documented == null then $result == null
		else ($result | keys) == ($documented | keys) and all($documented | to_entries[]; .value as $kind | $result[.key] | fits($kind)) end
	' >"$work/verdict" || fail "$name: not as documented: $message"
}
# failed CODE EXIT_STATUS
failed() {
	one_line
	printf '%s' "$message" | jq -e --argjson code "$1" --slurpfile codes "$codes" '
		($codes[0].errors[] | select(.code == $code).label) as $text | ($text | sub("\\[.*"; "")) as $head |
		keys == ["error", "status", "transactionId"] and .status == "FAILED" and .error.code == $code and
		(.error.label | . == $text or ($head != $text and startswith($head) and (contains("[") | not)))
	' >"$work/verdict" || fail "$name: $1 wanted: $message $(cat "$work/errors")"
	[ "$got" = "$2" ] || fail "$name: $1 with exit status $got instead of $2"
	answered=$((answered + 1))
}

# --- rows

# plan: what the row $name needs besides its table: who calls, the purpose of its SMS code, the account's number, which of the server's calls a fault is for
plan() {
	who=enrolled purpose='' phone_before=$first_number fault='' wanted=1
	case $name in
	"get token "*) fault=token ;;
	"set user logout") who=signed_in fault=logout ;;
	"set user "*) who=signed_in ;;
	"set smscode enrollment" | "set enrollment enroll") who=signed_in purpose=enrollment fault=confirm ;;
	"set smscode addPhoneNumber") purpose=phoneNumberCertification phone_before=--none ;;
	"set smscode modifyPhoneNumber") purpose=phoneNumberCertification fault=proof ;;
	"set enrollment enrollWithPhoneNumber") who=signed_in purpose=phoneNumberCertification phone_before=--none ;;
	"set pincode reset") purpose=resetPIN fault=pincode ;;
	"set pincode update") fault=pincode ;;
	"get otp "*) fault=otp ;;
	esac
}
prepare() {
	code=12345678
	set_phone "$phone_before"
	[ -n "$purpose" ] || return 0
	input=
	# shellcheck disable=SC2046 # one word or none
	receive get pims.authentication.smscode type=$purpose $([ $purpose != phoneNumberCertification ] || echo phoneNumber=$number)
	[ "$got" = 0 ] || fail "$name: no SMS: $message"
	code=$(sms_code $purpose)
}
enrol() {
	who=enrolled purpose=enrollment
	prepare
	printf '%s\n%s\n' "$code" $pin | "$pims" --state "$work/$who" enroll --sms-code-stdin --pin-stdin >"$work/answer" 2>"$work/errors" ||
		fail "enroll: $(cat "$work/errors")"
}

# provoke CODE: by the server, on this row's next call
provoke() {
	prepare
	cp "$work/$who/state" "$work/kept"
	count=1 asked=$1 options=
	case $1 in
	2000) asked=2204 ;; # rows of otp list no 2204
	2201) options='--timeout 1' ;;
	2311) count=3 ;; # the client sets out once more by itself when the states differ
	esac
	case $1 in
	2301 | 2307 | 2390) call= ;;
	*) call=$fault ;;
	esac
	ask /sandbox/faults "{\"code\": $asked, \"count\": $count${call:+, \"call\": \"$call\"}}"
	call
	options=
	failed "$1" 1
	ask /sandbox/faults/clear '{}'
	if [ "$name" = "set user logout" ]; then
		login
	else
		cp "$work/kept" "$work/$who/state"
	fi
}
# answer CODE: the row comes to it
answer() {
	case $1 in
	2001) who=nobody wanted=3 ;;
	2006) who=broken wanted=3 ;;
	2301) who=signed_out ;;
	2344) who=bare ;;
	esac
	case $1 in
	2101) call_wrong '' ;;
	2102) call_wrong nonsense ;;
	2368) visit error=access_denied "$verb" "$api" "$discriminator" ;;
	2001 | 2006 | 2301 | 2344) call ;;
	*)
		provoke "$1"
		return 0
		;;
	esac
	failed "$1" $wanted
}
# succeed ROW: and back to where the next one starts
succeed() {
	prepare
	case $name in
	"set user login" | "set user forcedLogin") visit '' "$verb" "$api" "$discriminator" ;;
	"set user logout") call ;;
	"set user "*) visit result=done "$verb" "$api" "$discriminator" ;;
	*) call ;;
	esac
	succeeded "$1"
	case $name in
	"set pincode update") pin=$new_pin ;;
	"set user logout") login ;;
	"set enrollment remove") enrol ;;
	esac
}

# --- the walk

# shellcheck disable=SC2034 # read in scripts/sandbox.sh
sandbox_options='--sms-cooldown 0 --sms-per-hour 1000 --sms-per-number 1000 --sms-per-address 1000'
name=start options='' answered=0 phone_now=$first_number phone_before=$first_number
mkfifo "$work/address"
sandbox_start
"$pims" --state "$work/signed_out" init --backend "$url" 2>"$work/errors" || fail "init: $(cat "$work/errors")"
for who in bare broken signed_in enrolled; do
	cp -r "$work/signed_out" "$work/$who"
done
jq 'del(.credential.macID)' "$work/signed_out/config.json" >"$work/bare/config.json"
for who in signed_in enrolled; do
	login
done
enrol
cp "$work/enrolled/key" "$work/broken/key"
printf '%064d' 0 >"$work/broken/state"

jq -r '.rows[] | (.discriminator | to_entries | map("\(.key)=\(.value)")) as $by |
	[([.verb, (.api | split(".")[-1]), (.discriminator | .type // .action // empty)] | join(" ")), .verb, .api, ($by | join(" ")),
	([.parameters[] | select(.required or .name == "smsCode").name] | join(" ")), (.errors | map(tostring) | join(" "))] | join("|")' \
	"$reference" >"$work/rows"
[ "$(wc -l <"$work/rows")" = 31 ] || fail "not 31 rows"
row=0
while IFS='|' read -r name verb api discriminator parameters errors; do
	code=12345678
	for listed in $errors; do
		plan
		answer "$listed"
	done
	plan
	succeed $row
	row=$((row + 1))
done <"$work/rows"
[ $row = 31 ] || fail "$row rows succeeded"
listed=$(jq '[.rows[].errors[]] | length' "$reference")
[ "$answered" = "$listed" ] && [ "$listed" = 237 ] || fail "$answered of $listed listed errors came"
