mod random;

use std::cell::RefCell;

use serde_json::{Value as Json, json};

use super::shapes::{self, Record, Shape};
use super::*;
use crate::facts::{self, Scalar};

/// Facts as the interpreter of the crate reads them, and the records that ours reads.
struct Facts {
    json: Json,
    at: Option<Time>,
    asset: Option<facts::Asset>,
    subject: Option<facts::Person>,
    ticket: Option<facts::Ticket>,
}

impl Facts {
    fn read(json: Json) -> serde_json::Result<Self> {
        fn record<T: serde::de::DeserializeOwned>(json: &Json, name: &str) -> serde_json::Result<Option<T>> {
            json.get(name).cloned().map(serde_json::from_value).transpose()
        }
        Ok(Self {
            at: record(&json, "at")?,
            asset: record(&json, "asset")?,
            subject: record(&json, "subject")?,
            ticket: record(&json, "ticket")?,
            json,
        })
    }

    fn of(json: Json) -> Self {
        Self::read(json).expect("facts")
    }
}

impl Variables for Facts {
    fn variable(&self, name: &str) -> Option<Variable<'_>> {
        match name {
            "at" => self.at.map(Variable::Time),
            "asset" => self.asset.as_ref().map(|asset| Variable::Record(asset)),
            "subject" => self.subject.as_ref().map(|person| Variable::Record(person)),
            "ticket" => self.ticket.as_ref().map(|ticket| Variable::Record(ticket)),
            // The row itself, as in a decision.
            "link" => self.ticket.as_ref()?.links.rows().first().map(|link| Variable::Record(&link.0)),
            "today" => Some(Variable::Day(Date::parse("2026-01-05").unwrap())),
            _ => None,
        }
    }

    /// As what it is: the evaluator is not to trust its caller.
    fn attribute<'a>(&self, _: &str, attribute: &'a Attribute) -> Result<Value<'a>, &'static str> {
        let declared = match attribute.value {
            Some(Scalar::Bool(_)) => AttributeType::Boolean,
            Some(Scalar::Whole(_) | Scalar::Decimal(_)) => AttributeType::Number,
            Some(Scalar::Text(_)) | None => AttributeType::Text,
        };
        values::declared(attribute, declared, Time::from_ms(i64::MAX))
    }
}

fn facts() -> Json {
    json!({
        "at": "2026-01-05T09:00:00.000Z",
        "asset": {
            "id": "LT-1", "kind": "laptop", "state": "secured", "serial": "5CG1", "owner": null, "shared": false,
            "due_back": "2026-01-12", "updated_at": "2026-01-02T08:00:00Z",
            "attributes": {"encrypted": true, "os": "14.10", "ram": 16, "seen": null, "log-on": {"value": "on", "source": "mdm"}, "flag": 16, "count": "14.10", "toggle": "on"},
            "evidence": [
                {"check": "serial-scan", "at": "2026-01-03T08:00:00.000Z", "result": "passed", "seen": "5CG1", "by": "p1", "means": "scanned"},
                {"check": "wipe", "at": "2026-01-04T08:00:00.000Z", "by": "p2"}
            ],
            "history": [
                {"at": "2026-01-01T08:00:00.000Z", "from": null, "to": "received", "by": "p1"},
                {"at": "2026-01-02T08:00:00.000Z", "from": "received", "to": "secured", "by": "p2"}
            ],
            "custody": []
        },
        "subject": {"id": "p7", "status": "active", "roles": ["nurse", "user"], "same_as": [], "first_day": "2026-01-10", "remote": true}
    })
}

/// The same with a ticket, and its link to the asset.
fn facts_with_a_ticket() -> Json {
    let mut facts = facts();
    let link = json!({"asset": "LT-1", "role": "issue", "removed": {"by": "p1", "at": "2026-01-03T08:00:00+01:00"}});
    facts["today"] = "2026-01-05".into();
    facts["link"] = link.clone();
    facts["ticket"] = json!({
        "id": "T-1", "kind": "onboarding", "state": "open", "subject": "p7", "due": "2026-01-09", "opened": "2026-01-02T09:00:00+01:00",
        "links": [link, {"asset": "LT-2", "location": "B1", "owner": "person:p7"}],
        "tasks": [{"id": "t1", "item": "asset:LT-1", "state": "done", "due": "2026-01-07"}],
        "approvals": [{"by": "p1", "verdict": "approved", "covers": {"subject": "p7", "assets": ["LT-1"], "attributes": {"ram": 16, "os": "14.10"}}}],
        "return_shipment": {"deadline": "2026-01-20"},
        "attributes": {"ram": 8}
    });
    facts
}

/// What the policy of these tests declares.
struct Sample;

impl Declared for Sample {
    fn attribute(&self, name: &str) -> Option<AttributeType> {
        match name {
            // What is declared otherwise than it stands in the facts among them.
            "encrypted" | "missing" | "flag" | "toggle" => Some(AttributeType::Boolean),
            "ram" | "seen" | "count" | "price" => Some(AttributeType::Number),
            "os" | "log-on" => Some(AttributeType::Text),
            "wiped" => Some(AttributeType::Time),
            _ => None,
        }
    }

    fn unknown(&self, named: Named, name: &str) -> Option<String> {
        (!names(named).contains(&name)).then(|| format!("declare the {}", named.word()))
    }

