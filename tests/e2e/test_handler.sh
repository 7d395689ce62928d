#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `pims login` as the desktop's handler of a brand's custom scheme, with the desktop's own tools (xdg-utils, desktop-file-utils) under a home of its own: a browser
# follows pimsd to mymap://… and gives that to xdg-open, which starts the registered handler. Whatever ends the sign-in, nothing of it stays.
set -eu
pims=$PIMS_BIN
pimsd=$PIMSD_BIN
umask 077
work=$(mktemp -d)
login_pid=
fail() {
	echo "test_handler: $*" >&2
	for file in "$work"/*.err; do
		[ ! -s "$file" ] || { echo "--- $file" && cat "$file"; } >&2
	done
	exit 1
}
end() {
	status=$?
	trap - EXIT
	[ -z "$login_pid" ] || kill -9 "$login_pid" 2>/dev/null || true
	sandbox_stop || status=1
	rm -rf "$work"
	exit $status
}
for tool in xdg-open xdg-mime update-desktop-database; do
	command -v $tool >/dev/null || {
		echo "skipped: $tool is missing (scripts/deps test)"
		[ -z "${CI:-}" ] || exit 1
		exit 77
	}
done
# shellcheck source=scripts/sandbox.sh
. "$SOURCE_DIR/scripts/sandbox.sh"
trap end EXIT

# --- the desktop -------------------------------------------------------------------------------------------------------------------

mkdir "$work/home" "$work/run" "$work/bin"
export HOME="$work/home" XDG_DATA_HOME="$work/home/data" XDG_CONFIG_HOME="$work/home/config" XDG_STATE_HOME="$work/home/state"
export XDG_RUNTIME_DIR="$work/run" XDG_CURRENT_DESKTOP=X-Generic DISPLAY=:99 BROWSER="$work/bin/browser" work SOURCE_DIR PIMS_BIN
unset WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS
export XDG_DATA_DIRS="$work/system" XDG_CONFIG_DIRS="$work/system"
entry=$XDG_DATA_HOME/applications/pims-login-mymap.desktop
defaults=$XDG_CONFIG_HOME/mimeapps.list
socket=$XDG_RUNTIME_DIR/pims/mymap.sock
mkdir -p "$XDG_CONFIG_HOME" "$XDG_DATA_HOME/applications"

# The browser: signs in, and opens the address it is sent to. $work/refuse: the person says no; $work/idle: nobody is there; $work/keep: it cannot open the address.
cat >"$work/bin/browser" <<'END2'
#!/bin/sh
fail() {
	echo "browser: $*" >>"$work/browser.err"
	exit 1
}
case $1 in
mymap:*) # xdg-open found no handler
	echo "$1" >>"$work/unopened"
	exit 0
	;;
esac
. "$SOURCE_DIR/scripts/sandbox.sh"
url=$(printf '%s' "$1" | sed 's,^\([a-z]*://[^/]*\).*,\1,')
echo "$1" >"$work/page.url"
xdg-mime query default x-scheme-handler/mymap >"$work/handler"
ls -l "$XDG_RUNTIME_DIR/pims/" >"$work/runtime" 2>&1
[ ! -e "$work/idle" ] || exit 0
if [ -e "$work/refuse" ]; then
	state=$(printf '%s' "$1" | sed -n 's/.*[?&]state=\([^&]*\).*/\1/p')
	target="mymap://oauth2redirect/fr?error=access_denied&state=$state&iss=$(cat "$work/issuer")"
else
	printf 'url = "%s"\n' "$1" | curl -sS -f --max-time 20 -c "$work/cookies" -K - -o "$work/page" || fail "no page"
	tr '\n' ' ' <"$work/page" | sed 's/</\n</g' >"$work/tags"
	grep '^<form' "$work/tags" >"$work/form" || fail "no form"
	{
		printf 'url = "%s"\n' "$url$(attribute action <"$work/form")"
		grep '^<input[^>]*type="hidden"' "$work/tags" | while read -r tag; do
			field "$(printf '%s' "$tag" | attribute name)" "$(printf '%s' "$tag" | attribute value)"
		done
		field username "$email"
		field password "$password"
	} >"$work/post"
	target=$(curl -sS --max-time 20 -H "Origin: $url" -b "$work/cookies" -K "$work/post" -o /dev/null -w '%{redirect_url}') || fail "no redirect"
fi
if [ -e "$work/keep" ]; then
	echo "$target" >"$work/keep.tmp"
	mv "$work/keep.tmp" "$work/target"
	exit 0
fi
xdg-open "$target" 2>>"$work/opened.err" || fail "xdg-open"
END2
chmod +x "$work/bin/browser"

# --- helpers -----------------------------------------------------------------------------------------------------------------------

wait_for() {
	tries=0
	until "$@" 2>/dev/null; do
		tries=$((tries + 1))
		[ $tries -le 600 ] || fail "waited in vain for: $*"
		sleep 0.05
	done
}
shows() {
	grep -q "$1" "$work/login.err"
}
nothing_is_left() {
	[ ! -e "$entry" ] || fail "$1: the entry is still there"
	[ ! -e "$socket" ] || fail "$1: the socket is still there"
	! grep -qs mymap "$defaults" || fail "$1: still in mimeapps.list"
	! grep -qs mymap "$XDG_DATA_HOME/applications/mimeinfo.cache" || fail "$1: still in the cache"
	[ -z "$(find "$XDG_DATA_HOME" "$XDG_CONFIG_HOME" -name '*.??????' ! -name '*.cache' -type f)" ] || fail "$1: a temporary file"
}
# login [OPTION]...: in the background; what it says is in login.err
login() {
	rm -f "$work/cookies" "$work/handler" "$work/target" "$work/page.url"
	: >"$work/login.err"
	[ -e "$work/paste" ] || mkfifo "$work/paste"
	env --default-signal=INT "$pims" login "$@" <>"$work/paste" >"$work/login.out" 2>"$work/login.err" &
	login_pid=$!
}
# ended STATUS WHAT
ended() {
	got=0
	wait "$login_pid" || got=$?
	login_pid=
	[ $got = "$1" ] || fail "$2: exit status $got, not $1"
	nothing_is_left "$2"
}
signed_in() {
	ended 0 "$1"
	grep -q 'signed in as demo@example.com' "$work/login.err" || fail "$1: nobody is signed in"
}

sandbox_start
printf '%s' "$url" | sed -e 's,:,%3A,g' -e 's,/,%2F,g' >"$work/issuer"
echo demo >"$work/client-secret"
"$pims" init --backend "$url" --client-id demo --client-secret-file "$work/client-secret" --redirect-uri mymap://oauth2redirect/fr 2>"$work/init.err" ||
	fail "init"

# --- the ways it ends -----------------------------------------------------------------------------------------------------------------

login
signed_in "the browser brings the code back"
[ "$(cat "$work/handler")" = pims-login-mymap.desktop ] || fail "the handler was $(cat "$work/handler")"
shows 'brings the answer back here' || fail "not told"
grep -q '^srw------- .*mymap.sock' "$work/runtime" || fail "the socket: $(cat "$work/runtime")"
[ ! -e "$work/unopened" ] || fail "xdg-open did not find the handler"

# another application was the default, and is again, letter by letter
mkdir -p "$XDG_DATA_HOME/applications"
printf '[Desktop Entry]\nType=Application\nName=Other\nExec=/bin/false %%u\nMimeType=x-scheme-handler/mymap;\n' >"$XDG_DATA_HOME/applications/other.desktop"
printf '[Added Associations]\nx-scheme-handler/mymap=other.desktop;\n\n[Default Applications]\ntext/html=browser.desktop\nx-scheme-handler/mymap=other.desktop;\n' >"$defaults"
cp "$defaults" "$work/defaults"
login
got=0
wait "$login_pid" || got=$?
login_pid=
[ $got = 0 ] || fail "with another default: $got"
[ "$(cat "$work/handler")" = pims-login-mymap.desktop ] || fail "the handler was $(cat "$work/handler")"
[ ! -e "$entry" ] || fail "the entry is still there"
cmp "$defaults" "$work/defaults" || fail "mimeapps.list has changed"
[ "$(xdg-mime query default x-scheme-handler/mymap)" = other.desktop ] || fail "the default is not what it was"
rm "$XDG_DATA_HOME/applications/other.desktop" "$defaults"
update-desktop-database "$XDG_DATA_HOME/applications"

# the person pastes, whichever is first
: >"$work/keep"
login
wait_for test -s "$work/target"
[ -e "$entry" ] || fail "no handler while it waits"
cat "$work/target" >"$work/paste"
signed_in "pasted"

# somebody else's address is refused, and it goes on waiting; so is one that is no address, or too long
login
wait_for test -s "$work/target"
wait_for test -S "$socket"
for wrong in 'mymap://oauth2redirect/fr?code=stolen&state=guessed' 'mymap://oauth2redirect/de?code=1' 'mymap:nonsense' "mymap://oauth2redirect/fr?code=$(head -c 8000 /dev/zero | tr '\0' x)"; do
	"$pims" redirect "$wrong" 2>"$work/redirect.err" || fail "a refusal must not start the browser again"
	grep -qE 'has not asked|no address' "$work/redirect.err" || fail "not refused"
	! grep -q 'code=' "$work/redirect.err" || fail "the code is repeated"
done
# one that connects and says nothing makes room; one that says too much is refused
cat >"$work/peer.pl" <<'END3'
use Socket;
my $s;
socket($s, AF_UNIX, SOCK_SEQPACKET, 0) && connect($s, sockaddr_un($ARGV[0])) or die "peer: $!";
open(my $mark, '>', $ARGV[2]) or die; close $mark;
send($s, 'mymap://oauth2redirect/fr?' . 'x' x $ARGV[1], 0) if $ARGV[1];
my $n = sysread($s, my $answer, 1);
print defined $n && $n ? $answer : 'closed';
END3
perl "$work/peer.pl" "$socket" 0 "$work/connected" >"$work/silent" 2>"$work/silent.err" &
silent_pid=$!
wait_for test -e "$work/connected"
[ "$(perl "$work/peer.pl" "$socket" 20000 "$work/long")" = 0 ] || fail "a long message was taken"
wait $silent_pid
[ "$(cat "$work/silent")" = closed ] || fail "a silent peer was kept: $(cat "$work/silent" "$work/silent.err")"
"$pims" redirect 'http://127.0.0.1/?code=1' 2>"$work/redirect.err"
grep -q 'no sign-in' "$work/redirect.err" || fail "another scheme was taken"
kill -0 "$login_pid" || fail "it ended"

# a second one at the same time is told, and leaves the first alone
"$pims" --profile second init --backend "$url" --client-id demo --client-secret-file "$work/client-secret" --redirect-uri mymap://oauth2redirect/fr 2>"$work/init.err"
first=$(cat "$work/target")
rm "$work/target"
"$pims" --profile second login --wait 60 <>"$work/paste" 2>"$work/second.err" &
second_pid=$!
wait_for test -s "$work/target"
grep -q 'Another pims waits' "$work/second.err" || fail "the second one was not told"
second=$(cat "$work/target")
"$pims" redirect "$second" 2>"$work/redirect.err"
grep -q 'has not asked' "$work/redirect.err" || fail "the first one took the second one's answer"
kill "$second_pid"
wait "$second_pid" || true
[ -e "$entry" ] || fail "the second one took the first one's handler away"
xdg-open "$first"
signed_in "the first one, after the second"
rm "$work/keep"

# the person says no
: >"$work/refuse"
login
ended 1 "refused"
grep -q agent.canceled "$work/login.err" || fail "refused: $(cat "$work/login.err")"
rm "$work/refuse"

# nobody comes
: >"$work/idle"
login --wait 1
ended 1 "timed out"
for signal in INT TERM HUP; do
	login
	wait_for test -s "$work/handler"
	kill -$signal "$login_pid"
	case $signal in
	INT) ended 130 "Ctrl-C" ;;
	TERM) ended 143 "SIGTERM" ;;
	HUP) ended 129 "SIGHUP" ;;
	esac
