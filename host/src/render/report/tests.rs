//! What must hold of every page.

use std::collections::BTreeSet;

use handoff::core::visible;
use serde_json::{Value, json};

use super::*;

/// What somebody may write into a name to get out of the text.
const HOSTILE: &str = "<script>alert(\"x\")</script>'\"><img src=x onerror=alert(1)>&amp;";

/// An audit in which every name and text is this one.
fn audit(text: &str) -> (Summary, Vec<AuditFinding>) {
    let standing = |category: Value, closing: Value, stalled: u64| {
        json!({"workflow": text, "state": text, "category": category, "closing": closing, "items": 12_000,
            "ages": {"week": 1, "month": 20, "quarter": 300, "year": 4_000, "longer": 7_670, "unknown": 9},
            "oldest": {"item": "asset:LT-1", "since": "2019-01-01T00:00:00Z"}, "longest_stay": {"working_days": 5}, "stalled": stalled,
            "accountable": text, "escalate_to": text})
    };
    let finding = |code: &str, item: &str| {
        json!({"code": code, "severity": "block", "follow_up": false, "requirement": text, "item": item, "path": text, "expected": text,
            "found": text, "message": text, "remedy": text, "responsible": [text], "accountable": text, "sop": text})
    };
    let exception = |kind: &str, month: Value| {
        json!({"kind": kind, "department": text, "month": month, "asked": 7, "approved": 6, "refused": 1, "open": 1, "expired": 3,
            "unreconciled": 2, "renewed": 1, "reconciled": 3, "median_days": 4})
    };
    let summary = json!({
        "at": "2026-03-02T05:00:00Z",
        "policy": {"name": text, "version": text, "digest": text},
        "records": {"assets": 24_000, "tickets": 12_000, "people": 1, "licences": 2, "exceptions": 21, "decisions": 0},
        "findings": {"stalled": 60, "owner-missing": 3, text: 2, "not-found": 0},
        "standing": [standing(json!("held"), json!(null), 60), standing(json!("gone"), json!(null), 0),
            standing(json!(null), json!(null), 0), standing(json!(null), json!("fulfilled"), 0)],
        "quality": [{"field": text, "of": 12_000, "recorded": 7_000}, {"field": text, "of": 0, "recorded": 0}],
        "licences": [
            {"product": text, "metric": "user", "seats": 10, "taken": 14, "allocated": 13, "idle": 3, "of_leavers": 2, "reclaimable": 4,
                "reclaimable_cost": text, "currency": text},
            {"product": text, "metric": null, "seats": null, "taken": 14, "allocated": null, "idle": 0, "of_leavers": 0, "reclaimable": 0,
                "reclaimable_cost": null, "currency": null}],
        "exceptions": [exception(text, json!("2025-11")), exception("second", json!("2026-02")), exception("third", json!(text)),
            exception("fourth", json!(null))],
        "patterns": [{"kind": text, "department": text, "count": 5, "from": "2025-11-01T00:00:00Z", "until": "2026-02-01T00:00:00Z",
            "proposal": {"workflows": {text: {"title": text}}}}],
        "closures": [{"kind": text, "open": 9, "refused": 4, "reasons": {"still-held": 4, text: 1}}],
    });
    let stay = json!({"state": text, "since": "2026-01-01T00:00:00Z", "days": 60, "longest": "P14D", "to": text, "escalate_to": text,
        "missing": [text]});
    let mut findings = vec![
        json!({"finding": finding("owner-missing", "asset:LT-1"), "stay": null}),
        json!({"finding": finding(text, &format!("ticket:{}", visible(text))), "stay": null}),
    ];
    findings.extend((0..20).map(|number| json!({"finding": finding("stalled", &format!("asset:{number}")), "stay": stay})));
    (serde_json::from_value(summary).expect("a summary"), serde_json::from_value(findings.into()).expect("findings"))
}

/// An audit of a register that holds nothing.
fn nothing() -> Summary {
    let summary = json!({"at": "2026-03-02T05:00:00Z", "policy": {"name": "p", "version": "1", "digest": "d"},
        "records": {"assets": 0, "tickets": 0, "people": 0, "licences": 0, "exceptions": 0, "decisions": 0}, "findings": {}, "standing": [], "quality": [],
        "licences": [], "exceptions": [], "patterns": [], "closures": []});
    serde_json::from_value(summary).expect("a summary")
}

