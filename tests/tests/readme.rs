//! The README is true: its command prints what stands there, its snippets stand in the files that it names, and its code runs.

use std::fs;
use std::process::Command;

use handoff_tests::root;

use crate::docs::read;

/// The blocks of one language in a document.
pub(crate) fn blocks<'a>(document: &'a str, language: &str) -> Vec<&'a str> {
    let mut all = Vec::new();
    let mut open: Option<(usize, &str)> = None;
    let mut at = 0;
    for line in document.split_inclusive('\n') {
        match (open, line.strip_prefix("```").map(str::trim)) {
            (None, Some(language)) => open = Some((at + line.len(), language)),
            (Some((start, of)), Some("")) => {
                if of == language {
                    all.push(&document[start..at]);
                }
                open = None;
            }
            _ => {}
        }
        at += line.len();
    }
    assert!(open.is_none(), "a block has no end");
    all
}

/// Compares a file with what it has to be; with BLESS=1 writes it.
pub(crate) fn bless(path: &str, text: &str) {
    let file = root().join(path);
    if std::env::var_os("BLESS").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
    }
    let found = fs::read_to_string(&file).unwrap_or_default();
    if found != text {
        let line =
            found.lines().zip(text.lines()).position(|(a, b)| a != b).unwrap_or_else(|| found.lines().count().min(text.lines().count()));
        let at = |text: &str| text.lines().nth(line).unwrap_or("the end").to_owned();
        panic!("{path} is out of date: BLESS=1 writes it anew\nline {}:\n  there: {}\n  now:   {}", line + 1, at(&found), at(text));
    }
}

/// What a command line prints to stdout, and its exit status. `handoff` is run as the README runs it, so that it is never an old one.
pub(crate) fn run(line: &str) -> (String, i32) {
    let arguments: Vec<&str> = line.split_whitespace().collect();
    let arguments = match arguments.as_slice() {
        ["cargo", "run", "--release", "--", rest @ ..] | ["handoff", rest @ ..] => rest,
        _ => panic!("`{line}` runs something else"),
    };
    let mut command = Command::new(env!("CARGO"));
    command.arg("run").arg("--quiet");
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    command.arg("--").args(arguments).current_dir(root()).env_remove("COLUMNS").env("NO_COLOR", "1");
    let output = command.output().unwrap();
    let status = output.status.code().unwrap_or(-1);
    assert!(status < 2, "`{line}`: {}", String::from_utf8_lossy(&output.stderr));
    (String::from_utf8(output.stdout).unwrap(), status)
}

/// The first two commands are all that a fresh machine needs; the gate runs them as they stand there.
#[test]
fn the_first_commands_set_everything_up() {
    let readme = read("README.md");
    let commands: Vec<&str> = blocks(&readme, "sh")[0].lines().collect();
    assert_eq!(commands, ["cargo run --release -- close examples/monday-laptop/facts.json", "cargo test --release"]);
    // They come before any other block: whoever looks for commands finds them.
    assert!(readme.find("```") == readme.find("```sh\n"));
}

#[test]
fn the_output_is_real() {
    let readme = read("README.md");
    let (output, status) = run(blocks(&readme, "sh")[0].lines().next().unwrap());
    assert_eq!(status, 1, "the Monday laptop is denied");
    let block = readme.find("```text\n").expect("the output") + "```text\n".len();
    let end = readme[block..].find("```").unwrap() + block;
    let mut expected = readme.clone();
    expected.replace_range(block..end, &shortened(&output));
    bless("README.md", &expected);
    let findings = output.lines().filter(|line| line.trim_start().starts_with("- ")).count();
    assert!(findings >= 6, "{findings} findings");
}

/// The first screen shows the verdict, what is said of the laptop, and what is possible next.
fn shortened(output: &str) -> String {
    let parts: Vec<&str> = output.trim_end().split("\n\n").collect();
    let is_shown = |index: usize, part: &str| index == 0 || index + 1 == parts.len() || part.starts_with("asset:LT-4471 ");
    let mut shown: Vec<&str> = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        if is_shown(index, part) {
            shown.push(part);
        } else if shown.last() != Some(&"[…]") {
            shown.push("[…]");
        }
    }
    format!("{}\n", shown.join("\n\n"))
}

/// Of what the other commands print, the parts that are shown.
#[test]
fn the_other_output_is_real() {
    let readme = read("README.md");
    let commands = blocks(&readme, "sh").into_iter().skip(1).filter(|block| block.starts_with("handoff "));
    let shown: Vec<&str> = blocks(&readme, "text").into_iter().skip(1).collect();
    assert_eq!(commands.clone().count(), shown.len());
    for (command, shown) in commands.zip(shown) {
        let (output, _) = run(command.trim());
        for part in shown.split("[…]").map(str::trim).filter(|part| !part.is_empty()) {
            assert!(output.contains(part), "`{}` does not print\n{part}", command.trim());
        }
    }
}

#[test]
fn the_snippets_are_from_the_files() {
    let readme = read("README.md");
    for (language, path) in [("yaml", "examples/reference-policy/policy.yaml"), ("json", "examples/monday-laptop/facts.json")] {
        let snippet = blocks(&readme, language)[0];
        assert!(read(path).contains(snippet), "{path} does not hold\n{snippet}");
    }
}

/// The README's code, line by line.
fn embed(policy: &str, facts: &str) -> Result<String, handoff::Error> {
    // begin
    use handoff::Component;

    let mut instance = Component::embedded()?.start()?;
    let policy = instance.load_policy(policy)?; // JSON text, once
    let facts = instance.parse_facts(facts)?; // JSON text, asked as often as you like
    let answer = instance.ask(&policy, &facts, r#"{"ask": "closure", "item": "ticket:REQ-2041"}"#)?;
    // end
    Ok(answer)
}

#[test]
fn the_code_is_the_one_that_runs() {
    let source = read("tests/tests/readme.rs");
    let code = source.split("// begin\n").nth(1).and_then(|rest| rest.split("    // end").next()).unwrap();
    let code: Vec<&str> = code.lines().map(|line| line.strip_prefix("    ").unwrap_or(line)).collect();
    let readme = read("README.md");
    assert_eq!(blocks(&readme, "rust"), [format!("{}\n", code.join("\n"))]);
    let policy = handoff_tests::yaml(&read("examples/reference-policy/policy.yaml")).to_string();
    let answer = embed(&policy, &read("examples/monday-laptop/facts.json")).unwrap();
    assert!(answer.starts_with(r#"{"decision":"deny""#), "{answer}");
}
