//! The text door: questions and answers as JSON text, for hosts to which typed records are slow or foreign, and for the command line.

use serde::{Deserialize, Serialize};

use crate::audit::{AuditAnswer, audit};
use crate::decide::{decide, next};
use crate::decision::{Actor, Context, Decision, Finding, Item, NextSteps, Question, Step, Verdict, Waiver};
use crate::facts::Facts;
use crate::plan::{Direction, Plan, Request, plan};
use crate::policy::{Policy, tree};

use crate::problem::Problem;
use crate::review::{self, Review, review};
use crate::shape::{self, inner_pointer};
use crate::strict::by_keys;
use crate::time::{Date, Time};

/// A question as JSON. `at` and `actor` left out are taken from the facts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(remote = "Self", tag = "ask", rename_all = "kebab-case", deny_unknown_fields, expecting = "an object with `ask`")]
pub enum Ask {
    /// May this item enter that state?
    Transition {
        /// The item.
        item: Item,
        /// The state.
        to: String,
        /// The new kind, where the item is to change it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kind: Option<String>,
        /// The ticket whose approvals, owner and signatures count.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ticket: Option<String>,
        /// The time of decision.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Time>,
        /// Who acts.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        actor: Option<Actor>,
    },
    /// May this ticket close?
    Closure {
        /// The ticket; may be left out where the facts hold one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        item: Option<Item>,
        /// The closing state; the workflow's default where none is named.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<String>,
        /// The time of decision.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Time>,
        /// Who acts.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        actor: Option<Actor>,
    },
    /// What may come next, and what is missing for it?
    Next {
        /// The item; every asset and ticket of the facts where none is named.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        item: Option<Item>,
        /// The time of decision.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Time>,
        /// Who acts.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        actor: Option<Actor>,
    },
    /// Several steps, judged each on the same facts, and their sum.
    Decide {
        /// The steps.
        questions: Vec<AskedStep>,
        /// The time of decision.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Time>,
        /// Who acts.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        actor: Option<Actor>,
    },
    /// What does somebody who comes, moves or goes need done?
    Plan {
        /// The id of the person.
        person: String,
        /// Which way they go.
        direction: Direction,
        /// The role profile that they come into, where it is not the one recorded.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        profile: Option<String>,
        /// The first day, or the last one of somebody who leaves, where it is not the one recorded.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        day: Option<Date>,
        /// The time of decision.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Time>,
    },
    /// What is still open of somebody's coming, moving or going, and what may be closed now?
    Review {
        /// The id of the person; or else
        #[serde(default, skip_serializing_if = "Option::is_none")]
        person: Option<String>,
        /// that of the ticket that it is done under.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ticket: Option<String>,
        /// Which way they go, where neither ticket nor status and days tell it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        direction: Option<Direction>,
        /// The time of decision.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Time>,
    },
    /// What is wrong with the register that the facts are, and what does it hold?
    Audit {
        /// The time of the audit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Time>,
    },
    /// The digests of policy and facts.
    Digest {},
}
by_keys!(Ask, written);

/// One step of several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(remote = "Self", deny_unknown_fields, expecting = "an object")]
pub struct AskedStep {
    /// The item.
    pub item: Item,
    /// The state; for a ticket, none is the default closing state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// The new kind, where the item is to change it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The ticket whose approvals, owner and signatures count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// Whether the state has to be a closing one. A step without a state always closes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closing: Option<bool>,
}
by_keys!(AskedStep, written);

/// What an answer to a question is; which one follows from the question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Answer {
    /// To `transition` and `closure`.
    Decision(Box<DecisionAnswer>),
    /// To `decide`.
    Decisions(DecisionsAnswer),
    /// To `next`.
    Next(NextAnswer),
    /// To `plan`.
    Plan(Box<PlanAnswer>),
    /// To `review`.
    Review(Box<ReviewAnswer>),
    /// To `audit`.
    Audit(Box<AuditAnswer>),
    /// To `digest`.
    Digest(DigestAnswer),
}

