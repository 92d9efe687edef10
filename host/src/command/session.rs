//! What the commands that decide have in common: a component, a policy, facts, and the question's time and actor.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use handoff::core::ask::Ask;
use handoff::core::{Actor, Item, Offset, Problem, Time};
use handoff::{Component, EMBEDDED, Facts, Instance, Policy, REFERENCE_POLICY};

use super::logged::LogOpts;
use super::{Refused, Unable, trusted};
use crate::log::{Entry, decided, hash};
use crate::source::{Located, Sort, Source};

/// Which component decides.
#[derive(Args, Clone, Debug)]
pub(crate) struct Plugin {
    /// The component that decides, also compiled ahead; without it the embedded one
    #[arg(long, value_name = "FILE", help_heading = "Rules")]
    component: Option<PathBuf>,
}

impl Plugin {
    /// The component.
    pub fn component(&self) -> anyhow::Result<Component> {
        Ok(match &self.component {
            None => Component::embedded()?,
            Some(path) => trusted::component(path)?,
        })
    }

    /// The component, and its SHA-256.
    pub fn with_digest(&self) -> anyhow::Result<(Component, String)> {
        Ok(match &self.component {
            None => (Component::embedded()?, hash(EMBEDDED)),
            Some(path) => trusted::component_with_digest(path)?,
        })
    }

    /// The file that it is read from.
    pub fn file(&self) -> Option<&Path> {
        self.component.as_deref()
    }

    /// Starts the component.
    pub fn start(&self) -> anyhow::Result<Instance> {
        Ok(self.component()?.start()?)
    }
}

/// By which rules, and when.
#[derive(Args, Debug)]
pub(crate) struct Rules {
    /// The policy, as YAML or JSON; without it the component's own, or else the reference policy
    #[arg(long, value_name = "FILE", help_heading = "Rules")]
    policy: Option<PathBuf>,

    #[command(flatten)]
    pub plugin: Plugin,

    /// The time of decision, such as 2026-01-05T09:00:00+01:00; without it the `at` of the facts
    #[arg(long, value_name = "TIME", value_parser = Time::parse, help_heading = "Question")]
    pub at: Option<Time>,
}

/// By which rules, when, and who acts.
#[derive(Args, Debug)]
pub(crate) struct Terms {
    #[command(flatten)]
    rules: Rules,

    /// Who acts, by id; without it the `actor` of the facts
    #[arg(long, value_name = "ID", help_heading = "Question")]
    actor: Option<String>,

    /// A role that the actor holds; may be repeated
    #[arg(long = "role", value_name = "ROLE", requires = "actor", help_heading = "Question")]
    roles: Vec<String>,

    /// The actor is software that acts by itself
    #[arg(long, requires = "actor", help_heading = "Question")]
    automation: bool,

    /// The person on whose behalf the software acts
    #[arg(long, value_name = "ID", requires = "automation", help_heading = "Question")]
    on_behalf_of: Option<String>,

    #[command(flatten)]
    log: LogOpts,
}

/// The facts of a decision.
#[derive(Args, Debug)]
pub(crate) struct FactsFile {
    /// The facts, as JSON or YAML; `-` for stdin
    #[arg(value_name = "FACTS")]
    pub path: PathBuf,
}

/// A component with a policy and facts, ready to be asked.
pub(crate) struct Session {
    instance: Instance,
    policy: Policy,
    facts: Facts,
    source: Source,
    offset: Offset,
    /// What the user should know beside the answer.
    pub note: Option<String>,
}

/// A component with a policy, and facts that it does not have yet.
pub(crate) struct Opened {
    instance: Instance,
    policy: Policy,
    source: Source,
    offset: Offset,
}

impl Opened {
    /// The facts as they were handed over, as JSON text.
    pub fn facts(&self) -> anyhow::Result<&str> {
        self.source.json().map_err(|problems| refused("the facts", problems))
    }

    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The policy as the component describes it.
    pub fn describe(&mut self) -> anyhow::Result<String> {
        Ok(self.instance.describe(&self.policy)?)
    }

    /// Hands facts over: others in their place, or those that were read.
    pub fn with(self, others: Option<&str>) -> anyhow::Result<Session> {
        let Self { mut instance, policy, source, offset } = self;
        let facts = others.map_or_else(|| source.json(), Ok).map_err(|problems| refused("the facts", problems))?;
        match instance.parse_facts(facts) {
            Ok(facts) => Ok(Session { instance, policy, facts, source, offset, note: None }),
            Err(handoff::Error::Facts(problems)) => Err(refused("the facts", source.locate(problems))),
            Err(error) => Err(error.into()),
        }
    }
}