    fn has(&self, named: Named, fits: &dyn Fn(&str) -> bool) -> bool {
        names(named).iter().any(|name| fits(name))
    }
}

fn names(named: Named) -> &'static [&'static str] {
    match named {
        Named::Kind => &["laptop", "phone"],
        Named::AssetState => &["received", "secured"],
        Named::TicketKind => &["onboarding"],
        Named::TicketState => &["open", "closed"],
        Named::State => &["received", "secured", "open", "closed"],
        Named::Role => &["nurse", "user", "r"],
        Named::Department => &["it"],
        Named::Check => &["serial-scan", "wipe"],
        Named::ChecklistEntry => &["keys"],
        _ => &[],
    }
}

fn compile(source: &str) -> Expression {
    Expression::compile(source, Place::Requirement, &Sample).unwrap_or_else(|faults| panic!("{source}: {faults:?}"))
}

/// What an expression gives, which is what the interpreter of the crate gives too.
fn evaluate(expression: &Expression, facts: &Facts) -> Result<bool, Failure> {
    let json = |root: &String| facts.json.get(root).cloned().map(Rc::new);
    let named: Vec<_> = expression.roots().iter().filter_map(|root| json(root).map(|value| (root.as_str(), value))).collect();
    let value = expression.evaluate(facts);
    assert_eq!(value, oracle::evaluate(&expression.tree, &named), "{} on {}", expression.source(), facts.json);
    value
}

fn value(source: &str) -> Result<bool, Failure> {
    evaluate(&compile(source), &Facts::of(facts()))
}

fn codes(source: &str, place: Place) -> Vec<&'static str> {
    match Expression::compile(source, place, &Sample) {
        Ok(expression) => expression.warnings().iter().map(|fault| fault.code).collect(),
        Err(faults) => faults.iter().map(|fault| fault.code).collect(),
    }
}

fn fault(source: &str) -> Fault {
    let faults = Expression::compile(source, Place::Requirement, &Sample).expect_err(source);
    assert_eq!(faults.len(), 1, "{source}: {faults:?}");
    faults[0].clone()
}

fn absent(source: &str) -> Option<String> {
    value(source).expect_err(source).absent
}

fn message(source: &str) -> String {
    let failure = value(source).expect_err(source);
    assert_eq!(failure.absent, None, "{source}");
    failure.message
}

#[test]
fn facts_are_read_and_compared() {
    for source in [
        "asset.kind == 'laptop'",
        "asset.owner == null && null == asset.owner",
        "!asset.shared",
        "asset.attributes.encrypted",
        "asset.attributes.ram >= 16 && asset.attributes.ram % 5 == 1",
        "asset.attributes['log-on'] == 'on'",
        "asset.attributes.seen == null",
        "asset.attributes.os.startsWith('14.') && asset.attributes.os.endsWith('10') && asset.kind.contains('top')",
        "int('7') + 1 == 8 && string(7) == '7' && bool('true')",
        "asset.updated_at < at",
        "asset.updated_at == '2026-01-02T08:00:00.000Z'",
        "asset.evidence.exists(e, e.check == 'serial-scan' && e.seen == asset.serial)",
        "asset.evidence.exists_one(e, e.check == 'wipe')",
        "asset.history.all(h, h.at <= at)",
        "size(asset.custody) == 0 && asset.evidence.size() == 2",
        "asset.evidence.filter(e, e.check == 'wipe').all(e, e.by == 'p2')",
        "asset.evidence.map(e, e.by).exists(by, by == 'p1')",
        "'nurse' in subject.roles && !(subject.id in ['p8', 'p9'])",
        "subject.status in ['active', 'on-leave']",
        "asset.evidence.exists(e, asset.history.exists(h, h.to == 'secured' && e.at > h.at))",
        "asset.shared ? false : subject.remote",
        "size('€') == 1 // a comment",
    ] {
        assert_eq!(value(source), Ok(true), "{source}");
    }
}

#[test]
fn days_are_whole_and_rounded_down() {
    assert_eq!(value("days(asset.updated_at, at) == 3"), Ok(true));
    assert_eq!(value("days(at, asset.updated_at) == -4"), Ok(true));
    assert_eq!(value("days(asset.due_back, subject.first_day) == -2"), Ok(true));
    assert_eq!(codes("days(at, asset.due_back) == 7", Place::Requirement), ["expression-time"]);
    assert_eq!(message("days(at, asset.kind) == 7"), "`days`: `laptop` is not an RFC 3339 time such as `2026-01-05T09:00:00+01:00`");
    assert_eq!(
        message("days(asset.serial, '2026-01-05') == 7"),
        "`days`: a day and a time can't be counted between: give two times or two days"
    );
    assert_eq!(message("days(asset.owner, at) == 7"), "`days` can't be done with null and a text");
}

