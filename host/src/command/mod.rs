//! The subcommands, and what they share: options, exit codes, and the one place that writes to stdout and stderr.

mod audit;
mod bake;
mod check;
mod close;
mod compile;
mod conform;
mod exceptions;
mod explain;
#[cfg(feature = "serve")]
mod hooks;
mod inspect;
mod log;
mod logged;
mod map;
mod next;
mod plan;
mod progress;
mod register;
mod replay;
mod report;
mod review;
mod rows;
#[cfg(feature = "serve")]
mod serve;
mod session;
mod stalled;
mod stream;
mod table;
#[cfg(feature = "serve")]
mod token;
mod transition;
mod trusted;

use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;

use anstream::stream::RawStream;
use anstream::{AutoStream, ColorChoice};
use clap::{Parser, Subcommand, ValueEnum};
use handoff::core::visible;
use serde::Serialize;
use serde_json::Value;

use crate::render::card::Card;
use crate::render::problem::{Label, count, problem};
use crate::render::{Page, Tone};
use crate::source::Located;

const STATUSES: &str = "Exit status:
  0  allowed, or nothing found
  1  denied, or something found
  2  could not decide: usage, input or component

The data goes to stdout, messages go to stderr.";

/// Decides whether IT assets may be handed over and tickets closed, with every reason.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true, after_help = STATUSES, after_long_help = format!("Examples:
  handoff close facts.json                     may the ticket close?
  handoff next facts.json --item asset:LT-1    what comes next, and what is missing?
  handoff plan facts.json --person p7 --direction joiner
                                               what does somebody who comes need?
  handoff review facts.json --person p7        what is still open of it?
  handoff audit register.ndjson                what is wrong in the whole register?
  handoff map snipe-it assets.json             what are the facts of another platform's data?
  handoff check policy.yaml                    is the policy sound?
  handoff explain not-recorded                 what does the code mean?

{STATUSES}"))]
struct Args {
    #[command(subcommand)]
    command: Command,

    /// How to write the result
    #[arg(long, global = true, value_enum, default_value_t = Form::Text, help_heading = "Output")]
    format: Form,

    /// When to use colour; `auto` is on a terminal and without NO_COLOR
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN", help_heading = "Output")]
    color: Color,
}

#[derive(Debug, Subcommand)]
enum Command {
    Close(close::Opts),
    Transition(transition::Opts),
    Next(next::Opts),
    Plan(plan::Opts),
    Review(review::Opts),
    Audit(audit::Opts),
    Stalled(stalled::Opts),
    Exceptions(exceptions::Opts),
    Report(report::Opts),
    Map(map::Opts),
    Check(check::Opts),
    Bake(bake::Opts),
    Compile(compile::Opts),
    Conform(conform::Opts),
    Explain(explain::Opts),
    Inspect(inspect::Opts),
    #[cfg(feature = "serve")]
    Serve(serve::Opts),
    #[cfg(feature = "serve")]
    Token(token::Opts),
    Log(log::Opts),
    Replay(replay::Opts),
}

impl Command {
    fn run(&self, form: Form) -> anyhow::Result<Outcome> {
        match self {
            Self::Close(opts) => close::run(opts, form.plain()?),
            Self::Transition(opts) => transition::run(opts, form.plain()?),
            Self::Next(opts) => next::run(opts, form.plain()?),
            Self::Plan(opts) => plan::run(opts, form.plain()?),
            Self::Review(opts) => review::run(opts, form),
            Self::Audit(opts) => audit::run(opts, form),
            Self::Stalled(opts) => stalled::run(opts, form),
            Self::Exceptions(opts) => exceptions::run(opts, form),
            Self::Report(opts) => report::run(opts, form.plain()?),
            Self::Map(opts) => map::run(opts, form),
            Self::Check(opts) => check::run(opts, form.plain()?),
            Self::Bake(opts) => bake::run(opts, form.plain()?),
            Self::Compile(opts) => compile::run(opts, form.plain()?),
            Self::Conform(opts) => conform::run(opts, form),
            Self::Explain(opts) => explain::run(opts, form.plain()?),
            Self::Inspect(opts) => inspect::run(opts, form.plain()?),
            #[cfg(feature = "serve")]
            Self::Serve(opts) => serve::run(opts),
            #[cfg(feature = "serve")]
            Self::Token(opts) => token::run(opts, form.plain()?),
            Self::Log(opts) => log::run(opts, form.plain()?),
            Self::Replay(opts) => replay::run(opts, form.plain()?),
        }
    }
}

