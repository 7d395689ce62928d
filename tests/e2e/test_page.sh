#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The sandbox's page in headless Chromium, live. Skipped (77) where there is no Chromium or Node.js (scripts/deps browser). With
# SCREENSHOTS=1 there are pictures in $BUILD_DIR/screenshots.
set -eu
for name in chromium chromium-browser google-chrome; do
	chromium=$(command -v $name) && break
done
if [ -z "$chromium" ] || ! command -v node >/dev/null; then
	echo "skipped: needs chromium and node (scripts/deps browser)"
	exit 77
fi
work=$(mktemp -d)
mkdir -p "$BUILD_DIR/screenshots"
"$PIMSD_BIN" --sandbox --listen 127.0.0.1:0 --data "$work/data" >"$work/out" 2>&1 &
pid=$!
trap 'kill $pid 2>/dev/null; wait $pid 2>/dev/null; rm -rf "$work"' EXIT
tries=0
until url=$(sed -n 's/^listening on //p' "$work/out") && [ -n "$url" ]; do
	tries=$((tries + 1))
	if [ $tries -gt 300 ] || ! kill -0 $pid; then
		cat "$work/out"
		exit 1
	fi
	sleep 0.1
done
node "$SOURCE_DIR/tests/e2e/page.js" "$url" "$chromium" "$BUILD_DIR/screenshots"