#[test]
fn an_absent_fact_is_told_by_its_path() {
    for (source, path) in [
        ("asset.location == 'B1'", "asset.location"),
        ("!(asset.location == 'B1')", "asset.location"),
        ("asset.attributes.missing", "asset.attributes.missing"),
        ("asset.attributes['missing'] == true", "asset.attributes.missing"),
        ("!asset.attributes.missing", "asset.attributes.missing"),
        ("asset.baseline.state == 'received'", "asset.baseline"),
        ("asset.relations.all(r, r.relation == 'in')", "asset.relations"),
        ("size(asset.relations) == 0", "asset.relations"),
        ("ticket.state == 'open'", "ticket"),
        ("asset.evidence.all(e, e.means == 'scanned')", "asset.evidence.means"),
        ("asset.evidence.filter(e, e.means == 'scanned').exists(e, true)", "asset.evidence.means"),
        ("asset.location == 'B1' && asset.kind == 'laptop'", "asset.location"),
        ("asset.kind == 'laptop' && asset.location == 'B1'", "asset.location"),
    ] {
        assert_eq!(absent(source).as_deref(), Some(path), "{source}");
    }
    // What the other side settles, stays settled.
    assert_eq!(value("asset.location == 'B1' || asset.kind == 'laptop'"), Ok(true));
    assert_eq!(value("asset.location == 'B1' && asset.kind == 'phone'"), Ok(false));
    assert_eq!(value("asset.evidence.exists(e, e.means == 'scanned')"), Ok(true));
}

#[test]
fn known_asks_for_presence() {
    for (source, expected) in [
        ("known(asset.serial)", true),
        ("known(asset.owner)", true),
        ("known(asset.location)", false),
        ("known(asset.attributes['log-on'])", true),
        ("known(asset.attributes.missing)", false),
        ("known(asset.baseline.state)", false),
        ("known(asset.attributes.seen)", true),
        ("known(ticket)", false),
        ("known(ticket.state)", false),
        ("known(asset)", true),
        ("asset.evidence.all(e, known(e.by))", true),
        ("asset.evidence.all(e, known(e.means))", false),
        ("asset.evidence.exists(e, known(e.means) && e.means == 'scanned')", true),
        ("known(asset.location) && asset.location == 'B1'", false),
    ] {
        assert_eq!(value(source), Ok(expected), "{source}");
        assert_eq!(compile(source).warnings(), [], "{source}");
    }
}

#[test]
fn known_is_held_to_rule_r11() {
    for source in [
        "!known(asset.serial)",
        "known(asset.serial) == false",
        "known(asset.serial) != true",
        "known(asset.serial) == asset.shared",
        "known(asset.serial) ? asset.shared : true",
        "asset.evidence.exists_one(e, known(e.by))",
        "size(asset.evidence.filter(e, known(e.by))) == 0",
        "!asset.evidence.exists(e, known(e.by))",
        "known(asset.serial) in [false]",
    ] {
        assert_eq!(codes(source, Place::Requirement), ["expression-known-negated"], "{source}");
    }
    for source in ["!!known(asset.serial)", "!(!known(asset.serial))", "known(asset.serial) == true", "!(known(asset.serial) == false)"] {
        assert_eq!(codes(source, Place::Requirement), [""; 0], "{source}");
    }
    for source in ["known(asset.serial)", "!known(asset.serial)"] {
        assert_eq!(codes(source, Place::When), ["expression-known-when"], "{source}");
    }
    for source in ["known()", "known(asset.serial, asset.kind)", "known('asset')", "known(asset.serial == '')", "known(1)"] {
        assert_eq!(codes(source, Place::Requirement), ["expression-known"], "{source}");
    }
}

