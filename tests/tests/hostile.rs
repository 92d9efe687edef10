//! Components that mean harm, or are broken: each is refused or stopped, with its own error, in bounded time.
//!
//! A fixture is a text of WebAssembly that says on its first line which error is expected. A core module is made a component of the
//! world; functions of the world that it leaves out trap.

use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;
use std::time::{Duration, Instant};

use handoff::conformance::{Outcome, Suite};
use handoff::{Component, Error, Limits, Register};
use handoff_tests::root;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::abi::{AbiVariant, WasmType};
use wit_parser::{Resolve, WorldItem};

const LIMITS: Limits = Limits { time: Duration::from_millis(200), memory: 64 << 20, output: 1 << 20, component: 1 << 20 };

#[test]
fn every_fixture_ends_as_it_says() {
    let mut failures = Vec::new();
    let mut count = 0;
    for entry in fs::read_dir(root().join("tests/hostile")).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let expected = text.lines().next().and_then(|line| line.strip_prefix(";; expect: ")).expect("the first line says what is expected");
        let bytes = component(&text);
        let started = Instant::now();
        let run = if is_auditor(&text) { audit } else { ask };
        let error = run(&bytes).expect_err("a hostile component decides nothing");
        let found = format!("{error:?}");
        let found = found.split(|c: char| !c.is_alphabetic()).next().unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if found != expected || !error.is_component_fault() {
            failures.push(format!("{name}: expected {expected}, found {error:?}"));
        }
        if started.elapsed() > Duration::from_secs(5) {
            failures.push(format!("{name}: took {:?}", started.elapsed()));
        }
        count += 1;
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(count >= 15, "{count} fixtures");
}

#[test]
fn bytes_that_are_no_component_are_refused() {
    let truncated = handoff::EMBEDDED.split_at(handoff::EMBEDDED.len() / 2).0;
    for bytes in [b"".as_slice(), b"\0asm", b"(component)", b"\0asm\x01\0\0\0", b"\0asm\x0d\0\x01\0\xff\xff\xff\xff", truncated, &[0; 1000]]
    {
        assert!(matches!(Component::from_bytes(bytes, Limits::default()), Err(Error::NotAComponent(_))), "{bytes:?}");
    }
    let small = Limits { component: 1000, ..LIMITS };
    assert!(matches!(Component::from_bytes(handoff::EMBEDDED, small), Err(Error::TooLarge { .. })));
    assert!(matches!(Component::from_file(Path::new("/dev/zero"), small), Err(Error::TooLarge { .. })));
    assert!(matches!(Component::from_file(Path::new("/nowhere"), small), Err(Error::File { .. })));
}

#[test]
fn an_instance_that_was_stopped_is_not_called_again() {
    let text = fs::read_to_string(root().join("tests/hostile/trap.wat")).unwrap();
    let mut instance = Component::from_bytes(&component(&text), LIMITS).unwrap().start().unwrap();
    assert!(matches!(instance.load_policy("{}"), Err(Error::Trap(_))));
    assert_eq!(instance.load_policy("{}").err(), Some(Error::Stopped));
}

#[test]
fn a_component_of_the_older_world_decides_and_does_not_audit() {
    let text = fs::read_to_string(root().join("tests/hostile/answer-no-json.wat")).unwrap();
    let component = Component::from_bytes(&component(&text), LIMITS).unwrap();
    assert_eq!(Register::begin(&component, Some("{}"), None, None).err(), Some(Error::NoAudits));
    let mut instance = component.start().unwrap();
    let policy = instance.load_policy("{}").unwrap();
    assert_eq!(instance.audit(&policy, None).err(), Some(Error::NoAudits));
}

#[test]
fn cases_put_to_one_differ_and_come_to_an_end() {
    let suite = Suite::read(&root().join("tests/cli/inputs/conform/cases")).unwrap();
    let (mut run, mut refused) = (0, 0);
    for entry in fs::read_dir(root().join("tests/hostile")).unwrap() {
        let path = entry.unwrap().path();
        let Ok(component) = Component::from_bytes(&component(&fs::read_to_string(&path).unwrap()), LIMITS) else {
            refused += 1;
            continue;
        };
        let outcomes = suite.run(&component, NonZeroUsize::MIN, &|| {});
        assert_eq!(outcomes.len(), suite.cases().len());
        assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Differs { .. })), "{}: {outcomes:?}", path.display());
        run += 1;
    }
    assert!(run >= 10 && refused >= 5, "{run} were run, {refused} refused");
}

/// Whether a fixture is of the world that audits.
fn is_auditor(text: &str) -> bool {
    text.contains("/audits@")
}

/// What a host does with a component that audits, from loading it to the summary.
fn audit(bytes: &[u8]) -> Result<String, Error> {
    let mut register = Register::begin(&Component::from_bytes(bytes, LIMITS)?, Some("{}"), None, None)?;
    for told in register.read("{}\n".as_bytes()) {
        told?;
    }
    let (summary, rest) = register.finish()?;
    let rest = rest.collect::<Result<Vec<_>, _>>()?;
    Ok(format!("{summary:?} {rest:?}"))
}

/// What a host does with a component, from loading it to the first answer.
fn ask(bytes: &[u8]) -> Result<String, Error> {
    let mut instance = Component::from_bytes(bytes, LIMITS)?.start()?;
    let policy = instance.load_policy("{}")?;
    let facts = instance.parse_facts("{}")?;
    instance.ask(&policy, &facts, "{}")
}

/// The component that a text is.
pub(crate) fn component(text: &str) -> Vec<u8> {
    let end = text.rfind(')').expect("a module or component");
    if text.contains("(component") {
        return wat::parse_str(text).unwrap();
    }
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(root().join("wit")).unwrap();
    let world = resolve.select_world(&[package], Some(if is_auditor(text) { "auditor" } else { "plugin" })).unwrap();
    let mut module = text[..end].to_owned();
    for item in resolve.worlds[world].exports.values() {
        let WorldItem::Interface { id, .. } = item else { continue };
        for function in resolve.interfaces[*id].functions.values() {
            let name = format!("{}#{}", resolve.id_of(*id).unwrap(), function.name);
            if !module.contains(&format!("\"{name}\"")) {
                let signature = resolve.wasm_signature(AbiVariant::GuestExport, function);
                let (params, results) = (types("param", &signature.params), types("result", &signature.results));
                module.push_str(&format!("(func (export \"{name}\") {params} {results} unreachable)\n"));
            }
        }
    }
    if !module.contains("\"memory\"") {
        module.push_str("(memory (export \"memory\") 1)\n");
    }
    if !module.contains("\"cabi_realloc\"") {
        module.push_str("(func (export \"cabi_realloc\") (param i32 i32 i32 i32) (result i32) i32.const 1024)\n");
    }
    module.push(')');
    let mut module = wat::parse_str(&module).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default().module(&module).unwrap().validate(true).encode().unwrap()
}

fn types(keyword: &str, types: &[WasmType]) -> String {
    let names = types.iter().map(|kind| match kind {
        WasmType::I64 | WasmType::PointerOrI64 => "i64",
        WasmType::F32 => "f32",
        WasmType::F64 => "f64",
        WasmType::I32 | WasmType::Pointer | WasmType::Length => "i32",
    });
    let list: Vec<_> = names.collect();
    if list.is_empty() { String::new() } else { format!("({keyword} {})", list.join(" ")) }
}
