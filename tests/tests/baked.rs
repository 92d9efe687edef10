//! Components that carry a policy, and components that were compiled ahead.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

use handoff::conformance::{Case, Got, Texts};
use handoff::{Baker, Component, EMBEDDED, Error, Instance, Limits, Origin, Policy};
use handoff_tests::native::Native;
use handoff_tests::{chosen, root};

use sha2::{Digest, Sha256};

use crate::streams::reference;

/// What an instance answers by the policy that it has from the start.
fn answer(instance: &mut Instance, policy: &Policy, texts: &Texts) -> Result<Got, Error> {
    let mut ask = |facts: &str| instance.ask_once(policy, facts, texts.question.as_deref().unwrap());
    Ok(Got::Answer(ask(&texts.facts)?, texts.other.as_deref().map(ask).transpose()?))
}

/// The cases that ask by each policy that loads.
fn by_policy() -> BTreeMap<String, Vec<(&'static Case, Texts)>> {
    let mut all: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (case, texts) in chosen() {
        if texts.question.is_some() && handoff_core::Policy::load(&texts.policy).is_ok() {
            all.entry(texts.policy.clone()).or_default().push((case, texts));
        }
    }
    all
}

/// Compares a component's own policy with the same one loaded natively.
fn compare(component: &Component, cases: &[(&Case, Texts)]) {
    let mut instance = component.start().unwrap();
    let mut policy = instance.builtin_policy().unwrap().unwrap();
    for (case, texts) in cases {
        let got = match answer(&mut instance, &policy, texts) {
            Ok(got) => got,
            Err(Error::Question(problems)) => Got::Problems(problems),
            Err(error) => panic!("{}: {error}", case.name),
        };
        assert_eq!(got, Native::default().answer(texts), "{}", case.name);
        instance = component.start().unwrap();
        policy = instance.builtin_policy().unwrap().unwrap();
    }
}

#[test]
fn the_embedded_component_has_the_reference_policy() {
    let mut instance = Component::embedded().unwrap().start().unwrap();
    let builtin = instance.builtin_policy().unwrap().unwrap();
    let loaded = instance.load_policy(&reference()).unwrap();
    assert_eq!(instance.describe(&builtin), instance.describe(&loaded));
    let facts = facts_of_examples();
    assert!(facts.len() > 20, "{} files", facts.len());
    for facts in facts {
        for question in [r#"{"ask": "closure"}"#, r#"{"ask": "next"}"#] {
            assert_eq!(instance.ask_once(&builtin, &facts, question), instance.ask_once(&loaded, &facts, question));
        }
    }
}

#[test]
fn the_policy_of_most_cases_decides_alike_when_it_is_baked_in() {
    let (policy, cases) = by_policy().into_iter().max_by_key(|(_, cases)| cases.len()).unwrap();
    assert!(cases.len() > 300, "{} cases", cases.len());
    let (bytes, component) = Baker::new(EMBEDDED, Limits::default()).unwrap().bake(&policy).unwrap();
    compare(&component, &cases);
    // The policy that is in it would stay in the memory that goes into the new one.
    assert_eq!(Baker::new(&bytes, Limits::default()).unwrap().bake(&policy).err(), Some(Error::Baked));
}

fn facts_of_examples() -> Vec<String> {
    let folders = fs::read_dir(root().join("examples")).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    let files = folders.flat_map(|folder| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()));
    let named = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("facts"));
    files.filter(named).map(|path| fs::read_to_string(path).unwrap()).collect()
}

/// It compiles a component for each policy, which takes minutes: `.ci/run baked` runs it.
#[test]
#[ignore = "takes minutes"]
fn every_case_is_decided_alike_by_a_policy_that_is_baked_in() {
    let (mut policies, mut count) = (0, 0);
    let baker = Baker::new(EMBEDDED, Limits::default()).unwrap();
    for (policy, cases) in by_policy() {
        let (bytes, component) = baker.bake(&policy).unwrap();
        if policies == 0 {
            assert!(bytes == baker.bake(&policy).unwrap().0, "other bytes from the same policy");
        }
        compare(&component, &cases);
        (policies, count) = (policies + 1, count + cases.len());
    }
    println!("{count} cases, {policies} policies");
    assert!(policies > 100 && count > 800);
}

