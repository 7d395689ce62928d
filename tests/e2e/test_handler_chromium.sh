#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `pims login` with a real browser: Chromium signs in at pimsd, is redirected to mymap://…, and has the desktop open it; the registered handler brings it back. Nobody
# pastes anything. Skipped (77) where there is no Chromium, Node.js or xdg-utils (scripts/deps test browser). The handler itself is in test_handler.sh.
set -eu
umask 077
for name in chromium chromium-browser google-chrome; do
	chromium=$(command -v $name) && break
done
if [ -z "$chromium" ] || ! command -v node >/dev/null || ! command -v xdg-mime >/dev/null; then
	echo "skipped: needs chromium, node and xdg-utils (scripts/deps test browser)"
	exit 77
fi
pimsd=$PIMSD_BIN
work=$(mktemp -d)
fail() {
	echo "test_handler_chromium: $*" >&2
	cat "$work"/*.err >&2
	exit 1
}
# The browser ends when $work/done is there, and tells it.
end() {
	status=$?
	trap - EXIT
	: >"$work/done"
	while [ -e "$work/browser.begun" ] && ! [ -e "$work/browser.ended" ]; do
		sleep 0.1
	done
	sandbox_stop || status=1
	rm -rf "$work"
	exit $status
}
# shellcheck source=scripts/sandbox.sh
. "$SOURCE_DIR/scripts/sandbox.sh"
trap end EXIT

mkdir "$work/home" "$work/run" "$work/system"
export HOME="$work/home" XDG_DATA_HOME="$work/home/data" XDG_CONFIG_HOME="$work/home/config" XDG_STATE_HOME="$work/home/state"
export XDG_RUNTIME_DIR="$work/run" XDG_DATA_DIRS="$work/system" XDG_CONFIG_DIRS="$work/system" XDG_CURRENT_DESKTOP=X-Generic
export DISPLAY=:99 BROWSER="$work/browser" work SOURCE_DIR chromium # headless: the display is for xdg-open, which looks whether there is one
unset WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS
cat >"$work/browser" <<'END2'
#!/bin/sh
case $1 in
mymap:*) # xdg-open found no handler
	echo "$1" >>"$work/unopened.err"
	exit 0
	;;
esac
: >"$work/browser.begun"
node "$SOURCE_DIR/tests/e2e/handler.js" "$1" "$chromium" "$work/done" 2>"$work/browser.err"
: >"$work/browser.ended"
END2
chmod +x "$work/browser"

sandbox_start
echo demo >"$work/client-secret"
"$PIMS_BIN" init --backend "$url" --client-id demo --client-secret-file "$work/client-secret" --redirect-uri mymap://oauth2redirect/fr 2>"$work/init.err" ||
	fail "init"
"$PIMS_BIN" login --wait 100 </dev/null 2>"$work/login.err" || fail "login: $?"
grep -q 'signed in as demo@example.com' "$work/login.err" || fail "nobody is signed in"
grep -q 'brings the answer back here' "$work/login.err" || fail "without the handler"
[ ! -e "$work/unopened.err" ] || fail "the handler was not found"
[ -z "$(find "$work/home" "$work/run" -name '*mymap*' ! -name '*.lock')" ] || fail "something is left"
"$PIMS_BIN" whoami
