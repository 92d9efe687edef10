# Personio: employees. The first version of the API wraps every value in {label, value}, the second has plain ones.
include "handoff";

def records: if isobject and (.data | isarray) then .data[] elif isobject and (.data | isobject) then .data elif isobject and (._data | isarray) then ._data[] elif isarray then .[] else . end;

def shape: if isobject and (.attributes | isobject) and .type == "Employee" then "employee" elif isobject and has("error") then "error"
  elif isobject and has("employments") then "person" else null end;

def ignored: {
  document: {"how the request went": ["/success", "/metadata", "/offset", "/limit", "/_meta"]},
  "*": {},
  error: {},
  employee: {
    "what kind of record it is, and what fields are called": ["/type", "/attributes/*/label", "/attributes/*/type", "/attributes/*/universal_id", "/attributes/*/value/type", "/attributes/*/value/attributes/id"],
    "private, and how they are paid and work": ["/attributes/gender", "/attributes/employment_type", "/attributes/weekly_working_hours", "/attributes/termination_type", "/attributes/termination_reason",
      "/attributes/probation_period_end", "/attributes/subcompany", "/attributes/cost_centers", "/attributes/holiday_calendar", "/attributes/absence_entitlement", "/attributes/work_schedule",
      "/attributes/fix_salary", "/attributes/fix_salary_interval", "/attributes/hourly_salary", "/attributes/vacation_day_balance", "/attributes/profile_picture", "/attributes/team",
      "/attributes/contract_end_date", "/attributes/termination_date_initiated", "/attributes/last_working_day"],
    "when the record changed": ["/attributes/created_at", "/attributes/last_modified_at"],
    "who the manager is has an id": ["/attributes/supervisor/value/attributes/first_name", "/attributes/supervisor/value/attributes/last_name", "/attributes/supervisor/value/attributes/preferred_name"]
  },
  person: {"private, and how they are paid and work": ["/gender", "/preferred_name", "/date_of_birth", "/profile_picture", "/created_at", "/updated_at", "/custom_attributes", "/_meta", "/employments/*/id",
    "/employments/*/type", "/employments/*/weekly_working_hours", "/employments/*/cost_centers", "/employments/*/legal_entity", "/employments/*/org_units", "/employments/*/_meta"]}
};

# Fields of the house, by the table `custom_fields`: those that begin with `dynamic_`.
def custom: . as $record | reduce (.attributes | keys_unsorted[] | select(startswith("dynamic_"))) as $name ({}; . * ($record | house("custom_fields"; .attributes[$name].label; .attributes[$name].value)));

def facts: shape as $shape
  | if $shape == "error" then {error: (.error | if isobject then .message else tostring end)}
    elif $shape == "employee" then {person: ({
        id: read(.attributes.id.value; local("personio")),
        aliases: read(.attributes.email.value; [text]),
        name: reads(.attributes.first_name.value, .attributes.last_name.value; map(text) | join(" ")),
        department: read(.attributes.department.value | if isobject then .attributes.name else . end; called("departments")),
        profile: read(.attributes.position.value; word("profiles")),
        manager: read(.attributes.supervisor.value | if isobject then .attributes.id | if isobject then .value else . end else . end; local("personio")),
        location: read(.attributes.office.value | if isobject then .attributes.name else . end; text),
        status: read(.attributes.status.value; word("status")),
        first_day: read(.attributes.hire_date.value; day),
        last_day: read(.attributes.termination_date.value; day)
      } * custom)}
    elif $shape == "person" then {person: {
        id: read(.id; local("personio")),
        aliases: read(.email; [text]),
        name: reads(.first_name, .last_name; map(text) | join(" ")),
        status: read(.status; word("status"))
      }}
    else empty end;