#[test]
fn faults_name_the_place_and_the_cure() {
    for (source, code, column, help) in [
        ("asset.serail == ''", "expression-unknown-field", Some(7), "did you mean `serial`?"),
        ("known(asset.serail)", "expression-unknown-field", Some(13), "did you mean `serial`?"),
        ("assset.kind == ''", "expression-unknown-variable", Some(1), "did you mean `asset`?"),
        ("asset.evidence.exists(e, x.by == 'p')", "expression-unknown-variable", Some(26), "did you mean `e`?"),
        ("asset.attributes.encripted", "expression-undeclared-attribute", Some(18), "declare it, or correct the name"),
        ("asset.evidence.check == ''", "expression-unknown-field", Some(16), "ask its entries: `….exists(x, x.… == …)`"),
        ("has(asset.owner)", "expression-has", Some(1), "write `known(…)`"),
        ("'ä' != '' && 1.5 < 2", "expression-literal", Some(14), "count in a smaller unit, or compare the decimal text"),
        ("1u == 1", "expression-literal", Some(1), "leave the `u` away: all numbers are signed"),
        ("b'x' == 'x'", "expression-literal", Some(1), "leave the `b` away: write a text"),
        ("size({'a': 1}) == 1", "expression-literal", Some(6), "compare the fields one by one, or write a list"),
        ("asset.evidence[0].by == 'p'", "expression-index", Some(15), "ask for the entry meant: `….exists(x, x.… == …)`"),
        ("asset.attributes[asset.kind] == 1", "expression-index", Some(17), "write `asset.attributes[\"name\"]`"),
        ("'os' in asset.attributes", "expression-not-a-list", Some(6), "ask `known(….attributes.…)`"),
        ("asset.attributes.exists(a, true)", "expression-not-a-list", None, "only lists can be gone through, such as `asset.evidence`"),
        ("asset.attributes.os.exists(a, true)", "expression-not-a-list", None, "only lists can be gone through, such as `asset.evidence`"),
        (
            "asset.kind.matches('x')",
            "expression-unknown-function",
            Some(12),
            "one of `all`, `bool`, `contains`, `days`, `endsWith`, `exists`, `exists_one`, `filter`, `int`, `known`, `map`, `size`, `startsWith`, `string`",
        ),
        ("asset.kind.startswith('x')", "expression-unknown-function", Some(12), "did you mean `startsWith`?"),
        ("asset.evidence.exists(true)", "expression-unknown-function", Some(16), "write `list.exists(x, condition)`"),
        ("at.days(at) == 1", "expression-unknown-function", Some(4), "write `days(from, to)`"),
        ("subject.status == 'actve'", "expression-unknown-word", Some(19), "did you mean `active`?"),
        ("subject.status in ['active', 'gone']", "expression-unknown-word", Some(30), "one of `expected`, `active`, `on-leave`, `left`"),
        ("at > '2026-01-05T09:00:00+01:00'", "expression-time", Some(6), "write `2026-01-05T08:00:00.000Z`"),
        ("asset.due_back < '12.01.2026'", "expression-time", Some(18), "write a day such as `2026-01-05`"),
        ("asset.due_back < at", "expression-time", Some(16), "use the form `timing`"),
        (
            "subject.remote == 'true'",
            "expression-type",
            Some(19),
            "compare values of the same sort; whole lists and records compare with `null` only",
        ),
        (
            "asset.evidence == []",
            "expression-type",
            Some(16),
            "compare values of the same sort; whole lists and records compare with `null` only",
        ),
        ("asset.kind && asset.shared", "expression-type", Some(12), "see what the field holds, or convert it with `int` or `string`"),
        ("asset.kind", "expression-type", None, "compare it with something, such as `… == \"…\"`"),
        ("asset.evidence.exists(asset, true)", "expression-unknown-variable", None, "choose another name"),
        ("asset.kind == ", "expression-syntax", Some(15), ""),
        ("true\n&& (asset.kind == 'ä' ]", "expression-syntax", Some(28), ""),
        ("asset.kind == 'x", "expression-syntax", Some(15), ""),
        ("ä == 1", "expression-syntax", Some(1), ""),
        ("asset.?kind == 'x'", "expression-syntax", Some(6), ""),
        ("", "expression-syntax", Some(1), ""),
    ] {
        let fault = fault(source);
        assert_eq!((fault.code, fault.column, fault.help.as_deref().unwrap_or("")), (code, column, help), "{source}: {}", fault.message);
        assert!(!fault.warning && !fault.message.ends_with('.') && !fault.message.contains('\n'), "{source}: {}", fault.message);
    }
}

#[test]
fn every_code_is_in_the_table() {
    let source = concat!(include_str!("check.rs"), include_str!("tokens.rs"), include_str!("mod.rs"));
    let used: std::collections::BTreeSet<&str> = source.split('"').filter(|text| text.starts_with("expression-")).collect();
    let tabled: Vec<&str> = CODES.iter().map(|explanation| explanation.code).collect();
    assert_eq!(tabled, used.into_iter().collect::<Vec<_>>());
    assert!(CODES.iter().all(|explanation| source.matches(&format!("\"{}\"", explanation.code)).count() > 1), "a code is never given");
}

#[test]
fn times_order_whatever_form_they_are_recorded_in() {
    let judge = |source: &str, updated: &str| {
        let mut facts = facts();
        facts["asset"]["updated_at"] = updated.into();
        evaluate(&compile(source), &Facts::of(facts))
    };
    assert_eq!(judge("asset.updated_at == at", "2026-01-05T09:00:00Z"), Ok(true));
    assert_eq!(judge("asset.updated_at == at", "2026-01-05T10:00:00+01:00"), Ok(true));
    assert_eq!(judge("asset.updated_at > at", "2026-01-05T09:00:00.5Z"), Ok(true));
}

#[test]
fn every_fault_is_told_at_once() {
    assert_eq!(
        codes("asset.serail == subject.nmae && foo", Place::Requirement),
        ["expression-unknown-field", "expression-unknown-field", "expression-unknown-variable"]
    );
}

#[test]
fn limits_hold_before_anything_recurses() {
    let code = |source: String| codes(&source, Place::Requirement).first().copied().unwrap_or("");
    assert_eq!(code(" ".repeat(SOURCE_MAX + 1)), "expression-too-large");
    assert_eq!(code("(".repeat(4_000)), "expression-too-large");
    assert_eq!(code("!".repeat(4_000)), "expression-too-large");
    assert_eq!(code("-!".repeat(450) + "1"), "expression-too-large");
    assert_eq!(code("1+".repeat(450) + "1 == 1"), "expression-too-large");
    assert_eq!(code(format!("{}true{}", "(".repeat(DEPTH_MAX + 1), ")".repeat(DEPTH_MAX + 1))), "expression-too-large");
    assert_eq!(code("true ? true : ".repeat(DEPTH_MAX + 1) + "true"), "expression-too-large");
    assert_eq!(code("asset".to_owned() + &".evidence".repeat(300) + " == 1"), "expression-too-large");
    assert_eq!(code("[1].map(x, x)".to_owned() + &".map(x, x)".repeat(70) + " == 1"), "expression-too-large");
    // At the limits everything still works, on the stack of a thread, in a debug build as well.
    let run = |source: String| {
        let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(move || value(&source));
        assert_eq!(thread.unwrap().join().unwrap(), Ok(true));
    };
    run("true && ".repeat(499) + "true");
    run(format!("{}true{}", "(".repeat(DEPTH_MAX), ")".repeat(DEPTH_MAX)));
    run("false ? true : ".repeat(TREE_MAX - 1) + "true");
    run("1+".repeat(TREE_MAX - 2) + "1 == 31");
    run(format!("{}true{}", "!(!".repeat((TREE_MAX - 2) / 2), ")".repeat((TREE_MAX - 2) / 2)));
    run(format!("{}7{} == '7'", "string(".repeat(TREE_MAX - 2), ")".repeat(TREE_MAX - 2)));
}

