//! The command as its users meet it. Each file in `tests/cli` carries commands with what they print and their exit status;
//! `BLESS=1 cargo test --release --test cli` writes the results anew, to be looked at.
//!
//! A case begins with `$`, as typed at the root of the project: words, `"…"` around words with spaces, `NAME=VALUE` before. After it may
//! stand `--- stdin`, and stands what came of it: `--- stdout` and `--- stderr` where there are any, `--- exit` always.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test stops where it fails")]

use std::fmt::Write as _;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

fn handoff() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_handoff"));
    command.current_dir(root()).env_clear().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs a command on an input; one that stops reading early is let go.
fn run(mut command: Command, input: &mut (impl Read + ?Sized)) -> Output {
    let mut child = command.stdin(Stdio::piped()).spawn().expect("the command starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    if let Err(error) = std::io::copy(input, &mut stdin) {
        assert_eq!(error.kind(), std::io::ErrorKind::BrokenPipe);
    }
    drop(stdin);
    child.wait_with_output().expect("the command ends")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

/// What differs from build to build, or can't be seen, by a name.
fn plain(text: &str) -> String {
    let size = std::fs::metadata(root().join("host/component/handoff.wasm")).expect("the component").len().to_string();
    let text = text
        .replace('\u{1b}', "ESC")
        .replace('\r', "CR")
        .replace(&size, "SIZE")
        .replace(&format!("handoff {}", env!("CARGO_PKG_VERSION")), "handoff VERSION");
    let mut plain = String::new();
    let mut hex = String::new();
    for c in text.chars().chain(['\n']) {
        if c.is_ascii_digit() || ('a'..='f').contains(&c) {
            hex.push(c);
            continue;
        }
        plain.push_str(if hex.len() == 64 { "SHA-256" } else { &hex });
        hex.clear();
        plain.push(c);
    }
    plain.pop();
    plain
}

/// The words of a command line.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            _ => words.last_mut().expect("a word").push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// One file with the results as they are now.
fn renewed(file: &str) -> String {
    let mut renewed = String::new();
    let mut lines = file.lines().peekable();
    while let Some(line) = lines.next() {
        let Some(typed) = line.strip_prefix("$ ") else {
            assert!(line.is_empty() || line.starts_with('#'), "`{line}` is neither a comment nor a command");
            writeln!(renewed, "{line}").expect("a text grows");
            continue;
        };
        let mut stdin = None;
        let mut section = "";
        let over = |section: &str, line: &str| {
            line.starts_with("$ ") || (matches!(section, "" | "exit") && (line.is_empty() || line.starts_with('#')))
        };
        while let Some(line) = lines.next_if(|line| !over(section, line)) {
            if let Some(name) = line.strip_prefix("--- ") {
                section = if name.starts_with("exit") { "exit" } else { name };
            } else if section == "stdin" {
                writeln!(stdin.get_or_insert_with(String::new), "{line}").expect("a text grows");
            }
        }
        let words = words(typed);
        let program = words.iter().position(|word| word == "handoff").expect("it runs `handoff`");
        let mut command = handoff();
        command.args(&words[program + 1..]).envs(words[..program].iter().map(|word| word.split_once('=').expect("NAME=VALUE")));
        let output = run(command, &mut stdin.as_deref().unwrap_or_default().as_bytes());
        writeln!(renewed, "{line}").expect("a text grows");
        for (name, text) in
            [("stdin", stdin.unwrap_or_default()), ("stdout", plain(&text(&output.stdout))), ("stderr", plain(&text(&output.stderr)))]
        {
            if !text.is_empty() {
                assert!(text.ends_with('\n'), "`{typed}`: {name} does not end with a line");
                write!(renewed, "--- {name}\n{text}").expect("a text grows");
            }
        }
        writeln!(renewed, "--- exit {}", output.status.code().expect("an exit status")).expect("a text grows");
    }
    renewed
}

#[test]
fn the_corpus_is_as_it_was() {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(root().join("tests/cli")).expect("the corpus").map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    files.sort();
    assert!(files.len() >= 8, "{} files", files.len());
    let mut wrong = String::new();
    for path in files {
        let file = std::fs::read_to_string(&path).expect("a case");
        let now = renewed(&file);
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&path, &now).expect("the results are written");
        } else if file != now {
            let line = file.lines().zip(now.lines()).take_while(|(a, b)| a == b).count();
            let from = |text: &str| text.lines().skip(line).take(10).collect::<Vec<_>>().join("\n");
            writeln!(wrong, "{}, from line {}:\n{}\n=== now ===\n{}\n", path.display(), line + 1, from(&file), from(&now))
                .expect("a text grows");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Facts in YAML get the answer that the same facts get in JSON.
#[test]
fn yaml_and_json_are_decided_alike() {
    let facts = std::fs::read(root().join("examples/monday-laptop/facts.json")).expect("the facts");
    let folder = std::env::temp_dir().join(format!("handoff-cli-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let answer = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        std::fs::write(&path, bytes).expect("a file");
        let mut command = handoff();
        command.args(["close", "--format", "json"]).arg(&path);
        let output = run(command, &mut std::io::empty());
        assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    let json = answer("facts.json", &facts);
    assert_eq!(answer("facts.yaml", &facts), json);
    assert_eq!(answer("facts", &facts), json);
    assert_eq!(answer("with-mark.json", &[b"\xef\xbb\xbf", facts.as_slice()].concat()), json);
    assert_eq!(answer("with-mark.yaml", &[b"\xef\xbb\xbf", facts.as_slice()].concat()), json);
    std::fs::remove_dir_all(folder).expect("the folder goes");
}

/// Bytes that no file of the corpus can hold: each one clear error.
#[test]
fn input_that_is_no_text_is_one_error() {
    for (bytes, place, message) in [
        (b"{\"at\": \"\xff\"}".as_slice(), "<stdin>:1:9", "not UTF-8"),
        (b"at: a\n\xe2\x82".as_slice(), "<stdin>:2:1", "not UTF-8"),
        (b"\xff\xfe{\0}\0".as_slice(), "<stdin>:1:1", "UTF-16"),
        (b"\0\0\0\0".as_slice(), "<stdin>:1:", "facts-"),
    ] {
        let mut command = handoff();
        command.args(["close", "-"]);
        let output = run(command, &mut &*bytes);
        let errors = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{errors}");
        assert!(
            output.stdout.is_empty() && errors.contains(place) && errors.contains(message) && errors.matches("error[").count() == 1,
            "{errors}"
        );
    }
}

/// Input without end, or nested without end, is refused where the limit is, and not read on.
#[test]
fn endless_input_is_refused() {
    for (endless, form) in [("[", "json"), ("{\"a\":", "json"), ("- ", "yaml"), ("{a: ", "yaml"), ("# ", "yaml"), (" ", "none")] {
        for command in ["close", "check"] {
            let mut endless = Endless(endless.as_bytes(), 0);
            let mut run_it = handoff();
            run_it.args([command, "-"]);
            let output = run(run_it, &mut (&mut endless).take(1 << 30));
            let (data, errors) = (text(&output.stdout), text(&output.stderr));
            assert_eq!(output.status.code(), Some(if command == "check" { 1 } else { 2 }), "{form}: {data}{errors}");
            let told = if command == "check" { &data } else { &errors };
            assert!(told.contains("-too-large]") && told.matches("error[").count() == 1, "{form}: {told}");
            assert!(endless.1 < 100 << 20, "{form}: {} bytes were taken", endless.1);
        }
    }
}

/// The same bytes over and over, and how many were taken.
struct Endless<'a>(&'a [u8], usize);

impl Read for Endless<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        for byte in buffer.iter_mut() {
            *byte = self.0[self.1 % self.0.len()];
            self.1 += 1;
        }
        Ok(buffer.len())
    }
}

/// Nesting within the size limit is one error as well, in any form.
#[test]
fn deep_nesting_is_one_error() {
    for (open, close, form) in [("[", "]", "json"), ("{\"a\":", "}", "json"), ("- ", "", "yaml"), ("{a: ", "}", "yaml"), ("[", "]", "yaml")]
    {
        let deep = |depth: usize| format!("{}1{}", open.repeat(depth), close.repeat(depth));
        let nested = if form == "json" { format!("{{\"assets\": {}}}", deep(300_000)) } else { format!("---\n{}", deep(300_000)) };
        let mut command = handoff();
        command.args(["close", "-"]);
        let output = run(command, &mut nested.as_bytes());
        let errors = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{errors}");
        assert!(errors.matches("error[").count() == 1 && errors.len() < 2_000, "{form} {open}: {errors}");
    }
}

/// A reader that stops early changes nothing, and is told nothing.
#[test]
fn a_broken_pipe_is_silent() {
    for (arguments, status) in [(["explain", "--list"].as_slice(), 0), (&["close", "examples/monday-laptop/facts.json"], 1)] {
        let mut child = handoff().args(arguments).spawn().expect("the command starts");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("the command ends");
        assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(status), ""));
    }
}

