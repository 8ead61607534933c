#!/bin/sh
# An application in a few lines of shell: it signs alice of examples/demo.json in at the case desk, with code and PKCE (RFC 7636), and
# prints the claims of her ID token, and the correlation id of the request. It plays her browser as well and types her password: for a
# throw-away installation only.
# Needs curl, openssl and base64.
set -eu
issuer=${ARGUS_SERVER:-http://127.0.0.1:8080}
client=021269c5-04c3-4399-a206-32659c489803
secret=demo-secret-of-the-case-desk-do-not-use
callback=http://127.0.0.1:8081/callback
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT

base64url() { base64 | tr -d '\n=' | tr '/+' '_-'; }

# Goes on from an address until there is a page to look at, or an answer for the application.
visit() {
    to=$1
    shift
    while :; do
        to=$(curl --silent --show-error --cookie "$folder/cookies" --cookie-jar "$folder/cookies" \
            --output "$folder/page" --write-out '%{redirect_url}' "$@" "$to")
        case $to in
        "$callback"* | "") return ;;
        esac
        set --
    done
}

# A hidden field of the form on the page.
field() { sed -n "s/.*name=\"$1\" value=\"\([^\"]*\)\".*/$1=\1/p" "$folder/page" | head -n 1; }

verifier=$(head -c 32 /dev/urandom | base64url)
challenge=$(printf %s "$verifier" | openssl dgst -sha256 -binary | base64url)
visit "$issuer/oauth2/authorize?response_type=code&client_id=$client&redirect_uri=$callback&scope=openid&code_challenge_method=S256&code_challenge=$challenge"
visit "$issuer/login" --data-urlencode username=alice --data-urlencode "password=alice demo password" \
    --data-urlencode "$(field csrf)" --data-urlencode "$(field request)"
# She is asked once whether the application may know her.
if [ -z "$to" ]; then
    visit "$issuer/consent" --data-urlencode decision=allow --data-urlencode "$(field csrf)" --data-urlencode "$(field request)"
fi
code=$(printf %s "$to" | sed -n 's/.*[?&]code=\([^&]*\).*/\1/p')
tokens=$(curl --silent --show-error --dump-header "$folder/head" --user "$client:$secret" --data grant_type=authorization_code --data-urlencode "code=$code" \
    --data-urlencode "redirect_uri=$callback" --data "code_verifier=$verifier" "$issuer/oauth2/token")
payload=$(printf %s "$tokens" | sed -n 's/.*"id_token":"[^."]*\.\([^."]*\)\..*/\1/p' | tr '_-' '/+')
while [ $((${#payload} % 4)) -ne 0 ]; do payload=$payload=; done
printf %s "$payload" | base64 -d | sed 's/,\("[^"]*":\)/,\n \1/g'
echo
sed -n 's/^x-correlation-id: /correlation id: /p' "$folder/head" | tr -d '\r'
