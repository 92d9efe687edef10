# Request Tracker 5, by REST2: assets, tickets, users and lists of them.
#
# Nobody is the user "Nobody", an unset date is 1970, ids are numbers on the thing itself and texts in links. What RT's lifecycles call
# states, the tables `asset_status` and `ticket_status` translate.
include "handoff";

def records: if isobject and (.items | isarray) then .items[] elif isarray then .[] else . end;

def shape:
  if isobject | not then null
  elif has("message") and (has("id") | not) then "error"
  elif has("Catalog") or .type == "asset" then "asset"
  elif has("Queue") and .Type == "approval" then "approval"
  elif has("Queue") or .type == "ticket" then "ticket"
  elif .type == "transaction" then "transaction"
  elif has("EmailAddress") or has("Privileged") then "user"
  else null end;

def ignored: {
  document: {"how many there are": ["/total", "/pages", "/page", "/per_page", "/count", "/next_page", "/prev_page"]},
  "*": {
    "where things are found by the API": ["/_url", "/type", "/*/_url", "/*/type", "/*/*/_url", "/*/*/type", "/_hyperlinks"],
    "how the platform keeps its records": ["/Creator", "/Created", "/LastUpdatedBy"]
  },
  error: {},
  transaction: {"what happened, without the thing that it happened to: only the address tells that": ["/*"]},
  asset: {
    "for people to read": ["/Description", "/Contact"],
    "the name has it": ["/Catalog/id"],
    "what a field of the house is called": ["/CustomFields/*/id", "/CustomFields/*/name"]
  },
  ticket: {
    "for people to read": ["/Subject", "/Cc", "/AdminCc"],
    "how urgent it is, and how long it takes": ["/InitialPriority", "/FinalPriority", "/Priority", "/TimeEstimated", "/TimeWorked", "/TimeLeft", "/Starts", "/Started"],
    "the status says it": ["/Resolved"],
    "what it was merged into, when it was": ["/EffectiveId", "/Type"],
    "the name has it": ["/Queue/id"],
    "what a field of the house is called": ["/CustomFields/*/id", "/CustomFields/*/name"]
  },
  approval: {
    "for people to read": ["/Subject", "/Cc", "/AdminCc", "/Requestor", "/CustomFields"],
    "how urgent it is, and how long it takes": ["/InitialPriority", "/FinalPriority", "/Priority", "/TimeEstimated", "/TimeWorked", "/TimeLeft", "/Starts", "/Started", "/Due"],
    "who may decide is not who decided": ["/Owner"],
    "the tickets that depend on it are among the links": ["/id", "/Queue", "/EffectiveId", "/Type"],
    "when it was touched last is not when it was decided": ["/LastUpdated"]
  },
  user: {
    "how the account is set": ["/Timezone", "/Privileged", "/Memberships", "/Lang", "/Gecos", "/id", "/CustomFields", "/Organization", "/NickName", "/HomePhone", "/WorkPhone",
      "/MobilePhone", "/PagerPhone", "/Address1", "/Address2", "/State", "/Zip", "/Country", "/LastUpdated", "/Comments", "/FreeformContactInfo", "/Signature"]
  }
};

def someone(p): read(p; if . == "Nobody" or . == "RT_System" then null else text end);
def holder(p): read(p; if . == "Nobody" then none else person end);

# Fields of the house.
def custom($table): . as $record | reduce range((.CustomFields // []) | length) as $index ({};
  . * ($record | .CustomFields[$index].name as $name | if (.CustomFields[$index].values // []) == [] then {} else house($table; $name; .CustomFields[$index].values[0]) end));

# What the links of a kind lead to.
def linked($type; $refs): . as $record | [(._hyperlinks // [])[] | select(.type == $type and (.ref as $ref | any($refs[]; . == $ref))) | .id | "rt:\($type)#\(.)"];

def catalog: [.Catalog | if isobject then (if has("Name") then .Name else .id end) else . end][0];
def queue: [.Queue | if isobject then (if has("Name") then .Name else .id end) else . end][0];

def facts: shape as $shape
  | if $shape == "error" then {error: .message}
    elif $shape == "asset" then (catalog | said | if . == null then null else word("catalog") end) as $kind
      | {asset: ({
          id: read(.id; "rt:asset#\(text)"),
          kind: read(.Catalog | if isobject then (if has("Name") then .Name else .id end) else . end; word("catalog")),
          state: read(.Status; asset_state("asset_status"; $kind)),
          owner: holder(.Owner.id),
          held_by: (if (.HeldBy | isarray) and (.HeldBy | length) == 1 then read(.HeldBy[0].id; text) else null end),
          attributes: {name: read(.Name; text)},
          updated_at: read(.LastUpdated; time)
        } * custom("custom_fields"))}
    elif $shape == "approval" then
      (linked("ticket"; ["depended-on-by"]) | if . == [] then [null] else . end)[] as $of | (.Status | word("approval_status") | known) as $verdict
      | {ticket: {
          id: ($of // read(.id; unclear("no ticket depends on this approval"))),
          approvals: (if $verdict == null then read(.Status; word("approval_status"))
            else [{verdict: read(.Status; $verdict), by: read(.LastUpdatedBy.id; unclear("who touched it last need not be who decided")),
              at: read(.Resolved; time)}] end)
        }}
    elif $shape == "ticket" then (queue | said | if . == null then null else word("queue") end) as $kind
      | {ticket: ({
          id: read(.id; "rt:ticket#\(text)"),
          kind: read(.Queue | if isobject then (if has("Name") then .Name else .id end) else . end; word("queue")),
          state: read(.Status; ticket_state("ticket_status"; $kind)),
          requester: (if (.Requestor | isarray) and (.Requestor | length) > 0 then read(.Requestor[0].id; text) else null end),
          assignee: someone(.Owner.id),
          opened: read(.Created; time),
          due: read(.Due; day_in("Z"; $zone)),
          links: (linked("asset"; ["refers-to", "referred-to-by", "member-of", "members", "depends-on", "depended-on-by"]) | if . == [] then null else . end),
          related: ([linked("ticket"; ["refers-to", "referred-to-by"])[] | {relation: "refers-to", ticket: .}]
            + [linked("ticket"; ["member-of", "depended-on-by"])[] | {relation: "part-of", ticket: .}] | if . == [] then null else . end),
          updated_at: read(.LastUpdated; time)
        } * custom("ticket_fields"))}
    elif $shape == "user" then {person: {
        id: read(.Name; text),
        aliases: read(.EmailAddress; [text]),
        name: read(.RealName; text),
        location: read(.City; text),
        status: read(.Disabled; word("disabled"))
      }}
    else empty end;
