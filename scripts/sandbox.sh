# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2034,SC2154
# A sandbox server, its virtual phone, and the browser's part of a sign-in, for the demo and the tests. Who reads this in has set $work (a directory of
# its own), $pimsd (the server's program) and a function fail.

email=demo@example.com
password=demo-password
phone=0612345678
server_pid=

for tool in curl jq; do
	command -v $tool >/dev/null || fail "$tool is missing: scripts/deps demo"
done

# a proxy has no business with our own machine
no_proxy="127.0.0.1,localhost${no_proxy:+,$no_proxy}"
export no_proxy

# sandbox_start: sets $url and $server_pid; what the server prints is in $work/server.out and $work/server.err
sandbox_start() {
	: >"$work/server.out"
	# shellcheck disable=SC2086 # several words
	"$pimsd" --sandbox --listen 127.0.0.1:0 --data "$work/data" ${sandbox_options:-} >"$work/server.out" 2>"$work/server.err" &
	server_pid=$!
	tries=0
	until grep -q 'listening on ' "$work/server.out"; do
		kill -0 "$server_pid" 2>/dev/null || fail "pimsd ended: $(cat "$work/server.err")"
		tries=$((tries + 1))
		[ $tries -le 600 ] || fail "pimsd does not listen"
		sleep 0.05
	done
	url=$(sed -n 's/.*listening on \(http[^ ]*\).*/\1/p' "$work/server.out")
}
# sandbox_stop: the status is the server's
sandbox_stop() {
	[ -n "$server_pid" ] || return 0
	kill "$server_pid" 2>/dev/null || true
	stopped=0
	wait "$server_pid" || stopped=$?
	server_pid=
	return $stopped
}
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
	shown=$(printf 'url = "%s"\n' "$1" | curl -sS -f -L --max-time 20 -b "$work/cookies" -c "$work/cookies" -K - -o "$work/page" -w '%{url_effective}') ||
		fail "no sign-in page"
	case $shown in
	"$url"/*) ;;
	*) return 0 ;; # nobody was asked
	esac
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
		# a browser that is signed in is asked for a yes only
		if grep -q '^<input[^>]*name="password"' "$work/tags"; then
			field username "$email"
			field password "$password"
		fi
	} >"$work/post"
	curl -sS -f -L --max-time 20 -H "Origin: $origin" -b "$work/cookies" -c "$work/cookies" -K "$work/post" -o "$work/page" ||
		fail "the sign-in form was refused"
}
# sms_code PURPOSE: of the newest message on the sandbox's virtual phone
sms_code() {
	curl -sS -f --max-time 20 "$url/sandbox/sms" >"$work/sms" || fail "no list of SMS"
	jq -e -r --arg purpose "$1" '[.messages[] | select(.purpose == $purpose)][-1].code' "$work/sms" || fail "no SMS for $1"
}
