# Jira: an issue, a search, a webhook; and objects of Jira Assets.
#
# Offsets are written "-0700", webhooks count milliseconds, a changelog may be empty, and some closures change the resolution alone. Which
# custom field is whose is up to the house: the table `fields` says it.
include "handoff";

def records:
  if isarray then .[]
  elif isobject and (.issues | isarray) then .issues[]
  elif isobject and (.objectEntries | isarray) then .objectEntries[]
  elif isobject and (.values | isarray) then .values[]
  else . end;

def shape:
  if isobject | not then null
  elif has("errorMessages") then "error"
  elif has("issue") and has("webhookEvent") then "webhook"
  elif has("key") and has("fields") then "issue"
  elif has("objectKey") and has("objectType") then "object"
  elif has("objectTypeAttribute") and has("objectAttributeValues") then "attribute"
  elif has("statusCategory") then "status"
  elif has("accountId") or has("emailAddress") then "user"
  else null end;

def issue_ignored: {
  "looks, links and numbers": ["/self", "/id", "/expand", "/fields/*/self", "/fields/*/iconUrl", "/fields/*/id", "/fields/*/avatarUrls", "/fields/*/avatarId",
    "/fields/*/*/self", "/fields/*/description", "/fields/status/statusCategory/id", "/fields/status/statusCategory/colorName", "/fields/status/statusCategory/name"],
  "the status says it, unless there is a resolution": ["/fields/status/statusCategory/key"],
  "for people to read": ["/fields/summary", "/fields/description", "/fields/environment", "/fields/comment", "/fields/attachment", "/fields/worklog", "/fields/labels",
    "/fields/components"],
  "how urgent it is, and where it stands in plans": ["/fields/priority", "/fields/votes", "/fields/watches", "/fields/project", "/fields/fixVersions", "/fields/versions",
    "/fields/progress", "/fields/aggregateprogress", "/fields/workratio", "/fields/timetracking", "/fields/timespent", "/fields/timeestimate", "/fields/timeoriginalestimate",
    "/fields/aggregatetimespent", "/fields/aggregatetimeestimate", "/fields/aggregatetimeoriginalestimate", "/fields/security"],
  "the status says it": ["/fields/resolutiondate", "/fields/statuscategorychangedate", "/fields/resolution"],
  "who looked at it, and who typed it": ["/fields/lastViewed", "/fields/creator"],
  "the person's id is enough": ["/fields/*/name", "/fields/*/key", "/fields/*/accountId", "/fields/*/timeZone", "/fields/*/accountType", "/fields/*/active", "/fields/*/locale"],
  "a kind of issue has a name": ["/fields/issuetype/subtask", "/fields/issuetype/hierarchyLevel", "/fields/issuetype/entityId"],
  "what a linked issue is stands in itself": ["/fields/issuelinks/*/self", "/fields/issuelinks/*/id", "/fields/issuelinks/*/type", "/fields/issuelinks/*/inwardIssue/id",
    "/fields/issuelinks/*/inwardIssue/self", "/fields/issuelinks/*/inwardIssue/fields", "/fields/issuelinks/*/outwardIssue/id", "/fields/issuelinks/*/outwardIssue/self",
    "/fields/issuelinks/*/outwardIssue/fields", "/fields/subtasks/*/id", "/fields/subtasks/*/self", "/fields/subtasks/*/fields", "/fields/parent/id",
    "/fields/parent/self", "/fields/parent/fields"],
  "other changes than of the status": ["/changelog/id", "/changelog/startAt", "/changelog/maxResults", "/changelog/total", "/changelog/items", "/changelog/histories"]
};

