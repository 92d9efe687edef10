//! What an audit keeps of records that it has read: short rows of what crosses records, and counts.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::answer::{Ages, Oldest};
use super::{Document, Fact, PAGE, Person};
use crate::facts::{Coverage, Exception, Licence};
use crate::time::Time;

/// Texts that are sorted at the end, so that what belongs together stands together: a word for the sort, then fields, with tabs between.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// Full ones are never moved again, which growing one large text would do.
    blocks: Vec<String>,
}

/// How large a block of rows is, in bytes.
const BLOCK: usize = 256 << 10;

impl Rows {
    pub fn add(&mut self, fields: &[&str]) {
        let size: usize = fields.iter().map(|field| field.len() + 1).sum();
        if self.blocks.last().is_none_or(|block| block.len() + size > block.capacity()) {
            self.blocks.push(String::with_capacity(BLOCK.max(size)));
        }
        let Some(block) = self.blocks.last_mut() else { return };
        for (index, field) in fields.iter().enumerate() {
            if index > 0 {
                block.push('\t');
            }
            // What would part fields or rows is no part of a name.
            block.extend(field.chars().map(|c| if c.is_control() { ' ' } else { c }));
        }
        block.push('\n');
    }

    /// Takes rows that another audit kept.
    pub fn extend(&mut self, rows: String) {
        self.blocks.push(rows);
    }

    pub fn sorted(&self) -> Vec<&str> {
        let mut rows: Vec<&str> = self.blocks.iter().flat_map(|block| block.lines()).collect();
        rows.sort_unstable();
        rows
    }
}

/// Counts of what was read.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tallies {
    pub assets: u64,
    pub tickets: u64,
    /// By code.
    pub findings: BTreeMap<String, u64>,
    /// By workflow and state.
    pub standing: BTreeMap<String, BTreeMap<String, Stand>>,
    /// By field: of how many records it should be, and of how many it is.
    pub quality: BTreeMap<String, (u64, u64)>,
    /// By product.
    pub seats: BTreeMap<String, Seats>,
    /// By kind.
    pub closures: BTreeMap<String, Closing>,
    /// Records whose owners could not be looked up, because no people were passed.
    pub owners_not_judged: u64,
    /// Decisions that came ahead of the items; none where no list of them did. Parts have the same ones in front.
    pub decisions_ahead: Option<u64>,
    /// Decisions that came with cases and not ahead; none likewise.
    pub decisions_beside: Option<u64>,
}

/// Items in a state.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Stand {
    pub items: u64,
    pub ages: Ages,
    pub oldest: Option<Oldest>,
    pub stalled: u64,
}

/// Seats of a product.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Seats {
    pub taken: u64,
    pub idle: u64,
    pub of_leavers: u64,
    pub reclaimable: u64,
}

/// Open tickets of a kind.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Closing {
    pub open: u64,
    pub refused: u64,
    pub reasons: BTreeMap<String, u64>,
}

impl Tallies {
    /// Adds what another audit counted.
    pub fn join(&mut self, other: Self) {
        let Self { assets, tickets, findings, standing, quality, seats, closures, owners_not_judged, decisions_ahead, decisions_beside } =
            other;
        self.assets += assets;
        self.tickets += tickets;
        self.owners_not_judged += owners_not_judged;
        self.decisions_ahead = self.decisions_ahead.max(decisions_ahead);
        if let Some(count) = decisions_beside {
            *self.decisions_beside.get_or_insert(0) += count;
        }
        add(&mut self.findings, findings);
        for (workflow, states) in standing {
            let all = self.standing.entry(workflow).or_default();
            for (state, Stand { items, ages, oldest, stalled }) in states {
                let stand = all.entry(state).or_default();
                stand.items += items;
                stand.stalled += stalled;
                let Ages { week, month, quarter, year, longer, unknown } = ages;
                stand.ages.week += week;
                stand.ages.month += month;
                stand.ages.quarter += quarter;
                stand.ages.year += year;
                stand.ages.longer += longer;
                stand.ages.unknown += unknown;
                if let Some(oldest) = oldest {
                    stand.see(oldest);
                }
            }
        }
        for (field, (of, recorded)) in quality {
            let all = self.quality.entry(field).or_default();
            all.0 += of;
            all.1 += recorded;
        }
        for (product, Seats { taken, idle, of_leavers, reclaimable }) in seats {
            let all = self.seats.entry(product).or_default();
            all.taken += taken;
            all.idle += idle;
            all.of_leavers += of_leavers;
            all.reclaimable += reclaimable;
        }
        for (kind, Closing { open, refused, reasons }) in closures {
            let all = self.closures.entry(kind).or_default();
            all.open += open;
            all.refused += refused;
            add(&mut all.reasons, reasons);
        }
    }

    /// Counts whether a field is recorded that should be.
    pub fn see(&mut self, field: &str, recorded: bool) {
        let all = self.quality.entry(field.to_owned()).or_default();
        all.0 += 1;
        all.1 += u64::from(recorded);
    }
}

impl Stand {
    /// Of several the one that has been there longest counts, and of those the first by name.
    pub fn see(&mut self, other: Oldest) {
        if self.oldest.as_ref().is_none_or(|oldest| (other.since, &other.item) < (oldest.since, &oldest.item)) {
            self.oldest = Some(other);
        }
    }
}

fn add(all: &mut BTreeMap<String, u64>, more: BTreeMap<String, u64>) {
    for (name, count) in more {
        *all.entry(name).or_default() += count;
    }
}

/// A page of what an audit keeps. Each says by which policy and at what time, so that none is joined with what it does not fit.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kept {
    pub policy: String,
    pub at: Time,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub rows: String,
    #[serde(default)]
    pub tallies: Tallies,
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub people: Fact<Vec<Person>>,
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub exceptions: Fact<Vec<Exception>>,
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub licences: Fact<Vec<Licence>>,
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub coverage: Fact<Vec<Coverage>>,
}

/// People on a page.
const PEOPLE: usize = 2_000;

impl Kept {
    pub fn pages(policy: &str, at: Time, tallies: Tallies, head: Document, rows: Rows) -> VecDeque<Self> {
        let empty = || Self {
            policy: policy.to_owned(),
            at,
            rows: String::new(),
            tallies: Tallies::default(),
            people: Fact::Unknown,
            exceptions: Fact::Unknown,
            licences: Fact::Unknown,
            coverage: Fact::Unknown,
        };
        let Document { people, exceptions, licences, coverage, .. } = head;
        let first = match &people {
            Fact::Known(_) => Fact::Known(Vec::new()),
            Fact::None => Fact::None,
            Fact::Unknown => Fact::Unknown,
        };
        let mut pages = VecDeque::from([Self { tallies, people: first, exceptions, licences, coverage, ..empty() }]);
        if let Fact::Known(people) = people {
            let mut people = people.into_iter().peekable();
            while people.peek().is_some() {
                pages.push_back(Self { people: Fact::Known(people.by_ref().take(PEOPLE).collect()), ..empty() });
            }
        }
        let mut page = String::new();
        for block in rows.blocks {
            page.push_str(&block);
            if page.len() >= PAGE {
                pages.push_back(Self { rows: std::mem::take(&mut page), ..empty() });
            }
        }
        if !page.is_empty() {
            pages.push_back(Self { rows: page, ..empty() });
        }
        pages
    }
}
