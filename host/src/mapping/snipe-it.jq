# Snipe-IT, by the API ({rows: […]} or one record) and as CSV exports.
#
# `status_meta` is the state: the name of a label is what the house calls it, and "Ready to Deploy" stands on deployed things. `undeployable` and
# `archived` say only that nobody gets it: why, the label alone may tell. Times have no zone, texts have HTML entities, amounts are written as
# the locale likes.
include "handoff";

def records:
  if isarray then .[]
  elif isobject and (.rows | isarray) then .rows[]
  elif isobject and (.payload | isobject) then .payload
  elif isobject and has("id") then .
  elif isobject and . != {} and all(.[]; isarray) then .[][]
  else . end;

def shape: . as $record
  | if isobject | not then null
  elif has("asset_tag") or has("status_label") or has("serial") and has("model") then "asset"
  elif has("Asset Tag") then "asset-row"
  elif .status == "error" then "error"
  elif has("Item name") and has("seats") then "licence-row"
  elif has("Username") and has("First Name") then "user-row"
  elif has("seats") and has("free_seats_count") then "licence"
  elif has("username") then "user"
  elif has("action_type") then "activity"
  elif has("remaining_qty") or has("remaining") then "stock"
  elif any("category_type", "assets_count", "eula", "fieldset", "children", "url"; . as $key | $record | has($key)) then "reference"
  else null end;

def ignored: {
  document: {"how many there are": ["/total"], "how the request went": ["/status", "/messages"]},
  "*": {
    "what the user of the API may do": ["/available_actions", "/user_can_checkout"],
    "numbers of the platform, and the same written out": ["/*/id", "/*/formatted", "/created_at", "/created_by"],
    "for people to look at": ["/image", "/qr", "/avatar", "/notes"]
  },
  error: {},
  reference: {"a list that assets refer to, and nothing that anybody has": ["/*"]},
  stock: {"things that are counted, and have no number each": ["/*"]},
  activity: {"what happened: the record tells how it stands": ["/*"]},
  asset: {
    "the state has it": ["/status_label/name", "/status_label/status_type", "/assigned_to/type"],
    "the one name of the holder is enough": ["/assigned_to/name", "/assigned_to/first_name", "/assigned_to/last_name", "/assigned_to/email",
      "/assigned_to/employee_num", "/assigned_to/employee_number", "/assigned_to/username", "/assigned_to/id"],
    "bookkeeping": ["/supplier", "/company", "/warranty_months", "/warranty_expires", "/eol", "/asset_eol_date", "/purchase_date", "/age", "/book_value",
      "/depreciation", "/byod", "/requestable", "/alt_barcode"],
    "how often, and not when": ["/checkin_counter", "/checkout_counter", "/requests_counter"],
    "the model has it": ["/model_number", "/manufacturer"],
    "where it is kept when nobody has it": ["/rtd_location"],
    "when somebody looked at it: what they looked at is not told": ["/last_audit_date", "/next_audit_date", "/last_checkout", "/last_checkin"],
    "what the house calls the thing": ["/name"],
    "the id has the tag, where there is one": ["/id"],
    "how a field of the house is kept": ["/custom_fields/*/field", "/custom_fields/*/field_format", "/custom_fields/*/element"]
  },
  licence: {
    "bookkeeping": ["/company", "/manufacturer", "/supplier", "/depreciation", "/order_number", "/purchase_order", "/purchase_date", "/expiration_date",
      "/termination_date", "/min_amt", "/category"],
    "a secret, or who it is registered to": ["/product_key", "/license_name", "/license_email"],
    "how it may be used": ["/maintained", "/reassignable"],
    "when the record changed": ["/updated_at"]
  },
  user: {
    "private, or how to reach them": ["/phone", "/mobile", "/website", "/address", "/city", "/state", "/country", "/zip", "/jobtitle", "/locale", "/vip", "/gravatar"],
    "the manager's number is enough": ["/manager/name", "/manager/first_name", "/manager/last_name"],
    "the name has it": ["/first_name", "/last_name", "/firstname", "/lastname", "/display_name"],
    "what the account may do, and how it signs in": ["/permissions", "/groups", "/two_factor_enrolled", "/two_factor_optin", "/two_factor_activated", "/ldap_import",
      "/autoassign_licenses", "/last_login"],
    "counts: the assets themselves tell": ["/assets_count", "/licenses_count", "/accessories_count", "/consumables_count", "/manages_users_count",
      "/manages_locations_count"],
    "the house": ["/company"],
    "when the record changed": ["/updated_at"]
  },
  "asset-row": {
    "bookkeeping": ["/Company", "/Supplier", "/Purchase Date", "/Asset EOL Date", "/Manufacturer", "/Model Number", "/Model Notes", "/Asset Notes", "/Warranty"],
    "what the house calls the thing": ["/Name"],
    "the one name of the holder is enough": ["/Checked Out To: First Name", "/Checked Out To: Last Name", "/Checked Out To: Email", "/Checked Out To: Username"],
    "the owner has it": ["/Checkout Type"]
  },
  "licence-row": {
    "bookkeeping": ["/serial number", "/Category", "/manufacturer", "/purchase date", "/purchase order", "/order number", "/expiration date", "/company", "/supplier",
      "/notes"],
    "who it is registered to": ["/Licensed To Name", "/Licensed to Email", "/Full Name", "/Email", "/Username"],
    "how it may be used": ["/maintained", "/reassignable"]
  },
  "user-row": {
    "private, or how to reach them": ["/Address", "/City", "/State", "/Country", "/Postal Code", "/Website", "/Phone", "/Job Title", "/Notes", "/VIP", "/Gravatar", "/Company"]
  }
};