#[test]
fn cost_is_bounded_at_load_and_at_evaluation() {
    let inner = "asset.history.exists(h, h.by == e.by)";
    assert_eq!(codes(&format!("asset.evidence.exists(e, {inner})"), Place::Requirement), [""; 0]);
    assert_eq!(codes(&format!("asset.evidence.exists(e, {})", [inner; 4].join(" && ")), Place::Requirement), ["expression-cost"]);
    assert_eq!(codes("[1].exists(a, [1].exists(b, [1].exists(c, c == a)))", Place::Requirement), ["expression-cost", "expression-cost"]);

    let many = |count: usize| {
        let mut facts = facts();
        facts["subject"]["roles"] = vec!["r"; count].into();
        Facts::of(facts)
    };
    for source in ["subject.roles.all(r, r == 'r')", "'r' in subject.roles"] {
        assert_eq!(evaluate(&compile(source), &many(LIST_MAX)), Ok(true), "{source}");
        let failure = evaluate(&compile(source), &many(LIST_MAX + 1)).unwrap_err();
        assert_eq!(failure.message, "a list of 129 entries is too long to be gone through; at most 128 are read");
        assert_eq!(failure.absent, None);
    }
    assert_eq!(evaluate(&compile("size(subject.roles) == 200"), &many(200)), Ok(true));
}

#[test]
fn what_cannot_be_done_is_a_failure_and_no_panic() {
    for (source, expected) in [
        ("1 / (asset.attributes.ram - 16) == 1", "a number is divided by zero"),
        ("1 % (asset.attributes.ram - 16) == 1", "a number is divided by zero"),
        ("9223372036854775807 + asset.attributes.ram > 1", "a number grows beyond 64 bits"),
        ("-9223372036854775808 / (asset.attributes.ram - 17) > 1", "a number grows beyond 64 bits"),
        ("-9223372036854775808 % (asset.attributes.ram - 17) > 1", "a number grows beyond 64 bits"),
        ("-(-9223372036854775807 - asset.attributes.ram + 15) > 1", "a number grows beyond 64 bits"),
        ("asset.attributes.flag", "it gives a number, and not true or false"),
        ("asset.attributes.flag && true", "`&&` can't be done with a number and true or false"),
        ("asset.attributes.ram < asset.attributes.count", "`<` can't be done with a number and a text"),
        ("asset.attributes.ram + asset.attributes.count == 1", "`+` can't be done with a number and a text"),
        ("asset.owner.contains('x')", "`contains` can't be done with null and a text"),
        ("int(asset.kind) == 1", "`int` can't convert the value"),
        ("asset.attributes.seen < 1", "`<` can't be done with null and a number"),
        ("!asset.attributes.toggle", "`!` can't be done with a text"),
        ("-asset.attributes.count == 1", "`-` can't be done with a text"),
        ("asset.attributes.toggle ? true : false", "a text stands where true or false is needed"),
    ] {
        assert_eq!(message(source), expected, "{source}");
    }
    // A list or a record that is known to be none is neither empty nor unknown.
    let mut none = facts();
    none["asset"]["evidence"] = Json::Null;
    none["asset"]["baseline"] = Json::Null;
    let failure = |source: &str| evaluate(&compile(source), &Facts::of(none.clone())).unwrap_err();
    assert_eq!(failure("asset.evidence.all(e, true)").message, "a list is needed, and there is null");
    assert_eq!(failure("asset.baseline.state == 'received'").message, "a field is read from null");
    assert_eq!(failure("asset.baseline.state == 'received'").absent, None);
}

