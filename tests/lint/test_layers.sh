#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A layer includes only what stands below it (ARCHITECTURE.md), and the library nothing of cli/ and server/.
set -eu
cd "$SOURCE_DIR"
bad=$(mktemp)
trap 'rm -f "$bad"' EXIT

# refuse FOLDER LAYER...: no file of src/FOLDER may include a LAYER
refuse() {
	folder=$1
	shift
	[ -d "src/$folder" ] || return 0
	for layer; do
		grep -rnE "^[[:space:]]*#[[:space:]]*include[[:space:]]+\"(src/|\.\./)*$layer/" "src/$folder" >>"$bad" || true
	done
}
refuse base jose platform dpop inwebo strong identity facade server cli
refuse jose platform dpop inwebo strong identity facade server cli
refuse platform dpop inwebo strong identity facade server cli
refuse dpop inwebo strong identity facade server cli
refuse inwebo dpop strong identity facade server cli
refuse strong dpop identity facade server cli
refuse identity facade server cli
refuse facade server cli
# the server stands on the lower layers, the command line on the public headers and the lower ones; neither on the other
for pair in "server strong" "server identity" "server facade" "server cli" "cli server"; do
	from=${pair% *}
	grep -rnE "^[[:space:]]*#[[:space:]]*include[[:space:]]+\"(src/|\.\./)*${pair#* }/" "$from" >>"$bad" || true
done
# public headers include nothing of others
grep -rnE '#[[:space:]]*include' include/pims | grep -vE '<(pims/[a-z]+|stddef|stdint)\.h>' >>"$bad" || true
if [ -s "$bad" ]; then
	echo "includes against the layers:"
	cat "$bad"
	exit 1
fi
[ -n "$(find src -name '*.c')" ]
