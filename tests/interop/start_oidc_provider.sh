#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# npm's oidc-provider with a private authority, for a test that ends it by its process id: sh start_oidc_provider.sh DIRECTORY [MORE]
# Makes in DIRECTORY: ca.pem, server.pem, server.key, secret, settings.json. MORE is what oidc_provider.mjs calls so, in JSON. With a settings.json in DIRECTORY
# it starts the same one again. Prints what oidc_provider.mjs does, or one line "skipped: ...", and ends with the status for CTest.
set -eu
directory=$1
more=${2:-"{}"}
: "${SOURCE_DIR:=$(cd "$(dirname "$0")/../.." && pwd)}"
# shellcheck source=tests/interop/lib.sh
. "$SOURCE_DIR/tests/interop/lib.sh"
need_commands openssl
need_node_modules

# settings: everything anew
settings() {
	make_authority "$directory"
	ports=$(free_ports 2)
	port=${ports% *}
	redirect=http://127.0.0.1:${ports#* }/callback
	secret=$(openssl rand -base64 24)+/:%
	printf '%s' "$secret" >"$directory/secret"
	cat >"$directory/settings.json" <<-END
		{"port": $port, "ca": "$directory/ca.pem", "cert": "$directory/server.pem", "key": "$directory/server.key", "redirect": "$redirect", "secret": "$secret", "more": $more}
	END
}
[ -e "$directory/settings.json" ] || settings
export NODE_EXTRA_CA_CERTS="$directory/ca.pem"
case $(node --version) in
v18.*) exec node --no-warnings "$SOURCE_DIR/tests/interop/oidc_provider.mjs" "$directory/settings.json" ;;
*) exec node "$SOURCE_DIR/tests/interop/oidc_provider.mjs" "$directory/settings.json" ;;
esac
