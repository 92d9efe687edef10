#!/bin/sh
# What is wrong in Snipe-IT's register: it lets everything be saved, so what should not have been is looked for every night.
#
#   SNIPE_IT_URL=https://assets.example.org SNIPE_IT_TOKEN_FILE=token ZONE=+01:00 ./snipe-it.sh
#
# Findings on stdout, what the mapping did not understand on stderr. Exit status: 0 nothing found, 1 something found, 2 it was not looked at.
set -u
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
stop() {
  echo "$1" >&2
  exit 2
}
token=$(cat "${SNIPE_IT_TOKEN_FILE:?names the file with the token}") || stop 'the token cannot be read'
as_of=$(date -u +%Y-%m-%dT%H:%M:%SZ)

# All rows of a table, page by page, as long as pages have rows: pages that were cut off would look like things that are gone.
fetch() {
  offset=0
  while :; do
    page=$folder/$1-$offset.json
    printf 'Authorization: Bearer %s\n' "$token" |
      curl --silent --show-error --fail --max-time 60 --header @- --header 'Accept: application/json' \
        --output "$page" "$SNIPE_IT_URL/api/v1/$1?limit=$PAGE&offset=$offset&sort=id&order=asc" || stop "$1 cannot be read"
    case $(cat "$page") in
    *'"rows":[]'*) return ;;
    *'"rows":['*) ;;
    *) stop "$1: what came is no page of rows" ;;
    esac
    offset=$((offset + PAGE))
    [ "$offset" -lt 1000000 ] || stop "$1 has no end"
  done
}
PAGE=${PAGE:-500}
fetch users
fetch hardware

# Both tables came whole, so what is not in them is not there.
printf '{"as_of":"%s","source":"Snipe-IT","persons":"all","classes":["hardware"]}\n' "$as_of" >"$folder/coverage.yaml"
# People before what they have: rows are joined in their order.
"${HANDOFF:-handoff}" map snipe-it "$folder"/users-*.json "$folder"/hardware-*.json ${POLICY:+--policy "$POLICY"} ${TABLES:+--tables "$TABLES"} \
  --zone "${ZONE:-Z}" --coverage "$folder/coverage.yaml" --format ndjson >"$folder/register.ndjson" || stop 'the register cannot be mapped'
"${HANDOFF:-handoff}" audit "$folder/register.ndjson" --at "${AT:-$as_of}" ${POLICY:+--policy "$POLICY"}
