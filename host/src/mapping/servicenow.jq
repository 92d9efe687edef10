# ServiceNow, by the Table API: {result: …} with one record or several, and the records of its Ansible collection.
#
# Every scalar is a text and null is "". A reference is {link, value}, with `sysparm_display_value=all` {display_value, value, link}, with `true`
# {display_value, link}; without links it is a text, the sys_id or what is displayed. Values are in UTC, display values in the zone of the caller,
# and a text alone does not tell which of them it is. Codes mean what they mean in their own table.
include "handoff";

def records:
  if isarray then .[]
  elif isobject and (.result | isarray) then .result[]
  elif isobject and (.result | isobject) then .result
  elif isobject and (.records | isarray) then .records[]
  elif isobject and (.record | isobject) then .record
  else . end;

# The value of a field, in any of the forms.
def value(f): f | if isobject then (if has("value") then .value elif has("link") then .link else .display_value end) else . end;

# What people read: of a reference, where it is told.
def shown(f): f | if isobject then (if has("display_value") then .display_value else .value end) else . end;

# The id that a reference holds, or the end of its link.
def id: text | if isstring and contains("/api/") then (split("/") | last) else . end;

def plain(f): [value(f)][0] | said | if . == null then null else tostring end;

# Whether the record came with values or with what is displayed: references tell it, else fields whose values are numbers. Null: nothing does.
def form: if any(.[]; isobject and has("value")) then "values"
  elif any(.[]; isobject and has("display_value")) then "shown"
  else ([.state, .install_status, .impact, .urgency, .priority, .incident_state, .problem_state] | map(strings | said | values)) as $codes
    | if $codes == [] then null elif any($codes[]; explode | all(.[]; . >= 48 and . <= 57 or . == 45)) then "values" else "shown" end end;

# What is read of a time by the form of its record.
def by_form($form; values; shown): if $form == "values" or $zone == "Z" or $zone == "+00:00" then values elif $form == "shown" then shown
  else unclear("nothing tells whether this is a value, in UTC, or what is displayed, in the zone of the caller") end;

# A time: values are UTC, display values of the declared zone.
def stamp(f): form as $form | read(value(f); by_form($form; utc; time));
def due: form as $form | read(value(.due_date); if length == 10 then day else by_form($form; day_in("Z"; $zone); day) end);

def table: plain(.sys_class_name) as $class | (if $class == null then null else $tables.sys_class[$class] // $class end) // (plain(.number) // "" |
  if startswith("RITM") then "sc_req_item" elif startswith("SCTASK") then "sc_task" elif startswith("REQ") then "sc_request"
  elif startswith("INC") then "incident" elif startswith("PRB") then "problem" elif startswith("CHG") then "change_request" else null end);

def shape:
  if isobject | not then null
  elif has("error") then "error"
  elif has("EmployeeIdentifier") then "employee"
  elif has("user_name") or table == "sys_user" then "sys_user"
  elif plain(.type) == "catalog_item" or has("catalogs") then "catalogue"
  else table as $table
    | if $table == null then (if has("model_category") and has("install_status") then "alm_hardware" elif has("serial_number") then "cmdb_ci" else null end)
      elif $table | startswith("alm_") then "alm_hardware"
      elif $table | startswith("cmdb_ci") then "cmdb_ci"
      elif $table == "sc_task" then "sc_task"
      elif any("sc_req_item", "sc_request", "incident", "problem", "change_request"; . == $table) then "ticket"
      elif has("install_status") and has("serial_number") then (if has("model_category") then "alm_hardware" else "cmdb_ci" end)
      else null end end;

