# Ralph: assets as CSV exports and by the API.
include "handoff";

def records: if isobject and (.results | isarray) then .results[] elif isarray then .[] else . end;

def shape: if isobject and has("sn") and has("id") then "asset" else null end;

def ignored: {
  document: {"how many there are": ["/count", "/next", "/previous"]},
  "*": {},
  asset: {
    "where it is found by the API": ["/url", "/*/url", "/*/id", "/*/*/url", "/*/*/id", "/*/*/*/url", "/*/*/*/id"],
    "how it is mounted and used": ["/hostname", "/position", "/orientation", "/configuration_path", "/service_env", "/slot_no", "/management_ip", "/tags", "/ui_url",
      "/model/type", "/model/power_consumption", "/model/height_of_device", "/model/cores_count", "/model/has_parent", "/model/manufacturer", "/model/category",
      "/rack/server_room/name", "/rack/server_room/data_center/name"],
    "bookkeeping, and for people to read": ["/remarks", "/force_depreciation", "/region", "/depreciation_rate", "/depreciation_end_date", "/invoice_date", "/invoice_no", "/provider",
      "/property_of", "/budget_info", "/created", "/purchase_order", "/loan_end_date", "/office_infrastructure", "/niw", "/required_support", "/imei", "/imei2"],
    "the id has the barcode, where there is one": ["/id"],
    "who answers for it: the user has it": ["/owner"]
  }
};

def login(p): read_or_none(p; if isobject then .username else . end | person);

def facts: if shape != "asset" then empty else
  ((if (.model | isobject) then .model.category.name else .category end) | said | if . == null then null else word("category") end) as $kind
  | {asset: {
      id: (if (.barcode | said) != null then read(.barcode; text) else read(.id; local("ralph")) end),
      aliases: [.id | local("ralph")],
      kind: (if (.model | isobject) then read(.model.category.name; word("category")) else read(.category; word("category")) end),
      state: read(.status; asset_state("status"; $kind)),
      serial: read(.sn; serial),
      tag: read(.barcode; text),
      owner: (if (.user | isobject) then read(.user.username; person) elif has("user") then read_or_none(.user; person) else null end),
      location: (if (.warehouse | isobject) then read(.warehouse.name; text) elif has("warehouse") then read(.warehouse; text)
        elif (.rack | isobject) then read(.rack.name; text) else read(.location; text) end),
      attributes: {
        model: (if (.model | isobject) then read(.model.name; text) else read(.model; text) end),
        price: read(.price; amount),
        order_number: read(.order_no; text)
      },
      updated_at: read(.modified; time)
    }} end;
