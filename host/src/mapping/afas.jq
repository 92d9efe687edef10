# AFAS Profit: rows of a get-connector with employees. Which columns it has is up to the house: these are the usual names.
include "handoff";

def records: if isobject and (.rows | isarray) then .rows[] elif isarray then .[] else . end;

def key: if has("Medewerker") then "Medewerker" elif has("EmployeeId") then "EmployeeId" else null end;

def shape: if isobject and key != null then "employee" elif isobject and (has("KnPerson") or has("KnUser") or has("AfasEmployee")) then "change"
  elif isobject and has("fields") and has("name") then "description" elif isobject and has("externalMessage") then "error" else null end;

def ignored: {
  document: {"which part of the rows it is": ["/skip", "/take"]},
  "*": {},
  error: {},
  change: {},
  description: {"what a connector has, and not what it says": ["/*"]},
  employee: {
    "private": ["/Geboortedatum", "/BirthDate", "/Geslacht", "/EmailForDigitalDocuments", "/EmailPrivate", "/MobilePrivate"],
    "whether the user is blocked: employment tells more": ["/Geblokkeerd"]
  }
};

# The first of several columns that the row has.
def column($names): . as $row | [$names[] | select(. as $name | $row | has($name))][0] // $names[0];

def facts: shape as $shape
  | if $shape == "error" then {error: .externalMessage}
    elif $shape == "change" then {error: "an update-connector says what is to change, and not how the employee stands: send rows of a get-connector"}
    elif $shape == "employee" then
      column(["EmailWork", "Email", "E-mail_werk"]) as $email | column(["Naam", "Name", "DisplayName"]) as $name | column(["Afdeling", "Department"]) as $department
      | column(["Leidinggevende", "Manager"]) as $manager | column(["Locatie", "Location"]) as $location | column(["Functie", "JobTitle"]) as $title | key as $key
      | column(["EmploymentStartDate", "Begindatum", "DatumInDienst"]) as $first | column(["EmploymentEndDate", "Einddatum", "DatumUitDienst"]) as $last
      | {person: {
          id: read(.[$key]; text),
          aliases: reads(.[$email], .UserId, .PersonId; map(text)),
          name: read(.[$name]; text),
          department: read(.[$department]; called("departments")),
          profile: read(.[$title]; word("profiles")),
          manager: read(.[$manager]; text),
          location: read(.[$location]; text),
          first_day: read(.[$first]; day),
          last_day: read(.[$last]; day)
        }}
    else empty end;
