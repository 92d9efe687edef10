//! Facts: what the caller knows, read once and asked often.

pub mod attribute;
pub mod fact;
pub mod model;
pub(crate) mod read;
mod rows;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

pub use attribute::{Attribute, Attributes};
pub use fact::{Extent, Fact, Party, Scalar};
pub use model::*;
pub use rows::*;

use crate::canonical;
use crate::case::identity_field;
use crate::decision::Item;
use crate::policy::document::Identity;
use crate::problem::Problem;
use crate::serials;

/// Facts that were read. They never change; their rows are sorted, so that no order of theirs can reach a decision.
#[derive(Clone, Debug)]
pub struct Facts {
    document: Document,
    /// Of every id that `same_as` ties to others, the first of them all.
    human_beings: BTreeMap<String, String>,
    /// Every id of those, by the first.
    ids: Places<String, String>,
    /// Where links stand, by the asset: the ticket, and the place among its links.
    links: Places<String, (usize, usize)>,
    /// Where signatures stand, likewise.
    signatures: Places<String, (usize, usize)>,
    /// Where exceptions stand, by each item that they cover.
    exceptions: Places<Item, usize>,
    /// Where licences stand, by the product.
    licences: Places<String, usize>,
    /// Where assets stand whose history or custody names a ticket, by the ticket. Made when it is first asked for: it goes through every
    /// history.
    tied: OnceLock<Places<String, usize>>,
    /// Where assets stand that something identifies, by that as it compares. Made when it is first asked for.
    identities: OnceLock<Places<(Identity, String), usize>>,
}

/// All else follows from the document.
impl PartialEq for Facts {
    fn eq(&self, other: &Self) -> bool {
        self.document == other.document
    }
}

impl Eq for Facts {}

/// Where rows stand, by what they name. Going through all rows for every item would cost the one times the other.
type Places<Name, Place> = BTreeMap<Name, BTreeSet<Place>>;

