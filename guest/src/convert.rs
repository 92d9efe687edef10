//! Between the boundary's types and the core's, field by field: a field that is added on either side stops the build here.

use handoff_core as core;

use crate::bindings::exports::handoff::gates::types;

/// [`From`] for pairs of types of which neither is this crate's own.
pub(crate) trait Convert<To> {
    fn convert(self) -> To;
}

pub(crate) fn convert<From: Convert<To>, To>(from: From) -> To {
    from.convert()
}

pub(crate) fn convert_all<From: Convert<To>, To>(from: Vec<From>) -> Vec<To> {
    from.into_iter().map(convert).collect()
}

impl Convert<core::Item> for types::Item {
    fn convert(self) -> core::Item {
        match self {
            Self::Asset(id) => core::Item::Asset(id),
            Self::Ticket(id) => core::Item::Ticket(id),
            Self::Task(types::TaskRef { ticket, task }) => core::Item::Task { ticket, task },
        }
    }
}

impl Convert<types::Item> for core::Item {
    fn convert(self) -> types::Item {
        match self {
            Self::Asset(id) => types::Item::Asset(id),
            Self::Ticket(id) => types::Item::Ticket(id),
            Self::Task { ticket, task } => types::Item::Task(types::TaskRef { ticket, task }),
        }
    }
}

impl Convert<core::Context> for types::Context {
    fn convert(self) -> core::Context {
        let Self { at, actor } = self;
        core::Context { at: core::Time::from_ms(at), actor: actor.map(convert) }
    }
}

impl Convert<core::Actor> for types::Actor {
    fn convert(self) -> core::Actor {
        let Self { id, roles, automation, on_behalf_of } = self;
        core::Actor { id, roles, automation, on_behalf_of }
    }
}

impl Convert<core::Question> for types::Question {
    fn convert(self) -> core::Question {
        let Self { item, step, ticket } = self;
        core::Question { item: convert(item), step: convert(step), ticket }
    }
}

impl Convert<core::Step> for types::Step {
    fn convert(self) -> core::Step {
        match self {
            Self::Transition(to) => core::Step::Transition(to),
            Self::Closure(to) => core::Step::Closure(to),
            Self::Reclassify(types::Reclassification { kind, state }) => core::Step::Reclassify { kind, state },
        }
    }
}

impl Convert<types::Decision> for core::Decision {
    fn convert(self) -> types::Decision {
        let Self { verdict, to, ready, permitted, findings, waivers, accountable, inform, next, written_off, valid_until, record_version } =
            self;
        types::Decision {
            verdict: convert(verdict),
            to,
            ready,
            permitted,
            findings: convert_all(findings),
            waivers: convert_all(waivers),
            accountable,
            inform,
            next,
            written_off,
            valid_until: valid_until.map(core::Time::ms),
            record_version,
        }
    }
}

impl Convert<types::NextSteps> for core::NextSteps {
    fn convert(self) -> types::NextSteps {
        let Self { options, findings } = self;
        let options = options.into_iter().map(|(state, decision)| (state, convert(decision))).collect();
        types::NextSteps { options, findings: convert_all(findings) }
    }
}

impl Convert<types::Verdict> for core::Verdict {
    fn convert(self) -> types::Verdict {
        match self {
            Self::Deny => types::Verdict::Deny,
            Self::Allow => types::Verdict::Allow,
            Self::AllowByException => types::Verdict::AllowByException,
        }
    }
}

impl Convert<types::Severity> for core::Severity {
    fn convert(self) -> types::Severity {
        match self {
            Self::Block => types::Severity::Block,
            Self::Warn => types::Severity::Warn,
            Self::Audit => types::Severity::Audit,
        }
    }
}

impl Convert<types::Finding> for core::Finding {
    fn convert(self) -> types::Finding {
        let Self { code, severity, follow_up, requirement, item, path, expected, found, message, remedy, responsible, accountable, sop } =
            self;
        types::Finding {
            code,
            severity: convert(severity),
            follow_up,
            requirement,
            item: item.map(convert),
            path,
            expected,
            found,
            message,
            remedy,
            responsible,
            accountable,
            sop,
        }
    }
}

impl Convert<types::Waiver> for core::Waiver {
    fn convert(self) -> types::Waiver {
        let Self { requirement, item, exception, approved_by, expires } = self;
        types::Waiver { requirement, item: convert(item), exception, approved_by, expires: expires.ms() }
    }
}

impl Convert<types::Problem> for core::Problem {
    fn convert(self) -> types::Problem {
        let Self { path, position, code, warning, message, help } = self;
        types::Problem { code, warning, path, position: position.map(convert), message, help }
    }
}

impl Convert<types::Position> for core::Position {
    fn convert(self) -> types::Position {
        let Self { line, column } = self;
        types::Position { line, column }
    }
}