# The holder: a user, by the best name that is told; what is checked out to a place or another asset is nobody's.
def owner: .assigned_to as $holder
  | if $holder | isobject then
      ($holder.type // "user") as $type
      | if $type == "user" then
          (if ($holder.username | said) != null then read(.assigned_to.username; person)
           elif ($holder.email | said) != null then read(.assigned_to.email; person)
           elif ($holder.employee_num | said) != null then read(.assigned_to.employee_num; person)
           else read(.assigned_to.id; local("snipe-it") | person) end)
        elif $type == "location" or $type == "asset" then read(.assigned_to.type; none)
        else read(.assigned_to.type; unclear("nobody knows this kind of holder")) end
    else read_or_none(.assigned_to; person) end;

# The holder in an export: by the best name that is told.
def holder_of_row: (."Checkout Type" // "" | ascii_downcase) as $type
  | if $type == "location" or $type == "asset" then none
    elif (."Checked Out To: Username" | said) == null and (."Checked Out To: Email" | said) != null then read(."Checked Out To: Email"; person)
    elif (."Checked Out To: Username" | said) == null and (."Checked Out To: First Name" // ."Checked Out To: Last Name" | said) != null
      then reads(."Checked Out To: First Name", ."Checked Out To: Last Name"; join(" ") | unclear("a holder is told by name, and names are not ids"))
    else read_or_none(."Checked Out To: Username"; person) end;

# What the label says of the state.
def label_state($kind): (.status_label.status_meta | said) as $meta
  | if ($meta == "undeployable" or $meta == "archived") and ($tables.status_meta // {} | has($meta) | not) and (.status_label.name | said) != null
    then reads(.status_label.name, .status_label.status_meta; .[0] | asset_state("status"; $kind))
    else read(.status_label.status_meta; asset_state("status_meta"; $kind)) end;

# When the record was deleted.
def deleted: .deleted_at | if isobject then .datetime else . end;

# Fields of the house, by the table `custom_fields`.
def custom: . as $record | reduce (.custom_fields | if isobject then keys_unsorted[] else empty end) as $name ({};
  . * ($record | house("custom_fields"; $name; .custom_fields[$name].value)));

def facts: shape as $shape
  | if $shape == "error" then {error: (.messages | tostring)}
    elif $shape == "asset" then
      (.category.name | said | if . == null then null else word("category") end) as $kind
      | {asset: ({
          id: (if (.asset_tag | said) != null then read(.asset_tag; text) else read(.id; local("snipe-it")) end),
          aliases: [(.id | local("snipe-it"))],
          kind: read(.category.name; word("category")),
          state: unless_deleted(deleted; .status_label.status_meta; label_state($kind)),
          serial: read(.serial; serial),
          tag: read(.asset_tag; text),
          owner: owner,
          location: read(.location.name; text),
          due_back: (if (.expected_checkin | isobject) then read(.expected_checkin | if has("date") then .date else .datetime end; day) else read(.expected_checkin; day) end),
          attributes: {
            model: read(.model.name; text),
            price: read(.purchase_cost; amount),
            order_number: read(.order_number; text)
          },
          updated_at: (if (.updated_at | isobject) then read(.updated_at.datetime; time) else read(.updated_at; time) end)
        } * custom)}
    elif $shape == "asset-row" then
      (.Category | said | if . == null then null else word("category") end) as $kind
      | {asset: {
          id: read(."Asset Tag"; text),
          kind: read(.Category; word("category")),
          state: (if (."Status" | said) != null then read(."Status"; asset_state("status"; $kind)) else null end),
          serial: read((if has("Serial") then .Serial elif has("Serial Number") then ."Serial Number" else empty end); serial),
          tag: read(."Asset Tag"; text),
          owner: holder_of_row,
          location: reads(.Location, ."Checked Out To: Location"; if (unique | length) > 1 then unclear("two places are told") else (.[0] | text) end),
          attributes: {model: read(.Model; text), price: read(."Purchase Cost"; amount), order_number: read(."Order Number"; text)}
        }}
    elif $shape == "licence" then
      {licence: {id: read(.id; local("snipe-it")), product: read(.name; text), seats: unless_deleted(deleted; .seats; read(.seats; .)), cost: read(.purchase_cost; amount | if isnumber then tostring else . end),
        allocated: unless_deleted(deleted; .free_seats_count;
          if (.seats | isnumber) and (.free_seats_count | isnumber) then reads(.seats, .free_seats_count; .[0] - .[1]) else null end)}}
    elif $shape == "licence-row" then
      {licence: {id: ("snipe-it#" + (."serial number" // ."Item name" | text)), product: read(."Item name"; text), seats: read(.seats; tonumber),
        cost: read(."purchase cost"; amount | if isnumber then tostring else . end)}}
    elif $shape == "user" then
      {person: {
        id: read(.username; text),
        aliases: reads(.id, .email, .employee_num; [(.[0] | local("snipe-it")), (.[1:][] | text)]),
        name: read(.name; text),
        department: read(.department.name; called("departments")),
        manager: (if (.manager | isobject) then (if (.manager.username | said) != null then read(.manager.username; text) else read(.manager.id; local("snipe-it")) end) else null end),
        location: read(.location.name; text),
        remote: read(.remote; truth),
        status: unless_deleted(deleted; .activated; read(.activated; word("activated"))),
        first_day: (if (.start_date | isobject) then read(.start_date.date; day) else read(.start_date; day) end),
        last_day: (if (.end_date | isobject) then read(.end_date.date; day) else read(.end_date; day) end)
      }}
    elif $shape == "user-row" then
      {person: {
        id: read(.Username; text),
        aliases: reads(.Email, ."Employee Number"; map(text)),
        name: reads(."First Name", ."Last Name"; map(text) | join(" ")),
        manager: read(.Manager; unclear("a manager is told by name, and names are not ids")),
        location: read(.Location; text),
        remote: read(.Remote; truth),
        status: read(.Activated; word("activated")),
        first_day: read(."Start Date"; day),
        last_day: read(."End Date"; day)
      }}
    else empty end;
