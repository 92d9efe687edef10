# NetBox: devices, by its REST API.
include "handoff";

def records: if isobject and (.results | isarray) then .results[] elif isarray then .[] else . end;

def shape: if isobject and has("device_type") and has("serial") then "device" elif isobject and has("detail") and (has("id") | not) then "error" else null end;

def ignored: {
  document: {"how many there are": ["/count", "/next", "/previous"]},
  "*": {},
  error: {},
  device: {
    "numbers, addresses and how names are shortened": ["/url", "/display", "/display_url", "/display_name", "/*/id", "/*/url", "/*/slug", "/*/display", "/*/display_name", "/*/*/id",
      "/*/*/url", "/*/*/slug", "/*/*/name", "/*/*/display", "/*/label", "/*/family", "/*/device_count", "/*/description", "/*/_depth"],
    "how it is mounted and reached": ["/name", "/platform", "/position", "/face", "/rack", "/parent_device", "/primary_ip", "/primary_ip4", "/primary_ip6", "/oob_ip", "/airflow", "/cluster",
      "/virtual_chassis", "/vc_position", "/vc_priority", "/config_template", "/config_context", "/local_context_data", "/latitude", "/longitude", "/location/name"],
    "counts": ["/console_port_count", "/console_server_port_count", "/power_port_count", "/power_outlet_count", "/interface_count", "/front_port_count", "/rear_port_count",
      "/device_bay_count", "/module_bay_count", "/inventory_item_count"],
    "for people to read": ["/comments", "/description", "/tags"],
    "when it was made": ["/created"],
    "the role is told once": ["/device_role"],
    "the id has the tag, where there is one": ["/id"]
  }
};

def facts: shape as $shape
  | if $shape == "error" then {error: .detail} elif $shape != "device" then empty else
    (if (.role | isobject) then .role.name else .device_role.name end | said | if . == null then null else word("role") end) as $kind | . as $device
    | {asset: ({
        id: (if (.asset_tag | said) != null then read(.asset_tag; text) else read(.id; local("netbox")) end),
        aliases: [.id | local("netbox")],
        kind: (if (.role | isobject) then read(.role.name; word("role")) else read(.device_role.name; word("role")) end),
        state: read(.status.value; asset_state("status"; $kind)),
        serial: read(.serial; serial),
        tag: read(.asset_tag; text),
        owner: (if (.tenant | isobject) then read(.tenant.name; word("tenant") | department) else null end),
        location: read(.site.name; text),
        attributes: {model: read(.device_type.model; text)},
        updated_at: read(.last_updated; time)
      } * reduce (.custom_fields | if isobject then keys_unsorted[] else empty end) as $name ({};
          . * ($device | house("custom_fields"; $name; .custom_fields[$name]))))}
    end;