def ignored: {
  document: {"how many there are": ["/total", "/startAt", "/maxResults", "/expand", "/isLast", "/nextPageToken", "/pageNumber", "/pageSize", "/totalFilterCount"],
    "what the objects are made of": ["/objectTypeAttributes", "/objectTypeId"]},
  "*": {},
  error: {},
  status: {"a list that issues refer to, and nothing that anybody has": ["/*"]},
  attribute: {"an attribute by itself: the object that it is of has it": ["/*"]},
  user: {"looks, and how the account is set": ["/self", "/avatarUrls", "/active", "/timeZone", "/accountType", "/locale", "/groups", "/applicationRoles", "/expand", "/key", "/name"]},
  issue: issue_ignored,
  webhook: ({
      "how the message came": ["/webhookEvent", "/issue_event_type_name", "/matchedWebhookIds", "/comment", "/timestamp"],
      "who caused it: the changes have it": ["/user"]
    } + (issue_ignored | with_entries(.value |= map(if startswith("/changelog") then . else "/issue" + . end)))),
  object: {
    "looks, links and numbers": ["/id", "/label", "/name", "/avatar", "/_links", "/hasAvatar", "/objectType/id", "/objectType/type", "/objectType/icon", "/objectType/position",
      "/objectType/created", "/objectType/updated", "/objectType/objectCount", "/objectType/objectSchemaId", "/objectType/inherited",
      "/objectType/abstractObjectType", "/objectType/parentObjectTypeInherited", "/objectType/description", "/objectType/parentObjectTypeId", "/globalId", "/workspaceId",
      "/extendedInfo", "/attributes/*/id", "/attributes/*/objectId", "/attributes/*/objectTypeAttributeId", "/attributes/*/objectTypeAttribute",
      "/attributes/*/objectAttributeValues/*"],
    "when it was made; a short date": ["/created", "/updated"]
  }
};

def account: . as $user | if ($user.accountId | said) != null then .accountId elif ($user.name | said) != null then .name else .key end;
def who(f): if [f][0] | isobject then read(f | account; text) else null end;
def whoever(f): if [f][0] | isobject then {person: {id: read(f | account; text), aliases: read(f | .emailAddress; [text]), name: read(f | .displayName; text)}} else empty end;

# What a status comes to with a resolution: "Done" that was resolved as "Won't Do" is not done.
def outcome($kind; $resolution): . as $status
  | (if $resolution == null then null else ($resolution | ticket_state("resolution"; $kind)) end)
  | if . == null then ($status | ticket_state("status"; $kind)) else . end;