fn page(text: &str) -> String {
    let (summary, findings) = audit(text);
    report(&summary, &findings, Offset::parse("+01:00").expect("an offset"), text)
}

/// What stands between `before` and the next `after`, wherever it does.
fn between<'a>(page: &'a str, before: &'a str, after: &'a str) -> impl Iterator<Item = &'a str> {
    page.split(before).skip(1).filter_map(move |rest| rest.split(after).next())
}

/// The names of all elements that are opened, in their order.
fn elements(page: &str) -> Vec<&str> {
    page.split('<').skip(1).filter_map(|rest| rest.split([' ', '>']).next()).filter(|name| !name.starts_with(['/', '!'])).collect()
}

#[test]
fn names_and_texts_stay_text() {
    let (plain, hostile) = (page("some text"), page(HOSTILE));
    assert!(!hostile.contains("<script") && !hostile.contains("<img"), "an element comes out of a text");
    assert!(hostile.contains("&lt;script&gt;alert(&quot;x&quot;)"));
    let kinds = |page| elements(page).into_iter().map(str::to_owned).collect::<BTreeSet<String>>();
    assert_eq!(kinds(&plain), kinds(&hostile));
}

#[test]
fn what_nobody_sees_is_written_out() {
    let shown = page("PF4\u{202e}9K\u{200b}21\u{1b}");
    assert!(shown.contains(r"PF4\u{202e}9K\u{200b}21\u{1b}"));
    assert!(!shown.contains(|c| is_hidden(c) && c != '\n'));
}

#[test]
fn the_same_audit_gives_the_same_page() {
    assert_eq!(page("some text"), page("some text"));
}

#[test]
fn nothing_is_loaded_and_nothing_runs() {
    for page in [page("some text"), report(&nothing(), &[], Offset::default(), "Empty")] {
        assert!(page.contains(CONTENT));
        assert!(!page.contains("http:") && !page.contains("https:") && !page.contains("src=") && !page.contains("@import"));
        assert!(between(&page, "url(", ")").all(|target| target.starts_with('#')));
        assert!(between(&page, "href=\"", "\"").all(|target| target.starts_with('#')));
        let unwanted = ["script", "link", "iframe", "object", "embed", "img", "image", "use", "form", "base"];
        assert!(elements(&page).iter().all(|name| !unwanted.contains(name)));
    }
}

#[test]
fn links_and_patterns_lead_to_one_place_each() {
    let page = page("some text");
    let ids: Vec<&str> = between(&page, " id=\"", "\"").collect();
    let unique: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), unique.len(), "{ids:?}");
    for target in between(&page, "href=\"#", "\"").chain(between(&page, "url(#", ")")).chain(between(&page, "labelledby=\"", "\"")) {
        assert!(unique.contains(target), "{target}");
    }
}

#[test]
fn headings_leave_no_level_out() {
    let page = page("some text");
    let levels: Vec<u32> = elements(&page).iter().filter_map(|name| name.strip_prefix('h')?.parse().ok()).collect();
    assert_eq!(levels.first(), Some(&1));
    assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1 && pair[1] > 1), "{levels:?}");
}

#[test]
fn exceptions_of_no_declared_kind_are_not_none() {
    let mut summary = nothing();
    summary.records.exceptions = 1;
    let page = report(&summary, &[], Offset::default(), "Undeclared");
    assert!(page.contains("none of them is of a kind that the policy declares") && !page.contains("No exceptions were recorded."));
}

#[test]
fn where_there_is_nothing_the_page_says_so() {
    let page = report(&nothing(), &[], Offset::default(), "Empty");
    for sentence in [
        "No item stands in a state that the policy declares.",
        "Nothing has stayed longer than the policy allows.",
        "No field of an asset was looked at.",
        "Nothing was found.",
        "No licences are recorded.",
        "No exceptions were recorded.",
        "No kind of exception recurs often enough.",
        "No open ticket came with what it links, so no closure was tried.",
    ] {
        assert!(page.contains(sentence), "{sentence}");
    }
    assert!(page.contains("2026-03-02 05:00 (UTC)") && page.contains("SHA-256 <code>d</code>"));
}

#[test]
fn more_is_counted_than_told_one_by_one() {
    let (summary, findings) = audit("some text");
    let page = report(&summary, &findings, Offset::default(), "Told");
    assert!(page.contains("Of 65 findings this page tells 22 one by one"));
    assert!(page.contains("20 of 60 are told one by one.") && page.contains("12 more"));
}
