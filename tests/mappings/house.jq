# A filter of a house's own: a list of things, as nobody else writes it.
include "handoff";

def records: if isobject then .things[] else . end;
def shape: if isobject and has("no") then "thing" else null end;
def ignored: {document: {"who wrote it": ["/by"]}, thing: {"for people to read": ["/remark"]}};
def facts: {asset: {
  id: read(.no; text),
  serial: read(.serial; serial),
  owner: read_or_none(.who; person),
  updated_at: read(.seen; time)
}};
