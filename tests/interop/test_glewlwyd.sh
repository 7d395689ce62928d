#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# pims at Debian's glewlwyd with SQLite: HTTPS by an authority of our own, its OpenID Connect plugin made by its REST API, sign-in as its pages do it.
# Its endpoints have "//api/" in them.
set -eu
# shellcheck source=tests/interop/lib.sh
. "$SOURCE_DIR/tests/interop/lib.sh"
need_commands glewlwyd sqlite3 openssl curl jq node
schema=/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3
[ -e $schema ] || skip "needs $schema, the schema that Debian's package glewlwyd has"

work=$(mktemp -d)
server=
finish() {
	[ -z "$server" ] || kill "$server" 2>/dev/null || true
	wait
	rm -rf "$work"
}
trap finish EXIT

fail() {
	echo "$*" >&2
	tail -n 20 "$work/err" "$work/glewlwyd.log" >&2 2>/dev/null || true
	exit 1
}

# --- the server ---

make_authority "$work"
ports=$(free_ports 2)
port=${ports% *}
redirect=http://127.0.0.1:${ports#* }/callback
url=https://127.0.0.1:$port
sqlite3 "$work/database" <$schema >"$work/answer"
cat >"$work/glewlwyd.conf" <<END
port = $port
bind_address = "127.0.0.1"
external_url = "$url/"
login_url = "login.html"
api_prefix = "api"
log_mode = "file"
log_level = "WARNING"
log_file = "$work/glewlwyd.log"
cookie_secure = 1
session_key = "GLEWLWYD2_SESSION_ID"
login_api_enabled = true
admin_scope = "g_admin"
profile_scope = "g_profile"
user_module_path = "/usr/lib/glewlwyd/user"
client_module_path = "/usr/lib/glewlwyd/client"
user_auth_scheme_module_path = "/usr/lib/glewlwyd/scheme"
plugin_module_path = "/usr/lib/glewlwyd/plugin"
use_secure_connection = true
secure_connection_key_file = "$work/server.key"
secure_connection_pem_file = "$work/server.pem"
hash_algorithm = "SHA512"
database = { type = "sqlite3"; path = "$work/database"; };
END
glewlwyd -c "$work/glewlwyd.conf" >"$work/out" 2>&1 &
server=$!
# answers PATH: quietly true when the server has something there
answers() {
	curl -sf --cacert "$work/ca.pem" -o "$work/answer" "$url/$1"
}
wait_for "glewlwyd" answers config

# call JAR METHOD PATH [JSON]
call() {
	jar=$1
	method=$2
	path=$3
	shift 3
	curl -s --fail-with-body --cacert "$work/ca.pem" -b "$work/$jar" -c "$work/$jar" -X "$method" -H "Content-Type: application/json" \
		${1:+-d "$1"} "$url/api/$path" >"$work/answer" || fail "glewlwyd: $method $path: $(cat "$work/answer")"
}

# plugin NAME TYPE KEY CERT [ISSUER]: an OpenID provider of its own, with its keys
plugin() {
	jq -n --arg name "$1" --arg type "$2" --rawfile key "$3" --rawfile cert "$4" --arg iss "${5:-$url/api/$1}" '{module: "oidc", name: $name, display_name: $name,
		parameters: {iss: $iss, "jwt-type": $type, "jwt-key-size": "256", key: $key, cert: $cert, "access-token-duration": 3600,
		"refresh-token-duration": 86400, "code-duration": 60, "refresh-token-rolling": true, "refresh-token-one-use": "always",
		"auth-type-code-enabled": true, "auth-type-code-revoke-replayed": true, "auth-type-refresh-enabled": true, "subject-type": "public",
		"pkce-allowed": true, "pkce-required": true, "allowed-scope": ["openid", "g_profile"], "jwks-show": true, "oauth-as-iss-id": true,
		"introspection-revocation-allowed": true, "introspection-revocation-allow-target-client": true, "session-management-allowed": true,
		"session-cookie-name": "GLEWLWYD2_OIDC_SID", "session-cookie-expiration": 86400}}'
}
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$work/rsa.key" 2>/dev/null
openssl pkey -in "$work/rsa.key" -pubout -out "$work/rsa.pem"
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$work/ec.key"
openssl pkey -in "$work/ec.key" -pubout -out "$work/ec.pem"

call admin POST auth '{"username": "admin", "password": "password"}'
call admin POST mod/plugin/ "$(plugin rsa rsa "$work/rsa.key" "$work/rsa.pem")"
call admin POST mod/plugin/ "$(plugin ec ecdsa "$work/ec.key" "$work/ec.pem")"
call admin POST mod/plugin/ "$(plugin astray rsa "$work/rsa.key" "$work/rsa.pem" "$url/")"
call admin POST user/ '{"username": "alice", "password": "alice-password", "name": "Alice", "email": "alice@example.com", "scope": ["g_profile", "openid"], "enabled": true}'
client='{"client_id": "native", "name": "pims", "enabled": true, "confidential": false, "scope": [], "authorization_type": ["code", "refresh_token"]}'
call admin POST client/ "$(echo "$client" | jq --arg uri "$redirect" '. + {redirect_uri: [$uri]}')"
# letters and digits: glewlwyd does not decode what stands in Basic (RFC 6749 §2.3.1)
secret=$(openssl rand -hex 24)
printf '%s' "$secret" >"$work/secret"
call admin POST client/ "$(echo "$client" | jq --arg uri "$redirect" --arg secret "$secret" '. + {redirect_uri: [$uri], client_id: "confidential",
	confidential: true, client_secret: $secret, token_endpoint_auth_method: ["client_secret_basic"]}')"
