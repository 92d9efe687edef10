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

# `said` is the value, or null where it says nothing: one of these words, [] or {}. (What filters ask of every field is built in: `said`, `known`,
# `read`, `reads`, `read_or_none`, `text`, `truth`, `amount`, `time_in`, `day_in`, `day`, `serial`, `word`, `word_by`.)

def before: empty;
def actor: null;

# There is none.
def none: {"$none": true};

# The value was not understood: it is told, and left out.
def unclear($why): {"$unclear": ., why: $why};

# `known` is a value that was understood, else null.

# `read(p; f)` is what stands at the path p, if it says something, through f. `reads(p; f)` is the same of several paths: f gets the list of those
# that say something. Both mark what they answer: {"$read": paths, is: …}.

# `read_or_none(p; f)` is as `read`; where the key is there and says nothing, there is none.

# What f reads at the path q; of a record that the platform deleted, which p marks, nobody knows how the thing stands now.
def unless_deleted(p; q; f): if [p][0] | said | . == null or . == false or . == 0 or . == "0" then f
  else reads(q, p; .[0] | unclear("the platform deleted this record: how it stands is not told")) end;

# A list: f of each record at p. In f, paths begin at that record.
def each(p; f): [path(p) as $path | {"$at": $path, is: (getpath($path) | f)}];

# The first of several paths that says something.
def first_said(p): first((path(p) | [.]) as [$path] | select(getpath($path) | said != null) | getpath($path));

# --------------------------------------------------------------------------------------------------------------------------- texts

# `text` is a text, trimmed, with HTML entities as the characters that they stand for. Numbers stay as they stand, however long.

# An id that means something only on one platform.
def local($platform): text | if isstring then "\($platform)#\(.)" else . end;

# In whose name something stands.
def person: text | if isstring then "person:\(.)" else . end;
def department: text | if isstring then "department:\(.)" else . end;

# ------------------------------------------------------------------------------------------------------------------ numbers, truth

# `truth` is a yes or no: true, "True", "yes", "1", "on", "enabled", and their contraries.

# `amount` is an amount of money: `1,243.96`, `1.599,62`, `446,80` and `$1,100.00` are clear, `1,243` and `1.243` are not.

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

# `serial` is a serial, unless only one of these stands there, or one character over and over.

# -------------------------------------------------------------------------------------------------------------------------- tables

# `word($table)` is what the policy calls a word of the platform, by a table. An entry that is null says that the word says nothing.

# What the policy calls it, or, where the table does not say, what the platform does.
def called($table): . as $written | word($table) | if isobject and has("$unclear") then ($written | text) else . end;

# `word_by($table; $workflow)` is the same where the policy's word depends on the workflow of the kind.

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

# Whether the disk is encrypted with a key that is escrowed: the one without the other is not. Platforms that do not tell of the key leave it open;
# where a house escrows the key of whatever it encrypts, the table `escrow` says so.
def with_escrow($encrypted; $escrowed): (if $escrowed == null then ($tables.escrow // {})["not told"] else $escrowed end) as $escrowed
  | if $encrypted == null then null elif $encrypted == false or $escrowed == false then false elif $escrowed then true
    else unclear("it is encrypted, and whether its key is escrowed is not told") end;

# An attribute as a platform observed it.
def observed($platform; $at): if . == null or isobject then . else {value: ., source: $platform, observed_at: $at} end;

# The plain value of what was read: none where it was not understood.
def is: if isobject and has("$read") then .is else . end | known;
