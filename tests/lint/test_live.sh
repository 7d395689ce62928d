#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The live service's addresses stand in one table, in the documentation of the protocol, and in tests that have no network; no client id or secret of anybody stands
# anywhere. What is run (scripts, examples, the guide) makes a brand's profile at most and then calls nothing with it.
set -eu
cd "$SOURCE_DIR"
table=src/base/brand_table.h
hosts=$(sed -n 's,.*https://\([a-z.]*\)/am/oauth2.*,\1,p' $table)
[ "$(echo "$hosts" | wc -l)" -ge 5 ]
status=0
complain() {
	echo "$*"
	status=1
}

# files FOLDER...: what is ours, without what is built
files() {
	find "$@" -path ./build -prune -o -path ./.git -prune -o -type f -print
}
for host in $hosts; do
	domain=${host#*.}
	found=$(files . | xargs grep -lF -e "$host" -e ".$domain" 2>/dev/null || true)
	for file in $found; do
		case ${file#./} in
		$table | docs/PROTOCOL.md | tests/identity/* | tests/facade/test_live*.c | tests/data/live/* | tests/cli/test_alone.c) ;;
		*) complain "$file names $host" ;;
		esac
	done
done
grep -qF 'PIMS_HTTP' tests/support/fake_transport.c # the tests of these folders have that for a network
for file in tests/identity/*.c; do
	! grep -q 'loop_transport_new' "$file" || complain "$file has a real transport"
done
# lines that are run and name a brand: init alone
for file in demo check README.md docs/*.md scripts/* examples/* tests/*/*.sh; do
	[ -f "$file" ] || continue
	[ "$file" != tests/lint/test_live.sh ] || continue
	grep -nE -e '--brand' "$file" | grep -vE 'pims( --profile [a-z]+)? init |^[0-9]+:(\||-|[A-Z`])' >/dev/null && complain "$file: --brand without init"
done
grep -nE '^pims .*--profile live' docs/usage.md | grep -v ' init ' && complain "docs/usage.md calls with the live profile"
exit $status