impl Terms {
    pub fn at(&self) -> Option<Time> {
        self.rules.at
    }

    pub fn actor(&self) -> Option<Actor> {
        let id = self.actor.clone()?;
        Some(Actor { id, roles: self.roles.clone(), automation: self.automation, on_behalf_of: self.on_behalf_of.clone() })
    }

    /// Loads all that a question needs.
    pub fn open(&self, facts: &FactsFile) -> anyhow::Result<Session> {
        self.rules.open(facts)
    }

    /// Asks, and logs the answer where there is a log; the answer is JSON text. What is not in the log is not answered.
    pub fn ask(&self, session: &mut Session, by: &str, question: &Ask) -> anyhow::Result<String> {
        let Some((log, note)) = self.log.open()? else { return session.ask(question) };
        session.note = note;
        let answer = session.ask(question)?;
        let entry = self.entry(session, by, question, &answer)?;
        LogOpts::add(&log, entry)?;
        Ok(answer)
    }

    fn entry(&self, session: &mut Session, by: &str, question: &Ask, answer: &str) -> anyhow::Result<String> {
        let question = serde_json::to_string(question)?;
        #[derive(serde::Deserialize)]
        struct Asked {
            ask: String,
        }
        let Asked { ask } = serde_json::from_str(&question)?;
        let logged = decided(&ask, answer)?;
        let facts = self.log.facts();
        let entry = Entry {
            by,
            request: None,
            token: None,
            ask: &ask,
            at: logged.at,
            decisions: &logged.decisions,
            policy: logged.policy.as_ref(),
            component: &self.rules.plugin.with_digest()?.1,
            facts_digest: &session.instance.digest(&session.facts)?,
            masked: facts.as_ref().is_some_and(|masks| !masks.is_empty()),
        };
        let json = session.source.json().map_err(|problems| refused("the facts", problems))?;
        Ok(entry.text(&question, facts.as_ref().map(|masks| (json, masks)))?)
    }
}

impl Rules {
    /// Loads all that a question needs.
    pub fn open(&self, facts: &FactsFile) -> anyhow::Result<Session> {
        self.begin(facts)?.with(None)
    }

    /// Loads all that a question needs, but for the facts, which are only read.
    pub fn begin(&self, facts: &FactsFile) -> anyhow::Result<Opened> {
        self.one_stdin(std::slice::from_ref(&facts.path))?;
        let source = read(&facts.path, Sort::Facts)?;
        source.json().map_err(|problems| refused("the facts", problems))?;
        let given = self.given()?;
        let (instance, policy, offset) = given.load(&self.plugin.component()?)?;
        Ok(Opened { instance, policy, source, offset })
    }

    /// The files that the rules are read from.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.policy.as_deref().into_iter().chain(self.plugin.component.as_deref())
    }

    /// The policy as it was handed over.
    pub fn given(&self) -> anyhow::Result<Given> {
        Given::of(self.policy.as_deref(), &self.plugin)
    }

    /// Refuses to read two things from one stdin.
    pub fn one_stdin(&self, facts: &[PathBuf]) -> anyhow::Result<()> {
        let from_stdin = facts.iter().filter(|path| is_stdin(path)).count();
        let message = match (self.policy.as_deref().is_some_and(is_stdin), from_stdin) {
            (true, 1..) => "policy and facts can't both be read from stdin",
            (_, 2..) => "stdin can be read only once",
            _ => return Ok(()),
        };
        Err(Unable { message: message.to_owned(), help: "write one of the two to a file".to_owned() }.into())
    }
}

/// What was said about the policy.
#[derive(Debug)]
pub(crate) enum Given {
    /// A policy, as text.
    Policy(Source),
    /// Nothing, and the embedded component has the reference policy.
    Reference,
    /// Nothing, and the component is another: it may have a policy.
    Nothing,
}

impl Given {
    /// What is said by the options for policy and component.
    pub fn of(policy: Option<&Path>, plugin: &Plugin) -> anyhow::Result<Self> {
        Ok(match policy {
            Some(path) => Self::Policy(read(path, Sort::Policy)?),
            None if plugin.component.is_none() => Self::Reference,
            None => Self::Nothing,
        })
    }

    /// The policy as JSON text, for instances of a component; none is the one that they have.
    pub fn json(&self, component: &Component) -> anyhow::Result<Option<&str>> {
        Ok(match self {
            Self::Policy(source) => Some(source.json().map_err(|problems| refused("the policy", problems))?),
            Self::Reference => None,
            Self::Nothing => component.start()?.builtin_policy()?.is_none().then_some(REFERENCE_POLICY),
        })
    }

