//! Requirements: whether a new one demands at least what the old one did. Read from the documents, key by key, so that no key is passed over.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Report, Sides, missing_in, quoted, shown};
use crate::facts::{LinkRole, Scalar};
use crate::forms::FORMS;
use crate::policy::Policy;
use crate::problem::pointer;
use crate::time::Duration;

/// A place where less is demanded than before.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Lost {
    pub path: String,
    pub message: String,
}

impl Lost {
    fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into() }
    }
}

/// A requirement as its document writes it.
#[derive(Clone, Copy)]
struct Demand<'a> {
    keys: &'a Value,
    name: Option<&'a str>,
    /// Whether it is one of several of which one has to be met: then a condition that is false takes it away, and does not let it pass.
    alternative: bool,
}

impl<'a> Demand<'a> {
    /// The requirement that a use names or writes out.
    fn used(policy: &'a Policy, one: &'a Value) -> Self {
        match one.as_str() {
            Some(name) => {
                let keys = policy.source.get("requirements").and_then(|all| all.get(name)).unwrap_or(&Value::Null);
                Self { keys, name: Some(name), alternative: false }
            }
            None => Self { keys: one, name: None, alternative: false },
        }
    }

    /// One that stands in an `any`.
    fn alternative(policy: &'a Policy, one: &'a Value) -> Self {
        Self { alternative: true, ..Self::used(policy, one) }
    }

    /// Whether it can be the alternative that is met where the old one could not, because its condition was false.
    fn is_opened(self, old: Self) -> bool {
        old.alternative && old.text("when").is_some() && old.text("when") != self.text("when")
    }

    fn form(self) -> &'static str {
        FORMS.iter().find(|form| self.get(form).is_some()).copied().unwrap_or_default()
    }

    /// A key that says something: what is null or empty says nothing.
    fn get(self, key: &str) -> Option<&'a Value> {
        self.keys.get(key).filter(|value| !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty()))
    }

    fn text(self, key: &str) -> Option<&'a str> {
        self.get(key).and_then(Value::as_str)
    }

    fn is(self, key: &str, default: bool) -> bool {
        self.get(key).and_then(Value::as_bool).unwrap_or(default)
    }

    fn list(self, key: &str) -> Vec<String> {
        self.get(key).map(strings).unwrap_or_default()
    }

    fn waivable(self) -> bool {
        self.name.is_some() && self.is("waivable", true) && self.form() != "reconciled"
    }

    fn called(self) -> String {
        match self.name {
            Some(name) => format!("`{name}`"),
            None => format!("the requirement `{}`", self.form()),
        }
    }
}

/// The entries of a list as text, so that they can be compared as sets; a single value is a list of one.
fn strings(value: &Value) -> Vec<String> {
    match value {
        Value::Array(entries) => entries.iter().map(shown).collect(),
        value => vec![shown(value)],
    }
}

fn entries<'a>(demand: Demand<'a>, key: &str) -> &'a [Value] {
    demand.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// Compares what has the same name in both policies.
pub(super) fn requirements(sides: Sides<'_>, report: &mut Report) {
    let names = sides.old.requirements.iter().filter_map(|requirement| requirement.name.as_ref());
    for name in names {
        let use_of_name = Value::from(name.as_str());
        let (old, new) = (Demand::used(sides.old, &use_of_name), Demand::used(sides.new, &use_of_name));
        if !new.keys.is_null() {
            for lost in weaker(sides, old, new, &pointer("/requirements", name)) {
                report.add("laxer-requirement", &lost.path, lost.message);
            }
        }
    }
}

/// What a list of requirements no longer demands, all of which had to be met.
pub(super) fn lost_uses(sides: Sides<'_>, old: &str, new: &str) -> Vec<Lost> {
    let list = |policy: &'_ Policy, path: &str| policy.source.pointer(path).and_then(Value::as_array).cloned().unwrap_or_default();
    lost(sides, &list(sides.old, old), &list(sides.new, new), new)
}