/// An answer that can't be written is none.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("the device");
    let output = handoff().args(["close", "examples/closure-in-order/facts.json"]).stdout(full).output().expect("the command runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("can't write the result"));
}

/// A folder for one test, gone where the test is.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("handoff-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        Self(folder)
    }

    /// A file of the project, copied.
    fn copy(&self, file: &str) -> PathBuf {
        let to = self.0.join(Path::new(file).file_name().expect("a name"));
        std::fs::copy(root().join(file), &to).expect("a copy");
        to
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn an_output_never_takes_the_place_of_an_input() {
    let folder = Folder::new("outputs");
    let [policy, register, component] =
        ["tests/policies/register.yaml", "tests/cli/inputs/register.ndjson", "host/component/handoff.wasm"].map(|file| folder.copy(file));
    let linked = folder.0.join("linked");
    #[cfg(unix)]
    std::os::unix::fs::symlink(&policy, &linked).expect("a link");
    #[cfg(not(unix))]
    std::fs::copy(&policy, &linked).expect("a copy");
    let before = [&policy, &register, &component].map(|file| std::fs::read(file).expect("a file"));
    let name = |path: &Path| path.display().to_string();
    let (policy_name, register_name, component_name) = (name(&policy), name(&register), name(&component));
    let detour = name(&folder.0.join(".").join("register.yaml"));
    for arguments in [
        ["compile", &component_name, "-o", &component_name].as_slice(),
        &["bake", &policy_name, "-o", &detour],
        &["bake", &policy_name, "-o", &component_name, "--component", &component_name],
        &["report", &register_name, "-o", &register_name],
        &["report", &register_name, "--policy", &policy_name, "-o", &policy_name],
        &["audit", &register_name, "--policy", &policy_name, "--keep", &register_name],
        &["audit", &register_name, "--policy", &policy_name, "--summary", &detour],
        &["audit", &register_name, "--policy", &name(&linked), "--summary", &policy_name],
    ] {
        let output = handoff().args(arguments).output().expect("the command runs");
        let errors = text(&output.stderr);
        assert!(output.status.code() == Some(2) && output.stdout.is_empty(), "{arguments:?}: {errors}");
        assert!(errors.contains("would take the place of") && errors.matches("error: ").count() == 1, "{arguments:?}: {errors}");
    }
    assert_eq!([&policy, &register, &component].map(|file| std::fs::read(file).expect("a file")), before);
}

#[test]
fn what_is_compiled_is_told() {
    let folder = Folder::new("compiled");
    let component = folder.copy("host/component/handoff.wasm");
    let compiled = folder.0.join("it.cwasm");
    let output = handoff().args(["compile", "--format", "json", "-o"]).args([&compiled, &component]).output().expect("the command runs");
    let size = std::fs::metadata(&compiled).expect("it is written").len();
    let told = format!("compiled `{}` into `{}`, {size} bytes", component.display(), compiled.display());
    assert_eq!(text(&output.stderr), format!("{}\n", serde_json::json!({"note": told})));
    assert!(output.stdout.is_empty() && output.status.success());
}

/// What is larger than the limit is read no further, and nobody knows how large it is.
#[test]
fn a_component_that_is_too_large_has_more_than_the_limit() {
    let folder = Folder::new("large");
    let large = folder.0.join("large.wasm");
    std::fs::File::create(&large).and_then(|file| file.set_len(40 << 20)).expect("a file");
    let output = handoff().arg("inspect").arg(&large).output().expect("the command runs");
    assert_eq!(text(&output.stderr), "error: the component has more bytes than the limit of 33554432\n");
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_thing_without_a_kind_is_planned_by_its_name() {
    let facts = std::fs::read(root().join("examples/nurse-comes-moves-leaves/facts-moving.json")).expect("the facts");
    let mut facts: serde_json::Value = serde_json::from_slice(&facts).expect("JSON");
    for asset in facts["assets"].as_array_mut().expect("assets") {
        asset.as_object_mut().expect("an asset").remove("kind");
    }
    let mut command = handoff();
    command.args(["plan", "-", "--person", "iadeyemi", "--direction", "mover"]);
    let output = run(command, &mut facts.to_string().as_bytes());
    assert!(text(&output.stdout).contains("\n  keep    KY-0244, of no recorded kind\n"), "{}", text(&output.stdout));
}

/// Help names every exit status and shows examples.
#[test]
fn help_has_examples_and_exit_statuses() {
    for command in [
        "close",
        "transition",
        "next",
        "plan",
        "review",
        "audit",
        "stalled",
        "exceptions",
        "report",
        "map",
        "check",
        "bake",
        "compile",
        "conform",
        "explain",
        "inspect",
    ] {
        let output = handoff().args([command, "--help"]).output().expect("the command runs");
        let help = text(&output.stdout);
        assert_eq!(output.status.code(), Some(0));
        assert!(help.contains("Examples:\n  handoff") && help.contains("Exit status:\n  0  ") && help.contains("\n  2  "), "{help}");
    }
}
