#!/bin/sh
# May this ticket close? Asks Handoff with curl, and decides as everything should: on the status and the decision, and on nothing else.
#
#   HANDOFF_URL=https://handoff.example.org HANDOFF_TOKEN_FILE=token ./close.sh facts.json ticket:REQ-2041
#
# Exit status: 0 allowed, 1 denied, 2 no verdict, which is no allow either.
set -u

no_verdict() {
  echo "no verdict: $1" >&2
  exit 2
}

[ $# -eq 2 ] || no_verdict "usage: close.sh FACTS ITEM"
url=${HANDOFF_URL:-http://127.0.0.1:8642}
token=$(cat "${HANDOFF_TOKEN_FILE:?names the file with the token}") || no_verdict 'the token cannot be read'
[ -r "$1" ] || no_verdict "$1 cannot be read"
# It becomes part of a JSON text.
case $2 in *[!A-Za-z0-9:/@._-]* | '') no_verdict "$2 is no item" ;; esac

answer=$(mktemp) || exit 2
trap 'rm -f "$answer" "$answer.question"' EXIT
{ printf '{"item":"%s","facts":' "$2" && cat "$1" && printf '}'; } >"$answer.question" || no_verdict 'the question cannot be written'

# The token goes in by a pipe: what stands on a command line everybody on the machine can read.
status=$(printf 'Authorization: Bearer %s\n' "$token" |
  curl --silent --show-error --max-time 15 --header @- --header 'Content-Type: application/json' \
    --data-binary "@$answer.question" --output "$answer" --write-out '%{http_code}' "$url/v1/closures") ||
  no_verdict 'the server gave no whole answer'

[ "$status" = 200 ] || no_verdict "status $status: $(cat "$answer")"
# An answer begins with its decision. Whatever else it may begin with is none.
case $(cat "$answer") in
'{"decision":"allow",'*)
  echo allowed
  exit 0
  ;;
'{"decision":"deny",'*)
  echo denied
  # The findings, for people, where there is jq.
  if command -v jq >/dev/null; then
    jq -r '.findings[] | select(.severity != "audit") | "- \(.item): \(.message)\(if .remedy then " - \(.remedy)" else "" end)"' "$answer"
  else
    cat "$answer"
  fi
  exit 1
  ;;
*) no_verdict 'the answer has no decision' ;;
esac