# alice signs in and agrees once for each client, as the pages do it
call alice POST auth '{"username": "alice", "password": "alice-password"}'
call alice PUT auth/grant/native '{"scope": "openid"}'
call alice PUT auth/grant/confidential '{"scope": "openid"}'

# --- pims ---

# pims_at PROFILE WORDS...
pims_at() {
	profile=$1
	shift
	"$PIMS_BIN" --state "$work/$profile" --ca-file "$work/ca.pem" --timeout 30 "$@" 2>"$work/err"
}

# sign_in PROFILE: the address that pims prints, opened by a browser that alice is signed in in
sign_in() {
	: >"$work/address"
	"$PIMS_BIN" --state "$work/$1" --ca-file "$work/ca.pem" --timeout 30 login --no-browser --wait 60 >"$work/address" 2>"$work/err" </dev/null &
	waiting=$!
	wait_for "the address" test -s "$work/address"
	address=$(head -n 1 "$work/address")
	location=$(curl -s --cacert "$work/ca.pem" -b "$work/alice" -o "$work/answer" -w '%{redirect_url}' "$address&g_continue")
	case $location in
	"$redirect"*) ;;
	*) fail "not the redirect: $location" ;;
	esac
	curl -sf -o "$work/answer" "$location" || fail "the redirect was refused"
	wait $waiting || fail "pims login"
}

# uses_tokens PROFILE ALGORITHM: the id token's algorithm, the access token at work, and a renewal
uses_tokens() {
	pims_at "$1" token id | cut -d . -f 1 | jq -rR '@base64d' | jq -e --arg algorithm "$2" '.alg == $algorithm' >"$work/answer" || fail "not $2"
	access=$(pims_at "$1" token cvs) || fail "pims token"
	printf 'Authorization: Bearer %s\n' "$access" >"$work/bearer"
	curl -s --cacert "$work/ca.pem" -H "@$work/bearer" "$userinfo" | jq -e .sub >"$work/answer" || fail "the access token is of no use"
	for time in first second; do
		renewed=$(pims_at "$1" token cvs --refresh) || fail "the $time renewal"
		[ "$renewed" != "$access" ] || fail "the access token stayed"
		access=$renewed
	done
}

live_refresh_tokens() {
	sqlite3 "$work/database" 'SELECT count(*) FROM gpo_refresh_token WHERE gpor_enabled = 1'
}

# use PLUGIN CLIENT ALGORITHM [OPTION...]: sign-in and tokens
use() {
	profile=$1
	client=$2
	algorithm=$3
	userinfo=$url/api/$1/userinfo
	shift 3
	pims_at "$profile" init --issuer "$url/api/$profile" --client-id "$client" --redirect-uri "$redirect" --scope openid "$@" >"$work/answer" || fail "pims init"
	sign_in "$profile"
	[ -n "$(pims_at "$profile" whoami)" ] || fail "pims whoami"
	uses_tokens "$profile" "$algorithm"
}

# is_signed_out PROFILE
is_signed_out() {
	! pims_at "$1" whoami >"$work/answer" || fail "somebody is signed in still"
	grep -q "2301, session.none" "$work/err" || fail "pims whoami fails for another reason"
}

echo "a public client, RS256, endpoints with two slashes"
answers api/rsa/.well-known/openid-configuration || fail "no discovery"
grep -q '//api/rsa/token' "$work/answer" || fail "not the endpoints that this is about"
use rsa native RS256
[ "$(live_refresh_tokens)" = 1 ] || fail "rotation left another number of live refresh tokens than one"

echo "glewlwyd lets no public client revoke: that is told, and here nobody is signed in any more"
! pims_at rsa logout >"$work/answer" || fail "pims logout does not tell"
grep -q "2204, server.unexpected" "$work/err" || fail "pims logout fails for another reason"
is_signed_out rsa
[ "$(live_refresh_tokens)" = 1 ] || fail "it was revoked after all"
echo "a client with a secret, ES256"
use ec confidential ES256 --client-secret-file "$work/secret"
[ "$(live_refresh_tokens)" = 2 ] || fail "rotation left another number of live refresh tokens than one"
pims_at ec logout >"$work/answer" || fail "pims logout"
[ "$(live_refresh_tokens)" = 1 ] || fail "the refresh token was not revoked"
is_signed_out ec

echo "an issuer that is not where its document hangs is refused"
pims_at astray init --issuer "$url/api/astray" --client-id native --redirect-uri "$redirect" >"$work/answer" || fail "pims init"
! pims_at astray login --no-browser --wait 30 >"$work/answer" || fail "it was taken"
grep -q "2204, server.issuer" "$work/err" || fail "another failure"
