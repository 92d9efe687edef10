# Kandji (Iru): devices, by its API: the list, and the details of one. They are evidence of a device, and no record of who has it.
#
# Booleans are also written "True" and "False".
include "handoff";

def records: if isarray then .[] elif isobject and (.results | isarray) then .results[] elif isobject and . != {} and all(.[]; isarray) then .[][] else . end;

def shape: if isobject and has("serial_number") and has("device_id") then "device"
  elif isobject and (.hardware_overview | isobject) and (.general | isobject) then "details" else null end;

def ignored: {
  document: {"where the next page is": ["/count", "/next", "/previous"]},
  "*": {},
  device: {
    "numbers and names of the device": ["/id", "/device_id", "/device_name", "/os_version", "/supplemental_os_version_extra", "/supplemental_build_version", "/platform", "/agent_version", "/agent_installed"],
    "how it is managed": ["/first_enrollment", "/last_enrollment", "/blueprint_id", "/blueprint_name", "/is_supervised", "/tags", "/lost_mode_status"],
    "who signed in first: the register says who has it": ["/user"]
  },
  details: {
    "numbers and names of the device, and how it is managed": ["/general", "/mdm", "/activation_lock", "/filevault", "/automated_device_enrollment", "/kandji_agent", "/hardware_overview",
      "/volumes", "/network", "/recovery_information", "/users", "/installed_profiles", "/apple_business_manager", "/security_information", "/cellular", "/tags", "/iru_agent"]
  }
};

def facts: shape as $shape | if $shape == null then empty else
  (if $shape == "device" then .serial_number else .hardware_overview.serial_number end | said | if . == null then null else serial end | known) as $serial
  | (if $shape == "device" then .last_check_in else (.mdm.last_check_in // .general.last_check_in?) end | said | if . == null then null else utc end | known) as $at
  | (.filevault.filevault_prk_escrowed? | said | if . == null then null else truth end | known) as $escrowed
  | (if $shape == "device" then .filevault_enabled else .filevault.filevault_enabled? end | said | if . == null then null else truth end | known) as $encrypted
  | {asset: {
      id: (if $serial == null then read(.device_id, .general.device_id?; local("kandji")) elif $shape == "device" then read(.serial_number; serial) else read(.hardware_overview.serial_number; serial) end),
      serial: (if $shape == "device" then read(.serial_number; serial) else read(.hardware_overview.serial_number; serial) end),
      tag: (if $shape == "device" then read(.asset_tag; text) else read(.general.asset_tag; text) end),
      attributes: {
        model: (if $shape == "device" then read(.model; text) else read(.general.model; text) end),
        disk_encrypted: (if $shape == "device" then read(.filevault_enabled; if $encrypted == null then truth else with_escrow($encrypted; null) | observed("kandji"; $at) end)
          else read(.filevault.filevault_enabled; if $encrypted == null then truth else with_escrow($encrypted; $escrowed) | observed("kandji"; $at) end) end),
        mdm_enrolled: (if $shape == "device" then reads(.mdm_enabled, .is_removed; if (.[1] // false | truth) == true then (false | observed("kandji"; $at))
            else (.[0] | truth | if isobject then . else observed("kandji"; $at) end) end)
          else read(.mdm.mdm_enabled; truth | if isobject then . else observed("kandji"; $at) end) end)
      },
      evidence: (if $shape == "device" then reads(.serial_number, .last_check_in, .is_missing; if (.[2] // false | truth) == true then null else reports("kandji"; $serial; $at; $encrypted) end)
        else reads(.hardware_overview.serial_number, .mdm.last_check_in; reports("kandji"; $serial; $at; $encrypted)) end)
    }} end;
