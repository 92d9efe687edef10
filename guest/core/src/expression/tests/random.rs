//! Random expressions: what holds of every one that passes the check.

use super::*;

/// A small generator of its own: the same numbers in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(sides).unwrap()).unwrap()
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.roll(from.len())]
    }

    fn scalar(&mut self) -> &'static str {
        self.pick(&[
            "asset.kind",
            "asset.location",
            "asset.owner",
            "asset.attributes.ram",
            "asset.attributes.missing",
            "subject.id",
            "'laptop'",
            "16",
            "null",
        ])
    }

    fn condition(&mut self, depth: usize) -> String {
        if depth == 0 || self.roll(4) == 0 {
            return match self.roll(7) {
                0 => self.pick(&["asset.shared", "asset.attributes.encrypted", "subject.remote", "true", "false"]).to_owned(),
                1 => format!("known({})", self.pick(&["asset.serial", "asset.location", "asset.attributes.missing", "ticket"])),
                2 => format!("{} in subject.roles", self.scalar()),
                3 => format!(
                    "asset.attributes.ram {} {}",
                    self.pick(&["<", ">", "<=", "/ 0 =="]),
                    self.pick(&["1", "16", "asset.attributes.missing"])
                ),
                4 => format!("size(asset.{}) {} 1", self.pick(&["evidence", "relations", "custody"]), self.pick(&["==", ">", "<"])),
                5 => format!("days(asset.{}, at) > 1", self.pick(&["updated_at", "last_used"])),
                _ => format!("{} {} {}", self.scalar(), self.pick(&["==", "!="]), self.scalar()),
            };
        }
        let below = depth - 1;
        match self.roll(6) {
            0 => format!("!({})", self.condition(below)),
            1 => format!("({}) && ({})", self.condition(below), self.condition(below)),
            2 => format!("({}) || ({})", self.condition(below), self.condition(below)),
            3 => format!("({}) ? ({}) : ({})", self.condition(below), self.condition(below), self.condition(below)),
            4 => {
                let (list, over) = (self.pick(&["evidence", "history", "relations"]), self.pick(&["all", "exists", "exists_one"]));
                let field = if list == "relations" { "relation" } else { self.pick(&["by", "role"]) };
                format!("asset.{list}.{over}(x, x.{field} == 'p1' || ({}))", self.condition(below))
            }
            _ => format!("({}) == {}", self.condition(below), self.pick(&["true", "false"])),
        }
    }
}

/// Every way to take one fact away: a key of a record, at any depth.
fn without_one(value: &Json) -> Vec<Json> {
    let mut all = Vec::new();
    match value {
        Json::Object(fields) => {
            for (name, field) in fields {
                let mut less = fields.clone();
                less.remove(name);
                all.push(less.into());
                for field in without_one(field) {
                    let mut less = fields.clone();
                    less.insert(name.clone(), field);
                    all.push(less.into());
                }
            }
        }
        Json::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                for item in without_one(item) {
                    let mut less = items.clone();
                    less[index] = item;
                    all.push(less.into());
                }
            }
        }
        _ => {}
    }
    all
}

/// Rule R11 on random expressions: taking a fact away neither meets a requirement nor switches one off.
#[test]
fn taking_a_fact_away_never_helps() {
    let (full, less) =
        (Facts::of(facts()), without_one(&facts()).into_iter().filter_map(|less| Facts::read(less).ok()).collect::<Vec<_>>());
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    let (mut judged, mut met) = (0, 0);
    for _ in 0..1_500 {
        let source = dice.condition(3);
        for place in [Place::Requirement, Place::When] {
            let Ok(expression) = Expression::compile(&source, place, &Sample) else { continue };
            if !expression.warnings().is_empty() {
                continue;
            }
            let before = evaluate(&expression, &full);
            let helps = if place == Place::Requirement { Ok(true) } else { Ok(false) };
            judged += 1;
            met += usize::from(before == helps);
            if before == helps {
                continue;
            }
            for less in &less {
                assert_ne!(evaluate(&expression, less), helps, "{source} on {}", less.json);
            }
        }
    }
    assert!(judged > 500 && met > 50, "{judged} judged, {met} met");
}

/// Expressions of every operation, deep enough to nest comprehensions, as sources that mostly pass the check.
struct Writer<'a> {
    dice: &'a mut Dice,
    /// What entries of records and of texts are called, where a comprehension stands around.
    rows: Vec<String>,
    words: Vec<String>,
}

