#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# pims at an OpenID provider that others wrote (npm's oidc-provider, HTTPS by an authority of its own): configured by its issuer, signed in without a
# screen and once in Chromium, tokens, sign-out here and in the browser.
set -eu
# shellcheck source=tests/interop/lib.sh
. "$SOURCE_DIR/tests/interop/lib.sh"
need_commands openssl curl jq chromium
need_node_modules

work=$(mktemp -d)
mkdir "$work/provider"
sh "$SOURCE_DIR/tests/interop/start_oidc_provider.sh" "$work/provider" >"$work/out" 2>"$work/log" &
provider=$!
finish() {
	kill $provider 2>/dev/null || true
	[ ! -e "$work/browser.pid" ] || kill "$(cat "$work/browser.pid")" 2>/dev/null || true
	wait
	rm -rf "$work"
}
trap finish EXIT
wait_for "the provider" grep -q "^control " "$work/out"
issuer=$(sed -n 's/^issuer //p' "$work/out")
redirect=$(sed -n 's/^redirect //p' "$work/out")
control=$(sed -n 's/^control //p' "$work/out")
ca=$work/provider/ca.pem

fail() {
	echo "$*" >&2
	for file in "$work"/err "$work"/browser.log; do
		[ ! -e "$file" ] || sed 's/^/  /' "$file" >&2
	done
	exit 1
}

# pims_at PROFILE WORDS...: standard error in $work/err
pims_at() {
	profile=$1
	shift
	"$PIMS_BIN" --state "$work/$profile" --ca-file "$ca" --timeout 30 "$@" 2>"$work/err"
}

# refused STATUS PATTERN WORDS...
refused() {
	want=$1
	pattern=$2
	shift 2
	status=0
	"$PIMS_BIN" "$@" >"$work/answer" 2>"$work/err" </dev/null || status=$?
	[ $status = "$want" ] || fail "pims $*: status $status, not $want"
	grep -q -- "$pattern" "$work/err" || fail "pims $*: does not say $pattern"
}

# with_browser PROFILE WORDS...: a word that prints an address alone, walked by a browser without a screen
with_browser() {
	profile=$1
	shift
	: >"$work/address"
	"$PIMS_BIN" --state "$work/$profile" --ca-file "$ca" --timeout 30 "$@" --no-browser --wait 60 >"$work/address" 2>"$work/err" </dev/null &
	waiting=$!
	wait_for "the address of pims $*" test -s "$work/address"
	NODE_EXTRA_CA_CERTS=$ca run_node "$SOURCE_DIR/tests/interop/browse.mjs" "$(head -n 1 "$work/address")" http://127.0.0.1/callback username=alice \
		password=alice-password || fail "no way through the pages"
	wait $waiting || fail "pims $*: failed"
}

last_grant() {
	curl -s "$control/log" | jq -r "[.[] | select(.grant)] | last | .$1"
}

echo "an issuer is configured by its address, which is https"
refused 1 "the issuer must be an https address" --state "$work/bad" init --issuer http://id.example.com --client-id native
refused 2 "stands alone" --state "$work/bad" init --issuer "$issuer" --backend "$issuer" --client-id native
refused 2 "client-id is missing" --state "$work/bad" init --issuer "$issuer"
refused 1 configuration.scope --state "$work/bad" init --issuer "$issuer" --client-id native --scope profile
[ ! -e "$work/bad/config.json" ] || fail "a wrong configuration was written"
"$PIMS_BIN" --state "$work/any" init --issuer "$issuer" --client-id native 2>"$work/err" || fail "pims init"

echo "a provider of an unknown authority is not spoken to, and the message says what helps"
"$PIMS_BIN" --state "$work/untrusted" init --issuer "$issuer" --client-id native >"$work/answer" 2>"$work/err" || fail "pims init"
refused 1 "2202, network.tls" --state "$work/untrusted" login --no-browser --wait 30
grep -q "next: the same with --ca-file FILE" "$work/err" || fail "no advice"

echo "sign-in, tokens and their renewal"
with_browser any login
[ "$(pims_at any whoami)" = alice ] || fail "whoami"
pims_at any token id | cut -d . -f 1 | jq -rR '@base64d' | jq -e '.alg == "RS256"' >"$work/answer" || fail "the id token's algorithm"
access=$(pims_at any token cvs)
printf 'Authorization: Bearer %s\n' "$access" >"$work/bearer"
curl -s --cacert "$ca" -H "@$work/bearer" "$issuer/me" | jq -e '.sub == "alice"' >"$work/answer" || fail "the access token is of no use"
issued=$(last_grant issued)
[ "$(pims_at any token cvs --refresh)" != "$access" ] || fail "the access token stayed"
[ "$(last_grant given)" = "$issued" ] || fail "not the refresh token that was given"
[ "$(last_grant issued)" != "$issued" ] || fail "the refresh token did not rotate"

echo "what such a provider does not have is told"
refused 1 "2344, backend.no_endpoint" --state "$work/any" --ca-file "$ca" sms enrollment
pims_at any status >"$work/answer" || fail "pims status"
grep -q "^device enrolled *unknown: this server does not tell" "$work/answer" || fail "pims status does not say so"

echo "logout revokes"
pims_at any logout >"$work/answer" || fail "pims logout"
curl -s "$control/log" | jq -e 'last | .path == "/token/revocation" and .status == 200 and .hint == "refresh_token"' >"$work/answer" || fail "not revoked"
refused 1 "2301, session.none" --state "$work/any" whoami

echo "a client with a secret, ES256, and the end of the browser's session"
pims_at secret init --issuer "$issuer" --client-id "with:basic +%" --client-secret-file "$work/provider/secret" --redirect-uri "$redirect" \
	--scope "openid email" >"$work/answer" || fail "pims init"
with_browser secret login
[ "$(last_grant credentials)" = basic ] || fail "the secret went another way"
with_browser secret logout
curl -s "$control/log" | jq -e 'any(.[]; .path == "/session/end/confirm")' >"$work/answer" || fail "the provider was not asked to end the session"
pims_at elliptic init --issuer "$issuer" --client-id native-es256 >"$work/answer" || fail "pims init"
with_browser elliptic login
pims_at elliptic token id | cut -d . -f 1 | jq -rR '@base64d' | jq -e '.alg == "ES256"' >"$work/answer" || fail "the id token's algorithm"

echo "a person signs in in Chromium, which comes back by the loopback redirect"
hash=$(openssl x509 -in "$work/provider/server.pem" -noout -pubkey | openssl pkey -pubin -outform DER | openssl dgst -sha256 -binary | openssl base64)
cat >"$work/browser" <<END
#!/bin/sh
echo \$\$ >"$work/browser.pid"
node "$SOURCE_DIR/tests/interop/chromium_sign_in.mjs" chromium "$hash" "\$1" >"$work/browser.log" 2>&1
echo \$? >"$work/browser.status"
END
chmod +x "$work/browser"
BROWSER=$work/browser pims_at any login --wait 60 </dev/null || fail "pims login"
grep -q "signed in as alice" "$work/err" || fail "pims login does not say who"
wait_for "the end of the browser" test -s "$work/browser.status"
[ "$(cat "$work/browser.status")" = 0 ] || fail "the browser did not see the end"
grep -q "at the end: ." "$work/browser.log" || fail "there was nothing to see at the end"
[ "$(pims_at any whoami)" = alice ] || fail "whoami"