fn load(bytes: &[u8]) -> Result<Component, Error> {
    #[allow(unsafe_code, reason = "compiled by this very test")]
    unsafe {
        Component::from_compiled(bytes, Limits::default())
    }
}

fn compiled() -> &'static [u8] {
    static COMPILED: OnceLock<Vec<u8>> = OnceLock::new();
    COMPILED.get_or_init(|| handoff::compile(EMBEDDED, Limits::default()).unwrap())
}

#[test]
fn a_component_that_was_compiled_ahead_decides_alike() {
    let mut instance = load(compiled()).unwrap().start().unwrap();
    let policy = instance.load_policy(&reference()).unwrap();
    let native = handoff_core::Policy::load(&reference()).unwrap();
    for facts in facts_of_examples() {
        let question = r#"{"ask": "next"}"#;
        assert_eq!(instance.ask_once(&policy, &facts, question).ok(), handoff_core::ask_once(&native, &facts, question).ok());
    }
}

#[test]
fn what_is_no_whole_compiled_component_of_this_version_is_refused() {
    let (origin, code) = Origin::read(compiled()).unwrap().unwrap();
    let with = |origin: &Origin, code: &[u8]| [b"handoff-compiled\n", serde_json::to_vec(origin).unwrap().as_slice(), b"\n", code].concat();
    assert_eq!(with(&origin, code), compiled());
    let reason = |bytes: &[u8]| match load(bytes) {
        Err(Error::Compiled(reason)) => reason,
        other => panic!("{other:?}"),
    };
    assert_eq!(reason(EMBEDDED), "nothing says what it was made of");
    assert_eq!(reason(b"handoff-compiled\n"), "its first lines are garbled");
    assert_eq!(reason(b"handoff-compiled\n{}\n"), "its first lines are garbled");
    assert_eq!(reason(&with(&origin, &code[..code.len() - 1])), "it was changed or cut off after it was compiled");
    let older = Origin { handoff: "0.0.9".to_owned(), ..origin.clone() };
    assert_eq!(reason(&with(&older, code)), format!("it was compiled by version 0.0.9, and this is {}", origin.handoff));
    let other = Origin { target: "mips-unknown-none".to_owned(), ..origin.clone() };
    assert_eq!(reason(&with(&other, code)), format!("it was compiled for mips-unknown-none, and this is {}", origin.target));
    // Code of another engine, with a digest that fits.
    let strange = Origin { code: digest(format!("{}ELF", origin.component).as_bytes()), ..origin.clone() };
    assert!(!reason(&with(&strange, b"ELF")).is_empty());
    let renamed = Origin { component: digest(b"another component"), ..origin };
    assert_eq!(reason(&with(&renamed, code)), "it was changed or cut off after it was compiled");
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn only_sound_policies_and_components_made_for_it_are_baked() {
    let problems = handoff_core::Policy::load("{}").unwrap_err();
    let baker = |component, limits| Baker::new(component, limits).map(|_| ());
    assert_eq!(Baker::new(EMBEDDED, Limits::default()).unwrap().bake("{}").err(), Some(Error::Policy(problems)));
    let empty = wat::parse_str("(component)").unwrap();
    assert_eq!(baker(&empty, Limits::default()), Err(Error::NotBakeable));
    assert!(matches!(baker(b"no component", Limits::default()), Err(Error::NotAComponent(_))));
    let small = Limits { component: 1000, ..Limits::default() };
    assert!(matches!(baker(EMBEDDED, small), Err(Error::TooLarge { .. })));
    let short = Limits { memory: 1 << 20, ..Limits::default() };
    assert_eq!(Baker::new(EMBEDDED, short).unwrap().bake(&reference()).err(), Some(Error::OutOfMemory(1 << 20)));
}

#[test]
fn a_component_without_a_policy_says_so() {
    let component = load(compiled()).unwrap();
    assert_eq!(handoff::Pool::new(component.clone(), None, std::num::NonZeroUsize::MIN).err(), Some(Error::NoPolicy));
    assert_eq!(handoff::Register::begin(&component, None, None, None).err(), Some(Error::NoPolicy));
}