/// A decision as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DecisionAnswer {
    /// `allow`, or `deny`. Callers proceed on an allow only.
    pub decision: AllowOrDeny,
    /// Whether an allow needed exceptions.
    pub by_exception: bool,
    /// The item.
    pub item: Item,
    /// The state that was asked for, after defaults.
    pub to: Option<String>,
    /// The time of decision.
    pub at: Time,
    /// Whether the gate alone lets the item pass.
    pub ready: bool,
    /// Whether the actor may take the step; null where no actor was given.
    pub permitted: Option<bool>,
    /// Every reason at once, blocking ones first.
    pub findings: Vec<Finding>,
    /// The exceptions used.
    pub waivers: Vec<WaiverAnswer>,
    /// The role that answers for the item's next step now.
    pub accountable: Option<String>,
    /// Roles to tell of this decision.
    pub inform: Vec<String>,
    /// Names of the states that are legal from the present one.
    pub next: Vec<String>,
    /// Linked assets that count as written off.
    pub written_off: Vec<String>,
    /// The moment before which an allow holds on unchanged facts, always after the time of the decision.
    pub valid_until: Option<Time>,
    /// The version of the item's record that was judged.
    pub record_version: Option<String>,
    /// The policy that it rests on.
    pub policy: PolicyName,
}

/// A verdict as JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum AllowOrDeny {
    /// Proceed.
    Allow,
    /// Don't.
    Deny,
}

/// A waiver as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct WaiverAnswer {
    /// The requirement that is waived.
    pub requirement: String,
    /// The item on which it is waived.
    pub item: Item,
    /// The id of the exception.
    pub exception: String,
    /// Who approved it.
    pub approved_by: Vec<String>,
    /// When it ends.
    pub expires: Time,
}

/// The policy that an answer rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PolicyName {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of it, in lower-case hex.
    pub digest: String,
}

/// Several decisions, in the order asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DecisionsAnswer {
    /// The decisions.
    pub decisions: Vec<DecisionAnswer>,
}

/// What may come next for items.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NextAnswer {
    /// The items.
    pub items: Vec<NextItem>,
}

/// What may come next for an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NextItem {
    /// The item.
    pub item: Item,
    /// Its present state.
    pub state: Option<String>,
    /// The decision on each legal next state; none at the end of a workflow.
    pub options: Vec<DecisionAnswer>,
    /// Why no next state can be told: there is not exactly one record, or its kind or state is unknown.
    pub findings: Vec<Finding>,
}

/// A plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PlanAnswer {
    /// The plan.
    pub plan: Plan,
    /// The time at which it was made.
    pub at: Time,
    /// The policy that it rests on.
    pub policy: PolicyName,
}

/// A review.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ReviewAnswer {
    /// The review.
    pub review: Review,
    /// The time at which it was made.
    pub at: Time,
    /// The policy that it rests on.
    pub policy: PolicyName,
}

/// Digests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DigestAnswer {
    /// SHA-256 of the facts in canonical form.
    pub facts: String,
    /// The policy.
    pub policy: PolicyName,
}

/// Answers a question of JSON text with JSON text.
///
/// # Errors
/// Every problem of the question. A question that can be read is always answered.
pub fn ask(policy: &Policy, facts: &Facts, question: &str) -> Result<String, Vec<Problem>> {
    let answer = answer(policy, facts, read(question)?).map_err(|problem| vec![problem])?;
    // Answers are plain trees of texts, so writing them can't fail; an empty text would be refused by every reader.
    Ok(serde_json::to_string(&answer).unwrap_or_default())
}

/// Reads a question; only one that is wrong is read again, with its path, which costs several times as much.
fn read(question: &str) -> Result<Ask, Vec<Problem>> {
    if let Ok(asked) = serde_json::from_str(question) {
        return Ok(asked);
    }
    let tree = tree::parse(question, "question-syntax").map_err(|problem| vec![problem])?;
    serde_path_to_error::deserialize(tree).map_err(|error| {
        let path = inner_pointer("", error.path());
        let mut problem = shape::problem("question-shape", path, &error.inner().to_string());
        problem.help.get_or_insert_with(|| "see docs/schema/question.json".to_owned());
        vec![problem]
    })
}

