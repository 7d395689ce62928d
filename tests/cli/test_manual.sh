#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The manual page names every command and option that the program has, and the completion script is one that bash can read.
set -eu
page=$(sed 's/\\-/-/g' "$SOURCE_DIR/man/pims.1")
missing=0
need() {
	case $page in
	*"$1"*) ;;
	*)
		echo "man/pims.1 does not name $1" >&2
		missing=1
		;;
	esac
}
commands=$("$PIMS_BIN" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
[ "$(echo "$commands" | wc -l)" -ge 18 ]
for command in $commands; do
	need "$command"
	for option in $("$PIMS_BIN" "$command" --help | sed -n 's/^  \(--[a-z-]*\).*/\1/p'); do
		need "$option"
	done
done
[ $missing = 0 ]

if command -v bash >/dev/null; then
	"$PIMS_BIN" completion bash | bash -n
	words=$(bash -c 'eval "$("$PIMS_BIN" completion bash)"; COMP_WORDS=(pims get pims.authentication.token ty); COMP_CWORD=3; _pims; echo "${COMPREPLY[@]}"')
	[ "$words" = "type= type=" ] || [ "$words" = "type= type= type=" ] || { echo "completion: $words" >&2; exit 1; }
fi
