//! The one case: a laptop that was built goes on to be secured, by the reference policy with a gate of eight requirements; and variants of
//! it, each with one thing changed.

use serde_json::{Value, json};

const POLICY: &str = include_str!("../../examples/reference-policy/policy.yaml");
const FACTS: &str = include_str!("../case/facts.json");

/// The asset that is asked about.
pub const ASSET: &str = "LT-7301";

/// The question, as the text door takes it.
pub const QUESTION: &str = r#"{"ask":"transition","item":"asset:LT-7301","to":"secured"}"#;

/// What the gate of `secured` asks: the reference policy's own four, and four that need evidence, four eyes or an exception.
pub const GATE: [&str; 8] = [
    "disk-is-encrypted",
    "managed-by-mdm",
    "patches-are-current",
    "firmware-is-locked",
    "build-is-standard",
    "serial-is-verified",
    "imaged-since-verified",
    "final-check-is-done",
];

/// The policy document, as a tree.
pub fn policy() -> Value {
    let mut policy = handoff::conformance::yaml(POLICY).expect("the reference policy is read");
    policy["workflows"]["device"]["states"]["secured"]["gate"] = json!(GATE);
    policy
}

/// The facts, as a tree.
pub fn facts() -> Value {
    serde_json::from_str(FACTS).expect("the facts of the case are JSON")
}

/// A variant of the case.
pub struct Variant {
    pub name: &'static str,
    pub facts: Value,
    /// What every contestant has to find unmet.
    pub unmet: &'static [&'static str],
}

/// The case, which is allowed by exception, and what changes it.
pub fn variants() -> Vec<Variant> {
    const A: &str = "/assets/0/attributes";
    const E: &str = "/assets/0/evidence";
    const X: &str = "/exceptions/0";
    let change = |name, base: &str, path: &str, value: Value, unmet| {
        let mut facts = facts();
        *facts.pointer_mut(&format!("{base}{path}")).expect("the case has what a variant changes") = value;
        Variant { name, facts, unmet }
    };
    let mut missing = facts();
    missing["assets"][0]["attributes"].as_object_mut().expect("an object").remove("disk_encrypted");
    vec![
        Variant { name: "as it is", facts: facts(), unmet: &[] },
        change("the disk is not encrypted", A, "/disk_encrypted/value", false.into(), &["disk-is-encrypted"]),
        Variant { name: "whether it is encrypted is not recorded", facts: missing, unmet: &["disk-is-encrypted"] },
        change("encryption was seen too long ago", A, "/disk_encrypted/observed_at", "2026-10-01T08:00:00+02:00".into(), &["disk-is-encrypted"]),
        change("it is not in MDM", A, "/mdm_enrolled/value", false.into(), &["managed-by-mdm"]),
        change("the patches are old", A, "/patched_at", "2026-09-30T22:00:00+02:00".into(), &["patches-are-current"]),
        change("the firmware is open", A, "/firmware_locked", false.into(), &["firmware-is-locked"]),
        change("the image was laid before it was verified", E, "/3/at", "2026-11-10T08:00:00+01:00".into(), &["imaged-since-verified"]),
        change("the final check failed", E, "/7/result", "failed".into(), &["final-check-is-done"]),
        change("the final check was by who built it", E, "/7/by", "tmeier".into(), &["final-check-is-done"]),
        change(
            "it is another device than was seen",
            "/assets/0",
            "/serial",
            "PF-9ZZZ9Z".into(),
            &["serial-is-verified", "imaged-since-verified", "final-check-is-done"],
        ),
        change("somebody in another role asks", "/actor", "/roles", json!(["service-desk"]), &["actor"]),
        change("security has not approved the exception", X, "/approvals/1/verdict", Value::Null, &["build-is-standard"]),
        change("the exception is over", X, "/expires", "2026-11-10T00:00:00+01:00".into(), &["build-is-standard"]),
    ]
}

/// The variant that is denied for three reasons.
pub fn denied() -> Value {
    variants().into_iter().find(|variant| variant.unmet.len() == 3).expect("a variant is").facts
}

/// The case in a register of so many assets.
pub fn register(size: usize) -> Value {
    let mut facts = facts();
    let assets = facts["assets"].as_array_mut().expect("a list");
    let own = assets[0].clone();
    for number in 1..size {
        let mut other = own.clone();
        let serial = format!("PF-{number:06}");
        other["id"] = format!("LT-{:06}", 100_000 + number).into();
        for check in other["evidence"].as_array_mut().expect("a list") {
            check["seen"] = serial.as_str().into();
        }
        other["serial"] = serial.into();
        assets.push(other);
    }
    facts
}

/// The case with an open ticket that links the laptop and so many other things.
pub fn ticket(size: usize) -> Value {
    let mut facts = facts();
    let links: Vec<String> = (1..size).map(|number| format!("MN-{number:04}")).chain([ASSET.to_owned()]).collect();
    facts["tickets"] = json!([{
        "id": "REQ-2210", "kind": "onboarding", "state": "approved", "subject": "efischer", "requester": "ngruber",
        "opened": "2026-10-20T09:00:00+02:00", "links": links,
    }]);
    facts["people"] = json!([{"id": "efischer"}]);
    facts
}

/// The case after so many steps: it went to and fro between building and securing.
pub fn history(size: usize) -> Value {
    let mut facts = facts();
    let entries = facts["assets"][0]["history"].as_array_mut().expect("a list");
    let last = entries.pop().expect("the entry into `configured`");
    let minutes = |number: usize| format!("2026-11-10T{:02}:{:02}:{:02}+01:00", 12 + number / 3600, number / 60 % 60, number % 60);
    let mut from = "verified";
    for number in 0..size.saturating_sub(6) {
        let to = ["configured", "secured", "deployable"][number % 3];
        let by = json!({"at": minutes(number), "from": from, "to": to, "by": "tmeier", "role": "desktop-support"});
        entries.push(by);
        from = to;
    }
    entries.push(last);
    entries.last_mut().expect("it was put back")["from"] = from.into();
    facts
}

/// The policy with copies of its workflows for devices, so many workflows in all.
pub fn workflows(size: usize) -> Value {
    let mut policy = policy();
    let device = policy["workflows"]["device"].clone();
    let kind = policy["kinds"]["laptop"].clone();
    let present = policy["workflows"].as_object().expect("an object").len();
    for number in present..size {
        let name = format!("gadget-{number}");
        let mut other = device.clone();
        other["assets"] = json!([name]);
        policy["workflows"][&name] = other;
        policy["kinds"][&name] = kind.clone();
    }
    policy
}