#[test]
fn attributes_are_read_as_what_they_are_declared() {
    struct Attributed(facts::Asset);
    impl Variables for Attributed {
        fn variable(&self, _: &str) -> Option<Variable<'_>> {
            Some(Variable::Record(&self.0))
        }
        fn attribute<'a>(&self, name: &str, attribute: &'a Attribute) -> Result<Value<'a>, &'static str> {
            values::declared(attribute, Sample.attribute(name).unwrap(), Time::parse("2026-01-06T00:00:00Z").unwrap())
        }
    }
    let of =
        |name: &str, attribute: Json| Attributed(serde_json::from_value(json!({"id": "LT-1", "attributes": {name: attribute}})).unwrap());
    for (source, attribute, expected) in [
        ("asset.attributes.ram == 16", json!(16), Ok(true)),
        ("asset.attributes.ram == null", json!(null), Ok(true)),
        ("asset.attributes.ram > 1", json!(9.5), Err("holds a fraction, and expressions read whole numbers")),
        ("asset.attributes.ram > 1", json!("16"), Err("is not of the type that the policy declares")),
        ("asset.attributes.encrypted", json!(true), Ok(true)),
        ("asset.attributes.encrypted", json!("true"), Err("is not of the type that the policy declares")),
        ("asset.attributes.os == '14.10'", json!({"value": "14.10", "source": "mdm"}), Ok(true)),
        ("asset.attributes.os == '14.10'", json!(14), Err("is not of the type that the policy declares")),
        ("asset.attributes.wiped == '2026-01-05T09:00:00.000Z'", json!({"value": "2026-01-05T10:00:00+01:00"}), Ok(true)),
        ("'2026-01-05T09:00:00.001Z' > asset.attributes.wiped", json!("2026-01-05T10:00:00+01:00"), Ok(true)),
        ("asset.attributes.wiped.startsWith('2026-01-05T09')", json!("2026-01-05T10:00:00+01:00"), Ok(true)),
        ("asset.attributes.wiped < '2026-01-05T09:00:00.000Z'", json!("yesterday"), Err("is not of the type that the policy declares")),
        ("asset.attributes.ram == 1", json!({"value": 1, "observed_at": "2026-01-05T23:59:59Z"}), Ok(true)),
        (
            "asset.attributes.ram == 1",
            json!({"value": 1, "observed_at": "2026-01-07T00:00:00Z"}),
            Err("was observed at a time still to come"),
        ),
        (
            "asset.attributes.ram == null",
            json!({"value": null, "observed_at": "2026-01-07T00:00:00Z"}),
            Err("was observed at a time still to come"),
        ),
    ] {
        let name = source.split_once("attributes.").unwrap().1.split([' ', '.']).next().unwrap();
        let facts = of(name, attribute);
        let told = expected.map_err(|why| Failure { message: format!("`asset.attributes.{name}` {why}"), absent: None });
        assert_eq!(compile(source).evaluate(&facts), told, "{source}");
        // What can't be read is known, and under no operation does it become true.
        assert_eq!(compile(&format!("known(asset.attributes.{name})")).evaluate(&facts), Ok(true), "{source}");
        if expected.is_err() {
            assert_eq!(compile(&format!("!({source})")).evaluate(&facts), told, "{source}");
        }
    }
}

#[test]
fn only_named_variables_are_asked_for() {
    struct Asked(RefCell<Vec<String>>, Facts);
    impl Variables for Asked {
        fn variable(&self, name: &str) -> Option<Variable<'_>> {
            self.0.borrow_mut().push(name.to_owned());
            self.1.variable(name)
        }
        fn attribute<'a>(&self, name: &str, attribute: &'a Attribute) -> Result<Value<'a>, &'static str> {
            self.1.attribute(name, attribute)
        }
    }
    let expression = compile("subject.remote && known(asset.kind) && asset.kind == 'laptop'");
    assert_eq!(expression.roots(), ["asset", "subject"]);
    let asked = Asked(RefCell::default(), Facts::of(facts()));
    assert_eq!(expression.evaluate(&asked), Ok(true));
    assert_eq!(asked.0.into_inner(), ["asset", "subject"]);
}

#[test]
fn a_path_is_that_of_what_was_read() {
    let facts = Facts::of(facts_with_a_ticket());
    for (source, path) in [
        ("link.location == 'B1'", "link.location"),
        ("link.role == 'issue' && ticket.links.all(l, l.location == 'B1')", "ticket.links.location"),
        ("link.removed.reason == 'x'", "link.removed.reason"),
        ("ticket.links.exists(l, l.removed.reason == 'x')", "ticket.links.removed"),
        ("ticket.return_shipment.received != null", "ticket.return_shipment.received"),
        ("ticket.approvals.all(a, a.covers.attributes.encrypted)", "ticket.approvals.covers.attributes.encrypted"),
        ("ticket.approvals.map(a, a.covers).exists(c, c.destination == 'B1')", "ticket.approvals.covers.destination"),
        ("ticket.links.filter(l, l.asset == 'LT-1').exists(l, l.owner == null)", "ticket.links.owner"),
        ("(asset.shared ? asset.evidence : ticket.links).exists(x, x.location == 'B2')", "ticket.links.location"),
        ("(asset.shared ? asset : ticket).attributes.os == ''", "ticket.attributes.os"),
        ("[asset, ticket].exists(x, x.return_shipment.received == null)", "ticket.return_shipment.received"),
        ("[asset, ticket].exists(x, x.attributes.missing)", "ticket.attributes.missing"),
    ] {
        assert_eq!(evaluate(&compile(source), &facts).unwrap_err().absent.as_deref(), Some(path), "{source}");
    }
}

#[test]
fn texts_grow_to_a_limit() {
    let doubled = |text: &str, times: usize| format!("[{text}]{}.exists(t, t == asset.serial)", ".map(t, t + t)".repeat(times));
    for text in ["asset.serial", "'xxxx'"] {
        assert_eq!(value(&doubled(text, 10)), Ok(false));
        assert_eq!(compile(&doubled(text, 11)).evaluate(&Facts::of(facts())).unwrap_err().message, "a text grows beyond 4096 bytes");
    }
    assert_eq!(codes(&format!("asset.serial == {}", ["'xxxxxxxx'"; 20].join(" + ")), Place::Requirement), [""; 0]);
}