/// How to write the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// For people
    Text,
    /// For programs
    Json,
    /// For spreadsheets: audit, stalled and exceptions only
    Csv,
    /// A register, line by line: map only
    Ndjson,
    /// A card for Microsoft Teams: stalled and review only
    Teams,
    /// A card for Slack: stalled and review only
    Slack,
}

/// How to write what is no table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

impl Form {
    /// The form of what is no table.
    fn plain(self) -> anyhow::Result<Format> {
        match self {
            Self::Text => Ok(Format::Text),
            Self::Json => Ok(Format::Json),
            Self::Csv => Err(Unable {
                message: "the result of this command is no table, and so is not written as CSV".to_owned(),
                help: "take `--format text` or `--format json`; `audit`, `stalled` and `exceptions` write CSV".to_owned(),
            }
            .into()),
            Self::Ndjson => Err(Self::no_register()),
            Self::Teams | Self::Slack => Err(Self::no_card()),
        }
    }

    /// The card as the chat of this form takes it; none where this is no form of a chat.
    pub fn card(self, card: impl FnOnce() -> Card) -> Option<Value> {
        match self {
            Self::Teams => Some(card().teams()),
            Self::Slack => Some(card().slack()),
            Self::Text | Self::Json | Self::Csv | Self::Ndjson => None,
        }
    }

    /// Why a result is not written as a card.
    pub fn no_card() -> anyhow::Error {
        let message = "the result of this command is not written as a card".to_owned();
        Unable { message, help: "take `--format text` or `--format json`; `stalled` and `review` write cards".to_owned() }.into()
    }

    /// Why a result is not written as a register.
    pub fn no_register() -> anyhow::Error {
        let message = "the result of this command is no register, and so is not written as NDJSON".to_owned();
        Unable { message, help: "take `--format text` or `--format json`; `map` writes NDJSON".to_owned() }.into()
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

impl From<Color> for ColorChoice {
    fn from(color: Color) -> Self {
        match color {
            Color::Auto => Self::Auto,
            Color::Always => Self::Always,
            Color::Never => Self::Never,
        }
    }
}

/// What a command came to.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// For stdout.
    data: String,
    /// For stderr: what the user should know of it all the same.
    note: Option<String>,
    /// For stderr as well: what of the input did not become facts.
    left_out: Vec<map::LeftOut>,
    /// Whether it was allowed, or nothing was found.
    good: bool,
}

impl Outcome {
    /// A text.
    pub fn text(page: Page, good: bool) -> Self {
        Self::lines(page.end(), good)
    }

    /// Whole lines, as they come.
    pub fn lines(data: String, good: bool) -> Self {
        Self { data, note: None, left_out: Vec::new(), good }
    }

    /// The same with a note.
    pub fn with_note(self, note: Option<String>) -> Self {
        Self { note, ..self }
    }

    /// The same with what did not become facts.
    pub fn with_left_out(self, left_out: Vec<map::LeftOut>) -> Self {
        Self { left_out, ..self }
    }

    /// JSON text, as it comes, in one line.
    pub fn json_text(mut data: String, good: bool) -> Self {
        data.push('\n');
        Self::lines(data, good)
    }

    /// What was written already, bit by bit.
    pub fn written(good: bool) -> Self {
        Self::lines(String::new(), good)
    }

