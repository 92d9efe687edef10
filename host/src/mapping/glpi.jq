# GLPI, by its REST API: computers and other items, tickets, their tasks, items of tickets, and users.
#
# Ids are numbers; with expanded dropdowns *_id fields are names, and " " or "&nbsp;" where there is none. Times have no zone.
include "handoff";

def records: if isarray then .[] elif isobject and (.data | isarray) then .data[] else . end;

def types: ["Computer", "computermodels_id", "computertypes_id"], ["Phone", "phonemodels_id", "phonetypes_id"], ["Monitor", "monitormodels_id", "monitortypes_id"],
  ["Peripheral", "peripheralmodels_id", "peripheraltypes_id"], ["NetworkEquipment", "networkequipmentmodels_id", "networkequipmenttypes_id"],
  ["Printer", "printermodels_id", "printertypes_id"];

# What the item is, by the field of its model.
def type_of: . as $record | [types | . as $type | select($record | has($type[1]))][0];

def shape:
  if isobject | not then null
  elif has("itemtype") and has("tickets_id") then "link"
  elif has("tickets_id") and has("actiontime") then "task"
  elif has("tickets_id") and has("users_id") and has("type") then (if .type == 3 or .type == "3" then "observer" else "actor" end)
  elif has("urgency") and has("status") then "ticket"
  elif type_of != null then (if .is_template == 1 or .is_template == "1" then "template" else "item" end)
  elif has("realname") or has("firstname") then "user"
  else null end;

def ignored: {
  "*": {
    "how the platform keeps its records": ["/entities_id", "/is_recursive", "/is_dynamic", "/is_template", "/template_name", "/date_creation",
      "/autoupdatesystems_id", "/links", "/ticket_tco"]
  },
  template: {"what others are made from, and nothing that anybody has": ["/*"]},
  item: {
    "whether it is there is read only where it is not": ["/is_deleted"],
    "how the machine is built and reached": ["/uuid", "/networks_id", "/domains_id", "/manufacturers_id", "/name", "/contact", "/contact_num", "/last_inventory_update", "/last_boot"],
    "for people to read": ["/comment"],
    "whose team looks after it": ["/groups_id", "/groups_id_tech", "/users_id_tech"],
    "the id has the tag, where there is one": ["/id"]
  },
  ticket: {
    "for people to read": ["/name", "/content"],
    "how urgent it is, and how long it may take": ["/urgency", "/impact", "/priority", "/slas_id_ttr", "/slas_id_tto", "/slas_tto_expiry", "/slas_ttr_expiry", "/olas_id_ttr",
      "/olas_id_tto", "/actiontime", "/waiting_duration", "/sla_waiting_duration", "/close_delay_stat", "/solve_delay_stat", "/takeintoaccount_delay_stat", "/begin_waiting_date",
      "/takeintoaccountdate"],
    "whether it is there is read only where it is not": ["/is_deleted"],
    "who typed it, which is not who asked for it": ["/users_id_recipient"],
    "how it came": ["/requesttypes_id", "/external_id", "/users_id_lastupdater", "/type"],
    "the status says it": ["/closedate", "/solvedate"]
  },
  task: {"for people to read": ["/content", "/id", "/uuid", "/date", "/date_mod", "/users_id", "/users_id_editor", "/actiontime", "/is_private", "/begin", "/taskcategories_id",
    "/groups_id_tech", "/tasktemplates_id", "/timeline_position", "/sourceitems_id", "/sourceof_items_id", "/users_id_tech"]},
  link: {"the number of the link itself": ["/id"]},
  actor: {"the number of the link itself, and what mail they get": ["/id", "/use_notification"], "the key in the ticket says it": ["/type"]},
  observer: {"somebody who looks on has no part in it": ["/*"]},
  user: {"whether it is there is read only where it is not": ["/is_deleted"],
    "private, or how the account signs in": ["/phone", "/phone2", "/mobile", "/language", "/comment", "/last_login", "/auths_id", "/authtype", "/date_mod", "/date_sync", "/picture",
    "/profiles_id", "/usertitles_id", "/usercategories_id", "/password_last_update", "/api_token_date", "/timezone", "/is_deleted_ldap", "/list_limit", "/substitution_start_date"]}
};