done

# killed: the next one takes away what is left, and so does logging out
for next in login logout; do
	login
	wait_for test -s "$work/handler"
	kill -KILL "$login_pid"
	wait "$login_pid" || true
	login_pid=
	[ -e "$entry" ] || fail "killed, and nothing is left: what does this test?"
	case $next in
	login)
		rm "$work/idle"
		login
		signed_in "after a killed one"
		: >"$work/idle"
		;;
	logout)
		"$pims" logout >"$work/logout.out" 2>"$work/logout.err" || fail "logout"
		[ ! -e "$entry" ] || fail "logging out left the entry"
		! grep -qs mymap "$defaults" || fail "logging out left the default"
		rm -f "$socket"
		;;
	esac
done

# --- where it is not wanted, or not possible: as without a desktop -------------------------------------------------------------------

# not_registered WHAT [OPTION]...
not_registered() {
	what=$1
	shift
	login "$@"
	wait_for shows 'paste that page'
	! shows 'brings the answer back' || fail "$what: it says so"
	[ ! -e "$entry" ] && [ ! -e "$socket" ] || fail "$what: registered"
	kill "$login_pid"
	ended 143 "$what"
}
not_registered "--no-handler" --no-handler
(
	unset DISPLAY
	not_registered "no desktop"
)
(
	unset XDG_RUNTIME_DIR
	not_registered "no runtime directory"
)
chmod 755 "$XDG_RUNTIME_DIR"
not_registered "a runtime directory that others can read"
chmod 700 "$XDG_RUNTIME_DIR"
mkdir "$work/few"
for tool in env sh cat sed; do
	ln -s "$(command -v $tool)" "$work/few/$tool"