/// What `cel` is relied on for, by the crate itself: a version that differs is seen here.
#[test]
fn the_evaluator_behaves_as_relied_on() {
    use cel::common::ast::Expr;
    use cel::parser::pratt_parser::{Lexer, TokenKind};
    use cel::{Context, Env, ExecutionError};

    let parse = |source: &str| PrattParser::default().parse(source).unwrap();
    // Macros are expanded into comprehensions, their own variable can't be written, chains of && are balanced, others are not.
    let Expr::Comprehension(all) = parse("x.all(e, e)").expr else { panic!("no comprehension") };
    assert_eq!((all.accu_var.as_str(), all.iter_var.as_str(), all.iter_var2.as_deref()), ("@result", "e", None));
    assert!(PrattParser::default().parse("@result").is_err());
    assert!(PrattParser::default().parse("a.?b").is_err());
    assert_eq!(Lexer::new("@").lex().kind, TokenKind::TokError);

    let env = std::sync::Arc::new(Env::stdlib());
    let run = |source: &str| {
        let mut context = Context::with_env(std::sync::Arc::clone(&env));
        context.add_variable("none", json!({})).unwrap();
        cel::Value::resolve(&parse(source), &context)
    };
    assert_eq!(run("none.a"), Err(ExecutionError::no_such_key("a")));
    assert_eq!(run("a"), Err(ExecutionError::undeclared_reference("a")));
    assert_eq!(run("none.a || true"), Ok(true.into()));
    assert_eq!(run("true || none.a"), Ok(true.into()));
    assert_eq!(run("none.a && false"), Ok(false.into()));
    assert_eq!(run("!none.a"), Err(ExecutionError::no_such_key("a")));
    assert_eq!(run("[1, 2].all(x, none.a)"), Err(ExecutionError::no_such_key("a")));
    assert_eq!(run("[1, 2].all(x, x == 1 ? none.a : false)"), Ok(false.into()));
    assert_eq!(run("[1, 2].exists(x, x == 1 ? none.a : true)"), Ok(true.into()));
    assert!(matches!(run("1 / 0"), Err(ExecutionError::DivisionByZero(_))));
    assert!(matches!(run("9223372036854775807 + 1"), Err(ExecutionError::Overflow(..))));
    // Why `known` has to be rewritten, and why sorts are checked at load.
    assert_eq!(run("size([none.a])"), Err(ExecutionError::no_such_key("a")));
    assert_eq!(run("1 == 'x'"), Ok(false.into()));
    // `days` is ours to define.
    assert_eq!(run("days('', '')"), Err(ExecutionError::undeclared_reference("days")));
}

fn record<T: serde::de::DeserializeOwned>(record: &Record, samples: &[(&str, Json)]) {
    // Both ways: serde tells the fields of a type where it meets an unknown one, and reads every field of the table below.
    let error = serde_json::from_value::<T>(json!({"?": 1})).err().expect("unknown fields are refused").to_string();
    let expected = error.split(", expected").nth(1).unwrap_or_else(|| panic!("{error}"));
    let modelled: Vec<&str> = expected.split('`').skip(1).step_by(2).collect();
    let tabled: Vec<&str> = record.fields.iter().map(|(name, _)| *name).collect();
    assert_eq!(tabled, modelled, "{}", record.name);

    let full: serde_json::Map<String, Json> =
        record.fields.iter().map(|(name, shape)| ((*name).to_owned(), sample(name, *shape, samples))).collect();
    serde_json::from_value::<T>(full.into()).unwrap_or_else(|error| panic!("{}: {error}", record.name));
    for (name, shape) in record.fields {
        let Shape::Word(words) = shape else { continue };
        let full = |word: &str| -> Json {
            let fields = record.fields.iter().map(|(field, shape)| ((*field).to_owned(), sample(field, *shape, samples)));
            fields
                .map(|(field, value)| if field == *name { (field, word.into()) } else { (field, value) })
                .collect::<serde_json::Map<_, _>>()
                .into()
        };
        for word in *words {
            serde_json::from_value::<T>(full(word)).unwrap_or_else(|error| panic!("{}: {name}: {error}", record.name));
        }
        let error = serde_json::from_value::<T>(full("?")).err().expect("unknown words are refused").to_string();
        let expected = error.split(", expected").nth(1).unwrap_or_else(|| panic!("{error}"));
        assert_eq!(expected.split('`').skip(1).step_by(2).collect::<Vec<_>>(), *words, "{}: {name}", record.name);
    }
}

