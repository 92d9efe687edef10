# BambooHR: employees, by the API, the directory and webhooks.
#
# A date that is not set is "0000-00-00". A webhook of the event kind says who changed, and not what.
include "handoff";

def records: if isobject and (.employees | isarray) then .employees[] elif isarray then .[] else . end;

def shape: if isobject and has("changedFields") and (.fields | isobject) then "change"
  elif isobject and (.data | isobject) and (.data | has("employeeId")) then "event"
  elif isobject and has("id") and (has("displayName") or has("firstName") or has("hireDate")) then "employee" else null end;

def ignored: {
  document: {"what the directory has": ["/fields"]},
  "*": {},
  event: {"who changed, and not how they stand": ["/type", "/timestamp", "/data/companyId", "/data/changedFields"]},
  change: {"what happened, and when": ["/action", "/changedFields", "/timestamp"]},
  employee: {
    "the name has it": ["/firstName", "/lastName", "/preferredName", "/middleName"],
    "private, or how to reach them": ["/homeEmail", "/mobilePhone", "/workPhone", "/homePhone", "/workPhoneExtension", "/photoUrl", "/photoUploaded", "/canUploadPhoto", "/gender", "/dateOfBirth", "/linkedIn",
      "/pronouns", "/skypeUsername", "/facebook", "/twitterFeed", "/instagram", "/pinterest"],
    "bookkeeping": ["/division", "/employmentHistoryStatus", "/payRate", "/lastChanged"],
    "the manager's id is enough": ["/supervisor"]
  }
};

def employee: {
  id: read(.id; local("bamboohr")),
  aliases: reads(.workEmail, .employeeNumber; map(text)),
  name: (if (.displayName | said) != null then read(.displayName; text) else reads(.firstName, .lastName; map(text) | join(" ")) end),
  department: read(.department; called("departments")),
  profile: read(.jobTitle; word("profiles")),
  manager: read(.supervisorEId; local("bamboohr")),
  location: read(.location; text),
  status: read(.status; word("status")),
  first_day: read(.hireDate; day),
  last_day: read(.terminationDate; day)
};

# The names that a webhook gives to fields.
def change: {
  id: read(.id; local("bamboohr")),
  aliases: reads(.fields["Work Email"], .fields["Employee #"]; map(text)),
  name: (if has("fields") and ((.fields["First Name"] | said) != null) and ((.fields["Last Name"] | said) != null)
    then reads(.fields["First Name"], .fields["Last Name"]; map(text) | join(" "))
    else reads(.fields["First Name"], .fields["Last Name"]; .[0] | unclear("half a name is none")) end),
  department: read(.fields.Department; called("departments")),
  profile: read(.fields["Job Title"]; word("profiles")),
  location: read(.fields.Location; text),
  status: read(.fields.Status; word("status")),
  first_day: read(.fields["Hire Date"]; day),
  last_day: read(.fields["Termination Date"]; day)
};

def facts: shape as $shape
  | if $shape == "employee" then {person: employee}
    elif $shape == "change" then {person: change}
    elif $shape == "event" then {person: {id: read(.data.employeeId; local("bamboohr"))}}
    else empty end;