fn lost(sides: Sides<'_>, old: &[Value], new: &[Value], path: &str) -> Vec<Lost> {
    let mut all = Vec::new();
    for one in old.iter().filter(|one| !new.contains(one)) {
        let demand = Demand::used(sides.old, one);
        // Whatever else the list says now may demand as much, under another name or written out.
        let mut as_strict = new
            .iter()
            .map(|other| Demand::used(sides.new, other))
            .filter(|other| asks_less(sides, demand, *other, path).is_empty())
            .peekable();
        if let Some(other) = as_strict.peek().copied() {
            if as_strict.all(|other| became_waivable(demand, other)) {
                all.push(Lost::new(path, format!("{}: {WAIVED}", other.called())));
            }
            continue;
        }
        // What is written out has no name by which it would be known again: what asks of the same thing is taken for it.
        let is_heir =
            |other: &&Value| demand.name.is_none() && !old.contains(other) && asks_the_same(demand, Demand::used(sides.new, other));
        match new.iter().enumerate().find(|(_, other)| is_heir(other)) {
            Some((index, heir)) => all.extend(weaker(sides, demand, Demand::used(sides.new, heir), &pointer(path, &index.to_string()))),
            None => all.push(Lost::new(path, format!("{} is no longer required", demand.called()))),
        }
    }
    all
}

fn asks_the_same(old: Demand<'_>, new: Demand<'_>) -> bool {
    let form = old.form();
    form == new.form() && (!["attribute", "evidence", "checklist", "signature"].contains(&form) || old.get(form) == new.get(form))
}

const WAIVED: &str = "an exception can waive it";

fn became_waivable(old: Demand<'_>, new: Demand<'_>) -> bool {
    new.waivable() && !old.waivable()
}

/// Where the new requirement demands less than the old one, or something else; nothing where it demands at least as much.
fn weaker(sides: Sides<'_>, old: Demand<'_>, new: Demand<'_>, path: &str) -> Vec<Lost> {
    let mut all = asks_less(sides, old, new, path);
    if became_waivable(old, new) {
        all.push(Lost::new(format!("{path}/waivable"), format!("{}: {WAIVED}", new.called())));
    }
    all
}

/// The same, whether an exception can waive it or not.
fn asks_less(sides: Sides<'_>, old: Demand<'_>, new: Demand<'_>, path: &str) -> Vec<Lost> {
    let mut all = Vec::new();
    let mut tell = |key: &str, message: String| all.push(Lost::new(format!("{path}/{key}"), format!("{}: {message}", new.called())));
    terms(old, new, &mut tell);
    if old.form() != new.form() {
        if !is_narrowed(sides, old, new, path) {
            tell(new.form(), format!("it changed from `{}` to `{}`", old.form(), new.form()));
        }
        return all;
    }
    match old.form() {
        "all" => all.extend(lost(sides, entries(old, "all"), entries(new, "all"), &format!("{path}/all"))),
        "any" => all.extend(alternatives(sides, old, new, path)),
        "assets" => all.extend(cases(sides, old, new, path)),
        "attribute" => {
            predicate(old, new, &mut tell);
            keys(old, new, &mut tell);
        }
        _ => keys(old, new, &mut tell),
    }
    all
}

/// Whether a requirement of another form is at least as strict: one of the old alternatives, or something that all of the new ones imply.
fn is_narrowed(sides: Sides<'_>, old: Demand<'_>, new: Demand<'_>, path: &str) -> bool {
    let of_alternatives =
        || entries(old, "any").iter().any(|one| asks_less(sides, Demand::alternative(sides.old, one), new, path).is_empty());
    let by_addition = || entries(new, "all").iter().any(|one| asks_less(sides, old, Demand::used(sides.new, one), path).is_empty());
    (old.form() == "any" && of_alternatives()) || (new.form() == "all" && by_addition())
}