    /// Anything as JSON.
    pub fn json<T: Serialize>(data: &T, good: bool) -> anyhow::Result<Self> {
        Ok(Self::json_text(serde_json::to_string(data)?, good))
    }
}

/// Problems because of which nothing can be decided.
#[derive(Debug)]
pub(crate) struct Refused {
    /// What has them, such as `the facts`.
    pub what: &'static str,
    pub problems: Vec<Located>,
    /// Whether there may be more: reading stopped at these.
    pub and_more: bool,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let errors = self.problems.iter().filter(|located| !located.problem.warning).count();
        let more = if self.and_more { ", and more may follow" } else { "" };
        write!(f, "{} can't be used: {}{more}", self.what, count(errors, "error", "errors"))
    }
}

impl std::error::Error for Refused {}

/// An error with the way to put it right.
#[derive(Debug)]
pub(crate) struct Unable {
    pub message: String,
    pub help: String,
}

impl fmt::Display for Unable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Unable {}

/// An error as JSON.
#[derive(Debug, Serialize)]
struct Message<'a> {
    error: String,
    help: Option<&'a str>,
    problems: &'a [Located],
}

/// Runs the command that the arguments name.
pub(crate) fn run() -> ExitCode {
    let Args { command, format, color } = Args::parse();
    let outcome = command.run(format).inspect(|outcome| {
        // Where not even that can be written, the result still stands.
        let _ = outcome.note.as_ref().map(|note| write(io::stderr(), &noted(note, format), color));
        let _ = write(io::stderr(), &map::shown(&outcome.left_out, format), color);
    });
    let outcome = outcome.and_then(|outcome| match write(io::stdout(), &outcome.data, color) {
        // Whoever read has heard enough; what was decided stands.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(outcome),
        Err(error) => Err(anyhow::Error::new(error).context("can't write the result")),
        Ok(()) => Ok(outcome),
    });
    match outcome {
        Ok(Outcome { good: true, .. }) => ExitCode::SUCCESS,
        Ok(Outcome { good: false, .. }) => ExitCode::from(1),
        Err(error) => {
            // Where not even that can be written, the exit code says it.
            let _ = write(io::stderr(), &message(&error, format), color);
            ExitCode::from(2)
        }
    }
}

/// Writes all of it at once: the stream by itself would do it line by line.
fn write<S: RawStream>(mut stream: S, text: &str, color: Color) -> io::Result<()> {
    let choice = match color.into() {
        ColorChoice::Auto => AutoStream::choice(&stream),
        choice => choice,
    };
    let mut page = AutoStream::new(Vec::with_capacity(text.len()), choice);
    page.write_all(text.as_bytes())?;
    stream.write_all(&page.into_inner())?;
    stream.flush()
}

/// What the user should know of a result, in the format that was asked for.
fn noted(note: &str, format: Form) -> String {
    if format == Form::Json {
        return format!("{}\n", serde_json::json!({"note": note}));
    }
    let mut page = Page::new();
    page.line(&format!("{}: ", Tone::Strong.of("note")), 2, &visible(note));
    page.end()
}

/// Why nothing could be decided, in the format that was asked for.
fn message(error: &anyhow::Error, format: Form) -> String {
    let refused = error.downcast_ref::<Refused>();
    let unable = error.downcast_ref::<Unable>().map(|unable| unable.help.as_str());
    let help = unable.or_else(|| error.downcast_ref::<handoff::Error>().and_then(handoff::Error::help));
    if format == Form::Json {
        let problems = refused.map(|refused| refused.problems.as_slice()).unwrap_or_default();
        // Texts always serialise; were it otherwise, the exit code would still say it.
        let message = serde_json::to_string(&Message { error: format!("{error:#}"), help, problems }).unwrap_or_default();
        return format!("{message}\n");
    }
    let mut page = Page::new();
    if let Some(refused) = refused {
        for located in &refused.problems {
            problem(&mut page, Label::of(located), located);
        }
        page.gap();
    }
    let text: Vec<String> = format!("{error:#}").lines().map(|line| visible(line).into_owned()).collect();
    page.line(&format!("{}: ", Tone::Bad.of("error")), 2, &text.join("\n"));
    if let Some(help) = help {
        page.line(&format!("{}: ", Tone::Strong.of("help")), 2, &visible(help));
    }
    page.end()
}
