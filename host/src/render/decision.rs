//! Decisions for people: what is denied, each reason with how to put it right and who must act, and what is possible next.

use std::cmp::Reverse;

use handoff::core::ask::{AllowOrDeny, DecisionAnswer, NextItem, WaiverAnswer};
use handoff::core::{Finding, Item, Offset, Severity, Time};

use super::problem::count;
use super::{Page, TOGETHER, Tone};

/// What was asked for, as far as an answer may not tell it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    /// Whether it was to close a ticket.
    pub closure: bool,
    /// The state that was named.
    pub to: Option<&'a str>,
}

/// A decision on one step.
pub(crate) fn decision(page: &mut Page, answer: &DecisionAnswer, asked: Asked<'_>, offset: Offset) {
    let reasons = Reasons::of(answer);
    let (verdict, tone) = match answer.decision {
        AllowOrDeny::Deny => ("DENIED", Tone::Bad),
        AllowOrDeny::Allow if answer.by_exception => ("ALLOWED BY EXCEPTION", Tone::Doubtful),
        AllowOrDeny::Allow => ("ALLOWED", Tone::Good),
    };
    let reason_count = match (answer.decision, reasons.blocking.len()) {
        (AllowOrDeny::Allow, _) | (_, 0) => String::new(),
        (AllowOrDeny::Deny, number) => format!(" ({})", count(number, "reason", "reasons")),
    };
    page.line(&format!("{}: ", tone.of(verdict)), 2, &format!("{}{reason_count}", step(answer, asked)));
    by_item(page, &reasons.blocking, Tone::Bad, 0);
    rest(page, answer, &reasons, offset);
    summary(page, answer, &reasons.blocking, offset);
}

/// What may come next for items; in full where it is about one of them.
pub(crate) fn next(page: &mut Page, items: &[NextItem], in_full: bool, offset: Offset) {
    if items.is_empty() {
        page.raw("The facts hold no asset and no ticket.");
    }
    for NextItem { item, state, options, findings } in items {
        match state {
            Some(state) => page.heading(&format!("{item} is {state}")),
            None if findings.is_empty() => page.heading(&format!("{item} has no state yet")),
            None => page.heading(&format!("{item} has no known state")),
        }
        by_remedy(page, &findings.iter().collect::<Vec<_>>(), Tone::Bad, 2, None);
        if options.is_empty() && findings.is_empty() {
            page.line("  ", 2, "no next step: it is at an end");
        }
        for answer in options {
            option(page, answer, in_full, offset);
        }
    }
}

/// One step that may come next: with every reason, or with the names of what is missing.
fn option(page: &mut Page, answer: &DecisionAnswer, in_full: bool, offset: Offset) {
    let reasons = Reasons::of(answer);
    let (word, tone) = standing(answer);
    let to = answer.to.as_deref().unwrap_or("?");
    let missing: Vec<&Finding> = reasons.blocking.iter().copied().filter(|finding| !is_about_actor(finding)).collect();
    let missing_count = if missing.is_empty() { String::new() } else { format!(", {} missing", missing.len()) };
    // Whoever acts is no part of what is missing (rule D1), and stands below all the same.
    let actor = match answer.permitted {
        Some(false) if in_full && !answer.ready => ", and not for this actor",
        None if in_full && !answer.ready => ", and nobody is named who acts",
        _ => "",
    };
    let names = if in_full { String::new() } else { names(&missing) };
    let first = format!("  {} {}: ", Tone::Faint.of("->"), Tone::Strong.of(to));
    page.line(&first, 5, &format!("{}{missing_count}{actor}{names}", tone.of(word)));
    if in_full {
        by_item(page, &reasons.blocking, Tone::Bad, 5);
        waivers(page, answer, offset, 5);
    }
}

/// The requirements that are not met, or what is said of those that have no name, each once.
fn names(findings: &[&Finding]) -> String {
    let mut names: Vec<&str> = findings.iter().map(|finding| finding.requirement.as_deref().unwrap_or(&finding.message)).collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() { String::new() } else { format!(" ({})", names.join("; ")) }
}

/// Whether a finding is about who acts, and not about what is missing (rule D1).
fn is_about_actor(finding: &Finding) -> bool {
    finding.code.starts_with("actor-") || finding.code.starts_with("automation-")
}

/// Who answers for what follows.
fn answers(accountable: Option<&str>) -> String {
    accountable.map(|role| format!(" ({role} answers for it)")).unwrap_or_default()
}

/// How an option stands, in a word.
fn standing(option: &DecisionAnswer) -> (&'static str, Tone) {
    match (option.decision, option.ready, option.permitted) {
        (AllowOrDeny::Allow, ..) if option.by_exception => ("allowed by exception", Tone::Doubtful),
        (AllowOrDeny::Allow, ..) => ("allowed", Tone::Good),
        (AllowOrDeny::Deny, true, None) => ("ready, for somebody who may", Tone::Good),
        (AllowOrDeny::Deny, true, Some(_)) => ("ready, and not for this actor", Tone::Doubtful),
        (AllowOrDeny::Deny, false, _) => ("not ready", Tone::Bad),
    }
}