impl Writer<'_> {
    fn text(&mut self, depth: usize) -> String {
        if let (Some(row), 0) = (self.rows.last().cloned(), self.dice.roll(2)) {
            return format!("{row}.{}", self.dice.pick(&["by", "by", "role", "at"]));
        }
        if let (Some(word), 0) = (self.words.last().cloned(), self.dice.roll(2)) {
            return word;
        }
        match self.dice.roll(if depth == 0 { 3 } else { 6 }) {
            0 => self
                .dice
                .pick(&["asset.serial", "asset.location", "asset.tag", "subject.id", "subject.manager", "link.location", "link.removed.by"])
                .to_owned(),
            1 => self
                .dice
                .pick(&["asset.attributes.os", "asset.attributes['log-on']", "asset.updated_at", "ticket.opened", "ticket.due", "at"])
                .to_owned(),
            2 => self.dice.pick(&["'p1'", "'5CG1'", "''", "'14.10'", "'ä'", "'2026-01-05T09:00:00.000Z'"]).to_owned(),
            3 => format!("string({})", self.number(depth - 1)),
            4 => format!("({} + {})", self.text(depth - 1), self.text(depth - 1)),
            _ => format!("({} ? {} : {})", self.flag(depth - 1), self.text(depth - 1), self.text(depth - 1)),
        }
    }

    fn number(&mut self, depth: usize) -> String {
        match self.dice.roll(if depth == 0 { 2 } else { 7 }) {
            0 => self.dice.pick(&["0", "1", "-3", "9223372036854775807"]).to_owned(),
            1 => self
                .dice
                .pick(&["asset.attributes.ram", "asset.attributes.seen", "asset.attributes.count", "asset.attributes.price"])
                .to_owned(),
            2 => format!("int({})", self.text(depth - 1)),
            3 => format!("size({})", if self.dice.roll(2) == 0 { self.text(depth - 1) } else { self.records(depth - 1) }),
            4 => format!("days({}, {})", self.text(depth - 1), self.text(depth - 1)),
            5 => format!("-({})", self.number(depth - 1)),
            _ => format!("({} {} {})", self.number(depth - 1), self.dice.pick(&["+", "-", "*", "/", "%"]), self.number(depth - 1)),
        }
    }

    fn records(&mut self, depth: usize) -> String {
        let list = self.dice.pick(&["asset.evidence", "asset.history", "asset.custody", "asset.relations", "ticket.links", "ticket.tasks"]);
        if depth == 0 || list == "asset.relations" || self.rows.len() > 1 || self.dice.roll(2) == 0 {
            return list.to_owned();
        }
        let condition = self.within(true, depth - 1);
        format!("{list}.filter(x{}, {condition})", self.rows.len())
    }

    fn texts(&mut self, depth: usize) -> String {
        match self.dice.roll(4) {
            0 => "subject.roles".to_owned(),
            1 => "subject.same_as".to_owned(),
            2 if depth > 0 && self.rows.is_empty() => format!("asset.history.map(y, y.{})", self.dice.pick(&["by", "role", "to"])),
            _ => format!("[{}, {}]", self.text(depth.saturating_sub(1)), self.text(depth.saturating_sub(1))),
        }
    }

    /// A condition on the entries of a list that is about to be gone through.
    fn within(&mut self, records: bool, depth: usize) -> String {
        let name = format!("x{}", self.rows.len() + self.words.len());
        let names = if records { &mut self.rows } else { &mut self.words };
        names.push(name);
        let condition = self.flag(depth);
        if records { &mut self.rows } else { &mut self.words }.pop();
        condition
    }

    fn flag(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self
                .dice
                .pick(&[
                    "asset.shared",
                    "subject.remote",
                    "asset.attributes.toggle",
                    "asset.attributes.flag",
                    "known(asset.tag)",
                    "true",
                    "false",
                ])
                .to_owned();
        }
        let below = depth - 1;
        match self.dice.roll(12) {
            0 => format!("!({})", self.flag(below)),
            1 => format!("({} && {})", self.flag(below), self.flag(below)),
            2 => format!("({} || {})", self.flag(below), self.flag(below)),
            3 => format!("({} ? {} : {})", self.flag(below), self.flag(below), self.flag(below)),
            4 => format!("{} {} {}", self.number(below), self.dice.pick(&["==", "!=", "<", "<=", ">", ">="]), self.number(below)),
            5 => format!("{} {} {}", self.text(below), self.dice.pick(&["==", "!=", "<", "<=", ">", ">="]), self.text(below)),
            6 => format!("{}.{}({})", self.text(below), self.dice.pick(&["contains", "startsWith", "endsWith"]), self.text(below)),
            7 => format!("{} in {}", self.text(below), self.texts(below)),
            8 => format!("bool({})", self.text(below)),
            9 => format!("{} {} null", self.text(below), self.dice.pick(&["==", "!="])),
            over => {
                let (records, place) = (over == 10, self.rows.len() + self.words.len());
                let list = if records { self.records(below) } else { self.texts(below) };
                let condition = self.within(records, below);
                format!("{list}.{}(x{place}, {condition})", self.dice.pick(&["all", "exists", "exists_one"]))
            }
        }
    }
}

