# Jamf Pro: computers, by the Pro API (general, hardware, diskEncryption) and the classic one (general, hardware). They are evidence of a device,
# and no record of who has it.
include "handoff";

def records: if isobject and (.results | isarray) then .results[] elif isobject and (.computer | isobject) then .computer elif isarray then .[] else . end;

def shape: if isobject and (.hardware | isobject) and (.hardware | has("serialNumber")) then "pro"
  elif isobject and (.general | isobject) and (.general | has("serial_number")) then "classic" else null end;

def parts: ["/purchasing", "/applications", "/printers", "/services", "/plugins", "/fonts", "/localUserAccounts", "/certificates", "/attachments", "/packageReceipts", "/softwareUpdates",
  "/extensionAttributes", "/contentCaching", "/groupMemberships", "/licensedSoftware", "/ibeacons", "/configurationProfiles", "/operatingSystem", "/storage", "/location", "/peripherals",
  "/software", "/extension_attributes", "/groups_accounts", "/iphones", "/configuration_profiles", "/certificates"];

def ignored: {
  document: {"how many there are": ["/totalCount"]},
  "*": {
    "what the machine has on it": parts,
    "numbers of the device": ["/id", "/udid"],
    "who signed in first: the register says who has it": ["/userAndLocation", "/location"]
  },
  pro: {
    "how it is managed": ["/general/name", "/general/lastIpAddress", "/general/lastReportedIp", "/general/jamfBinaryVersion", "/general/platform", "/general/barcode1", "/general/barcode2",
      "/general/site", "/general/supervised", "/general/userApprovedMdm", "/general/declarativeDeviceManagementEnabled", "/general/enrolledViaAutomatedDeviceEnrollment", "/general/mdmCapable",
      "/general/remoteManagement/managementUsername", "/general/lastContactTime", "/general/lastCloudBackupDate", "/general/lastEnrolledDate", "/general/mdmProfileExpiration", "/general/initialEntryDate",
      "/general/distributionPoint", "/general/enrollmentMethod", "/general/itunesStoreAccountActive", "/general/extensionAttributes", "/general/managementId"],
    "how it is built": ["/hardware/*"],
    "how the disk is encrypted: the state of the boot partition and of the recovery key tell whether": ["/diskEncryption"],
    "what else is secured": ["/security"]
  },
  classic: {
    "how it is managed": ["/general/id", "/general/udid", "/general/name", "/general/mac_address", "/general/alt_mac_address", "/general/ip_address", "/general/last_reported_ip", "/general/jamf_version",
      "/general/platform", "/general/barcode_1", "/general/barcode_2", "/general/mdm_capable", "/general/mdm_capable_users", "/general/management_status", "/general/remote_management/management_username",
      "/general/last_contact_time", "/general/last_contact_time_epoch", "/general/last_contact_time_utc", "/general/report_date", "/general/report_date_epoch", "/general/initial_entry_date",
      "/general/initial_entry_date_epoch", "/general/initial_entry_date_utc", "/general/last_cloud_backup_date_epoch", "/general/last_cloud_backup_date_utc", "/general/last_enrolled_date_epoch",
      "/general/last_enrolled_date_utc", "/general/distribution_point", "/general/sus", "/general/netboot_server", "/general/site", "/general/itunes_store_account_is_active", "/general/supervised"],
    "how it is built": ["/hardware/*"],
    "what else is secured": ["/security"]
  }
};

# Whether the disk is encrypted: by the state of the boot partition where it is told, else by the summary.
def encrypted: if (.diskEncryption.bootPartitionEncryptionDetails.partitionFileVault2State | said) != null
    then .diskEncryption.bootPartitionEncryptionDetails.partitionFileVault2State | word("fileVault2State")
  elif .diskEncryption.fileVault2Enabled != null then .diskEncryption.fileVault2Enabled | word("fileVault2Enabled")
  elif (.hardware.filevault2_status? | said) != null then .hardware.filevault2_status | word("filevault2_status")
  else null end;

# What is known of the encryption, or what was not understood of it.
def encrypted_of($encrypted; $escrowed; $table; $at): if $encrypted == null then (.[0] | word($table))
  else (.[0] | with_escrow($encrypted; $escrowed) | observed("jamf"; $at)) end;

# Whether somebody can open the disk with a key that is kept elsewhere: the personal key that was checked, or that of the organisation.
def escrowed: (.diskEncryption.individualRecoveryKeyValidityStatus | said | if . == null then null else word("recovery_key") | known end) as $personal
  | ((.diskEncryption.institutionalRecoveryKeyPresent // .hardware.institutional_recovery_key) | said
      | if . == null then null else word("institutional_recovery_key") | known end) as $shared
  | if $personal == true or $shared == true then true else $personal end;

# What was observed, with the paths that it was read at.
def facts: shape as $shape | if $shape == null then empty else
    (if $shape == "pro" then .hardware.serialNumber else .general.serial_number end | said | if . == null then null else serial end | known) as $serial
    | (if $shape == "pro" then .general.reportDate else .general.report_date_utc end | said | if . == null then null else time end | known) as $at
    | (encrypted | known) as $encrypted | escrowed as $escrowed
    | {asset: {
        id: (if $serial == null then read((if $shape == "pro" then .id else .general.id end); local("jamf")) elif $shape == "pro" then read(.hardware.serialNumber; serial) else read(.general.serial_number; serial) end),
        serial: (if $shape == "pro" then read(.hardware.serialNumber; serial) else read(.general.serial_number; serial) end),
        tag: (if $shape == "pro" then read(.general.assetTag; text) else read(.general.asset_tag; text) end),
        attributes: {
          model: read(.hardware.model; text),
          disk_encrypted: (if $shape == "classic" then reads(.hardware.filevault2_status, .general.report_date_utc; encrypted_of($encrypted; $escrowed; "filevault2_status"; $at))
            elif (.diskEncryption.bootPartitionEncryptionDetails.partitionFileVault2State | said) != null
              then reads(.diskEncryption.bootPartitionEncryptionDetails.partitionFileVault2State, .general.reportDate; encrypted_of($encrypted; $escrowed; "fileVault2State"; $at))
            else reads(.diskEncryption.fileVault2Enabled, .general.reportDate; encrypted_of($encrypted; $escrowed; "fileVault2Enabled"; $at)) end),
          mdm_enrolled: (if $shape == "pro" then read(.general.remoteManagement.managed; truth | if isobject then . else observed("jamf"; $at) end)
            else read(.general.remote_management.managed; truth | if isobject then . else observed("jamf"; $at) end) end)
        },
        evidence: (if $shape == "pro" then reads(.hardware.serialNumber, .general.reportDate; reports("jamf"; $serial; $at; $encrypted))
          else reads(.general.serial_number, .general.report_date_utc; reports("jamf"; $serial; $at; $encrypted)) end)
      }} end;
