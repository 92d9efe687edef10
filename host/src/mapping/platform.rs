//! The platforms that are known from the start.

/// A platform, and the filter that reads what it sends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Platform {
    /// What it is called on the command line.
    pub name: &'static str,
    /// What is read of it.
    pub reads: &'static str,
    /// The text of the filter.
    pub code: &'static str,
}

macro_rules! platforms {
    ($($name:literal: $reads:literal,)*) => {
        /// All of them, by name.
        const PLATFORMS: [Platform; [$($name),*].len()] =
            [$(Platform { name: $name, reads: $reads, code: include_str!(concat!($name, ".jq")) }),*];
    };
}

platforms! {
    "servicenow": "ServiceNow: records of alm_hardware, cmdb_ci, sc_request, sc_req_item, sc_task, incident and sys_user, by the Table API",
    "jira": "Jira and Jira Assets: issues, searches, webhooks, and objects",
    "snipe-it": "Snipe-IT: assets, users and licences, by the API and as CSV exports",
    "glpi": "GLPI: computers and other items, tickets, their tasks and items, and users, by the REST API",
    "request-tracker": "Request Tracker 5: assets, tickets, approvals and users, by REST2",
    "itop": "iTop: devices, tickets and persons, by the REST/JSON API",
    "ralph": "Ralph: assets as CSV exports and by the API",
    "netbox": "NetBox: devices, by the REST API",
    "intune": "Microsoft Intune: managed devices, by Graph; evidence of devices",
    "jamf": "Jamf Pro: computers, by the Pro and the classic API; evidence of devices",
    "kandji": "Kandji: devices, by the API; evidence of devices",
    "scim": "SCIM 2.0: users, and lists of them",
    "afas": "AFAS Profit: rows of a get-connector with employees",
    "personio": "Personio: employees",
    "bamboohr": "BambooHR: employees, by the API and webhooks",
}

/// All of them, by name.
pub(crate) fn platforms() -> &'static [Platform] {
    &PLATFORMS
}
