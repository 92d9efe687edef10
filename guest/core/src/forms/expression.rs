//! `expression`: a CEL expression over the facts; an error in it is not met, with the error told (rule R8).

use serde::Deserialize;

use crate::case::Case;
use crate::code::Code;
use crate::outcome::{Gap, NOT_RECORDED, Outcome};
use crate::policy::names::Names;

/// `expression` as authors write it, and compiled.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Expression {
    pub expression: String,
    #[serde(skip)]
    pub compiled: Option<crate::expression::Expression>,
}

impl Expression {
    #[allow(clippy::unused_self, reason = "every form has the same face; loading compiles the expression and tells its faults")]
    pub fn check(&self, _: &mut Names, _: &str) {}

    pub fn judge<'a>(&'a self, case: &Case<'a>) -> Outcome<'a> {
        let path = case.path("");
        let Some(compiled) = &self.compiled else {
            return Outcome::gap(Gap::wrong(Code::ExpressionError, "the expression was not compiled").at(path));
        };
        match compiled.evaluate(case) {
            Ok(true) => Outcome::met(),
            Ok(false) => Outcome::gap(
                Gap::wrong(Code::ExpressionFalse, "the expression is false on these facts")
                    .at(path)
                    .expected(&self.expression)
                    .found("false"),
            ),
            Err(failure) => Outcome::gap(match failure.absent {
                Some(absent) => Gap::unknown(format!("`{absent}`"), path).expected(&self.expression).found(NOT_RECORDED),
                None => Gap::wrong(Code::ExpressionError, "the expression can't be worked out on these facts")
                    .at(path)
                    .expected(&self.expression)
                    .found(failure.message),
            }),
        }
    }
}