    /// Starts a component with the policy, and tells the offset in which its users read times.
    pub fn load(&self, component: &Component) -> anyhow::Result<(Instance, Policy, Offset)> {
        let json = self.json(component)?;
        let mut instance = component.start()?;
        let policy = match json {
            Some(json) => instance.load_policy(json).map_err(|error| self.refused(error))?,
            None => instance.builtin_policy()?.ok_or(handoff::Error::NoPolicy)?,
        };
        Ok((instance, policy, self.offset(component, json)?))
    }

    /// The offset in which the users of the policy read times; of one that is given, without loading it.
    pub fn offset(&self, component: &Component, json: Option<&str>) -> anyhow::Result<Offset> {
        if let Some(json) = json.or(matches!(self, Self::Reference).then_some(REFERENCE_POLICY)) {
            return Ok(offset(json));
        }
        let mut instance = component.start()?;
        let policy = instance.builtin_policy()?.ok_or(handoff::Error::NoPolicy)?;
        Ok(described_offset(&instance.describe(&policy)?))
    }

    /// Why it does not load, with the places of its problems.
    pub fn refused(&self, error: handoff::Error) -> anyhow::Error {
        match (error, self) {
            (handoff::Error::Policy(problems), Self::Policy(source)) => refused("the policy", source.locate(problems)),
            (error, _) => error.into(),
        }
    }
}

impl Session {
    /// Asks; the answer is JSON text.
    pub fn ask(&mut self, question: &Ask) -> anyhow::Result<String> {
        match self.instance.ask(&self.policy, &self.facts, &serde_json::to_string(question)?) {
            Ok(answer) => Ok(answer),
            Err(handoff::Error::Question(problems)) => Err(open_question(self.source.name(), problems)),
            Err(error) => Err(error.into()),
        }
    }

    /// The offset in which the policy's users read times.
    pub fn offset(&self) -> Offset {
        self.offset
    }
}

/// The offset that a policy declares; what a policy that loads has not declared is UTC.
fn offset(policy: &str) -> Offset {
    #[derive(Default, serde::Deserialize)]
    struct Calendar {
        #[serde(default)]
        utc_offset: Offset,
    }
    #[derive(serde::Deserialize)]
    struct Head {
        #[serde(default)]
        calendar: Calendar,
    }
    serde_json::from_str::<Head>(policy).map(|head| head.calendar.utc_offset).unwrap_or_default()
}

/// The same of a policy that is described; a component that does not tell it has UTC.
fn described_offset(description: &str) -> Offset {
    #[derive(serde::Deserialize)]
    struct Head {
        utc_offset: Offset,
    }
    serde_json::from_str::<Head>(description).map(|head| head.utc_offset).unwrap_or_default()
}

/// What the question left open is told in the words of the command line.
pub(crate) fn open_question(name: &str, problems: Vec<Problem>) -> anyhow::Error {
    match problems.as_slice() {
        [Problem { code, message, help, .. }] => {
            let told = help.clone().unwrap_or_default();
            let help = match code.as_str() {
                "time-missing" => format!("pass `--at TIME`, such as `--at 2026-01-05T09:00:00+01:00`, or put `at` into {name}"),
                "item-missing" => told.replace("name one,", "name one with `--item`,"),
                "direction-missing" => told.replace("say ", "pass `--direction` with "),
                _ => told,
            };
            Unable { message: message.clone(), help }.into()
        }
        _ => handoff::Error::Question(problems).into(),
    }
}

/// Reads a document.
pub(crate) fn read(path: &Path, sort: Sort) -> anyhow::Result<Source> {
    Source::read(path, sort).with_context(|| format!("can't read `{}`", path.display()))
}

/// Loads a policy, or tells what is wrong with it.
pub(crate) fn load(instance: &mut Instance, source: &Source) -> anyhow::Result<Result<Policy, Vec<Located>>> {
    let json = match source.json() {
        Ok(json) => json,
        Err(problems) => return Ok(Err(problems)),
    };
    match instance.load_policy(json) {
        Ok(policy) => Ok(Ok(policy)),
        Err(handoff::Error::Policy(problems)) => Ok(Err(source.locate(problems))),
        Err(error) => Err(error.into()),
    }
}

pub(crate) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

pub(crate) fn refused(what: &'static str, problems: Vec<Located>) -> anyhow::Error {
    Refused { what, problems, and_more: false }.into()
}

/// Reads an item of the command line.
pub(crate) fn item(text: &str) -> Result<Item, String> {
    Item::parse(text)
}
