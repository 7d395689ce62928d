#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every command of docs/usage.md works: its blocks of "sh", and the ExecStart of its units, run one after the other against a sandbox. A wrapper of pims is the
# person at the keyboard, who reads the SMS and remembers the PIN; another one is the browser. Comments in front of a block say what the reader's state is.
set -eu
guide=${1:-$SOURCE_DIR/docs/usage.md}
pims=$PIMS_BIN
pimsd=$PIMSD_BIN
sandbox_options="--sms-cooldown 0"
umask 077
work=$(mktemp -d)
fail() {
	echo "test_usage: $*" >&2
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
mkdir "$work/bin" "$work/blocks" "$work/home"
echo 4739 >"$work/pin"
echo "$email" >"$work/email"
echo "$password" >"$work/password"

# --- the reader --------------------------------------------------------------------------------------------------------------------

cat >"$work/bin/browser" <<'END'
#!/bin/sh
fail() {
	echo "browser: $*" >>"$work/browser.err"
	exit 1
}
. "$SOURCE_DIR/scripts/sandbox.sh"
email=$(cat "$work/email")
password=$(cat "$work/password")
# what the person types into a field
typed() {
	case $1 in
	username) case $page in */create*) echo friend@example.com ;; *) echo "$email" ;; esac ;;
	password | password2) case $page in */create*) echo a-friends-password ;; *) echo "$password" ;; esac ;;
	email) echo moved@example.com | tee "$work/email" ;;
	new_password | new_password2) echo another-password | tee "$work/password" ;;
	code) curl -sS -f "$url/sandbox/mail" | jq -r '[.messages[] | select(.code)][-1].code' ;;
	esac
}
# walk PAGE: an account page, form after form, until it leads back to the program
walk() {
	page=$1
	printf 'url = "%s"\n' "$page" >"$work/post"
	for step in 1 2 3 4; do
		shown=$(curl -sS -L --max-time 20 -H "Origin: $url" -b "$work/cookies" -c "$work/cookies" -K "$work/post" -o "$work/page" -w '%{url_effective}')
		case $shown in
		"$url"/*) ;;
		*) exit 0 ;;
		esac
		tr '\n' ' ' <"$work/page" | sed 's/</\n</g' >"$work/tags"
		grep '^<form' "$work/tags" >"$work/form" || fail "no form on $shown: $(cat "$work/page")"
		printf 'url = "%s"\n' "$url$(attribute action <"$work/form")" >"$work/post"
		grep '^<input' "$work/tags" | while read -r tag; do
			name=$(printf '%s' "$tag" | attribute name)
			case $tag in
			*'type="hidden"'*) field "$name" "$(printf '%s' "$tag" | attribute value)" ;;
			*) field "$name" "$(typed "$name")" ;;
			esac
		done >>"$work/post"
	done
	fail "too many pages: $(cat "$work/page")"
}
case $1 in
*/authorize*) sign_in "$1" ;;
*) walk "$1" ;;
esac
END

# What the terminal asks is answered; where a script feeds pims itself, it is left alone
cat >"$work/bin/pims" <<'END'
#!/bin/sh
set -eu
fail() {
	echo "$*" >&2
	exit 1
}
. "$SOURCE_DIR/scripts/sandbox.sh"
if ! [ -c /dev/stdin ]; then
	exec timeout 30 "$PIMS_BIN" "$@"
fi
answer=$work/answer.$$
case " $* " in
*" phone set "*)
	last=$(curl -sS -f "$url/sandbox/sms" | jq '[.messages[].id] | max // 0')
	{
		until curl -sS -f "$url/sandbox/sms?after=$last" | jq -e -r '[.messages[] | select(.purpose == "phoneNumberCertification")][0].code'; do
			sleep 0.1
		done | grep -v null
	} | timeout 30 "$PIMS_BIN" "$@"
	exit
	;;
*" enroll "*) { sms_code enrollment; cat "$work/pin"; } >"$answer" ;;
*" otp --pin "*) cat "$work/pin" >"$answer" ;;
*" pin reset "*) { sms_code resetPIN; echo 5820 | tee "$work/pin"; } >"$answer" ;;
*" pin update "*) { cat "$work/pin"; echo 6931 | tee "$work/pin"; } >"$answer" ;;
*) exec timeout 30 "$PIMS_BIN" "$@" ;;
esac
exec timeout 30 "$PIMS_BIN" "$@" <"$answer"
END