/// As [`ask`], with the facts as text.
///
/// # Errors
/// Every problem of the facts, or of the question.
pub fn ask_once(policy: &Policy, facts: &str, question: &str) -> Result<String, Vec<Problem>> {
    ask(policy, &Facts::parse(facts)?, question)
}

/// Answers a question.
///
/// # Errors
/// What the question leaves open and the facts don't tell: the time, or which ticket.
pub fn answer(policy: &Policy, facts: &Facts, asked: Ask) -> Result<Answer, Problem> {
    match asked {
        Ask::Transition { item, to, kind, ticket, at, actor } => {
            is_meant("", &item, kind.as_deref(), ticket.as_deref())?;
            let context = context(facts, at, actor)?;
            let step = step(Some(to), kind, None);
            one(policy, facts, &context, Question { item, step, ticket })
        }
        Ask::Closure { item, to, at, actor } => {
            let context = context(facts, at, actor)?;
            let item = match item {
                Some(item) => item,
                None => only_ticket(facts)?,
            };
            one(policy, facts, &context, Question { item, step: Step::Closure(to), ticket: None })
        }
        Ask::Next { item, at, actor } => {
            let context = context(facts, at, actor)?;
            let mut items = item.map_or_else(|| facts.items().collect(), |item| vec![item]);
            // Several records of one id are told of once.
            items.dedup();
            let items = items.into_iter().map(|item| next_item(policy, facts, &context, item)).collect();
            Ok(Answer::Next(NextAnswer { items }))
        }
        Ask::Decide { questions, at, actor } => {
            for (index, asked) in questions.iter().enumerate() {
                let base = format!("/questions/{index}");
                is_meant(&base, &asked.item, asked.kind.as_deref(), asked.ticket.as_deref())?;
                if asked.kind.is_some() && asked.closing == Some(true) {
                    let problem = Problem::new("question-shape", format!("{base}/closing"), "a change of kind closes nothing");
                    return Err(problem.help("leave `closing` away"));
                }
            }
            let context = context(facts, at, actor)?;
            let questions: Vec<Question> = questions
                .into_iter()
                .map(|asked| Question { step: step(asked.to, asked.kind, asked.closing), item: asked.item, ticket: asked.ticket })
                .collect();
            let decisions = decide(policy, facts, &context, &questions);
            let decisions =
                questions.into_iter().zip(decisions).map(|(question, decision)| shown(policy, &context, question.item, decision)).collect();
            Ok(Answer::Decisions(DecisionsAnswer { decisions }))
        }
        Ask::Plan { person, direction, profile, day, at } => {
            let context = context(facts, at, None)?;
            let request = Request { person: &person, direction, profile: profile.as_deref(), day, ticket: None };
            let plan = plan(policy, facts, &context, &request);
            Ok(Answer::Plan(Box::new(PlanAnswer { plan, at: context.at, policy: policy_name(policy) })))
        }
        Ask::Review { person, ticket, direction, at } => {
            let context = context(facts, at, None)?;
            let request = review::Request { person: person.as_deref(), ticket: ticket.as_deref(), direction };
            let review = review(policy, facts, &context, &request)?;
            Ok(Answer::Review(Box::new(ReviewAnswer { review, at: context.at, policy: policy_name(policy) })))
        }
        Ask::Audit { at } => {
            let context = context(facts, at, None)?;
            audit(policy, facts, context.at).map(|answer| Answer::Audit(Box::new(answer)))
        }
        Ask::Digest {} => Ok(Answer::Digest(DigestAnswer { facts: facts.digest(), policy: policy_name(policy) })),
    }
}

/// Refuses what would mean nothing for an item of this sort: it would be passed over without a word.
fn is_meant(base: &str, item: &Item, kind: Option<&str>, ticket: Option<&str>) -> Result<(), Problem> {
    let refused = |key: &str, message: &str, help: &str| {
        Err(Problem::new("question-shape", format!("{base}/{key}"), format!("{message}, and not for {item}")).help(help))
    };
    match (item, kind, ticket) {
        (Item::Task { .. }, Some(_), _) => refused("kind", "a new kind is for assets and tickets", "leave `kind` away"),
        (Item::Ticket(_) | Item::Task { .. }, _, Some(_)) => {
            refused("ticket", "the ticket behind a step is named for assets", "leave `ticket` away: the item says which ticket it is about")
        }
        _ => Ok(()),
    }
}

