//! From the boundary's types to the core's, field by field: a field that is added on either side stops the build here.

use handoff_core as core;

use crate::bindings::types;

pub(crate) fn problems(problems: Vec<types::Problem>) -> Vec<core::Problem> {
    problems.into_iter().map(problem).collect()
}

fn problem(problem: types::Problem) -> core::Problem {
    let types::Problem { code, warning, path, position, message, help } = problem;
    let position = position.map(|types::Position { line, column }| core::Position { line, column });
    core::Problem { path, position, code, warning, message, help }
}