fn sample(name: &str, shape: Shape, samples: &[(&str, Json)]) -> Json {
    match shape {
        _ if samples.iter().any(|(field, _)| *field == name) => samples.iter().find(|(field, _)| *field == name).unwrap().1.clone(),
        Shape::Flag => true.into(),
        Shape::Text | Shape::Id | Shape::Name(_) => "x".into(),
        Shape::Owner => "person:x".into(),
        Shape::Item => "asset:x".into(),
        Shape::Word(words) => words[0].into(),
        Shape::Time => "2026-01-05T09:00:00.000Z".into(),
        Shape::Day => "2026-01-05".into(),
        Shape::Each(shape) => json!([sample(name, *shape, samples)]),
        Shape::Attributes => json!({"x": "y"}),
        Shape::Record(record) => record
            .fields
            .iter()
            .map(|(name, shape)| ((*name).to_owned(), sample(name, *shape, samples)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Shape::Rows(record) => json!([sample(name, Shape::Record(record), samples)]),
    }
}

#[test]
fn the_tables_follow_the_model() {
    let forms = [("item", json!("asset:LT-1")), ("utc_offset", json!("+01:00"))];
    record::<facts::Asset>(&shapes::ASSET, &forms);
    record::<facts::Ticket>(&shapes::TICKET, &forms);
    record::<facts::Person>(&shapes::PERSON, &forms);
    record::<facts::Evidence>(&shapes::EVIDENCE, &forms);
    record::<facts::Entry>(&shapes::ASSET_ENTRY, &forms);
    record::<facts::Entry>(&shapes::TICKET_ENTRY, &forms);
    record::<facts::Baseline>(&shapes::ASSET_BASELINE, &forms);
    record::<facts::Baseline>(&shapes::TICKET_BASELINE, &forms);
    record::<facts::Custody>(&shapes::CUSTODY, &forms);
    record::<facts::Relation>(&shapes::RELATION, &forms);
    record::<facts::LinkRow>(&shapes::LINK, &forms);
    record::<facts::Removal>(&shapes::REMOVAL, &forms);
    record::<facts::Task>(&shapes::TASK, &forms);
    record::<facts::Mark>(&shapes::MARK, &forms);
    record::<facts::Approval>(&shapes::APPROVAL, &forms);
    record::<facts::Covered>(&shapes::COVERED, &forms);
    record::<facts::Signature>(&shapes::SIGNATURE, &forms);
    record::<facts::ReturnShipment>(&shapes::RETURN_SHIPMENT, &forms);
    record::<facts::Related>(&shapes::RELATED, &forms);
    record::<facts::Engagement>(&shapes::ENGAGEMENT, &forms);
}

#[test]
fn names_are_those_that_the_policy_declares() {
    for (source, told) in [
        ("asset.kind == 'labtop'", "kind `labtop` is not declared"),
        ("'labtop' != asset.kind", "kind `labtop` is not declared"),
        ("asset.kind in ['laptop', 'labtop']", "kind `labtop` is not declared"),
        ("'labtop' in [asset.kind]", "kind `labtop` is not declared"),
        ("asset.state == 'open'", "state of an asset workflow `open` is not declared"),
        ("ticket.kind == 'laptop'", "ticket kind `laptop` is not declared"),
        ("ticket.state == 'secured'", "state of a ticket workflow `secured` is not declared"),
        ("asset.baseline.state == 'securd'", "state of an asset workflow `securd` is not declared"),
        ("asset.history.exists(h, h.to == 'securd')", "state of an asset workflow `securd` is not declared"),
        ("asset.history.exists(h, 'securd' in [h.from, h.to])", "state of an asset workflow `securd` is not declared"),
        ("asset.evidence.exists(e, e.check == 'wype')", "check `wype` is not declared"),
        ("asset.evidence.map(e, e.check).exists(c, c == 'wype')", "check `wype` is not declared"),
        ("ticket.tasks.all(t, t.department == 'fm')", "department `fm` is not declared"),
        ("ticket.tasks.all(t, t.template == 'x')", "task template `x` is not declared"),
        ("ticket.marks.all(m, m.checklist == 'x')", "checklist `x` is not declared"),
        ("'nurs' in subject.roles", "role `nurs` is not declared"),
        ("subject.roles.exists(r, r == 'nurs')", "role `nurs` is not declared"),
        ("asset.kind == (asset.shared ? 'labtop' : 'laptop')", "kind `labtop` is not declared"),
        ("asset.kind in (asset.shared ? ['labtop'] : ['laptop'])", "kind `labtop` is not declared"),
        ("['labtop', 'laptop'].exists(k, k == asset.kind)", "kind `labtop` is not declared"),
        ("asset.kind in ['laptop', 'labtop'].filter(k, true)", "kind `labtop` is not declared"),
        ("asset.history.exists(h, h.to == 'closed')", "state of an asset workflow `closed` is not declared"),
        ("asset.kind == asset.state", "`==` stands between a kind and a state of an asset workflow, which are different names"),
        ("asset.owner == subject.department", "`==` stands between a name and what has a word in front, which are never the same"),
        ("asset.owner == 'department:itt'", "department `itt` is not declared"),
        ("asset.held_by == 'person:' + subject.id", "`==` stands between an owner and a bare id, which are never the same"),
        ("ticket.tasks.all(t, t.item != asset.id)", "`!=` stands between an item and a bare id, which are never the same"),
        ("asset.owner == 'p1'", "`p1` names no owner: write `person:ID` or `department:ID`"),
        ("asset.owner != subject.id", "`!=` stands between an owner and a bare id, which are never the same"),
        ("subject.id in [asset.owner]", "`in` stands between an owner and a bare id, which are never the same"),
    ] {
        assert_eq!(fault(source).message, told, "{source}");
    }
    for source in [
        "asset.kind == 'laptop' && asset.state in ['secured', 'received']",
        "asset.kind == ticket.attributes.os",
        "ticket.tasks.all(t, t.item == 'asset:' + asset.id || t.item == 'ticket:T-1')",
        "asset.owner == 'person:' + subject.id",
        "asset.owner in [null, 'department:it']",
        "asset.custody.all(c, c.to in [null, asset.owner])",
        "asset.kind.startsWith('lap')",
    ] {
        assert_eq!(codes(source, Place::Requirement), [""; 0], "{source}");
    }
}
