#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# npm's oidc-provider with a private authority, for a test that ends it by its process id: sh start_oidc_provider.sh DIRECTORY [basic|post]
# Makes in DIRECTORY: ca.pem, server.pem, server.key, settings.json. `post`: the provider takes client_secret_post alone. Prints "issuer URL",
# "redirect URL" (with a port of its own), and, when it listens, "control URL"; or one line "skipped: ...", and ends with the status for CTest.
set -eu
directory=$1
take=${2:-basic}
: "${SOURCE_DIR:=$(cd "$(dirname "$0")/../.." && pwd)}"
# shellcheck source=tests/interop/lib.sh
. "$SOURCE_DIR/tests/interop/lib.sh"
need_commands openssl
need_node_modules
make_authority "$directory"

ports=$(free_ports 2)
port=${ports% *}
redirect=http://127.0.0.1:${ports#* }/callback
secret=$(openssl rand -base64 24)+/:%
printf '%s' "$secret" >"$directory/secret"
post=false
[ "$take" = post ] && post=true
cat >"$directory/settings.json" <<END
{"port": $port, "ca": "$directory/ca.pem", "cert": "$directory/server.pem", "key": "$directory/server.key", "redirect": "$redirect", "secret": "$secret", "postOnly": $post}
END
echo "issuer https://127.0.0.1:$port"
echo "redirect $redirect"
export NODE_EXTRA_CA_CERTS="$directory/ca.pem"
case $(node --version) in
v18.*) exec node --no-warnings "$SOURCE_DIR/tests/interop/oidc_provider.mjs" "$directory/settings.json" ;;
*) exec node "$SOURCE_DIR/tests/interop/oidc_provider.mjs" "$directory/settings.json" ;;
esac