# A change of the status, which stands at p among the changes of one moment.
def change($kind; $issue; $items; $at; $by; p): [p][0] as $item | if $item.field != "status" then null
  else ([$items[] | select(.field == "resolution") | ."toString"][0]
      // (if $item."toString" == $issue.fields.status.name then $issue.fields.resolution.name else null end)) as $resolution
  | ($item."toString" | outcome($kind; $resolution) | known) as $to
  | if $to == null then read(p | ."toString"; outcome($kind; $resolution))
    else {at: $at, from: read(p | .fromString; ticket_state("status"; $kind)), to: read(p | ."toString"; $to), by: $by} end end;

# What became of a subtask. The category of a status is "done" for whatever is over: only its name tells whether the work was done.
def subtask:
  if (.fields.resolution.name | said) != null and (.fields.resolution.name | word("subtask") | known) != "done"
    then read(.fields.resolution.name; word("subtask"))
    elif (.fields.status.name | said) == null or .fields.status.statusCategory.key != "done" and (.fields.status.name | word("subtask") | known) == null
    then read(.fields.status.statusCategory.key; word("subtask"))
    else reads(.fields.status.name, .fields.status.statusCategory.key; .[0] | word("subtask")) end;

def ticket($kind):
  . as $issue
  | {ticket: ({
      id: read(.key; text),
      kind: read(.fields.issuetype.name; word("issuetype")),
      state: (if .fields.resolution != null and (.fields.status | isobject) and .fields.status.statusCategory.key != "done"
        then reads(.fields.status.name, .fields.status.statusCategory.key; .[0] | unclear("it has a resolution, and its status is not done"))
        elif (.fields.resolution.name | said) != null then reads(.fields.resolution.name, .fields.status.name; .[0] as $resolution | .[-1] | outcome($kind; $resolution))
        else read(.fields.status.name; ticket_state("status"; $kind)) end),
      requester: who(.fields.reporter),
      assignee: who(.fields.assignee),
      opened: read(.fields.created; time),
      due: read(.fields.duedate; day),
      related: ((if (.fields.issuelinks | isarray) then each(.fields.issuelinks[];
            (.type.name | word("issuelink") | known) as $relation
            | if $relation == null then read(.type.name; word("issuelink"))
              else {relation: read(.type.name; $relation), ticket: (if has("outwardIssue") then read(.outwardIssue.key; text) else read(.inwardIssue.key; text) end)} end) else [] end)
        + (if (.fields.parent | isobject) then [{relation: "part-of", ticket: read(.fields.parent.key; text)}] else [] end) | if . == [] then null else . end),
      tasks: (if (.fields.subtasks | isarray) then each(.fields.subtasks[]; {id: read(.key; text), state: subtask}) else null end | if . == [] then null else . end),
      updated_at: read(.fields.updated; time)
    } * (reduce (.fields | keys_unsorted[] | select(startswith("customfield_"))) as $name ({};
        . * ($issue | [path(.fields[$name])][0] as $path
          | if (.fields[$name] | isobject and has("value")) then house("fields"; $name; .fields[$name].value)
            elif (.fields[$name] | isobject and has("accountId")) then house("fields"; $name; .fields[$name].accountId)
            else house("fields"; $name; .fields[$name]) end))))};

def kind_of: .fields.issuetype.name | said | if . == null then null else word("issuetype") end;

def facts: shape as $shape
  | if $shape == "error" then {error: (.errorMessages | tostring)}
    elif $shape == "issue" then kind_of as $kind | . as $issue
      | (ticket($kind) * (if (.changelog.histories | isarray) then {ticket: {history: [
            range(.changelog.histories | length) as $change | range(.changelog.histories[$change].items | length) as $item
            | change($kind; $issue; $issue.changelog.histories[$change].items; read(.changelog.histories[$change].created; time); who(.changelog.histories[$change].author); .changelog.histories[$change].items[$item])]}} else {} end)),
        whoever(.fields.reporter), whoever(.fields.assignee)
    elif $shape == "webhook" then (.issue | kind_of) as $kind | . as $webhook
      | (each(.issue; ticket($kind), whoever(.fields.reporter), whoever(.fields.assignee))[]),
        (if any(.changelog.items[]?; .field == "status") then
          {ticket: {id: read(.issue.key; text), history: [range(.changelog.items | length) as $item
            | change($kind; $webhook.issue; $webhook.changelog.items; read(.timestamp; time); who(.user); .changelog.items[$item])]}}
         else empty end)
    elif $shape == "object" then
      (.objectType.name | said | if . == null then null else word("object_type") end) as $kind | . as $object
      | {asset: (({
          id: read(.objectKey; text),
          aliases: [.id | local("jira")],
          kind: read(.objectType.name; word("object_type")),
          updated_at: read(.timestamp; time)
        }) * reduce range((.attributes // []) | length) as $index ({};
            . * ($object | .attributes[$index] as $attribute
              | ($attribute.objectTypeAttribute.name // ($attribute.objectTypeAttributeId | tostring)) as $name
              | if ($attribute.objectAttributeValues // []) == [] then {}
                elif ($tables.attributes // {})[$name] == "@state" then
                  {state: read(.attributes[$index].objectAttributeValues[0] | if has("status") then .status.name elif has("referencedObject") then .referencedObject.name else .value end;
                    asset_state("object_status"; $kind))}
                else house("attributes"; $name; .attributes[$index].objectAttributeValues[0]
                  | if has("referencedObject") then .referencedObject.name elif has("user") then .user.key elif has("status") then .status.name else .value end) end)))}
    elif $shape == "user" then whoever(.)
    else empty end;

# A webhook tells of a change that was made already, and the payload is of after it.
def before: if (isobject and has("webhookEvent") and has("issue")) | not then empty
  elif .webhookEvent == "jira:issue_created" then null
  elif any(.changelog.items[]?; .field == "status" or .field == "resolution" or .field == "issuetype") then
    reduce .changelog.items[] as $item ({webhookEvent, issue};
      if $item.field == "status" then .issue.fields.status = {name: $item.fromString}
      elif $item.field == "issuetype" then .issue.fields.issuetype = {name: $item.fromString}
      elif $item.field == "resolution" then .issue.fields.resolution = (if $item.fromString == null then null else {name: $item.fromString} end)
      else . end)
    # A changelog tells no category: a status that an issue had with its resolution is taken for one that ends it.
    | if .issue.fields.resolution != null and (.issue.fields.status | isobject and (has("statusCategory") | not)) then
        .issue.fields.status.statusCategory = {key: "done"} else . end
  else empty end;

def actor: if isobject and (.user | isobject) then .user | account else null end;
