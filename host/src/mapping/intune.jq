# Microsoft Intune, by Graph: managed devices. They are evidence of a device, and no record of who has it.
include "handoff";

def records: if isobject and (.value | isarray) then .value[] elif isarray then .[] else . end;

def shape: if isobject and has("error") then "error" elif isobject and has("serialNumber") and (has("managementState") or has("isEncrypted") or has("azureADDeviceId")) then "device" else null end;

def ignored: {
  document: {"where the next page is": ["/@odata.context", "/@odata.count", "/@odata.nextLink"]},
  "*": {},
  error: {},
  device: {
    "numbers and names of the device": ["/@odata.type", "/@odata.context", "/id", "/azureADDeviceId", "/azureActiveDirectoryDeviceId", "/deviceName", "/managedDeviceName", "/deviceHealthAttestationState",
      "/udid", "/imei", "/meid", "/iccid", "/easDeviceId", "/ethernetMacAddress", "/wiFiMacAddress", "/phoneNumber", "/manufacturer", "/operatingSystem", "/osVersion", "/androidSecurityPatchLevel",
      "/subscriberCarrier", "/deviceCategoryDisplayName", "/ownerType", "/managedDeviceOwnerType", "/deviceType", "/chassisType", "/skuFamily", "/skuNumber", "/processorArchitecture",
      "/totalStorageSpaceInBytes", "/freeStorageSpaceInBytes", "/physicalMemoryInBytes", "/notes", "/roleScopeTagIds", "/joinType", "/autopilotEnrolled",
      "/specificationVersion", "/enrollmentProfileName", "/requireUserEnrollmentApproval"],
    "how it is managed and kept in order": ["/managementAgent", "/deviceEnrollmentType", "/deviceRegistrationState", "/enrolledDateTime", "/azureADRegistered", "/isSupervised", "/jailBroken", "/complianceState",
      "/complianceGracePeriodExpirationDateTime", "/partnerReportedThreatState", "/exchangeAccessState", "/exchangeAccessStateReason", "/exchangeLastSuccessfulSyncDateTime", "/easActivated",
      "/easActivationDateTime", "/activationLockBypassCode", "/remoteAssistanceSessionUrl", "/remoteAssistanceSessionErrorDetails", "/configurationManagerClientEnabledFeatures", "/deviceActionResults",
      "/managementCertificateExpirationDate", "/lostModeState", "/bootstrapTokenEscrowed", "/deviceFirmwareConfigurationInterfaceManaged", "/managementFeatures", "/retireAfterDateTime"],
    "who signed in first: the register says who has it": ["/userPrincipalName", "/emailAddress", "/userId", "/userDisplayName", "/usersLoggedOn", "/preferMdmOverGroupPolicyAppliedDateTime"],
    "what the hardware is": ["/hardwareInformation"]
  }
};

def facts: shape as $shape
  | if $shape == "error" then {error: (.error | if isobject then .message else tostring end)}
    elif $shape != "device" then empty else
    ((.serialNumber | said | if . == null then null else serial end) | known) as $serial
    | ((.lastSyncDateTime | said | if . == null then null else utc end) | known) as $at
    | .hardwareInformation.isEncrypted? as $other
    | (if $other != null and .isEncrypted != null and $other != .isEncrypted then true else false end) as $contradicts
    | ((.isEncrypted | said | if . == null or $contradicts then null else word("isEncrypted") end) | known) as $encrypted
    | {asset: {
        id: (if $serial == null then read(.id; local("intune")) else read(.serialNumber; serial) end),
        serial: read(.serialNumber; serial),
        attributes: {
          model: read(.model; text),
          disk_encrypted: reads(.isEncrypted, .lastSyncDateTime; if $contradicts then (.[0] | unclear("`isEncrypted` is told twice, and differs"))
            else (.[0] | with_escrow($encrypted; null) | observed("intune"; $at)) end),
          mdm_enrolled: reads(.managementState, .lastSyncDateTime; .[0] | word("managementState") | if isobject then . else observed("intune"; $at) end)
        },
        evidence: reads(.serialNumber, .lastSyncDateTime; reports("intune"; $serial; $at; $encrypted))
      }} end;
