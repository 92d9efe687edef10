#!/bin/sh
# What is wrong in Snipe-IT's register: it lets everything be saved, so what should not have been is looked for every night.
#
#   SNIPE_IT_URL=https://assets.example.org SNIPE_IT_TOKEN_FILE=token ZONE=+01:00 TABLES=tables.yaml ./snipe-it.sh
#
# Findings on stdout, what was not understood on stderr. Exit status: 0 all was read and nothing found, 1 something found, 2 no statement:
# the register did not come whole, or nothing was found in what could be read of it. Needs curl and jq.
set -u
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
stop() {
  echo "$1" >&2
  exit 2
}
command -v jq >/dev/null || stop 'there is no jq'
token=$(cat "${SNIPE_IT_TOKEN_FILE:?names the file with the token}") || stop 'the token cannot be read'
as_of=$(date -u +%Y-%m-%dT%H:%M:%SZ)

# All rows of a table, page by page. A server gives fewer rows than were asked for where its own maximum is lower: so on by those that came,
# and at the end as many have to be there as it says that it has. What was cut off would look like things that are gone.
fetch() {
  offset=0 all=
  while :; do
    page=$(printf '%s/%s-%07d.json' "$folder" "$1" "$offset")
    printf 'Authorization: Bearer %s\n' "$token" |
      curl --silent --show-error --fail --max-time 60 --header @- --header 'Accept: application/json' \
        --output "$page" "$SNIPE_IT_URL/api/v1/$1?limit=$PAGE&offset=$offset&sort=id&order=asc" || stop "$1 cannot be read"
    came=$(jq -er 'select((.total | type) == "number" and (.rows | type) == "array") | "\(.total) \(.rows | length)"' "$page" 2>/dev/null) ||
      stop "$1: what came is no page of rows"
    total=${came% *} rows=${came#* }
    [ "$total" = "${all:=$total}" ] || stop "$1 changed while it was read: there were $all, and now $total"
    offset=$((offset + rows))
    if [ "$offset" -ge "$total" ] || [ "$rows" -eq 0 ]; then break; fi
  done
  # By their ids: a page that came twice makes up for none that is missing.
  came=$(jq -n '[inputs.rows[].id] | unique | length' "$folder/$1"-*.json) || stop "$1: a row has no id"
  [ "$came" = "$total" ] || stop "$1: of $total rows $came came"
}
PAGE=${PAGE:-500}
fetch users
users=$total
fetch hardware
hardware=$total

# Both tables came whole, so what is not in them is not there.
printf '{"as_of":"%s","source":"Snipe-IT","persons":"all","classes":["hardware"]}\n' "$as_of" >"$folder/coverage.yaml"
# People before what they have: rows are joined in their order.
"${HANDOFF:-handoff}" map snipe-it "$folder"/users-*.json "$folder"/hardware-*.json ${POLICY:+--policy "$POLICY"} ${TABLES:+--tables "$TABLES"} \
  ${MAP:+--map "$MAP"} --zone "${ZONE:-Z}" --coverage "$folder/coverage.yaml" --format ndjson --strict >"$folder/register.ndjson"
left_out=$?
[ "$left_out" -le 1 ] || stop 'the register cannot be mapped'

# A record that became no row would be missing, and its owner, or what it holds, would be judged without it.
whole() {
  became=$(grep -c "^{\"$2\":" "$folder/register.ndjson")
  [ "$became" -eq "$3" ] || stop "of $3 $1 $became became facts: why, stands above; nothing was audited"
}
whole users person "$users"
whole hardware asset "$hardware"

"${HANDOFF:-handoff}" audit "$folder/register.ndjson" --at "${AT:-$as_of}" ${POLICY:+--policy "$POLICY"} >"$folder/findings"
found=$?
# Where a field was not understood, nothing may have been found because of that.
[ "$found" -ne 0 ] || [ "$left_out" -eq 0 ] || stop 'nothing was found, but not all could be read: what stands above could not'
cat "$folder/findings"
exit "$found"