fn terms(old: Demand<'_>, new: Demand<'_>, tell: &mut impl FnMut(&str, String)) {
    let rank = |demand: Demand<'_>| match demand.text("severity").unwrap_or("block") {
        "block" => 2,
        "warn" => 1,
        _ => 0,
    };
    if rank(new) < rank(old) {
        let word = |demand: Demand<'_>| demand.text("severity").unwrap_or("block").to_owned();
        tell("severity", format!("`severity` {} → {}", word(old), word(new)));
    }
    // Days in ISO order compare as texts.
    if new.text("enforced_from") > old.text("enforced_from") {
        tell("enforced_from", format!("`enforced_from` {} → {}", shown(&old.text("enforced_from")), shown(&new.text("enforced_from"))));
    }
    match (old.text("when"), new.text("when")) {
        (Some(before), None) if new.is_opened(old) => {
            tell("when", format!("it is an alternative in every case, and not only where `{before}`"))
        }
        // Where its condition is false, an alternative is none, and a requirement passes.
        (before, Some(when)) if !new.alternative && (before.is_none() || old.alternative) => {
            tell("when", format!("it applies only in some cases: `{when}`"))
        }
        (Some(before), Some(when)) if before != when => tell("when", format!("`when` changed: `{before}` → `{when}`")),
        _ => {}
    }
    if old.is("keeps", false) && !new.is("keeps", false) {
        tell("keeps", "it is no longer judged again at later gates".to_owned());
    }
}

/// Every key that says nothing about what is demanded, or is compared elsewhere.
const OTHER_KEYS: &[&str] = &["title", "message", "remedy", "severity", "waivable", "enforced_from", "sop", "responsible", "when", "keeps"];
/// The predicates of `attribute`.
const PREDICATES: &[&str] = &["present", "none", "equals", "one_of", "at_least", "at_most", "version_at_least", "within"];
/// What evidence is taken by where nothing is said.
const MEANS: [&str; 3] = ["reported", "scanned", "typed"];

/// Compares two requirements of one form, each key by what it means.
fn keys(old: Demand<'_>, new: Demand<'_>, tell: &mut impl FnMut(&str, String)) {
    let form = old.form();
    let all: BTreeSet<&String> = [old, new].into_iter().filter_map(|demand| demand.keys.as_object()).flat_map(|keys| keys.keys()).collect();
    for key in all.into_iter().map(String::as_str) {
        if OTHER_KEYS.contains(&key) || old.get(key) == new.get(key) || (form == "attribute" && PREDICATES.contains(&key)) {
            continue;
        }
        match (form, key) {
            ("approval", "approval") | ("category", "category") | ("state", "state") | ("location", "places") => {
                grown(key, &old.list(key), &new.list(key), tell)
            }
            ("evidence", "by") | ("attribute", "sources") => any_or_grown(key, old, new, tell),
            ("evidence", "means") => {
                let means =
                    |demand: Demand<'_>| if demand.get(key).is_some() { demand.list(key) } else { MEANS.map(str::to_owned).to_vec() };
                grown(key, &means(old), &means(new), tell);
            }
            ("evidence", "other_than") => others(old, new, tell),
            ("approval", "covers") | ("return_shipment", "return_shipment") => shrunk(key, &old.list(key), &new.list(key), tell),
            ("nothing_held" | "tasks", _) if key == form => extent(key, old, new, tell),
            ("approval", "count") => {
                let count = |demand: Demand<'_>| demand.get(key).and_then(Value::as_u64).unwrap_or(1);
                if count(new) < count(old) {
                    tell(key, format!("`count` {} → {}", count(old), count(new)));
                }
            }
            ("evidence", "within") | ("attribute", "observed_within") | ("timing", "not_after") => {
                bound(key, old, new, |old, new| new > old, tell)
            }
            ("timing", "not_before") => bound(key, old, new, |old, new| new < old, tell),
            ("evidence" | "passed", "after") if old.get(key).is_none() => {}
            ("passed", "passed") => passed(old, new, tell),
            ("identity", "identity") if new.text(key) == Some("unique") => {}
            ("assets", "none_allowed") => {}
            _ => tell(key, format!("`{key}` changed: {} → {}", shown(&old.get(key)), shown(&new.get(key)))),
        }
    }
}

