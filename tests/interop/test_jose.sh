#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# An id_token that curl alone fetched is checked by Debian's jose with the keys that pimsd publishes; one that was changed is not.
set -eu
# shellcheck source=tests/interop/lib.sh
. "$SOURCE_DIR/tests/interop/lib.sh"
need_commands curl jq jose openssl
pimsd=$PIMSD_BIN
umask 077
work=$(mktemp -d)
fail() {
	echo "test_jose: $*" >&2
	exit 1
}
end() {
	status=$?
	trap - EXIT
	sandbox_stop || status=1
	rm -rf "$work"
	exit $status
}
# shellcheck source=scripts/sandbox.sh
. "$SOURCE_DIR/scripts/sandbox.sh"
trap end EXIT
cd "$work"
redirect=http://127.0.0.1:4711/callback

# Standard input in base64url without padding
base64url() {
	basenc -w 0 --base64url | tr -d =
}
get() {
	curl -sS -f --max-time 20 "$@"
}
# expect NAME ACTUAL WANTED
expect() {
	[ "$2" = "$3" ] || fail "$1 is \"$2\", not \"$3\""
}
verify() {
	jose jws ver -i "$1" -k "$2" -O "${3:-/dev/null}" 2>/dev/null
}
refused() {
	! verify "$1" "${2:-jwks.json}" || fail "a token with $3 was taken"
}

# --- a sign-in by curl alone -----------------------------------------------------------------------------------------------------------

sandbox_start
get "$url/.well-known/openid-configuration" >metadata.json
endpoint() {
	jose fmt -j metadata.json -O -g "$1" -S -u-
}
expect issuer "$(endpoint issuer)" "$url"
openssl rand 32 | base64url >verifier
openssl dgst -sha256 -binary <verifier | base64url >challenge
openssl rand -hex 16 >nonce
# authorize CLIENT: the code
authorize() {
	request="client_id=$1&response_type=code&scope=openid+email&redirect_uri=$redirect&state=s&nonce=$(cat nonce)"
	request="$request&code_challenge=$(cat challenge)&code_challenge_method=S256"
	get -c cookies -o page "$(endpoint authorization_endpoint)?$request"
	tr '\n' ' ' <page | sed 's/</\n</g' >tags
	grep '^<input[^>]*type="hidden"' tags | while read -r tag; do
		field "$(printf '%s' "$tag" | attribute name)" "$(printf '%s' "$tag" | attribute value)"
	done >post
	field username "$email" >>post
	field password "$password" >>post
	get -b cookies -H "Origin: $url" -K post -o page -w '%{redirect_url}' "$url$(grep '^<form' tags | attribute action)" |
		sed -n "s,^$redirect?code=\([0-9a-f-]*\)&state=s&iss=.*,\1,p"
}
# exchange CODE CURL-OPTIONS...: the client proves itself with the options
exchange() {
	code=$1
	shift
	{
		field grant_type authorization_code
		field code "$code"
		field redirect_uri "$redirect"
		field code_verifier "$(cat verifier)"
	} >form
	get -K form "$@" "$(endpoint token_endpoint)"
}
exchange "$(authorize demo)" -u demo:demo >tokens.json
expect token_type "$(jose fmt -j tokens.json -O -g token_type -S -u-)" Bearer
jose fmt -j tokens.json -O -g id_token -S -u- | tr -d '\n' >token

# --- the keys: RFC 7517 ----------------------------------------------------------------------------------------------------------------

get -D headers "$(endpoint jwks_uri)" >jwks.json
grep -qi '^content-type: application/json' headers || fail "the type of the keys: $(cat headers)"
jose jwk use -i jwks.json -u verify || fail "the keys are not for verifying"
! jose jwk use -i jwks.json -u encrypt 2>/dev/null || fail "the keys are for encryption, too"
jq -e '.keys | length > 0 and all(.kty == "RSA" and .use == "sig" and .alg == "RS256" and (.kid | length > 0) and (.n | length >= 342) and .e == "AQAB")' jwks.json >/dev/null ||
	fail "the keys: $(cat jwks.json)"
