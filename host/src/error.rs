//! Why there is no decision.

use std::fmt;
use std::time::Duration;

use handoff_core::Problem;

/// Why there is no decision. Every one of them is a refusal: callers proceed on an allow only.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The component can't be read.
    File {
        /// Its path.
        path: String,
        /// Why not.
        reason: String,
    },
    /// The component is larger than the limit.
    TooLarge {
        /// The size, in bytes; none of a file that was read no further.
        size: Option<usize>,
        /// The limit, in bytes.
        limit: usize,
    },
    /// It is no component, or one that this engine can't compile.
    NotAComponent(String),
    /// The component imports something: these names.
    Imports(Vec<String>),
    /// It is a component of another world.
    WrongWorld(String),
    /// The component decides, and does not audit registers.
    NoAudits,
    /// No policy can be baked into the component.
    NotBakeable,
    /// A policy is baked into the component already.
    Baked,
    /// What was compiled ahead is not loaded.
    Compiled(String),
    /// All instances of a pool were at work for as long as this.
    Busy(Duration),
    /// No policy was given, and none is baked into the component.
    NoPolicy,
    /// A call took longer than the limit.
    Timeout(Duration),
    /// The component wanted more memory than the limit, in bytes.
    OutOfMemory(usize),
    /// A call answered more than the limit, in bytes.
    OutputTooLarge(usize),
    /// The component gave up.
    Trap(String),
    /// The component answered what is no answer.
    Garbled(String),
    /// The component allowed what its own answer shows to be denied.
    Contradiction(String),
    /// The instance was stopped by an earlier error; start another.
    Stopped,
    /// The policy or the facts belong to another instance.
    OtherInstance,
    /// The policy has problems.
    Policy(Vec<Problem>),
    /// The facts have problems.
    Facts(Vec<Problem>),
    /// The register can't be read to its end.
    Register(String),
    /// The question has problems; with [`ask_once`](crate::Instance::ask_once) it may also be the facts.
    Question(Vec<Problem>),
    /// The engine can't be started on this machine.
    Engine(String),
}

impl Error {
    /// What is wrong with the policy, the facts or the question; empty for all other errors.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        match self {
            Self::Policy(problems) | Self::Facts(problems) | Self::Question(problems) => problems,
            _ => &[],
        }
    }

    /// What the caller can do about it, where the error does not say so itself.
    #[must_use]
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::Timeout(_) => Some("ask about one item (`--item`), or pass fewer facts"),
            Self::Baked => Some("bake into the component that it was made from: the policy that is in it would stay in the file"),
            Self::Compiled(_) => Some("compile the component anew"),
            _ => None,
        }
    }

    /// Whether the component is at fault, and neither what it was given nor this machine.
    #[must_use]
    pub fn is_component_fault(&self) -> bool {
        match self {
            Self::TooLarge { .. }
            | Self::NotAComponent(_)
            | Self::Imports(_)
            | Self::WrongWorld(_)
            | Self::NoAudits
            | Self::NotBakeable
            | Self::Baked
            | Self::Compiled(_)
            | Self::Timeout(_)
            | Self::OutOfMemory(_)
            | Self::OutputTooLarge(_)
            | Self::Trap(_)
            | Self::Garbled(_)
            | Self::Contradiction(_) => true,
            Self::File { .. }
            | Self::Busy(_)
            | Self::NoPolicy
            | Self::Stopped
            | Self::OtherInstance
            | Self::Policy(_)
            | Self::Facts(_)
            | Self::Question(_)
            | Self::Register(_)
            | Self::Engine(_) => false,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, what: &str, problems: &[Problem]| match problems {
            [only] => write!(f, "{what}: {}", only.message),
            [first, rest @ ..] => write!(f, "{what}: {} (and {} more)", first.message, rest.len()),
            [] => f.write_str(what),
        };
        match self {
            Self::File { path, reason } => write!(f, "can't read `{path}`: {reason}"),
            Self::TooLarge { size: Some(size), limit } => write!(f, "the component has {size} bytes, more than the limit of {limit}"),
            Self::TooLarge { size: None, limit } => write!(f, "the component has more bytes than the limit of {limit}"),
            Self::NotAComponent(reason) => write!(f, "this is no component: {reason}"),
            Self::Imports(names) => write!(f, "the component imports `{}`; one that imports anything is refused", names.join("`, `")),
            Self::WrongWorld(reason) => write!(f, "the component is not of world `{}`: {reason}", crate::WORLD),
            Self::NoAudits => write!(f, "the component does not audit: it is of world `{}`, and not of `{}`", crate::WORLD, crate::AUDITOR),
            Self::NotBakeable => write!(f, "no policy can be baked into the component: it is not of world `{}`", crate::BAKEABLE),
            Self::Baked => f.write_str("a policy is baked into the component already"),
            Self::Compiled(reason) => write!(f, "the compiled component is not loaded: {reason}"),
            Self::Busy(waited) => write!(f, "all instances were at work for {waited:?}"),
            Self::NoPolicy => f.write_str("there is no policy: none was given, and none is baked into the component"),
            Self::Timeout(limit) => write!(f, "the component was stopped: a call took longer than {limit:?}"),
            Self::OutOfMemory(limit) => write!(f, "the component was stopped: it wanted more memory than {limit} bytes"),
            Self::OutputTooLarge(limit) => write!(f, "the component was stopped: a call answered more than {limit} bytes"),
            Self::Trap(reason) => write!(f, "the component gave up: {reason}"),
            Self::Garbled(reason) => write!(f, "the component answered what is no answer: {reason}"),
            Self::Contradiction(reason) => write!(f, "the component contradicts itself: {reason}"),
            Self::Stopped => f.write_str("the instance was stopped by an earlier error"),
            Self::OtherInstance => f.write_str("the policy or the facts belong to another instance"),
            Self::Policy(problems) => list(f, "the policy has problems", problems),
            Self::Facts(problems) => list(f, "the facts have problems", problems),
            Self::Question(problems) => list(f, "the question has problems", problems),
            Self::Register(reason) => write!(f, "the register is not audited: {reason}"),
            Self::Engine(reason) => write!(f, "the engine can't be started: {reason}"),
        }
    }
}

impl std::error::Error for Error {}