fn step(to: Option<String>, kind: Option<String>, closing: Option<bool>) -> Step {
    match (to, kind) {
        (Some(state), Some(kind)) => Step::Reclassify { kind, state },
        (Some(to), None) if closing != Some(true) => Step::Transition(to),
        (to, _) => Step::Closure(to),
    }
}

fn context(facts: &Facts, at: Option<Time>, actor: Option<Actor>) -> Result<Context, Problem> {
    let document = facts.document();
    let at = at.or_else(|| document.at.value().copied());
    let missing = || {
        Problem::new("time-missing", "/at", "neither the question nor the facts say at what time to decide")
            .help("pass `at`, such as `2026-01-05T09:00:00+01:00`")
    };
    Ok(Context { at: at.ok_or_else(missing)?, actor: actor.or_else(|| document.actor.value().cloned()) })
}

fn only_ticket(facts: &Facts) -> Result<Item, Problem> {
    match facts.document().tickets.rows() {
        [ticket] => Ok(Item::Ticket(ticket.id.clone())),
        tickets => {
            let names: Vec<String> = tickets.iter().take(5).map(|ticket| format!("`ticket:{}`", ticket.id)).collect();
            let help = if names.is_empty() {
                "pass the ticket with the facts".to_owned()
            } else {
                format!("name one, such as {}", names.join(", "))
            };
            Err(Problem::new("item-missing", "/item", format!("the question names no ticket, and the facts hold {}", tickets.len()))
                .help(help))
        }
    }
}

fn one(policy: &Policy, facts: &Facts, context: &Context, question: Question) -> Result<Answer, Problem> {
    let decisions = decide(policy, facts, context, std::slice::from_ref(&question));
    let decision = decisions.into_iter().next().ok_or_else(|| Problem::new("question-shape", "", "the question was not answered"))?;
    Ok(Answer::Decision(Box::new(shown(policy, context, question.item, decision))))
}

fn next_item(policy: &Policy, facts: &Facts, context: &Context, item: Item) -> NextItem {
    let state = match &item {
        Item::Asset(id) => facts.asset(id).found().and_then(|asset| asset.state.text().map(str::to_owned)),
        Item::Ticket(id) => facts.ticket(id).found().and_then(|ticket| ticket.state.text().map(str::to_owned)),
        Item::Task { ticket, task } => {
            let row = facts.ticket(ticket).found().and_then(|ticket| ticket.tasks.rows().iter().find(|row| row.id == *task));
            row.and_then(|row| row.state.value().map(ToString::to_string))
        }
    };
    let NextSteps { options, findings } = next(policy, facts, context, &item);
    let options = options.into_iter().map(|(_, decision)| shown(policy, context, item.clone(), decision)).collect();
    NextItem { item, state, options, findings }
}

pub(crate) fn policy_name(policy: &Policy) -> PolicyName {
    PolicyName { name: policy.name().to_owned(), version: policy.version().to_owned(), digest: policy.digest().to_owned() }
}

fn shown(policy: &Policy, context: &Context, item: Item, decision: Decision) -> DecisionAnswer {
    let Decision { verdict, to, ready, permitted, findings, waivers, accountable, inform, next, written_off, valid_until, record_version } =
        decision;
    let waiver =
        |Waiver { requirement, item, exception, approved_by, expires }| WaiverAnswer { requirement, item, exception, approved_by, expires };
    DecisionAnswer {
        decision: if verdict.allows() { AllowOrDeny::Allow } else { AllowOrDeny::Deny },
        by_exception: verdict == Verdict::AllowByException,
        item,
        to,
        at: context.at,
        ready,
        permitted,
        findings,
        waivers: waivers.into_iter().map(waiver).collect(),
        accountable,
        inform,
        next,
        written_off,
        valid_until,
        record_version,
        policy: policy_name(policy),
    }
}