fn places<Name: Ord, Place: Ord>(rows: impl Iterator<Item = (Name, Place)>) -> Places<Name, Place> {
    let mut places = Places::new();
    for (name, place) in rows {
        places.entry(name).or_default().insert(place);
    }
    places
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

/// Joins the ids that name each other, over however many records, whichever of two names the other.
fn human_beings(people: &Fact<Vec<Person>>) -> BTreeMap<String, String> {
    let mut ties: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for person in people.rows() {
        for other in person.same_as.rows() {
            ties.entry(&person.id).or_default().insert(other);
            ties.entry(other).or_default().insert(&person.id);
        }
    }
    let mut all: BTreeMap<String, String> = BTreeMap::new();
    for first in ties.keys() {
        let mut open = vec![*first];
        while let Some(id) = open.pop() {
            if !all.contains_key(id) {
                all.insert(id.to_owned(), (*first).to_owned());
                open.extend(ties.get(id).into_iter().flatten());
            }
        }
    }
    all
}

impl Facts {
    /// Reads facts from JSON text (`docs/facts.md`).
    ///
    /// # Errors
    /// Every problem of the text at once; none is a warning.
    pub fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        read::parse(text).map(Self::new)
    }

    /// Facts of a document.
    pub(crate) fn new(mut document: Document) -> Self {
        read::sort(&mut document);
        let human_beings = human_beings(&document.people);
        let tickets = || document.tickets.rows().iter().enumerate();
        let links =
            places(tickets().flat_map(|(ticket, row)| {
                row.links.rows().iter().enumerate().map(move |(link, row)| (row.0.asset.clone(), (ticket, link)))
            }));
        let signatures = places(tickets().flat_map(|(ticket, row)| {
            row.signatures.rows().iter().enumerate().map(move |(signature, row)| (row.asset.clone(), (ticket, signature)))
        }));
        let exceptions = document.exceptions.rows().iter().enumerate();
        let exceptions = places(exceptions.flat_map(|(exception, row)| row.items.rows().iter().map(move |item| (item.clone(), exception))));
        let licences = document.licences.rows().iter().enumerate();
        let licences = places(licences.filter_map(|(licence, row)| Some((row.product.text()?.to_owned(), licence))));
        let ids = places(human_beings.iter().map(|(id, first)| (first.clone(), id.clone())));
        let (tied, identities) = (OnceLock::new(), OnceLock::new());
        Self { document, human_beings, ids, links, signatures, exceptions, licences, tied, identities }
    }

    /// Everything, sorted, given away.
    pub(crate) fn into_document(self) -> Document {
        self.document
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

    /// The assets with the same identity and where they stand, in order.
    pub(crate) fn with_identity(&self, sort: Identity, value: &str) -> impl Iterator<Item = (usize, &Asset)> {
        let assets = self.document.assets.rows();
        let identities = self.identities.get_or_init(|| {
            let sorts = [Identity::Serial, Identity::Tag, Identity::Number, Identity::Login];
            places(assets.iter().enumerate().flat_map(|(asset, row)| {
                let text = move |sort| Some(((sort, serials::comparable(sort, identity_field(row, sort).text()?)), asset));
                sorts.into_iter().filter_map(text)
            }))
        });
        let same = identities.get(&(sort, serials::comparable(sort, value))).into_iter().flatten();
        same.filter_map(|index| Some((*index, assets.get(*index)?)))
    }

    /// The links to an asset with their tickets, in order; those that were taken away among them.
    pub(crate) fn links_to(&self, asset: &str) -> impl Iterator<Item = (&Ticket, &LinkRow)> {
        self.links.get(asset).into_iter().flatten().filter_map(|(ticket, link)| {
            let ticket = self.document.tickets.rows().get(*ticket)?;
            Some((ticket, &ticket.links.rows().get(*link)?.0))
        })
    }

    /// The signatures for an asset, on whichever ticket.
    pub(crate) fn signatures_for(&self, asset: &str) -> impl Iterator<Item = &Signature> {
        let places = self.signatures.get(asset).into_iter().flatten();
        places.filter_map(|(ticket, signature)| self.document.tickets.rows().get(*ticket)?.signatures.rows().get(*signature))
    }

    /// The exceptions that cover an item, in order.
    pub(crate) fn exceptions_on(&self, item: &Item) -> impl Iterator<Item = &Exception> {
        self.exceptions.get(item).into_iter().flatten().filter_map(|index| self.document.exceptions.rows().get(*index))
    }

    /// The licences of a product, in order.
    pub(crate) fn licences_of(&self, product: &str) -> impl Iterator<Item = &Licence> {
        self.licences.get(product).into_iter().flatten().filter_map(|index| self.document.licences.rows().get(*index))
    }

    /// The assets whose history or custody names a ticket, in order.
    pub(crate) fn tied_to(&self, ticket: &str) -> impl Iterator<Item = &Asset> {
        let assets = self.document.assets.rows();
        let tied = self.tied.get_or_init(|| {
            places(assets.iter().enumerate().flat_map(|(asset, row)| {
                let history = row.history.rows().iter().map(|entry| &entry.ticket);
                let named = history.chain(row.custody.rows().iter().map(|entry| &entry.ticket));
                named.filter_map(move |ticket| Some((ticket.text()?.to_owned(), asset)))
            }))
        });
        tied.get(ticket).into_iter().flatten().filter_map(|index| assets.get(*index))
    }

    /// The decisions on an item that were logged. They are sorted by item, so that those of a whole register need no index beside them.
    pub(crate) fn decisions_on(&self, item: &Item) -> &[LoggedDecision] {
        let decisions = self.document.decisions.rows();
        let start = decisions.partition_point(|row| row.item < *item);
        let end = decisions.partition_point(|row| row.item <= *item);
        decisions.get(start..end).unwrap_or_default()
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

    /// The id that stands for a human being, whichever of their ids is asked for (rule L1).
    #[must_use]
    pub fn human_being<'a>(&'a self, id: &'a str) -> &'a str {
        self.human_beings.get(id).map_or(id, String::as_str)
    }

    /// Every id of a human being, the one that is asked for among them.
    #[must_use]
    pub fn ids_of<'a>(&'a self, id: &'a str) -> Vec<&'a str> {
        let others = self.ids.get(self.human_being(id)).into_iter().flatten().map(String::as_str);
        others.filter(|other| *other != id).chain([id]).collect()
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
        canonical::digest(&self.document)
    }
}