# A number or a name behind a dropdown; 0 is none.
def chosen: text | if . == "0" then null else . end;
def user: chosen | if isstring and (explode | all(.[]; . >= 48 and . <= 57)) then "glpi#\(.)" else . end;
def someone(p): read(p; user);
def holder(p): [path(p)][0] as $path | [p][0] as $value
  | if $value == 0 or $value == "0" then read(p; none) else read_or_none(p; user | person) end;

def facts: shape as $shape
  | if $shape == "item" then type_of as [$type, $model, $kinds]
      | ([.[$kinds]][0] | said | if . == null or . == 0 then null else word($kinds) end) as $special
      | ($special | known // ($tables.itemtype // {})[$type]) as $kind
      | {asset: {
          id: (if (.otherserial | said) != null then read(.otherserial; text) else read(.id; local("glpi")) end),
          aliases: ["glpi:\($type)#\(.id)"],
          kind: (if ([.[$kinds]][0] | said) != null then read(.[$kinds]; if . == 0 then ($type | word("itemtype")) else $special end) else ($type | word("itemtype")) end),
          state: unless_deleted(.is_deleted; .states_id; read(.states_id; if . == 0 then null else asset_state("states_id"; $kind) end)),
          serial: read(.serial; serial),
          tag: read(.otherserial; text),
          owner: holder(.users_id),
          location: read(.locations_id; chosen),
          attributes: {model: read(.[$model]; chosen)},
          updated_at: read(.date_mod; time)
        }}
    elif $shape == "ticket" then
      (.itilcategories_id | said | if . == null or . == 0 then null else word("itilcategories_id") end) as $kind
      | {ticket: {
          id: read(.id; local("glpi")),
          kind: read(.itilcategories_id; if . == 0 then null else word("itilcategories_id") end),
          state: unless_deleted(.is_deleted; .status; read(.status; ticket_state("status"; $kind))),
          requester: (if ._users_id_requester | isarray then (if ._users_id_requester | length == 1 then someone(._users_id_requester[0]) else null end)
            else someone(._users_id_requester) end),
          opened: read(.date; time),
          due: read(.time_to_resolve; day),
          destination: read(.locations_id; chosen),
          approvals: read(.global_validation; word("global_validation") | if . == null or isobject then . else [{verdict: .}] end),
          updated_at: read(.date_mod; time)
        }}
    elif $shape == "task" then {ticket: {id: read(.tickets_id; local("glpi")), tasks: [{id: "glpi#\(.id)", state: read(.state; word("task"))}]}}
    elif $shape == "link" then {ticket: {id: read(.tickets_id; local("glpi")), links: reads(.itemtype, .items_id; ["glpi:\(.[0])#\(.[1])"])}}
    elif $shape == "actor" then
      (if .users_id == 0 or .users_id == "0" then reads(.alternative_email, .users_id; .[0] | if isstring and . != "0" then text else null end) else someone(.users_id) end) as $who
      | {ticket: {id: read(.tickets_id; local("glpi")), (if .type == 1 or .type == "1" then "requester" else "assignee" end): $who}}
    elif $shape == "user" then {person: {
        id: read(.name; text),
        aliases: reads(.id, .registration_number; ["glpi#\(.[0])", .[1:][]]),
        name: reads(.firstname, .realname; map(text) | join(" ")),
        location: read(.locations_id; chosen),
        status: unless_deleted(.is_deleted; .is_active; read(.is_active; word("is_active"))),
        first_day: read(.begin_date; day),
        last_day: read(.end_date; day)
      }}
    else empty end;