def ignored: {
  "*": {
    "the same as the value, or where it is found": ["/*/link", "/*/display_value"],
    "what is shown says it": ["/location/value", "/stockroom/value", "/model/value", "/model_id/value", "/model_category/value", "/department/value", "/cat_item/value"],
    "how the platform keeps its records": ["/sys_created_on", "/sys_created_by", "/sys_updated_by", "/sys_domain", "/sys_domain_path", "/sys_tags",
      "/sys_class_path", "/skip_sync", "/correlation_id", "/correlation_display", "/sys_class_name", "/unverified"]
  },
  error: {},
  catalogue: {"an item of the catalogue is nothing that anybody has": ["/short_description", "/icon", "/description", "/show_price", "/recurring_price",
    "/type", "/local_currency", "/sys_id", "/recurring_price_currency", "/localized_price", "/price", "/catalogs", "/recurring_frequency", "/name",
    "/localized_recurring_price", "/category", "/price_currency", "/show_quantity", "/quantity", "/order", "/variables", "/content_type", "/sys_class_name",
    "/ui_policy", "/client_script", "/data_lookup", "/picture", "/mandatory_attachment", "/request_method", "/visible_standalone", "/availability",
    "/show_delivery_time", "/url", "/owner", "/turn_off_nowsm_view", "/show_wishlist", "/no_quantity"]},
  employee: {"private, or where the person lives": ["/MiddleName", "/Suffix", "/BirthDate", "/ResidenceAddress", "/ResidenceCity", "/ResidenceState",
      "/ResidencePostalCode", "/ResidenceCountry", "/ReHire"],
    "the city tells the place": ["/WorkAddress", "/WorkState", "/WorkPostalCode", "/WorkCountry", "/Company"]},
  sys_user: {
    "for mail, telephone and looks": ["/phone", "/mobile_phone", "/home_phone", "/photo", "/avatar", "/preferred_language", "/date_format", "/time_format",
      "/time_zone", "/notification", "/calendar_integration", "/schedule", "/source", "/introduction", "/gender", "/street", "/city", "/state", "/zip",
      "/country", "/company", "/cost_center", "/building", "/title", "/vip", "/first_name", "/last_name", "/middle_name"],
    "how the account signs in": ["/password_needs_reset", "/failed_attempts", "/last_login", "/last_login_time", "/locked_out", "/web_service_access_only",
      "/internal_integration_user", "/ldap_server", "/roles", "/default_perspective", "/enable_multifactor_authn", "/user_password"]
  },
  alm_hardware: {
    "bookkeeping": ["/acquisition_method", "/depreciation", "/depreciated_amount", "/salvage_value", "/residual", "/residual_date", "/gl_account", "/invoice_number",
      "/cost_center", "/company", "/vendor", "/warranty_expiration", "/purchase_date", "/order_date", "/delivery_date", "/install_date", "/justification",
      "/expenditure_type", "/lease_id", "/support_group", "/supported_by", "/quantity", "/resale_price", "/disposal_reason", "/beneficiary", "/retirement_date",
      "/retired", "/budget_number", "/asset_function", "/pre_allocated", "/owned_by", "/managed_by", "/old_status", "/old_substatus", "/parent", "/comments",
      "/work_notes", "/request_line", "/receiving_line", "/eligible_for_refresh", "/is_merged_license", "/merged_into", "/checked_in", "/checked_out",
      "/department", "/display_name"],
    "since when the holder has it: the history of the record tells it": ["/assigned", "/due", "/due_in"],
    "the price has it": ["/cost/currency", "/cost_cc"]
  },
  cmdb_ci: {
    "bookkeeping": ["/gl_account", "/invoice_number", "/cost_center", "/company", "/vendor", "/warranty_expiration", "/purchase_date", "/order_date",
      "/delivery_date", "/install_date", "/justification", "/lease_id", "/support_group", "/supported_by", "/assignment_group", "/owned_by", "/managed_by",
      "/cost_cc", "/start_date", "/first_discovered", "/discovery_source", "/change_control", "/maintenance_schedule", "/schedule", "/comments", "/department",
      "/attestation_date", "/attested_by", "/attested", "/attestation_status", "/duplicate_of", "/environment"],
    "how the machine is built and reached": ["/name", "/fqdn", "/dns_domain", "/ip_address", "/mac_address", "/os", "/os_version", "/os_address_width", "/os_domain",
      "/os_service_pack", "/ram", "/disk_space", "/cpu_core_count", "/cpu_core_thread", "/cpu_count", "/cpu_manufacturer", "/cpu_name", "/cpu_speed",
      "/cpu_type", "/cd_rom", "/cd_speed", "/floppy", "/form_factor", "/object_id", "/virtual", "/manufacturer", "/model_number", "/short_description",
      "/category", "/subcategory", "/default_gateway", "/chassis_type", "/can_print", "/attributes", "/used_for", "/fault_count", "/monitor",
      "/hardware_substatus", "/operational_status", "/hardware_status"],
    "since when the holder has it: the history of the record tells it": ["/assigned", "/due", "/due_in", "/checked_in", "/checked_out"]
  },
  sc_task: {
    "for people to read": ["/short_description", "/description", "/work_notes", "/comments", "/close_notes", "/comments_and_work_notes"],
    "how urgent it is, and whose team does it": ["/impact", "/urgency", "/priority", "/order", "/assignment_group", "/escalation", "/approval", "/opened_by",
      "/requested_by", "/requested_for", "/assigned_to", "/contact_type", "/knowledge", "/made_sla", "/reassignment_count", "/upon_approval", "/upon_reject",
      "/sys_mod_count", "/sys_id", "/sys_updated_on", "/opened_at", "/active", "/cat_item", "/parent"],
    "what the module of Ansible was told": ["/state"]
  },
  ticket: {
    "for people to read": ["/short_description", "/description", "/work_notes", "/comments", "/close_notes", "/comments_and_work_notes", "/attachments",
      "/implementation_plan", "/backout_plan", "/test_plan", "/change_plan", "/justification", "/cause_notes", "/fix_notes", "/workaround"],
    "how urgent it is, and whose team does it": ["/impact", "/urgency", "/priority", "/severity", "/escalation", "/assignment_group", "/contact_type", "/order",
      "/reassignment_count", "/reopen_count", "/notify", "/made_sla", "/knowledge", "/company", "/phase", "/phase_state", "/risk", "/risk_value", "/scope",
      "/reason", "/review_status", "/review_date", "/cab_required", "/unauthorized", "/outside_maintenance_schedule", "/production_system", "/on_hold",
      "/conflict_status", "/type", "/major_problem", "/known_error", "/hold_reason", "/review_comments", "/subcategory", "/category", "/child_incidents",
      "/std_change_producer_version"],
    "what approvals lead to, and not what they are": ["/upon_approval", "/upon_reject"],
    "how long it took: fake times from 1970 on, or seconds": ["/business_duration", "/calendar_duration", "/business_stc", "/calendar_stc", "/time_worked"],
    "the number has it": ["/task_effective_number"],
    "who opened it asked for it, unless somebody else is named": ["/opened_by"],
    "until it is over, the code of an earlier closing says nothing": ["/close_code"],
    "the state says it": ["/active", "/incident_state", "/closed_at", "/closed_by", "/resolved_at", "/resolved_by", "/reopened_time", "/reopened_by",
      "/work_start", "/work_end", "/start_date", "/end_date", "/stage", "/state", "/problem_state", "/resolution_code", "/expected_start"],
    "what the price is does not stand on the ticket": ["/price", "/recurring_price", "/quantity"]
  }
};

