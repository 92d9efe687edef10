//! Every example does what it says: the line above each command in `examples/*/ask.txt` starts with `allowed` or `denied`, and the whole
//! output stands beside it in `answers.txt`. `BLESS=1` writes those files anew; verdicts are never blessed.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test stops where it fails")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

/// The folders that hold questions, in order.
fn folders() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join("examples")).expect("examples are there");
    let mut folders: Vec<PathBuf> =
        entries.map(|entry| entry.expect("an entry").path()).filter(|path| path.join("ask.txt").exists()).collect();
    folders.sort();
    folders
}

/// What one command answers, as a reader of the file sees it, and its exit status.
fn run(line: &str) -> (String, i32) {
    let output = Command::new(env!("CARGO_BIN_EXE_handoff"))
        .args(line.split_whitespace())
        .current_dir(root())
        .env("COLUMNS", "100")
        .env_remove("CLICOLOR_FORCE")
        .output()
        .expect("the command runs");
    let status = output.status.code().expect("an exit status");
    // Tables end their lines as RFC 4180 wants it, which no file of text keeps.
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8").replace("\r\n", "\n");
    let (stdout, stderr) = (text(output.stdout), text(output.stderr));
    (format!("$ handoff {line}\n{stdout}{stderr}exit status {status}\n\n"), status)
}

#[test]
fn every_example_does_what_it_says() {
    let bless = std::env::var_os("BLESS").is_some();
    let mut wrong = Vec::new();
    let mut asked = 0;
    for folder in folders() {
        let questions = std::fs::read_to_string(folder.join("ask.txt")).expect("questions");
        let (mut answers, mut said) = (String::new(), String::new());
        for line in questions.lines().map(str::trim).filter(|line| !line.is_empty()) {
            if let Some(comment) = line.strip_prefix("# ") {
                said = comment.to_owned();
                writeln!(answers, "# {comment}").expect("a text grows");
                continue;
            }
            let (answer, status) = run(line);
            answers.push_str(&answer);
            asked += 1;
            let expected = match said.split([' ', ':']).next() {
                Some("allowed" | "clean" | "planned") => 0,
                Some("denied" | "findings") => 1,
                _ if line.starts_with("next ") => 0,
                _ => panic!("{}: the comment above `{line}` does not say `allowed` or `denied`", folder.display()),
            };
            if status != expected {
                wrong.push(format!("{}: said \"{said}\"\n{answer}", folder.display()));
            }
        }
        let file = folder.join("answers.txt");
        if bless {
            std::fs::write(&file, &answers).expect("answers are written");
        } else if std::fs::read_to_string(&file).unwrap_or_default() != answers {
            wrong.push(format!("{} has changed; look at it, then BLESS=1 cargo test --release --test examples\n{answers}", file.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(asked >= 40, "only {asked} questions were asked");
}
