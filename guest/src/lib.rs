//! The component: the world `bakeable` of package `handoff:gates` over [`handoff_core`].
//!
//! Bindings and conversion only. Nothing is decided here, so that whoever uses the core natively gets the same answers.

mod convert;
#[cfg(target_arch = "wasm32")]
mod memory;

#[allow(unsafe_code, missing_docs, unreachable_pub, clippy::all, clippy::allow_attributes_without_reason, reason = "generated from `wit/`")]
mod bindings {
    wit_bindgen::generate!({ path: "../wit", world: "bakeable" });

    type Component = super::Component;
    export!(Component with_types_in self);
}

use std::cell::RefCell;
use std::rc::Rc;

use bindings::exports::handoff::gates::audits;
use bindings::exports::handoff::gates::decisions as door;
use bindings::exports::handoff::gates::types;
use convert::{convert, convert_all};

/// What the world's exports are implemented on.
struct Component;

thread_local! {
    /// The policy that was baked in. It outlives the call that made it, as the memory of the instance is saved with it.
    static BUILTIN: RefCell<Option<Rc<handoff_core::Policy>>> = const { RefCell::new(None) };
}

impl bindings::Guest for Component {
    fn bake(document: String) -> Result<(), ()> {
        let policy = handoff_core::Policy::load(&document).map_err(drop)?;
        // Every answer names it, and making it takes longer than many decisions.
        let _ = policy.digest();
        BUILTIN.set(Some(Rc::new(policy)));
        Ok(())
    }
}

/// A compiled policy behind its handle.
struct Policy(Rc<handoff_core::Policy>);

/// Parsed facts behind their handle.
struct Facts(handoff_core::Facts);

/// An audit in progress behind its handle. It keeps the policy, whatever becomes of the policy's own handle.
struct Audit(RefCell<handoff_core::audit::Audit<Rc<handoff_core::Policy>>>);

impl door::Guest for Component {
    type Policy = Policy;
    type Facts = Facts;

    fn decide(
        policy: door::PolicyBorrow<'_>,
        facts: door::FactsBorrow<'_>,
        context: types::Context,
        questions: Vec<types::Question>,
    ) -> Vec<types::Decision> {
        let questions: Vec<handoff_core::Question> = convert_all(questions);
        convert_all(handoff_core::decide(&policy.get::<Policy>().0, &facts.get::<Facts>().0, &convert(context), &questions))
    }

    fn next(policy: door::PolicyBorrow<'_>, facts: door::FactsBorrow<'_>, context: types::Context, item: types::Item) -> types::NextSteps {
        convert(handoff_core::next(&policy.get::<Policy>().0, &facts.get::<Facts>().0, &convert(context), &convert(item)))
    }

    fn ask(policy: door::PolicyBorrow<'_>, facts: door::FactsBorrow<'_>, question: String) -> Result<String, Vec<types::Problem>> {
        handoff_core::ask(&policy.get::<Policy>().0, &facts.get::<Facts>().0, &question).map_err(convert_all)
    }

    fn ask_once(policy: door::PolicyBorrow<'_>, facts: String, question: String) -> Result<String, Vec<types::Problem>> {
        handoff_core::ask_once(&policy.get::<Policy>().0, &facts, &question).map_err(convert_all)
    }
}

impl door::GuestPolicy for Policy {
    fn load(document: String) -> Result<door::Policy, Vec<types::Problem>> {
        handoff_core::Policy::load(&document).map(|policy| door::Policy::new(Self(Rc::new(policy)))).map_err(convert_all)
    }

    fn builtin() -> Option<door::Policy> {
        BUILTIN.with_borrow(|policy| policy.as_ref().map(|policy| door::Policy::new(Self(Rc::clone(policy)))))
    }

    fn warnings(&self) -> Vec<types::Problem> {
        convert_all(self.0.warnings().to_vec())
    }

    fn laxer(&self, than: door::PolicyBorrow<'_>) -> Vec<types::Problem> {
        convert_all(self.0.laxer(&than.get::<Self>().0))
    }

    fn describe(&self) -> String {
        self.0.describe()
    }
}

impl door::GuestFacts for Facts {
    fn parse(document: String) -> Result<door::Facts, Vec<types::Problem>> {
        handoff_core::Facts::parse(&document).map(|facts| door::Facts::new(Self(facts))).map_err(convert_all)
    }

    fn digest(&self) -> String {
        self.0.digest()
    }
}

impl audits::Guest for Component {
    type Audit = Audit;
}

impl audits::GuestAudit for Audit {
    fn new(policy: door::PolicyBorrow<'_>, at: Option<types::Time>) -> Self {
        let policy = Rc::clone(&policy.get::<Policy>().0);
        Self(RefCell::new(handoff_core::audit::Audit::new(policy, at.map(handoff_core::Time::from_ms))))
    }

    fn add(&self, lines: String) -> Result<(), Vec<types::Problem>> {
        self.0.borrow_mut().add(&lines).map_err(convert_all)
    }

    fn findings(&self) -> String {
        self.0.borrow_mut().findings()
    }

    fn state(&self) -> String {
        self.0.borrow_mut().state()
    }

    fn finish(&self) -> Result<String, Vec<types::Problem>> {
        self.0.borrow_mut().finish().map_err(convert_all)
    }
}