fn step(answer: &DecisionAnswer, Asked { closure, to }: Asked<'_>) -> String {
    let (what, word) = match &answer.item {
        Item::Ticket(id) if closure => (format!("closing ticket {id}"), "as"),
        Item::Ticket(id) => (format!("moving ticket {id}"), "to"),
        Item::Asset(id) => (format!("moving asset {id}"), "to"),
        Item::Task { ticket, task } => (format!("marking task {task} of ticket {ticket}"), "as"),
    };
    match answer.to.as_deref().or(to) {
        Some(to) => format!("{what} {word} {to}"),
        None => what,
    }
}

/// Findings by what they do.
struct Reasons<'a> {
    blocking: Vec<&'a Finding>,
    follow_up: Vec<&'a Finding>,
    warnings: Vec<&'a Finding>,
    audit: Vec<&'a Finding>,
}

impl<'a> Reasons<'a> {
    fn of(answer: &'a DecisionAnswer) -> Self {
        let mut reasons = Self { blocking: Vec::new(), follow_up: Vec::new(), warnings: Vec::new(), audit: Vec::new() };
        let waived = |finding: &Finding| {
            let same = |waiver: &WaiverAnswer| {
                Some(&waiver.requirement) == finding.requirement.as_ref() && Some(&waiver.item) == finding.item.as_ref()
            };
            answer.waivers.iter().any(same)
        };
        for finding in &answer.findings {
            match finding.severity {
                _ if finding.follow_up => reasons.follow_up.push(finding),
                Severity::Block if waived(finding) => {}
                Severity::Block => reasons.blocking.push(finding),
                Severity::Warn => reasons.warnings.push(finding),
                Severity::Audit => reasons.audit.push(finding),
            }
        }
        reasons
    }
}

/// The heading under which a finding stands: tasks stand with their ticket.
pub(super) fn group(finding: &Finding) -> String {
    match &finding.item {
        Some(Item::Task { ticket, .. }) => Item::Ticket(ticket.clone()).to_string(),
        Some(item) => item.to_string(),
        None => "in general".to_owned(),
    }
}

/// Findings of the same name together, in the order in which the names first occur.
pub(super) fn grouped<'a>(findings: &[&'a Finding], name_of: impl Fn(&Finding) -> String) -> Vec<(String, Vec<&'a Finding>)> {
    let mut groups: Vec<(String, Vec<&'a Finding>)> = Vec::new();
    for &finding in findings {
        let name = name_of(finding);
        match groups.iter_mut().find(|(other, _)| *other == name) {
            Some((_, findings)) => findings.push(finding),
            None => groups.push((name, vec![finding])),
        }
    }
    groups
}

/// Findings under the item that they are about. Only items at the margin stand apart: elsewhere the indent shows where one ends.
pub(crate) fn by_item(page: &mut Page, findings: &[&Finding], tone: Tone, indent: usize) {
    for (name, findings) in grouped(findings, group) {
        if indent == 0 {
            page.gap();
        }
        let accountable = accountable(&findings);
        page.line(&" ".repeat(indent), indent + 2, &format!("{}{}", Tone::Strong.of(&name), answers(accountable)));
        by_remedy(page, &findings, tone, indent + 2, accountable);
    }
}

/// The one role that answers for most of these, where several do.
fn accountable<'a>(findings: &[&'a Finding]) -> Option<&'a str> {
    let mut roles: Vec<&str> = findings.iter().filter_map(|finding| finding.accountable.as_deref()).collect();
    roles.sort_unstable();
    let mut most: Option<(usize, &str)> = None;
    for same in roles.chunk_by(|a, b| a == b) {
        if let Some(role) = same.first()
            && most.is_none_or(|(number, _)| same.len() > number)
        {
            most = Some((same.len(), role));
        }
    }
    most.map(|(_, role)| role)
}

/// What can be put right in the same way, by the same people, is told with it once. Who answers for all is told already.
fn by_remedy(page: &mut Page, findings: &[&Finding], tone: Tone, indent: usize, told: Option<&str>) {
    let margin = " ".repeat(indent);
    for (way, findings) in grouped(findings, |finding| way(finding, told)) {
        for finding in findings {
            let requirement = finding.requirement.as_ref().map(|name| format!("{TOGETHER}{name}")).unwrap_or_default();
            let codes = Tone::Faint.of(&format!("[{}{requirement}]", finding.code));
            page.line(&format!("{margin}{} ", tone.of("-")), indent + 2, &format!("{}{} {codes}", finding.message, details(finding)));
            for alternative in alternatives(finding) {
                page.line(&format!("{margin}  {} ", Tone::Faint.of("-")), indent + 4, alternative);
            }
        }
        if !way.is_empty() {
            page.line(&format!("{margin}  {} ", Tone::Faint.of("->")), indent + 5, &way);
        }
    }
}

/// Alternatives of which none is met, each with what it lacks: too much for one line where there are several.
pub(super) fn alternatives(finding: &Finding) -> Vec<&str> {
    match &finding.found {
        Some(found) if finding.code == "no-alternative-met" && found.contains(" / ") => found.split(" / ").collect(),
        Some(_) | None => Vec::new(),
    }
}

