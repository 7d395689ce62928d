#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The demo walks to its end, notices what differs, and leaves nothing behind.
set -eu
if ! [ -x "$PIMS_BIN" ] || ! [ -x "$PIMSD_BIN" ]; then
	echo "pims and pimsd are not built" >&2
	exit 1
fi
mine=$(mktemp -d)
trap 'rm -rf "$mine"' EXIT
mkdir "$mine/tmp" "$mine/build"
export TMPDIR="$mine/tmp"

assert_nothing_left() {
	[ -z "$(ls -A "$mine/tmp")" ] || { echo "left behind: $(ls -A "$mine/tmp")" >&2; exit 1; }
}

"$SOURCE_DIR/scripts/demo.sh" "$BUILD_DIR" >"$mine/output" 2>&1 || { cat "$mine/output" >&2; exit 1; }
grep -q 'every message is as documented' "$mine/output"
grep -q '"status": "NotEnrolled"' "$mine/output"
assert_nothing_left

# differs EXPRESSION: the walk must fail when messages are changed so on their way
differs() {
	cat >"$mine/build/pims" <<END
#!/bin/sh
case "\$*" in *no-browser*) exec "$PIMS_BIN" "\$@" ;; esac
"$PIMS_BIN" "\$@" >"\$0.message" || status=\$?
sed '$1' "\$0.message"
exit \${status:-0}
END
	chmod +x "$mine/build/pims"
	if "$SOURCE_DIR/scripts/demo.sh" "$mine/build" >"$mine/output" 2>&1; then
		echo "the demo did not notice $1" >&2
		exit 1
	fi
	assert_nothing_left
}
ln -s "$PIMSD_BIN" "$mine/build/pimsd"
differs 's/0612345678/0612345679/'
differs 's/NotEnrolled/AlreadyEnrolled/'
differs 's/"result":null/"result":{}/'
differs 's/"code":2301/"code":2302/'