jq -e '[.keys[] | has("d", "p", "q", "dp", "dq", "qi", "oth", "k")] | any | not' jwks.json >/dev/null || fail "a private member is published"
jq -e '[.keys[].kid] | length == (unique | length)' jwks.json >/dev/null || fail "a kid occurs twice"
# RFC 7638
expect kid "$(jq -r '.keys[].kid' jwks.json)" "$(jose jwk thp -i jwks.json -a S256)"

# --- the token -------------------------------------------------------------------------------------------------------------------------

cut -d . -f 1 token | tr -d '\n' | jose b64 dec -i- -O header.json
expect alg "$(jose fmt -j header.json -O -g alg -S -u-)" RS256
expect "the kid of the token" "$(jose fmt -j header.json -O -g kid -S -u-)" "$(jq -r '.keys[0].kid' jwks.json)"
verify token jwks.json claims.json || fail "jose does not take the id_token"
expect iss "$(jose fmt -j claims.json -O -g iss -S -u-)" "$url"
expect aud "$(jose fmt -j claims.json -O -g aud -S -u-)" demo
expect nonce "$(jose fmt -j claims.json -O -g nonce -S -u-)" "$(cat nonce)"
expect email "$(jose fmt -j claims.json -O -g email -S -u-)" "$email"
jq -e '.exp > now and .iat <= now + 5 and .auth_time <= .iat' claims.json >/dev/null || fail "the times: $(cat claims.json)"
# OpenID Connect Core 3.1.3.6
half=$(jose fmt -j tokens.json -O -g access_token -S -u- | tr -d '\n' | openssl dgst -sha256 -binary | head -c 16 | base64url)
expect at_hash "$(jose fmt -j claims.json -O -g at_hash -S -u-)" "$half"
# userinfo is about the same person
jose fmt -j tokens.json -O -g access_token -S -u- | sed 's/.*/header = "Authorization: Bearer &"/' >bearer
expect sub "$(get -K bearer "$(endpoint userinfo_endpoint)" | jq -r .sub)" "$(jq -r .sub claims.json)"

# --- what was changed is refused -------------------------------------------------------------------------------------------------------

header=$(cut -d . -f 1 token)
payload=$(cut -d . -f 2 token)
signature=$(cut -d . -f 3 token)
printf '%s.%s.%s' "$header" "$payload" "$signature" >same
verify same jwks.json || fail "putting the token together again went wrong"
printf '%s.%s.%s' "$header" "$(jq -c '.email = "eve@example.com"' claims.json | tr -d '\n' | base64url)" "$signature" >changed
refused changed jwks.json "other claims"
printf '%s.%s.%s' "$header" "$payload" "$(printf '%s' "$signature" | tr 'A-Za-z' 'B-ZAb-za')" >changed
refused changed jwks.json "another signature"
printf '%s.%s.' "$header" "$payload" >changed
refused changed jwks.json "no signature"
printf '%s.%s.%s' "$(printf '{"alg":"none"}' | base64url)" "$payload" "" >changed
refused changed jwks.json "alg none"
jose jwk gen -i '{"alg":"RS256"}' -o other.jwk
refused token other.jwk "another key"
jose jws sig -I claims.json -k other.jwk -c -o forged 2>/dev/null
verify forged other.jwk || fail "jose cannot sign"
refused forged jwks.json "a signature by another key"

# --- pimsd refuses it, too, where it takes one ------------------------------------------------------------------------------------------

# logout FILE: where the browser is sent
logout() {
	{
		field id_token_hint "$(cat "$1")"
		field post_logout_redirect_uri "$redirect"
	} >form
	get -K form -o page -w '%{redirect_url}' "$(endpoint end_session_endpoint)"
}
expect "the redirect after a forged hint" "$(logout forged)" ""
get -K bearer "$(endpoint userinfo_endpoint)" >/dev/null || fail "a forged hint ended the session"
expect "the redirect after logout" "$(logout token)" "$redirect"
expect "userinfo after logout" "$(curl -sS --max-time 20 -K bearer -o page -w '%{http_code}' "$(endpoint userinfo_endpoint)")" 401
exchange "$(authorize pims)" --data-urlencode client_id=pims | jose fmt -j- -O -g id_token -S -u- | tr -d '\n' >token
verify token jwks.json claims.json || fail "jose does not take a public client's id_token"
expect aud "$(jose fmt -j claims.json -O -g aud -S -u-)" pims