fn grown(key: &str, old: &[String], new: &[String], tell: &mut impl FnMut(&str, String)) {
    let added = missing_in(new, old);
    if !added.is_empty() {
        tell(key, format!("`{key}` also names {}", quoted(&added)));
    }
}

fn shrunk(key: &str, old: &[String], new: &[String], tell: &mut impl FnMut(&str, String)) {
    let gone = missing_in(old, new);
    if !gone.is_empty() {
        tell(key, format!("`{key}` no longer names {}", quoted(&gone)));
    }
}

/// A list of which none means any.
fn any_or_grown(key: &str, old: Demand<'_>, new: Demand<'_>, tell: &mut impl FnMut(&str, String)) {
    match (old.list(key), new.list(key)) {
        (old, _) if old.is_empty() => {}
        (old, new) if new.is_empty() => tell(key, format!("`{key}` {} → any", old.join(", "))),
        (old, new) => grown(key, &old, &new, tell),
    }
}

fn others(old: Demand<'_>, new: Demand<'_>, tell: &mut impl FnMut(&str, String)) {
    let inner = |demand: Demand<'_>| demand.get("other_than").cloned().unwrap_or(Value::Null);
    let (old, new) = (inner(old), inner(new));
    let (old, new) = (Demand { keys: &old, name: None, alternative: false }, Demand { keys: &new, name: None, alternative: false });
    for key in ["checks", "states"] {
        shrunk(key, &old.list(key), &new.list(key), &mut |key, message| tell(&format!("other_than/{key}"), message));
    }
    if old.is("actor", false) && !new.is("actor", false) {
        tell("other_than/actor", "whoever acts may have made the check".to_owned());
    }
}

/// `all`, or a list of names.
fn extent(key: &str, old: Demand<'_>, new: Demand<'_>, tell: &mut impl FnMut(&str, String)) {
    match (old.text(key), new.text(key)) {
        (_, Some(_)) => {}
        (Some(all), None) => tell(key, format!("`{key}` {all} → {}", new.list(key).join(", "))),
        (None, None) => shrunk(key, &old.list(key), &new.list(key), tell),
    }
}

/// A bound in time: taken away, or moved the way that lets more through.
fn bound(key: &str, old: Demand<'_>, new: Demand<'_>, looser: impl Fn(Duration, Duration) -> bool, tell: &mut impl FnMut(&str, String)) {
    let Some(before) = old.text(key) else { return };
    let moved = match new.text(key) {
        None => true,
        Some(now) => match (Duration::parse(before), Duration::parse(now)) {
            (Ok(before), Ok(now)) => looser(before, now),
            _ => true,
        },
    };
    if moved {
        tell(key, format!("`{key}` {before} → {}", new.text(key).unwrap_or("none")));
    }
}

/// The states have to come in order, so that a list with more states in between demands as much.
fn passed(old: Demand<'_>, new: Demand<'_>, tell: &mut impl FnMut(&str, String)) {
    let (old, new) = (old.list("passed"), new.list("passed"));
    let mut rest = new.iter();
    if !old.iter().all(|state| rest.any(|other| other == state)) {
        tell("passed", format!("`passed` {} → {}", old.join(", "), new.join(", ")));
    }
}

