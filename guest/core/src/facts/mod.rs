//! Facts: what the caller knows, read once and asked often.

pub mod fact;
pub mod model;
pub(crate) mod read;

use sha2::{Digest, Sha256};

pub use fact::{Extent, Fact, Party, Scalar};
pub use model::*;

use crate::decision::Item;
use crate::problem::Problem;

/// Facts that were read. They never change; their rows are sorted, so that no order of theirs can reach a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    document: Document,
}

/// What looking a row up by id came to. Two rows of one id contradict each other, and neither is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup<'a, T> {
    /// No row has this id.
    Missing,
    /// Exactly one has it.
    Found(&'a T),
    /// Several have it.
    Ambiguous,
}

impl<'a, T> Lookup<'a, T> {
    /// The row, where there is exactly one.
    #[must_use]
    pub fn found(self) -> Option<&'a T> {
        match self {
            Self::Found(row) => Some(row),
            Self::Missing | Self::Ambiguous => None,
        }
    }
}

/// A row that is found by its id.
trait Row {
    fn id(&self) -> &str;
}

macro_rules! rows {
    ($($type:ty),*) => { $(impl Row for $type { fn id(&self) -> &str { &self.id } })* };
}
rows!(Asset, Ticket, Person, Exception, Licence);

fn lookup<'a, T: Row>(rows: &'a Fact<Vec<T>>, id: &str) -> Lookup<'a, T> {
    let rows = rows.rows();
    let start = rows.partition_point(|row| row.id() < id);
    let mut same = rows.get(start..).unwrap_or_default().iter().take_while(|row| row.id() == id);
    match (same.next(), same.next()) {
        (None, _) => Lookup::Missing,
        (Some(row), None) => Lookup::Found(row),
        (Some(_), Some(_)) => Lookup::Ambiguous,
    }
}

impl Facts {
    /// Reads facts from JSON text (`docs/facts.md`).
    ///
    /// # Errors
    /// Every problem of the text at once; none is a warning.
    pub fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        read::parse(text).map(|mut document| {
            read::sort(&mut document);
            Self { document }
        })
    }

    /// Everything, sorted.
    #[must_use]
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// The asset of that id.
    #[must_use]
    pub fn asset(&self, id: &str) -> Lookup<'_, Asset> {
        lookup(&self.document.assets, id)
    }

    /// The ticket of that id.
    #[must_use]
    pub fn ticket(&self, id: &str) -> Lookup<'_, Ticket> {
        lookup(&self.document.tickets, id)
    }

    /// The person of that id.
    #[must_use]
    pub fn person(&self, id: &str) -> Lookup<'_, Person> {
        lookup(&self.document.people, id)
    }

    /// The exception of that id.
    #[must_use]
    pub fn exception(&self, id: &str) -> Lookup<'_, Exception> {
        lookup(&self.document.exceptions, id)
    }

    /// The names of all items that have a workflow, in order: assets, then tickets.
    pub fn items(&self) -> impl Iterator<Item = Item> + '_ {
        let assets = self.document.assets.rows().iter().map(|row| Item::Asset(row.id.clone()));
        assets.chain(self.document.tickets.rows().iter().map(|row| Item::Ticket(row.id.clone())))
    }

    /// SHA-256 over the facts in canonical JSON (RFC 8785), in lower-case hex. Rows are sorted, so their order does not change it.
    #[must_use]
    pub fn digest(&self) -> String {
        digest(&self.document)
    }
}

/// SHA-256 over the canonical JSON of anything, in lower-case hex.
pub(crate) fn digest<T: serde::Serialize>(value: &T) -> String {
    // Our own types always serialise; if that ever broke, an empty text would stand out in every digest test.
    let canonical = serde_json_canonicalizer::to_vec(value).unwrap_or_default();
    Sha256::digest(&canonical).iter().map(|byte| format!("{byte:02x}")).collect()
}
