//! Requirement forms: one file each, holding what authors write, how its names are checked, and how it is judged.

pub(crate) mod approval;
pub(crate) mod assets;
pub(crate) mod attribute;
pub(crate) mod availability;
mod checklist;
mod composition;
pub(crate) mod evidence;
mod expression;
pub(crate) mod identity;
mod nothing_held;
mod ownership;
mod passed;
mod reconciled;
mod shipment;
mod signature;
pub(crate) mod standing;
mod tasks;
mod timing;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

pub(crate) use tasks::{Expected, FoundTask, expected_tasks, find_task, judge_task};

use crate::case::Case;
use crate::outcome::Outcome;
use crate::policy::RequirementIndex;
use crate::policy::document::Use;
use crate::policy::names::{Names, nearest};
use crate::problem::Problem;
use crate::shape::Refusal;

/// Declares the enum of forms with the key that tells each.
macro_rules! forms {
    ($($key:literal => $variant:ident($module:ident::$type:ident),)*) => {
        /// One condition on the facts.
        #[derive(Clone, Debug)]
        pub(crate) enum Form { $($variant($module::$type),)* }

        /// The keys by which forms are told, sorted.
        pub const FORMS: &[&str] = &[$($key),*];

        impl Form {
            /// The reader of the form that the keys of a requirement name.
            pub fn of(keys: &Map<String, Value>) -> Result<fn(&Value) -> Result<Self, Refusal>, Problem> {
                let mut found = FORMS.iter().filter(|form| keys.contains_key(**form));
                match (found.next(), found.next()) {
                    $((Some(&$key), None) => Ok(|value| read(value).map(Self::$variant)),)*
                    (None, _) => {
                        let declared: Vec<String> = FORMS.iter().map(|form| (*form).to_owned()).collect();
                        let near = keys.keys().find_map(|key| nearest(key, &declared));
                        let help = near.map_or_else(|| format!("one of `{}`", FORMS.join("`, `")), |near| format!("did you mean `{near}`?"));
                        Err(Problem::new("form-missing", "", "the requirement has no form").help(help))
                    }
                    (Some(first), other) => {
                        let other = other.copied().unwrap_or_default();
                        Err(Problem::new("form-twice", "", format!("the requirement has two forms, `{first}` and `{other}`"))
                            .help("join two requirements with `all` or `any`"))
                    }
                }
            }

            /// What the form is called.
            pub fn key(&self) -> &'static str {
                match self { $(Self::$variant(_) => $key,)* }
            }

            /// Checks the names that the form uses.
            pub fn check(&self, names: &mut Names, path: &str) {
                match self { $(Self::$variant(form) => form.check(names, path),)* }
            }

            /// Judges the form on the facts of a case.
            pub fn judge<'a>(&'a self, case: &Case<'a>) -> Outcome<'a> {
                match self { $(Self::$variant(form) => form.judge(case),)* }
            }
        }
    };
}

forms! {
    "all" => All(composition::All),
    "any" => Any(composition::Any),
    "approval" => Approval(approval::Approval),
    "assets" => Assets(assets::Assets),
    "attribute" => Attribute(attribute::Attribute),
    "availability" => Availability(availability::Availability),
    "category" => Category(standing::InCategory),
    "checklist" => Checklist(checklist::Checklist),
    "evidence" => Evidence(evidence::Evidence),
    "expression" => Expression(expression::Expression),
    "identity" => Identity(identity::Identity),
    "location" => Location(ownership::Location),
    "nothing_held" => NothingHeld(nothing_held::NothingHeld),
    "owner" => Owner(ownership::Owner),
    "passed" => Passed(passed::Passed),
    "reconciled" => Reconciled(reconciled::Reconciled),
    "return_shipment" => ReturnShipment(shipment::ReturnShipment),
    "signature" => Signature(signature::Signature),
    "state" => State(standing::InState),
    "tasks" => Tasks(tasks::Tasks),
    "timing" => Timing(timing::Timing),
}

/// Reads a value; only one that is wrong is read again, with its path, which costs several times as much.
pub(crate) fn read<T: DeserializeOwned>(value: &Value) -> Result<T, Refusal> {
    T::deserialize(value).or_else(|_| serde_path_to_error::deserialize(value))
}

impl Form {
    /// The uses of other requirements in it, with where they stand.
    pub fn clauses_mut(&mut self) -> Vec<(String, &mut Clauses)> {
        match self {
            Self::All(form) => vec![("/all".to_owned(), &mut form.all)],
            Self::Any(form) => vec![("/any".to_owned(), &mut form.any)],
            Self::Assets(form) => form
                .assets
                .iter_mut()
                .enumerate()
                .map(|(index, case)| (format!("/assets/{index}/requirements"), &mut case.requirements))
                .collect(),
            _ => Vec::new(),
        }
    }

    /// Whether nothing can meet both, judged on the same item at the same time.
    pub fn excludes(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Attribute(one), Self::Attribute(other)) => one.excludes(other),
            (Self::Category(one), Self::Category(other)) => one.excludes(other),
            (Self::Location(one), Self::Location(other)) => one.excludes(other),
            (Self::Owner(one), Self::Owner(other)) => one.excludes(other),
            (Self::State(one), Self::State(other)) => one.excludes(other),
            (Self::Timing(one), Self::Timing(other)) => one.excludes(other),
            _ => false,
        }
    }

    /// The requirements that it uses.
    pub fn uses(&self) -> Vec<RequirementIndex> {
        match self {
            Self::All(form) => form.all.indices.clone(),
            Self::Any(form) => form.any.indices.clone(),
            Self::Assets(form) => form.assets.iter().flat_map(|case| case.requirements.indices.iter().copied()).collect(),
            _ => Vec::new(),
        }
    }
}

/// Uses of requirements inside a form: as written, and where they lead once names are known.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clauses {
    pub uses: Vec<Use>,
    pub indices: Vec<RequirementIndex>,
}

impl<'de> Deserialize<'de> for Clauses {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::<Use>::deserialize(deserializer).map(|uses| Self { uses, indices: Vec::new() })
    }
}
