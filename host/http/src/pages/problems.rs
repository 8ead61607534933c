//! Problems of a document, told at the fields that its members were typed in.

use argus_domain::{Pointer, Problem};

/// What is wrong with a member; a problem of one of its elements names the element, of those that were typed with spaces between.
pub(super) fn at_field(problems: &[Problem], member: &str, typed: &str) -> Option<String> {
    let told: Vec<String> = problems.iter().filter_map(|problem| told(problem, member, typed)).collect();
    (!told.is_empty()).then(|| told.join(" "))
}

fn told(problem: &Problem, member: &str, typed: &str) -> Option<String> {
    let rest = problem.pointer.as_str().strip_prefix('/')?.strip_prefix(member)?;
    let element = rest.strip_prefix('/').and_then(|place| typed.split_whitespace().nth(place.parse().ok()?));
    match (rest, element) {
        ("", _) => Some(format!("{}.", problem.message)),
        (_, Some(element)) => Some(format!("{element}: {}.", problem.message)),
        _ => None,
    }
}

/// Problems of no field, given the fields with what was typed in them.
pub(super) fn elsewhere(problems: &[Problem], fields: &[(&str, &str)]) -> Vec<String> {
    let is_shown = |problem: &Problem| fields.iter().any(|(member, typed)| told(problem, member, typed).is_some());
    let told = |problem: &Problem| if problem.pointer == Pointer::root() { format!("{}.", problem.message) } else { problem.to_string() };
    problems.iter().filter(|problem| !is_shown(problem)).map(told).collect()
}