/// The predicates of two attribute requirements: whether every value that meets the new one met the old one.
fn predicate(old: Demand<'_>, new: Demand<'_>, tell: &mut impl FnMut(&str, String)) {
    let of = |demand: Demand<'_>| PREDICATES.iter().find_map(|key| demand.get(key).map(|value| (*key, value.clone())));
    let (Some((before, old)), Some((now, new))) = (of(old), of(new)) else { return };
    let number = |value: &Value| serde_json::from_value::<Scalar>(value.clone()).ok();
    let compare = || number(&new)?.compare_numbers(&number(&old)?);
    let duration = |value: &Value| value.as_str().and_then(|text| Duration::parse(text).ok());
    let is_as_strict = match (before, now) {
        ("equals" | "one_of", "equals" | "one_of") => missing_in(&strings(&new), &strings(&old)).is_empty(),
        ("present", now) => now != "none",
        ("at_least", "at_least") => compare().is_some_and(std::cmp::Ordering::is_ge),
        ("at_most", "at_most") => compare().is_some_and(std::cmp::Ordering::is_le),
        ("version_at_least", "version_at_least") => version(&new) >= version(&old),
        ("within", "within") => duration(&new).zip(duration(&old)).is_some_and(|(new, old)| new <= old),
        _ => old == new && before == now,
    };
    if !is_as_strict {
        tell(now, format!("`{before}` {} → `{now}` {}", shown(&old), shown(&new)));
    }
}

fn version(value: &Value) -> Option<Vec<u64>> {
    let mut parts: Vec<u64> = value.as_str()?.trim().split('.').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    while parts.len() > 1 && parts.last() == Some(&0) {
        parts.pop();
    }
    Some(parts)
}

/// Alternatives of which one has to be met: each new one has to be as strict as some old one.
fn alternatives(sides: Sides<'_>, old: Demand<'_>, new: Demand<'_>, path: &str) -> Vec<Lost> {
    let before = entries(old, "any");
    let mut all = Vec::new();
    for (index, one) in entries(new, "any").iter().enumerate() {
        let path = pointer(&format!("{path}/any"), &index.to_string());
        let demand = Demand::alternative(sides.new, one);
        // One of the same name is compared under that name, as far as it does not matter where it stands.
        let is_there = before.contains(one) && !demand.is_opened(Demand::alternative(sides.old, one));
        if !is_there && !before.iter().any(|other| asks_less(sides, Demand::alternative(sides.old, other), demand, &path).is_empty()) {
            all.push(Lost::new(path, format!("{}: the alternative {} is new, or asks less", new.called(), demand.called())));
        }
    }
    all
}

const LINK_ROLES: [LinkRole; 5] = [LinkRole::Issue, LinkRole::Collect, LinkRole::Keep, LinkRole::Loan, LinkRole::Repair];

/// The cases of `assets`, compared for every kind and link role, because the first that fits counts: the same demand may stand in another case.
fn cases(sides: Sides<'_>, old: Demand<'_>, new: Demand<'_>, path: &str) -> Vec<Lost> {
    let mut lost_by_case: BTreeMap<Lost, Vec<String>> = BTreeMap::new();
    let mut compared: BTreeMap<(usize, usize), Vec<Lost>> = BTreeMap::new();
    for kind in sides.old.kinds.keys().filter(|kind| sides.new.kinds.contains_key(*kind)) {
        for role in LINK_ROLES {
            let Some((now, case)) = case_of(sides.new, new, kind, role) else { continue };
            let found = match case_of(sides.old, old, kind, role) {
                None => vec![Lost::new(
                    format!("{path}/assets/{now}"),
                    format!("{}: there was no case before, so that it was denied", new.called()),
                )],
                Some((before, earlier)) => compared
                    .entry((before, now))
                    .or_insert_with(|| {
                        let list = |case: &Value| case.get("requirements").and_then(Value::as_array).cloned().unwrap_or_default();
                        lost(sides, &list(earlier), &list(case), &format!("{path}/assets/{now}/requirements"))
                    })
                    .clone(),
            };
            for one in found {
                lost_by_case.entry(one).or_default().push(format!("`{kind}` in the role {role}"));
            }
        }
    }
    let mut all: Vec<Lost> = Vec::new();
    for (lost, items) in lost_by_case {
        let more = items.len().saturating_sub(1);
        let first = items.first().map(String::as_str).unwrap_or_default();
        let items = if more == 0 { first.to_owned() } else { format!("{first} and {more} more") };
        all.push(Lost::new(lost.path, format!("{}, for {items}", lost.message)));
    }
    if new.is("none_allowed", false) && !old.is("none_allowed", false) {
        all.push(Lost::new(format!("{path}/none_allowed"), format!("{}: a ticket about no asset passes", new.called())));
    }
    all
}

