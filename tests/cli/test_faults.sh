#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Bad surroundings: nobody there, a silent host, a broken state, several programs at once, a full pipe. Each gets its documented code and exit
# status, and nothing is lost.
set -eu
pims=$PIMS_BIN
pimsd=$PIMSD_BIN
umask 077
work=$(mktemp -d)
login_pid=
silent_pid=
fail() {
	echo "test_faults: $*" >&2
	exit 1
}
end() {
	status=$?
	trap - EXIT
	for pid in $login_pid $silent_pid; do
		kill "$pid" 2>/dev/null || true
	done
	sandbox_stop || status=1
	rm -rf "$work"
	exit $status
}
# shellcheck source=scripts/sandbox.sh
. "$SOURCE_DIR/scripts/sandbox.sh"
trap end EXIT

# word EXIT_STATUS WORD...
word() {
	wanted=$1
	shift
	got=0
	"$pims" --state "$work/state" "$@" </dev/null >"$work/output" 2>"$work/errors" || got=$?
	[ $got = "$wanted" ] || fail "pims $*: exit status $got instead of $wanted: $(cat "$work/output" "$work/errors")"
}
has() {
	grep -q -e "$2" "$1" || fail "no \"$2\" in: $(cat "$1")"
}

# nobody listens at port 1
word 1 init --backend http://127.0.0.1:1
has "$work/errors" '2202, network.unreachable'
[ ! -e "$work/state/config.json" ] || fail "a configuration was written"
word 3 get pims.sdk.version
has "$work/output" '"code":2001,"label":"Facade not initialized"'

sandbox_start
word 0 init --backend "$url"
mkfifo "$work/address"
"$pims" --state "$work/state" login --no-browser </dev/null >"$work/address" 2>"$work/errors" &
login_pid=$!
exec 3<"$work/address"
read -r address <&3 || fail "no address"
sign_in "$address"
wait "$login_pid" || fail "login: $(cat "$work/errors")"
login_pid=
exec 3<&-

# several at once wait for each other: every one gets a token, and the session survives
pids=
for i in 1 2 3 4 5 6; do
	"$pims" --state "$work/state" token cvs --refresh </dev/null >"$work/token.$i" 2>"$work/token.$i.errors" &
	pids="$pids $!"
done
for pid in $pids; do
	wait "$pid" || fail "one of six: $(cat "$work"/token.*.errors)"
done
[ -s "$work/token.6" ]
word 0 token

# an interrupted sign-in ends with 130 and leaves the session
"$pims" --state "$work/state" login --no-browser </dev/null >"$work/address" 2>"$work/errors" &
login_pid=$!
exec 3<"$work/address"
read -r address <&3 || fail "no address"
kill -TERM "$login_pid"
got=0
wait "$login_pid" || got=$?
login_pid=
exec 3<&-
[ $got = 143 ] || fail "exit status $got after SIGTERM"
word 0 whoami

# standard output that cannot be written is no success
got=0
"$pims" --state "$work/state" whoami >/dev/full 2>"$work/errors" || got=$?
[ $got = 3 ] || fail "exit status $got with a full disk as output"

# a state that cannot be used: named, and not touched
cp "$work/state/state" "$work/good"
size=$(wc -c <"$work/good")
for length in 1 $((size / 2)) $((size - 1)); do
	head -c "$length" "$work/good" >"$work/state/state"
	word 3 whoami
	has "$work/errors" "$work/state"
	[ "$(wc -c <"$work/state/state")" = "$length" ] || fail "the broken state was overwritten"
done
cp "$work/good" "$work/state/state"
mv "$work/state/key" "$work/key"
head -c "$(wc -c <"$work/key")" /dev/zero | tr '\0' 'a' >"$work/state/key"
word 3 whoami
has "$work/errors" 'state\.'
cmp -s "$work/good" "$work/state/state" || fail "the state was overwritten"
mv "$work/key" "$work/state/key"
word 0 whoami

# the server has gone
sandbox_stop
word 1 phone
has "$work/errors" '2202, network.unreachable'
word 1 logout
word 1 whoami