# Whom or what a reference names. What is displayed without a link is a name, and no id.
def reference($is_name): if $is_name then unclear("this is what is displayed, and no id: fetch values, or references with their links") else id end;
def is_name(f): form == "shown" and ([f][0] | isstring);
def holder(f): is_name(f) as $is_name | read_or_none(value(f); reference($is_name) | if isstring then person else . end);
def someone(f): is_name(f) as $is_name | read(value(f); reference($is_name));
def things(f): form as $form | if $form == "shown" and ([f | strings | said | values] | length > 0)
  then [reads(f; .[0] | reference(true))] else reads(value(f); map(id)) end;

def hardware($table):
  ([value(.install_status), value(.substatus)] | map(said | values | tostring) | join("/")) as $status
  | (if $table == "alm_hardware" then (shown(.model_category) | said | if . == null then null else word("model_category") end)
     else (value(.sys_class_name) | said | if . == null then null else word("sys_class_name") end) end) as $kind
  | {asset: {
      id: (if (plain(.asset_tag) // null) != null then read(value(.asset_tag); text) else read(value(.sys_id); text) end),
      aliases: reads(value(.sys_id), value(.ci), value(.asset); map(id)),
      kind: (if $table == "alm_hardware" then read(shown(.model_category); word("model_category")) else read(value(.sys_class_name); word("sys_class_name")) end),
      state: reads(value(.install_status), value(.substatus); $status
        | if ($tables["\($table).install_status"] // {} | has($status)) then asset_state("\($table).install_status"; $kind)
          else (split("/")[0] | asset_state("\($table).install_status"; $kind)) end),
      serial: read(value(.serial_number); serial),
      tag: read(value(.asset_tag); text),
      owner: holder(.assigned_to),
      location: (if plain(.stockroom) != null then reads(shown(.stockroom), shown(.location); .[0] | text) else read(shown(.location); text) end),
      attributes: {
        model: (if has("model") then read(shown(.model); text) else read(shown(.model_id); text) end),
        price: read(value(.cost); amount),
        order_number: read(value(.po_number); text)
      },
      updated_at: stamp(.sys_updated_on),
      version: read(value(.sys_mod_count); text)
    }};

# Whether it is over: until then a code of an earlier closing says nothing.
def is_over: plain(.active) != "true" or plain(.state) == "6" or plain(.state) == "Resolved";

def ticket:
  table as $table
  | (if $table == "incident" then ([value(.category)][0] | said | if . == null then null else word("incident.category") end)
     else ([shown(.cat_item)][0] | said | if . == null then null else word("cat_item") end) end) as $kind
  | {ticket: {
      id: read(value(.number); text),
      aliases: read(value(.sys_id); [text]),
      kind: (if $table == "incident" then read(value(.category); word("incident.category")) else read(shown(.cat_item); word("cat_item")) end),
      state: (if $table == "sc_request" and has("request_state") then reads(value(.request_state), value(.state); .[0] | ticket_state("sc_request.request_state"; $kind))
        elif is_over and plain(.close_code) != null then reads(value(.close_code), value(.state); .[0] as $code | .[-1] as $state
          | ($code | ticket_state("close_code"; $kind)) | if . == null then ($state | ticket_state("\($table).state"; $kind)) else . end)
        else read(value(.state); ticket_state("\($table).state"; $kind)) end),
      subject: (if has("requested_for") then someone(.requested_for) else someone(.caller_id) end),
      requester: (if plain(.requested_by) != null then someone(.requested_by) else someone(.opened_by) end),
      assignee: someone(.assigned_to),
      opened: stamp(.opened_at),
      due: due,
      destination: read(shown(.location); text),
      links: things(.cmdb_ci, .configuration_item),
      related: ([(if plain(.parent) != null then {relation: "part-of", ticket: someone(.parent)} else null end),
                (if plain(.request) != null then {relation: "part-of", ticket: someone(.request)} else null end),
                (if plain(.parent_incident) != null then {relation: "part-of", ticket: someone(.parent_incident)} else null end),
                (if plain(.problem_id) != null then {relation: "refers-to", ticket: someone(.problem_id)} else null end),
                (if plain(.rfc) != null then {relation: "refers-to", ticket: someone(.rfc)} else null end)] | map(values) | if . == [] then null else . end),
      approvals: read(value(.approval); word("approval") | if . == null or isobject then . else [{verdict: .}] end),
      updated_at: stamp(.sys_updated_on),
      version: read(value(.sys_mod_count); text)
    }};

def task:
  {ticket: {
      id: (if plain(.request_item) != null then read(value(.request_item); id) else read(value(.request); id) end),
      tasks: [{
        id: read(value(.number); text),
        state: (if has("task_state") then read(value(.task_state); word("sc_task.state")) else read(value(.state); word("sc_task.state")) end),
        due: due,
        by: someone(.closed_by),
        at: stamp(.closed_at)
      }]
    }};

def facts: shape as $shape
  | if $shape == "error" then {error: (.error | if isobject then .message // tostring else tostring end)}
    elif $shape == "alm_hardware" or $shape == "cmdb_ci" then hardware($shape)
    elif $shape == "ticket" then ticket
    elif $shape == "sc_task" then task
    elif $shape == "sys_user" then {person: {
        id: read(value(.sys_id); text),
        aliases: reads(value(.user_name), value(.email), value(.employee_number); map(text)),
        name: read(value(.name); text),
        department: read(shown(.department); called("departments")),
        manager: someone(.manager),
        location: read(shown(.location); text),
        status: read(value(.active); word("sys_user.active"))
      }}
    elif $shape == "employee" then {person: {
        id: read(.EmployeeIdentifier; text),
        aliases: read(.Email; [text]),
        name: reads(.FirstName, .LastName; map(text) | join(" ")),
        location: read(.WorkCity; text),
        first_day: read(.HireDate; day)
      }}
    else empty end;