# The sandbox runs already; a server for production is started, and ended when it listens
cat >"$work/bin/pimsd" <<'END'
#!/bin/sh
set -eu
case "$*" in
"account add "*)
	exec "$PIMSD_BIN" "$@" --password-stdin --password-min 8 <"$work/password"
	;;
account* | client* | key*) exec "$PIMSD_BIN" "$@" ;;
*--sandbox*) exit 0 ;;
esac
rm -f "$work/served"
mkfifo "$work/served"
"$PIMSD_BIN" $(echo "$*" | sed -e 's/--listen [^ ]*/--listen 127.0.0.1:0/' -e 's,https://id\.example\.com,http://127.0.0.1:9,') >"$work/served" &
head -n 1 "$work/served" | grep 'listening on'
kill $!
wait $! || true
END
chmod +x "$work/bin"/*

new_device() {
	XDG_STATE_HOME=$(mktemp -d "$work/home/XXXXXX")
	export XDG_STATE_HOME
}
# run FILE
run() {
	(cd "$work/home" && sh -eu "$1" </dev/null >"$work/output" 2>&1)
}
# reader COMMAND: outside of the guide
reader() {
	echo "$1" >"$work/reader"
	run "$work/reader" || fail "$1: $(cat "$work/output")"
}
sign_in_here() {
	reader "pims init --backend $url && pims login"
}
enrol_here() {
	reader "pims sms enrollment && pims enroll"
}

# --- the guide ---------------------------------------------------------------------------------------------------------------------

# blocks/N.sh, blocks/N.state: what the comment in front of it says
awk -v out="$work/blocks/" '
	/^```/ && open { open = 0; close(file); next }
	/^<!-- test: / { state = $0; sub(/^<!-- test: /, "", state); sub(/ *-->.*/, "", state); next }
	/^```(sh|ini)$/ { open = 1; unit = $0 ~ /ini/; file = sprintf("%s%03d.sh", out, ++n); printf "" >file
		print state >(file ".state"); close(file ".state"); state = ""; next }
	/^```/ { open = 1; file = ""; next }
	open && file != "" && !unit { print >file }
	open && file != "" && unit && sub(/^ExecStart=/, "") { print >file }' "$guide"
[ "$(ls "$work/blocks" | wc -l)" -ge 60 ] || fail "the guide has lost its commands"

sandbox_start
export PATH="$work/bin:$PATH" BROWSER="$work/bin/browser" work url SOURCE_DIR PIMS_BIN PIMSD_BIN CREDENTIALS_DIRECTORY="$work"
unset DISPLAY WAYLAND_DISPLAY
new_device
first=$XDG_STATE_HOME
# the guide's own lines that choose the program would choose another one
sed -i -e "s|http://127.0.0.1:8480|$url|g" -e "s|/var/lib/pimsd|$work/production|g" -e '/^export PATH=/d' "$work"/blocks/*.sh

# prepare STATE: brings the reader where the block expects him
prepare() {
	case $1 in
	'' | fails) ;;
	'no phone number') reader "pimsd account set-phone $email --none --data $work/data" ;;
	'new device') # and no place for it
		for i in 1 2 3 4; do
			new_device
			sign_in_here
			enrol_here
		done
		new_device
		;;
	'new device, signed in')
		new_device
		sign_in_here
		;;
	*) fail "what does \"$1\" mean?" ;;
	esac
}

count=0
for block in "$work"/blocks/*.sh; do
	state=$(cat "$block.state")
	prepare "$state"
	sed -i "s/4739/$(cat "$work/pin")/" "$block" # the PIN that the reader has by now
	status=0
	run "$block" || status=1
	case $state in
	fails) [ $status = 1 ] || fail "this should fail: $(cat "$block")" ;;
	*) [ $status = 0 ] || fail "$(cat "$block" "$work/output" "$work/browser.err" 2>/dev/null)" ;;
	esac
	count=$((count + 1))
done
[ -d "$first" ]
echo "$count blocks"