/// The first case that fits a kind in a role.
fn case_of<'a>(policy: &Policy, demand: Demand<'a>, kind: &str, role: LinkRole) -> Option<(usize, &'a Value)> {
    let class = policy.kinds.get(kind).map(|kind| kind.class.as_str()).unwrap_or_default();
    let role = role.to_string();
    let fits = |case: &Value| {
        [("roles", role.as_str()), ("kinds", kind), ("classes", class)].into_iter().all(|(key, name)| {
            let list = case.get(key).map(strings).unwrap_or_default();
            list.is_empty() || list.iter().any(|entry| entry == name)
        })
    };
    entries(demand, "assets").iter().enumerate().find(|(_, case)| fits(case))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::policy::compare::testing::{NOTHING, laxer_after};

    /// What is told when the requirement `scanned` changes from one to the other, without code and path of the requirement.
    fn change(old: Value, new: Value) -> Vec<String> {
        let told = laxer_after(|policy| policy["requirements"]["scanned"] = old, |policy| policy["requirements"]["scanned"] = new);
        told.iter().map(|line| line.replace("laxer-requirement /requirements/scanned/", "").replace("`scanned`: ", "")).collect()
    }

    fn with(base: &Value, more: Value) -> Value {
        let mut all = base.clone();
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    }

    #[test]
    fn terms_weaken() {
        let base = json!({"evidence": "scan"});
        for (strict, lax, told) in [
            (json!({}), json!({"severity": "warn"}), "severity: `severity` block → warn"),
            (json!({"severity": "warn"}), json!({"severity": "audit"}), "severity: `severity` warn → audit"),
            (json!({}), json!({"enforced_from": "2026-05-01"}), "enforced_from: `enforced_from` none → 2026-05-01"),
            (
                json!({"enforced_from": "2026-05-01"}),
                json!({"enforced_from": "2026-06-01"}),
                "enforced_from: `enforced_from` 2026-05-01 → 2026-06-01",
            ),
            (json!({}), json!({"when": "asset.shared"}), "when: it applies only in some cases: `asset.shared`"),
            (json!({"keeps": true}), json!({}), "keeps: it is no longer judged again at later gates"),
        ] {
            assert_eq!(change(with(&base, strict.clone()), with(&base, lax.clone())), [told]);
            assert_eq!(change(with(&base, lax), with(&base, strict)), NOTHING, "{told}");
        }
        let waivable = laxer_after(
            |policy| policy["requirements"]["encrypted"]["waivable"] = json!(false),
            |policy| policy["requirements"]["encrypted"]["waivable"] = json!(true),
        );
        assert_eq!(waivable, ["laxer-requirement /requirements/encrypted/waivable: `encrypted`: an exception can waive it"]);
        let other_words = with(&base, json!({"title": "T", "message": "m", "remedy": "r", "sop": "SOP-1", "responsible": ["desk"]}));
        assert_eq!(change(base, other_words), NOTHING);
    }

    #[test]
    fn each_key_has_its_direction() {
        let scan = |more: Value| with(&json!({"evidence": "scan"}), more);
        let battery = |more: Value| with(&json!({"attribute": "battery"}), more);
        for (strict, lax, told) in [
            (scan(json!({"by": ["desk"]})), scan(json!({"by": ["stores", "desk"]})), "by: `by` also names `stores`"),
            (scan(json!({"by": ["desk"]})), scan(json!({"by": []})), "by: `by` desk → any"),
            (scan(json!({"means": ["scanned"]})), scan(json!({})), "means: `means` also names `reported`, `typed`"),
            (scan(json!({})), scan(json!({"means": ["typed", "imported", "scanned", "reported"]})), "means: `means` also names `imported`"),
            (scan(json!({"within": "P1D"})), scan(json!({"within": "P2D"})), "within: `within` P1D → P2D"),
            (scan(json!({"within": "P1D"})), scan(json!({})), "within: `within` P1D → none"),
            (scan(json!({"after": "received"})), scan(json!({})), "after: `after` changed: received → none"),
            (
                scan(json!({"other_than": {"actor": true}})),
                scan(json!({"other_than": {"actor": false}})),
                "other_than/actor: whoever acts may have made the check",
            ),
            (scan(json!({"other_than": {"checks": ["second"]}})), scan(json!({})), "other_than/checks: `checks` no longer names `second`"),
            (battery(json!({"at_least": 60})), battery(json!({"at_least": 50})), "at_least: `at_least` 60 → `at_least` 50"),
            (battery(json!({"at_most": 5})), battery(json!({"at_most": 6})), "at_most: `at_most` 5 → `at_most` 6"),
            (battery(json!({"equals": 5})), battery(json!({"one_of": [6, 5]})), "one_of: `equals` 5 → `one_of` [6,5]"),
            (battery(json!({"at_least": 60})), battery(json!({"present": true})), "present: `at_least` 60 → `present` true"),
            (
                battery(json!({"present": true, "observed_within": "P1D"})),
                battery(json!({"present": true})),
                "observed_within: `observed_within` P1D → none",
            ),
            (battery(json!({"present": true, "sources": ["mdm"]})), battery(json!({"present": true})), "sources: `sources` mdm → any"),
            (json!({"approval": ["lead"], "count": 2}), json!({"approval": ["lead"]}), "count: `count` 2 → 1"),
            (json!({"approval": ["lead"]}), json!({"approval": ["desk", "lead"]}), "approval: `approval` also names `desk`"),
            (
                json!({"approval": ["lead"], "covers": ["subject"]}),
                json!({"approval": ["lead"]}),
                "covers: `covers` no longer names `subject`",
            ),
            (
                json!({"timing": "last-day", "not_before": "P0D"}),
                json!({"timing": "last-day", "not_before": "-P1D"}),
                "not_before: `not_before` P0D → -P1D",
            ),
            (
                json!({"timing": "last-day", "not_after": "P0D"}),
                json!({"timing": "last-day", "not_after": "P1D"}),
                "not_after: `not_after` P0D → P1D",
            ),
            (json!({"identity": "unique"}), json!({"identity": "recorded"}), "identity: `identity` changed: unique → recorded"),
            (json!({"passed": ["received", "ready"]}), json!({"passed": ["ready"]}), "passed: `passed` received, ready → ready"),
            (
                json!({"any": ["encrypted"]}),
                json!({"any": ["unowned", "encrypted"]}),
                "any/0: the alternative `unowned` is new, or asks less",
            ),
            (json!({"all": ["encrypted", "unowned"]}), json!({"all": ["unowned"]}), "all: `encrypted` is no longer required"),
        ] {
            // The requirement is only listed where it can be judged, so that it may stay in no gate here.
            let gate = |policy: &mut Value| policy["workflows"]["device"]["states"]["received"]["gate"] = json!([]);
            let told_by = |old: &Value, new: &Value| {
                let told = laxer_after(
                    |policy| {
                        gate(policy);
                        policy["requirements"]["scanned"] = old.clone();
                    },
                    |policy| policy["requirements"]["scanned"] = new.clone(),
                );
                told.iter()
                    .map(|line| line.replace("laxer-requirement /requirements/scanned/", "").replace("`scanned`: ", ""))
                    .collect::<Vec<_>>()
            };
            assert_eq!(told_by(&strict, &lax), [told]);
            assert_eq!(told_by(&lax, &strict), NOTHING, "{told}");
            assert_eq!(told_by(&lax, &lax), NOTHING, "{told}");
        }
    }

    #[test]
    fn what_cannot_be_told_apart_is_changed() {
        assert_eq!(
            change(json!({"expression": "asset.shared"}), json!({"expression": "!asset.shared"})),
            ["expression: `expression` changed: asset.shared → !asset.shared"]
        );
        assert_eq!(
            change(json!({"evidence": "scan"}), json!({"attribute": "encrypted", "equals": true})),
            ["attribute: it changed from `evidence` to `attribute`"]
        );
        assert_eq!(
            change(json!({"attribute": "encrypted", "equals": true}), json!({"attribute": "encrypted", "equals": false})),
            ["equals: `equals` true → `equals` false"]
        );
    }

    #[test]
    fn one_of_the_alternatives_is_stricter() {
        assert_eq!(change(json!({"any": ["encrypted", {"evidence": "scan"}]}), json!({"evidence": "scan", "within": "P1D"})), NOTHING);
        assert_eq!(change(json!({"evidence": "scan"}), json!({"all": ["encrypted", {"evidence": "scan"}]})), NOTHING);
    }

    #[test]
    fn requirements_leave_a_gate() {
        let gate = |uses: Value| move |policy: &mut Value| policy["workflows"]["device"]["states"]["ready"]["gate"] = uses;
        let told = |old: Value, new: Value| laxer_after(gate(old), gate(new));
        let at = "laxer-requirement /workflows/device/states/ready/gate";
        assert_eq!(told(json!(["encrypted", "unowned"]), json!(["encrypted"])), [format!("{at}: `unowned` is no longer required")]);
        // The same under another name, or written out, is the same.
        assert_eq!(told(json!(["encrypted", "unowned"]), json!(["encrypted", {"owner": "none"}])), NOTHING);
        assert_eq!(
            told(json!(["encrypted", {"evidence": "scan", "within": "P1D"}]), json!(["encrypted", {"evidence": "scan"}])),
            [format!("{at}/1/within: the requirement `evidence`: `within` P1D → none")]
        );
        assert_eq!(
            told(json!([{"owner": "none"}, "encrypted"]), json!(["encrypted"])),
            [format!("{at}: the requirement `owner` is no longer required")]
        );
    }

    #[test]
    fn cases_are_compared_by_what_they_choose() {
        let cases = |cases: Value| move |policy: &mut Value| policy["requirements"]["all-back"]["assets"] = cases;
        let told = |old: Value, new: Value| laxer_after(cases(old), cases(new));
        let one = json!([{"roles": ["collect"], "requirements": ["back", "unowned"]}]);
        // Split in two, nothing is lost.
        let split = json!([{"roles": ["collect"], "kinds": ["laptop"], "requirements": ["unowned", "back"]}, {"roles": ["issue"], "requirements": ["back", "unowned"]}]);
        let at = "laxer-requirement /requirements/all-back/assets";
        let added = format!("{at}/1: `all-back`: there was no case before, so that it was denied, for `laptop` in the role issue");
        assert_eq!(told(one.clone(), split.clone()), [added]);
        assert_eq!(told(split, one.clone()), NOTHING);
        let less = json!([{"requirements": ["back"]}]);
        let told = told(one, less);
        assert_eq!(told.len(), 2);
        assert_eq!(
            told[0],
            format!("{at}/0: `all-back`: there was no case before, so that it was denied, for `laptop` in the role issue and 3 more")
        );
        assert_eq!(told[1], format!("{at}/0/requirements: `unowned` is no longer required, for `laptop` in the role collect"));
    }
}
