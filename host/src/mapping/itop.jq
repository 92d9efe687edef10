# iTop, by its REST/JSON API: core/get answers objects by class and key.
#
# Everything is a text; a reference that is null is "0", a date that is null "". An empty answer has no objects, and an error a code. Times are
# those of the server.
include "handoff";

def records: if isobject and .code == 0 and (.objects | isobject) then .objects[] elif isobject and .code == 0 and has("objects") then empty
  elif isarray then .[] else . end;

def devices: ["PC", "MobilePhone", "Phone", "IPPhone", "Tablet", "Printer", "Peripheral", "Server", "NetworkDevice"];
def tickets: ["UserRequest", "Incident", "Problem", "RoutineChange", "NormalChange", "EmergencyChange"];

def shape:
  if isobject | not then null
  elif has("code") and .code != 0 then "error"
  elif .class as $class | any(devices[]; . == $class) then "device"
  elif .class as $class | any(tickets[]; . == $class) then "ticket"
  elif .class == "Person" then "person"
  elif has("class") and has("fields") then "reference"
  else null end;

def ignored: {
  document: {"how the request went": ["/code", "/message", "/version", "/operations"]},
  "*": {
    "how the request went": ["/code", "/message"],
    "names of what is referred to, and what is obsolete": ["/class", "/fields/friendlyname", "/fields/*_friendlyname", "/fields/obsolescence_flag", "/fields/obsolescence_date",
      "/fields/org_id", "/fields/organization_name", "/fields/org_id_friendlyname", "/fields/org_id_obsolescence_flag", "/fields/org_name"],
    "the names behind references": ["/fields/location_id_friendlyname", "/fields/location_id_obsolescence_flag", "/fields/brand_id_friendlyname", "/fields/model_id_friendlyname",
      "/fields/osfamily_id_friendlyname", "/fields/osversion_id_friendlyname", "/fields/caller_id_friendlyname", "/fields/caller_id_obsolescence_flag",
      "/fields/agent_id_friendlyname", "/fields/agent_id_obsolescence_flag", "/fields/team_id_friendlyname", "/fields/approver_id_friendlyname", "/fields/manager_id_friendlyname",
      "/fields/contacts_list", "/fields/tickets_list", "/fields/functionalcis_list"]
  },
  error: {},
  reference: {"a list that others refer to, and nothing that anybody has": ["/*"]},
  device: {
    "how the machine is built": ["/fields/brand_id", "/fields/brand_name", "/fields/model_id", "/fields/location_id", "/fields/osfamily_id", "/fields/osfamily_name", "/fields/osversion_id",
      "/fields/osversion_name", "/fields/cpu", "/fields/ram", "/fields/softwares_list", "/fields/networkdevice_list", "/fields/physicalinterface_list", "/fields/imei",
      "/fields/hw_pin", "/fields/phonenumber"],
    "what services it carries": ["/fields/business_criticity", "/fields/move2production", "/fields/documents_list", "/fields/applicationsolution_list",
      "/fields/providercontracts_list", "/fields/services_list"],
    "bookkeeping, and for people to read": ["/fields/purchase_date", "/fields/end_of_warranty", "/fields/description", "/fields/name"],
    "the type has it": ["/fields/finalclass"]
  },
  ticket: {
    "for people to read": ["/fields/title", "/fields/description", "/fields/public_log", "/fields/private_log", "/fields/solution", "/fields/user_comment", "/fields/user_satisfaction"],
    "how urgent it is, and how long it takes": ["/fields/impact", "/fields/urgency", "/fields/priority", "/fields/tto", "/fields/ttr", "/fields/cumulatedpending", "/fields/time_spent",
      "/fields/sla_tto_passed", "/fields/sla_ttr_passed", "/fields/sla_tto_over", "/fields/sla_ttr_over", "/fields/escalation_flag", "/fields/escalation_reason"],
    "how it came, and whose team does it": ["/fields/origin", "/fields/request_type", "/fields/service_id", "/fields/servicesubcategory_id", "/fields/team_id", "/fields/team_name",
      "/fields/caller_name", "/fields/agent_name", "/fields/approver_email", "/fields/servicesubcategory_name", "/fields/ref", "/fields/finalclass", "/key"],
    "the status says it": ["/fields/resolution_date", "/fields/close_date", "/fields/assignment_date", "/fields/end_date", "/fields/resolution_code", "/fields/pending_reason",
      "/fields/operational_status", "/fields/last_pending_date"],
    "work of their own": ["/fields/workorders_list"]
  },
  person: {"private, or lists of what they have": ["/fields/phone", "/fields/mobile_phone", "/fields/function", "/fields/notify", "/fields/picture", "/fields/team_list", "/fields/cis_list",
    "/fields/location_id", "/fields/manager_name", "/fields/finalclass", "/fields/employee_number"]}
};

