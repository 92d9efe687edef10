//! The source as tokens, before anything recursive sees it: limits, refused literals, and columns for messages.

use cel::parser::pratt_parser::{Lexer, TokenKind};

use super::{DEPTH_MAX, Fault, SOURCE_MAX, TOKEN_MAX, error};

/// A source cut into tokens that is safe to hand to the parser.
pub(super) struct Tokens<'a> {
    source: &'a str,
    all: Vec<(TokenKind, &'a str, usize)>,
}

impl<'a> Tokens<'a> {
    /// Reads a source, or tells what is refused before parsing.
    pub(super) fn read(source: &'a str) -> Result<Self, Vec<Fault>> {
        if source.len() > SOURCE_MAX {
            let message = format!("the expression has {} bytes, and at most {SOURCE_MAX} are taken", source.len());
            return Err(vec![error("expression-too-large", message).help("split it into several requirements")]);
        }
        let mut tokens = Self { source, all: Vec::new() };
        let mut lexer = Lexer::new(source);
        loop {
            let token = lexer.lex();
            match token.kind {
                TokenKind::TokEnd => break,
                TokenKind::TokWhitespace | TokenKind::TokComment => continue,
                TokenKind::TokError => {
                    let message = lexer.get_error().map_or("a character that means nothing here", |error| error.message.as_str());
                    return Err(vec![error("expression-syntax", message.to_owned()).at(tokens.column_of(token.start))]);
                }
                kind => tokens.all.push((kind, source.get(token.start..token.end).unwrap_or_default(), token.start)),
            }
            if tokens.all.len() > TOKEN_MAX {
                let message = format!("the expression has more than {TOKEN_MAX} words and signs");
                return Err(vec![error("expression-too-large", message).help("split it into several requirements")]);
            }
        }
        let faults = tokens.refused();
        if faults.is_empty() { Ok(tokens) } else { Err(faults) }
    }

    /// Literals and forms that no expression may hold, and nesting too deep to be parsed safely.
    fn refused(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let (mut depth, mut deepest) = (0usize, 0usize);
        for (index, (kind, text, start)) in self.all.iter().enumerate() {
            let refuse = |code, message: &str, help| error(code, message.to_owned()).help(help).at(self.column_of(*start));
            match kind {
                TokenKind::TokLeftParen | TokenKind::TokLeftBracket | TokenKind::TokLeftBrace => depth = depth.saturating_add(1),
                TokenKind::TokRightParen | TokenKind::TokRightBracket | TokenKind::TokRightBrace => depth = depth.saturating_sub(1),
                // The branches of a condition nest without brackets, so each one counts as a level to the end.
                TokenKind::TokQuestion => depth = depth.saturating_add(1),
                _ => {}
            }
            deepest = deepest.max(depth);
            match kind {
                TokenKind::TokFloat => faults.push(refuse(
                    "expression-literal",
                    "numbers with a fraction are not taken, because they are not exact",
                    "count in a smaller unit, or compare the decimal text",
                )),
                TokenKind::TokUint => {
                    faults.push(refuse(
                        "expression-literal",
                        "unsigned numbers are not taken",
                        "leave the `u` away: all numbers are signed",
                    ));
                }
                TokenKind::TokBytes => faults.push(refuse("expression-literal", "bytes are not taken", "leave the `b` away: write a text")),
                TokenKind::TokLeftBrace => faults.push(refuse(
                    "expression-literal",
                    "maps and records can't be written, because they have no order",
                    "compare the fields one by one, or write a list",
                )),
                TokenKind::TokIdent if *text == "has" && self.all.get(index.saturating_add(1)).is_some_and(|next| next.1 == "(") => {
                    faults.push(refuse(
                        "expression-has",
                        "`has` is not taken: under `!` it would turn a missing fact into true",
                        "write `known(…)`",
                    ));
                }
                _ => {}
            }
        }
        if deepest > DEPTH_MAX {
            faults.push(too_deep(DEPTH_MAX));
        }
        faults
    }

    /// The column of a byte, counted in characters from 1.
    pub(super) fn column_of(&self, byte: usize) -> Option<usize> {
        self.source.get(..byte).map(|before| before.chars().count().saturating_add(1))
    }

    /// The column of a byte on a line, both counted from 1 as the parser does.
    pub(super) fn column_on_line(&self, line: usize, byte: usize) -> Option<usize> {
        let before: usize = self.source.split_inclusive('\n').take(line.checked_sub(1)?).map(str::len).sum();
        self.column_of(before.checked_add(byte.checked_sub(1)?)?)
    }

    /// The column of a word or sign where it stands there once only: the parser keeps no positions, and a wrong one misleads.
    pub(super) fn column(&self, text: &str) -> Option<usize> {
        let mut found = self.all.iter().filter(|token| token.1 == text);
        match (found.next(), found.next()) {
            (Some((_, _, start)), None) => self.column_of(*start),
            _ => None,
        }
    }
}

/// The fault of an expression that is nested too deep.
pub(super) fn too_deep(limit: usize) -> Fault {
    error("expression-too-large", format!("the expression is nested more than {limit} levels deep"))
        .help("split it into several requirements")
}