done
(
	PATH=$work/few:$work/no-xdg
	export PATH
	sleep() { /bin/sleep "$@"; }
	grep() { /bin/grep "$@"; }
	find() { /usr/bin/find "$@"; }
	rm() { /bin/rm "$@"; }
	not_registered "no xdg-utils"
)
"$pims" redirect 'mymap://oauth2redirect/fr?code=1' 2>"$work/redirect.err"
grep -q 'no sign-in waits' "$work/redirect.err" || fail "redirect without a sign-in"
"$pims" --help | grep -q redirect && fail "the help names redirect"

# --- the entry -----------------------------------------------------------------------------------------------------------------------

# a program in a folder with a name that must be quoted
mkdir "$work/a \"b\" \$c"
cp "$pims" "$work/a \"b\" \$c/pims"
(
	pims="$work/a \"b\" \$c/pims"
	LD_LIBRARY_PATH=$(dirname "$PIMS_BIN")
	export LD_LIBRARY_PATH
	login
	wait_for test -s "$work/handler"
	desktop-file-validate "$entry" || fail "the entry is not valid"
	grep -qxF "Exec=\"$work/a \\\\\"b\\\\\" \\\\\$c/pims\" redirect %u" "$entry" || fail "$(cat "$entry")"
	grep -qx 'NoDisplay=true' "$entry" || fail "it would be in the menu"
	kill "$login_pid"
	ended 143 "quoted"
)
echo "the handler came and went"
