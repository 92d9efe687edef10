//! The pool of instances: bounded, for many threads, and never the worse for a call that was stopped.

use std::fs;
use std::num::NonZeroUsize;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use handoff::{Component, Error, Limits, Pool};
use handoff_tests::root;

const QUESTION: &str = r#"{"ask":"closure"}"#;

fn pool(limits: Limits, most: usize) -> Pool {
    Pool::new(Component::embedded().unwrap().with_limits(limits), None, NonZeroUsize::new(most).unwrap()).unwrap()
}

fn facts(example: &str) -> String {
    fs::read_to_string(root().join("examples").join(example).join("facts.json")).unwrap()
}

/// Facts that no limit of a test lets through.
fn too_much() -> String {
    let row = r#"{"id":"A","kind":"laptop"}"#;
    format!(r#"{{"assets":[{}{row}]}}"#, format!("{row},").repeat(200_000))
}

#[test]
fn many_questions_are_answered_each_by_itself() {
    let (denied, allowed, too_much) = (facts("monday-laptop"), facts("closure-in-order"), too_much());
    let pool = pool(Limits { memory: 32 << 20, ..Limits::default() }, 2);
    let alone = [&denied, &allowed].map(|facts| pool.ask(facts, QUESTION).unwrap());
    assert_ne!(alone[0], alone[1]);
    let mut requests = Vec::new();
    for _ in 0..8 {
        requests.extend([(denied.as_str(), QUESTION), (too_much.as_str(), QUESTION), ("{", QUESTION), (allowed.as_str(), QUESTION)]);
        requests.push((allowed.as_str(), r#"{"ask":"closed"}"#));
    }
    let answers = pool.ask_all(&requests);
    assert_eq!(answers.len(), requests.len());
    for answers in answers.chunks(5) {
        let [first, stopped, unreadable, last, misspelt] = answers else { panic!("five of them") };
        assert_eq!(first.as_ref(), Ok(&alone[0]));
        assert!(matches!(stopped, Err(Error::OutOfMemory(_))), "{stopped:?}");
        assert!(matches!(unreadable, Err(Error::Question(_))), "{unreadable:?}");
        assert_eq!(last.as_ref(), Ok(&alone[1]));
        assert!(matches!(misspelt, Err(Error::Question(_))), "{misspelt:?}");
    }
    assert_eq!(pool.ask_all(&[]), []);
}

#[test]
fn no_more_instances_work_at_once_than_are_allowed() {
    let pool = pool(Limits { time: Duration::from_millis(100), ..Limits::default() }, 1);
    let facts = facts("closure-in-order");
    let (taken, asked) = (Barrier::new(2), Barrier::new(2));
    thread::scope(|scope| {
        scope.spawn(|| {
            pool.with(|_, _| {
                taken.wait();
                asked.wait();
                Ok(())
            })
        });
        taken.wait();
        assert_eq!(pool.ask(&facts, QUESTION), Err(Error::Busy(Duration::from_millis(100))));
        asked.wait();
    });
    assert!(pool.ask(&facts, QUESTION).is_ok());
}

#[test]
fn a_call_that_was_stopped_or_panicked_takes_no_place() {
    let pool = pool(Limits { memory: 32 << 20, ..Limits::default() }, 1);
    let (facts, too_much) = (facts("closure-in-order"), too_much());
    for _ in 0..3 {
        assert!(matches!(pool.ask(&too_much, QUESTION), Err(Error::OutOfMemory(_))));
        let panicked = thread::scope(|scope| scope.spawn(|| pool.with(|_, _| -> Result<(), Error> { panic!("on purpose") })).join());
        assert!(panicked.is_err());
        assert!(pool.ask(&facts, QUESTION).is_ok());
    }
}
