# What the filters of all platforms share. Begin a filter with `include "handoff";`.
#
# A filter defines four things:
#   records   the paths of the records in a document, as a path expression
#   shape     what a record is; null where the mapping does not know it
#   ignored   by shape: reasons, each with JSON pointers of what is left out for it. `*` in a pointer is any one step; the shape `*` is
#             every record, and `document` is what stands around them
#   facts     the rows of a record: {asset: …}, {ticket: …}, {person: …}, {licence: …} or {exception: …}, with the keys of docs/facts.md,
#             and `aliases`: what else the thing is called, by which rows of several platforms are joined
#
#
# A filter of webhooks may define two more:
#   before    the document as it was before the change that it tells of; null where the thing is new, and nothing (`empty`) where it tells of none
#   actor     the id of who made that change
#
# In rows `null` is unknown, and the key is left out; `none` says that there is none. What a filter reads, it reads with `read`: what is
# neither read nor ignored is told. A filter sees its record, `$tables` (of its platform), `$zone` and `$workflows`, and nothing else.

# ------------------------------------------------------------------------------------------------------------------------- reading

# Words that platforms write where nothing is said, and times where none was set.
def null_words: ["", "null", "NULL", "Null", "None", "none", "nil", "N/A", "n/a", "NA", "-", "--", "?", "undefined", "&nbsp;", "[REDACTED]",
  "0000-00-00", "0000-00-00 00:00:00", "0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "9999-12-31"];

def before: empty;
def actor: null;

# The value, or null where it says nothing.
def said: if isstring then (trim as $text | if any(null_words[]; . == $text) then null else . end) elif . == [] or . == {} then null else . end;

# There is none.
def none: {"$none": true};

# The value was not understood: it is told, and left out.
def unclear($why): {"$unclear": ., why: $why};

# A value that was understood, else null.
def known: if isobject and (has("$unclear") or has("$none")) then null else . end;

# What stands at the path p, if it says something, through f.
def read(p; f): [path(p)] as $paths | if $paths == [] then null else
  {"$read": $paths, is: (getpath($paths[0]) | said | if . == null then null else f end)} end;

# The same of several paths: f gets the list of those that say something.
def reads(p; f): [path(p)] as $paths | {"$read": $paths, is: ([getpath($paths[]) | said | values] | if . == [] then null else f end)};

# As `read`; where the key is there and says nothing, there is none.
def read_or_none(p; f): [path(p)][0] as $path | read(p; f) as $read
  | if $path == null then null
    elif $read.is == null and (getpath($path[:-1]) | isobject and has($path[-1])) and (getpath($path) | said) == null then $read + {is: none}
    else $read end;

# A list: f of each record at p. In f, paths begin at that record.
def each(p; f): [path(p) as $path | {"$at": $path, is: (getpath($path) | f)}];

# The first of several paths that says something.
def first_said(p): first((path(p) | [.]) as [$path] | select(getpath($path) | said != null) | getpath($path));

# --------------------------------------------------------------------------------------------------------------------------- texts

# HTML entities as the characters that they stand for.
def entities: if isstring and contains("&") then
  reduce (["&lt;", "<"], ["&gt;", ">"], ["&quot;", "\""], ["&#34;", "\""], ["&#39;", "'"], ["&#039;", "'"], ["&apos;", "'"], ["&nbsp;", " "],
    ["&#160;", " "], ["&amp;", "&"]) as [$entity, $character] (.; split($entity) | join($character)) else . end;

# A text. Numbers stay as they stand, however long.
def text: if . == null then null elif isstring then (entities | trim) elif isnumber or isboolean then tostring else unclear("this is no text") end;

# An id that means something only on one platform.
def local($platform): text | if isstring then "\($platform)#\(.)" else . end;

# In whose name something stands.
def person: text | if isstring then "person:\(.)" else . end;
def department: text | if isstring then "department:\(.)" else . end;

# ------------------------------------------------------------------------------------------------------------------ numbers, truth

def truth: if isboolean then . else (tostring | ascii_downcase | trim) as $word
  | if any("true", "yes", "1", "on", "enabled"; . == $word) then true
    elif any("false", "no", "0", "off", "disabled"; . == $word) then false
    else unclear("this is neither yes nor no") end end;

# An amount of money: `1,243.96`, `1.599,62`, `446,80` and `$1,100.00` are clear, `1,243` and `1.243` are not.
def amount: if isnumber then . else
  . as $written | (text | if isstring then [explode[] | select(. >= 48 and . <= 57 or . == 44 or . == 46 or . == 45)] | implode else "" end)
  | [indices(","), indices(".") | (. // []) | length] as [$commas, $points] | (split(",") | last | length) as $after
  | (split(".") | last | length) as $behind
  | (if $commas == 0 and $points == 0 then .
     elif $commas == 0 and $points == 1 and $behind != 3 then .
     elif $points == 0 and $commas == 1 and $after != 3 then (split(",") | join("."))
     elif $points == 1 and $commas > 0 and (rindex(".") > rindex(",")) then (split(",") | join(""))
     elif $commas == 1 and $points > 0 and (rindex(",") > rindex(".")) then (split(".") | join("") | split(",") | join("."))
     else null end) as $number
  | ($number | try tonumber catch null) // ($written | unclear("this is no clear amount")) end;

# --------------------------------------------------------------------------------------------------------------------- times, days

# A time; one without an offset is of the zone that was declared with `--zone`.
def time: time_in($zone);

# A time; one without an offset is of UTC.
def utc: time_in("Z");

# `day` reads a day, of a time the day that it is written with. `day_in("Z"; $zone)` reads the day that it is in the declared zone.

# ---------------------------------------------------------------------------------------------------------------------- identities

# What makers and importers write where a serial should be.
def placeholders: ["TOBEFILLEDBYOEM", "DEFAULTSTRING", "SYSTEMSERIALNUMBER", "SERIALNUMBER", "CHASSISSERIALNUMBER", "NOTSPECIFIED",
  "NOTAPPLICABLE", "NOTAVAILABLE", "UNKNOWN", "REDACTED", "NONE", "NULL", "NA", "TBD", "TBA", "EMPTY", "INVALID", "DEFAULT", "PENDING"];

# A serial, unless something only stands where one should be.
def serial: text | . as $serial
  | if isstring then ([explode[] | select(. >= 48 and . <= 57 or . >= 65 and . <= 90 or . >= 97 and . <= 122 or . > 127)] | . as $all
    | (implode | ascii_upcase) as $bare
    | if any(placeholders[]; . == $bare) or ($all | unique | length) < 2 then ($serial | unclear("this is a placeholder, and no serial")) else $serial end)
    else . end;

# -------------------------------------------------------------------------------------------------------------------------- tables

# What the policy calls a word of the platform, by a table. An entry that is null says that the word says nothing.
def word($table): (if isstring then trim else tostring end) as $word | ($tables[$table] // {}) as $words
  | if $words | has($word) then $words[$word] else
    ($word | ascii_downcase) as $low | [$words | to_entries[] | select(.key | ascii_downcase == $low) | .value] as $found
    | if $found == [] then unclear("the table `\($table)` has no such word") else $found[0] end end;

# What the policy calls it, or, where the table does not say, what the platform does.
def called($table): . as $written | word($table) | if isobject and has("$unclear") then ($written | text) else . end;

# The same where the policy's word depends on the workflow of the kind.
def word_by($table; $workflow): . as $written | word($table)
  | if isobject and (has("$unclear") | not) then
      . as $by | if $workflow != null and ($by | has($workflow)) then $by[$workflow] elif $by | has("*") then $by["*"]
      else ($written | unclear("the table `\($table)` has no such word for \(if $workflow == null then "an unknown kind" else "the workflow `\($workflow)`" end)")) end
    else . end;

def asset_state($table; $kind): word_by($table; ($kind | known) as $kind | if $kind == null then null else $workflows.assets[$kind] end);
def ticket_state($table; $kind): word_by($table; ($kind | known) as $kind | if $kind == null then null else $workflows.tickets[$kind] end);

# ------------------------------------------------------------------------------------------------------------- fields of the house

# Fields that a house made for itself, by a table of theirs: `Disk encrypted: disk_encrypted as boolean` makes an attribute, `Serial: "@serial"`
# a field of the row; an entry that is null says that the field says nothing. What the table does not name is told.
def house($table; $name; p): . as $record | ($tables[$table] // {}) as $entries
  | if ($entries | has($name) | not) then {attributes: {("? " + $name): read(p; unclear("the table `\($table)` does not name this field of the house"))}}
    elif $entries[$name] == null then {attributes: {("? " + $name): read(p; null)}}
    else ($entries[$name] | split(" as ")) as [$target, $type]
      | if $target | startswith("@") then ($target[1:]) as $key
          | {($key): read(p; if $key == "serial" then serial elif $key == "owner" then person elif $key == "due" or $key == "due_back" then day
              elif $key == "links" then (if isarray then map(text) else [text] end) else text end)}
        else {attributes: {($target): read(p; if $type == "boolean" then truth elif $type == "number" then amount elif $type == "time" then time
              elif $type == "day" then day else text end)}} end
    end;

# -------------------------------------------------------------------------------------------------------------- what a device reports

# What a device tells of itself to an MDM: that it is there under its serial, and whether it is encrypted. The table `checks` names the checks.
def reports($platform; $serial; $at; $encrypted): ($tables.checks // {}) as $checks
  | if $serial == null or $at == null then null else [
      (if $checks.serial != null then {check: $checks.serial, at: $at, result: "passed", seen: $serial, by: $platform, means: "reported", automation: true} else empty end),
      (if $checks.encryption != null and $encrypted != null then {check: $checks.encryption, at: $at, result: (if $encrypted then "passed" else "failed" end),
        seen: $serial, by: $platform, means: "reported", automation: true} else empty end)
    ] end;

# An attribute as a platform observed it.
def observed($platform; $at): if . == null then null else {value: ., source: $platform, observed_at: $at} end;

# The plain value of what was read: none where it was not understood.
def is: if isobject and has("$read") then .is else . end | known;
