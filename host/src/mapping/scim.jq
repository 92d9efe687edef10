# SCIM 2.0 (RFC 7643), with the enterprise extension: users, lists of them, and users that a bulk request creates whole.
#
# That an account works does not say that the person has come: the table `active` says what it says in your house.
include "handoff";

def enterprise: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

def records:
  if isarray then .[]
  elif isobject and (.Resources | isarray) then .Resources[]
  elif isobject and (.Operations | isarray) and all(.Operations[]; (.method // "") == "POST" and (.data | isobject)) then .Operations[].data
  else . end;

def shape:
  if isobject | not then null
  elif has("Operations") then "change"
  elif has("userName") then "user"
  elif any((.schemas // [])[]; . == "urn:ietf:params:scim:api:messages:2.0:Error") then "error"
  else null end;

def ignored: {
  document: {"how many there are": ["/schemas", "/totalResults", "/itemsPerPage", "/startIndex", "/failOnErrors"],
    "how the request is put": ["/Operations/*/method", "/Operations/*/path", "/Operations/*/bulkId"]},
  "*": {"which schemas it follows": ["/schemas"]},
  error: {},
  change: {},
  user: {
    "numbers, addresses and versions of the record": ["/meta", "/profileUrl", "/photos"],
    "the name has it": ["/name/givenName", "/name/familyName", "/name/middleName", "/name/honorificPrefix", "/name/honorificSuffix", "/displayName", "/nickName"],
    "private, or how to reach them": ["/phoneNumbers", "/ims", "/addresses", "/emails/*/type", "/emails/*/primary", "/emails/*/display", "/preferredLanguage", "/locale", "/timezone"],
    "a secret": ["/password", "/x509Certificates"],
    "what the account may do": ["/groups", "/entitlements", "/roles"],
    "bookkeeping": ["/" + enterprise + "/costCenter", "/" + enterprise + "/organization", "/" + enterprise + "/division", "/" + enterprise + "/manager/displayName", "/" + enterprise + "/manager/$ref"],
    "what they do: the table `profiles` may say which profile it is": ["/title", "/userType"]
  }
};

# The work address, or the only one.
def work: [path(.addresses[]?)] as $all | . as $user
  | ([$all[] | select(. as $path | $user | getpath($path) | .type == "work")][0] // (if ($all | length) == 1 then $all[0] else null end));

def facts: shape as $shape
  | if $shape == "error" then {error: .detail}
    elif $shape == "change" then {error: "a patch or a bulk request says what changes, and not how the user stands then: send users whole"}
    elif $shape == "user" then work as $work
      | {person: {
          id: read(.userName; text),
          aliases: reads(.id, .externalId, .emails[]?.value, .[enterprise].employeeNumber; map(text)),
          name: (if (.name.formatted | said) != null then read(.name.formatted; text)
            elif (.displayName | said) != null then read(.displayName; text) else reads(.name.givenName, .name.familyName; map(text) | join(" ")) end),
          profile: (if (.title | said) != null and (.title as $title | $tables.profiles // {} | has($title)) then read(.title; word("profiles")) else null end),
          department: read(.[enterprise].department; called("departments")),
          manager: read(.[enterprise].manager | if isobject then .value else . end; if isstring and startswith("bulkId:") then unclear("this leads only within the request") else text end),
          location: (if $work == null then null else read(getpath($work) | .locality; text) end),
          status: read(.active; word("active"))
        }}
    else empty end;