# A reference: "0" is none.
def chosen: text | if . == "0" then null else . end;
def someone(p): read(p; chosen | if isstring then "itop:person#\(.)" else . end);

def facts: shape as $shape
  | if $shape == "error" then {error: (.message // "code \(.code)")}
    elif $shape == "device" then
      (if (.fields.type | said) != null then .fields.type else .class end) as $word | ($word | word("type")) as $kind
      | {asset: {
          id: (if (.fields.asset_number | said) != null then read(.fields.asset_number; text) else read(.key; "itop:device#\(text)") end),
          aliases: reads(.key, .fields.name; ["itop:device#\(.[0])"]),
          kind: (if (.fields.type | said) != null then read(.fields.type; word("type")) else read(.class; word("type")) end),
          state: read(.fields.status; asset_state("status"; $kind)),
          serial: read(.fields.serialnumber; serial),
          tag: read(.fields.asset_number; text),
          owner: (.fields.contacts_list as $contacts | if ($contacts | isarray | not) then null
            elif $contacts == [] then read(.fields.contacts_list; none) // {"$read": [["fields", "contacts_list"]], is: none}
            elif ($contacts | length) == 1 then read(.fields.contacts_list[0].contact_id; "person:itop:person#\(text)")
            else read(.fields.contacts_list; unclear("it has several contacts: which of them has it is not told")) end),
          location: read(.fields.location_name; text),
          attributes: {model: read(.fields.model_name; text)},
          updated_at: read(.fields.last_update; time)
        }}
    elif $shape == "ticket" then
      (if (.fields.service_name | said) != null then (.fields.service_name | word("service")) else null end) as $kind
      | {ticket: {
          id: (if (.fields.ref | said) != null then read(.fields.ref; text) else read(.key; "itop:ticket#\(text)") end),
          aliases: read(.key; ["itop:ticket#\(.)"]),
          kind: read(.fields.service_name; word("service")),
          state: read(.fields.status; ticket_state("ticket_status"; $kind)),
          subject: someone(.fields.caller_id),
          assignee: someone(.fields.agent_id),
          opened: read(.fields.start_date; time),
          links: (if (.fields.functionalcis_list | isarray) then each(.fields.functionalcis_list[]; read(.functionalci_id; "itop:device#\(text)")) else null end | if . == [] then null else . end),
          approvals: (if (.fields.approver_id | said) != null and .fields.approver_id != "0" then [{by: someone(.fields.approver_id),
            verdict: read(.fields.status; ($tables.approval // {})[.])}] | map(select((.verdict | is) != null)) | if . == [] then null else . end else null end),
          updated_at: read(.fields.last_update; time)
        }}
    elif $shape == "person" then {person: {
        id: read(.key; "itop:person#\(text)"),
        aliases: reads(.fields.email, .fields.employee_number; map(text)),
        name: reads(.fields.first_name, .fields.name; map(text) | join(" ")),
        manager: someone(.fields.manager_id),
        location: read(.fields.location_name; text),
        status: read(.fields.status; word("person_status"))
      }}
    else empty end;