/// The same with each value that is none: a key of a record, at any depth.
fn with_nulls(value: &Json) -> Vec<Json> {
    let mut all = Vec::new();
    let Json::Object(fields) = value else { return all };
    for (name, field) in fields {
        let mut put = |field: Json| {
            let mut other = fields.clone();
            other.insert(name.clone(), field);
            all.push(other.into());
        };
        put(Json::Null);
        with_nulls(field).into_iter().for_each(put);
    }
    all
}

/// Our own interpreter and the crate's give the same value or the same sentence, whatever the expression and the facts.
#[test]
fn both_interpreters_agree() {
    let full = facts_with_a_ticket();
    // A link is a row of the ticket: what is changed in one is changed in both.
    let linked = |mut facts: Json| {
        let link = facts["ticket"]["links"].get(0).cloned();
        facts.as_object_mut().unwrap().remove("link");
        if let Some(link) = link {
            facts["link"] = link;
        }
        facts
    };
    let changed = without_one(&full).into_iter().chain(with_nulls(&full)).map(linked);
    let all = [facts(), full.clone()].into_iter().chain(changed);
    let all: Vec<Facts> = all.filter_map(|json| Facts::read(json).ok()).collect();
    let mut dice = Dice(0xD1B5_4A32_D192_ED03);
    let (mut compiled, mut given, mut stopped) = (0, 0, 0);
    for _ in 0..6_000 {
        let source = Writer { dice: &mut dice, rows: Vec::new(), words: Vec::new() }.flag(4);
        let Ok(expression) = Expression::compile(&source, Place::Requirement, &Sample) else { continue };
        compiled += 1;
        for facts in all.iter().step_by(1 + dice.roll(6)) {
            match evaluate(&expression, facts) {
                Ok(_) => given += 1,
                Err(_) => stopped += 1,
            }
        }
    }
    assert!(compiled > 1_000 && given > 5_000 && stopped > 5_000, "{compiled} compiled, {given} with a value, {stopped} without");
}

/// Nothing that is written makes compiling or evaluating panic.
#[test]
fn nonsense_never_panics() {
    let words = [
        "asset",
        "subject",
        "ticket",
        "link",
        "at",
        "x",
        "e",
        ".",
        "?",
        ":",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        "&&",
        "||",
        "!",
        "-",
        "+",
        "*",
        "/",
        "%",
        "==",
        "!=",
        "<",
        ">=",
        "in",
        "'a'",
        "\"",
        "'''",
        "r'\\'",
        "b'x'",
        "1",
        "0x",
        "0xfe",
        "9223372036854775807",
        "-9223372036854775808",
        "1.5",
        "1e9",
        "2u",
        "true",
        "false",
        "null",
        "known",
        "has",
        "size",
        "days",
        "all",
        "exists",
        "exists_one",
        "existsOne",
        "map",
        "filter",
        "evidence",
        "attributes",
        "kind",
        "`a`",
        "ä",
        "\u{0}",
        "\n",
        "//",
        "@result",
        "for",
        "\\u{110000}",
        "'\\ud800'",
        "matches",
        "string",
        "int",
        "optional",
        "none",
        "of",
        "type",
        ".asset",
        "asset.evidence",
        ".exists(e, ",
        ".map(x, ",
        "known(",
        "asset.attributes",
        "['os']",
        "null_type",
    ];
    let mut dice = Dice(0x2545_F491_4F6C_DD1D);
    let facts = Facts::of(facts());
    let mut compiled = 0;
    for _ in 0..60_000 {
        let length = 1 + dice.roll(14);
        let source = (0..length).map(|_| dice.pick(&words)).collect::<Vec<_>>().join(if dice.roll(3) == 0 { " " } else { "" });
        for place in [Place::Requirement, Place::When] {
            if let Ok(expression) = Expression::compile(&source, place, &Sample) {
                compiled += 1;
                let _ = evaluate(&expression, &facts);
            }
        }
    }
    assert!(compiled > 20, "{compiled}");
}