/// Which task, and what was expected and found, as far as neither the message nor the list of alternatives says it.
pub(super) fn details(finding: &Finding) -> String {
    let listed = !alternatives(finding).is_empty();
    let untold = |text: &&String| !listed && !finding.message.contains(text.as_str());
    let task = match &finding.item {
        Some(Item::Task { task, .. }) => Some(task.clone()),
        Some(Item::Asset(_) | Item::Ticket(_)) | None => None,
    };
    // Where the policy has words for it, the source of an expression that is false says no more.
    let is_false = finding.code == "expression-false" && !finding.message.starts_with("the expression ");
    let expected = finding.expected.as_ref().filter(untold).filter(|_| !is_false).map(|text| format!("expected {text}"));
    let found = finding.found.as_ref().filter(untold).filter(|_| !is_false).map(|text| format!("found {text}"));
    let one_of = listed.then(|| "expected one of these".to_owned());
    match [task, one_of, expected, found].into_iter().flatten().collect::<Vec<_>>() {
        told if told.is_empty() => String::new(),
        told => format!(" ({})", told.join("; ")),
    }
}

/// `who: what (procedure)`, and who answers for it where that is not told already.
pub(super) fn way(finding: &Finding, told: Option<&str>) -> String {
    let what = match (&finding.remedy, &finding.sop) {
        (Some(remedy), Some(sop)) => format!("{remedy} ({sop})"),
        (Some(text), None) | (None, Some(text)) => text.clone(),
        (None, None) => String::new(),
    };
    let who = who(finding);
    let (who, answers) = match finding.accountable.as_deref().filter(|role| Some(*role) != told) {
        // A role that acts and answers is named once.
        Some(role) if role == who => (format!("{who} (answers for it)"), String::new()),
        Some(role) => (who, format!("{role} answers for it")),
        None => (who, String::new()),
    };
    let first = [who, what].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(": ");
    [first, answers].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("; ")
}

/// Who can put it right.
fn who(finding: &Finding) -> String {
    finding.responsible.join(" or ")
}

/// What does not deny.
fn rest(page: &mut Page, answer: &DecisionAnswer, reasons: &Reasons<'_>, offset: Offset) {
    if !answer.waivers.is_empty() {
        page.heading("Waived by exceptions");
        waivers(page, answer, offset, 2);
    }
    for (title, findings, tone) in [
        ("To be followed up", &reasons.follow_up, Tone::Doubtful),
        ("Warnings, which do not deny", &reasons.warnings, Tone::Doubtful),
        ("For the record", &reasons.audit, Tone::Faint),
    ] {
        if !findings.is_empty() {
            page.heading(title);
            by_item(page, findings, tone, 2);
        }
    }
}

/// What comes of the decision. What is possible next is told on a deny only: on an allow it would be the exits of the state that is left.
fn summary(page: &mut Page, answer: &DecisionAnswer, blocking: &[&Finding], offset: Offset) {
    page.gap();
    let denied = answer.decision == AllowOrDeny::Deny;
    let accountable = answer.accountable.as_deref();
    let others: Vec<&str> = answer.inform.iter().map(String::as_str).filter(|role| Some(*role) != accountable).collect();
    for (label, text) in [
        ("To do", denied.then(|| work(blocking))),
        ("Accountable now", answer.accountable.clone()),
        ("Tell", Some(others.join(", "))),
        ("Possible next", denied.then(|| answer.next.join(", "))),
        ("Written off", Some(answer.written_off.join(", "))),
        ("Valid until", answer.valid_until.map(|until| valid(until, answer, offset))),
        ("Policy", Some(format!("{} {}, at {}", answer.policy.name, answer.policy.version, answer.at.in_offset(offset)))),
    ] {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            page.line(&format!("{label:<17}"), 17, &text);
        }
    }
}

/// How many reasons each has to put right, most work first.
fn work(findings: &[&Finding]) -> String {
    // Whatever the order in which a finding names them.
    let mut shares = grouped(findings, |finding| {
        let mut roles = finding.responsible.clone();
        roles.sort_unstable();
        roles.join(" or ")
    });
    shares.retain(|(who, _)| !who.is_empty());
    shares.sort_by_key(|(_, findings)| Reverse(findings.len()));
    shares.iter().map(|(who, findings)| format!("{who}{TOGETHER}{}", findings.len())).collect::<Vec<_>>().join(", ")
}

fn valid(until: Time, answer: &DecisionAnswer, offset: Offset) -> String {
    let version = answer.record_version.as_ref().map(|version| format!(", on version {version} of the record")).unwrap_or_default();
    format!("{}{version}", until.in_offset(offset))
}

fn waivers(page: &mut Page, answer: &DecisionAnswer, offset: Offset, indent: usize) {
    let margin = " ".repeat(indent);
    for WaiverAnswer { requirement, item, exception, approved_by, expires } in &answer.waivers {
        let text = format!(
            "{requirement} on {item}: exception {exception}, approved by {}, until {}",
            approved_by.join(" and "),
            expires.in_offset(offset)
        );
        page.line(&format!("{margin}- "), indent + 2, &text);
    }
}
