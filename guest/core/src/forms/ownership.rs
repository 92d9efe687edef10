//! `owner` and `location`: the record's final owner and location are the ones that the ticket promises, or those that are named.

use serde::Deserialize;

use crate::case::{Case, Thing};
use crate::code::Code;
use crate::facts::model::words;
use crate::facts::{Fact, LinkRole, Party};
use crate::outcome::{Gap, Outcome};
use crate::policy::names::Names;

/// `owner` as authors write it.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Owner {
    owner: RequiredOwner,
}

words! {
    /// Whose the asset has to be.
    RequiredOwner {
        /// As the ticket's link promises; without a promise nobody's where it is collected, and else the subject's.
        Promised = "promised",
        /// The subject's.
        Subject = "subject",
        /// Some person's.
        Person = "person",
        /// Some department's.
        Department = "department",
        /// Nobody's.
        None = "none",
    }
}

/// `location` as authors write it.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Location {
    location: RequiredLocation,
    /// The places, with `listed`.
    #[serde(default)]
    places: Vec<String>,
}

words! {
    /// Where the asset has to be.
    RequiredLocation {
        /// As the ticket's link promises; without a promise the ticket's destination.
        Promised = "promised",
        /// Anywhere that is recorded.
        Recorded = "recorded",
        /// In one of the named places.
        Listed = "listed",
        /// Nowhere.
        None = "none",
    }
}

fn asset_only(case: &Case<'_>) -> Outcome<'static> {
    Outcome::gap(Gap::wrong(Code::OwnerMismatch, "only assets have an owner and a location").at(case.path("")))
}

impl Owner {
    /// Whether nothing can be owned as both say.
    pub fn excludes(&self, other: &Self) -> bool {
        use RequiredOwner::{Department, None, Person, Subject};
        let excludes = |one, other| matches!((one, other), (None, Subject | Person | Department) | (Department, Subject | Person));
        excludes(self.owner, other.owner) || excludes(other.owner, self.owner)
    }

    #[allow(clippy::unused_self, reason = "every form has the same face")]
    pub fn check(&self, _: &mut Names, _: &str) {}

    pub fn judge<'a>(&'a self, case: &Case<'a>) -> Outcome<'a> {
        let Thing::Asset(asset) = case.thing else { return asset_only(case) };
        let path = case.path("owner");
        // None: nobody's. Known: this party's.
        let wanted: Option<Party> = match self.owner {
            RequiredOwner::None => None,
            RequiredOwner::Person | RequiredOwner::Department => {
                let (fits, word) = match self.owner {
                    RequiredOwner::Person => (matches!(asset.owner, Fact::Known(Party::Person(_))), "a person"),
                    // One that the policy does not declare is none (rule F8).
                    _ => (case.setting.is_department(&asset.owner), "a department"),
                };
                return match (&asset.owner, fits) {
                    (_, true) => Outcome::met(),
                    (Fact::Unknown, _) => Outcome::gap(Gap::unknown("the owner", path).expected(word)),
                    (owner, _) => Outcome::gap(mismatch(path, word, owner)),
                };
            }
            RequiredOwner::Subject | RequiredOwner::Promised => {
                let (ticket, link) = match case.ticket_behind() {
                    Ok(behind) => behind,
                    Err(gap) => return Outcome::gap(gap),
                };
                let promised = link.filter(|_| self.owner == RequiredOwner::Promised).map(|link| &link.owner);
                match promised {
                    Some(Fact::Known(owner)) => Some(owner.clone()),
                    Some(Fact::None) => None,
                    Some(Fact::Unknown) | None => {
                        let role = link.and_then(|link| case.setting.link_role(ticket, link));
                        let goes_back = self.owner == RequiredOwner::Promised && role == Some(LinkRole::Collect);
                        match (goes_back, ticket.subject.text()) {
                            (true, _) => None,
                            (false, Some(subject)) => Some(Party::Person(subject.to_owned())),
                            (false, None) => {
                                let path = format!("{}/subject", crate::problem::pointer("/tickets", &ticket.id));
                                return Outcome::gap(
                                    Gap::unknown("whose the asset is to be", path).expected("a promised owner, or a subject"),
                                );
                            }
                        }
                    }
                }
            }
        };
        let expected = wanted.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string);
        match (&asset.owner, &wanted) {
            (Fact::Unknown, _) => Outcome::gap(Gap::unknown("the owner", path).expected(expected)),
            (Fact::None, None) => Outcome::met(),
            (Fact::Known(owner), Some(wanted)) if owner == wanted => Outcome::met(),
            (owner, _) => Outcome::gap(mismatch(path, &expected, owner)),
        }
    }
}

fn mismatch(path: String, expected: &str, owner: &Fact<Party>) -> Gap {
    let found = owner.value().map_or_else(|| "none".to_owned(), ToString::to_string);
    Gap::wrong(Code::OwnerMismatch, "the record's owner is not the one that it has to be").at(path).expected(expected).found(found)
}

impl Location {
    /// Whether nothing can be in both places.
    pub fn excludes(&self, other: &Self) -> bool {
        use RequiredLocation::{Listed, None, Recorded};
        match (self.location, other.location) {
            (None, Recorded | Listed) | (Recorded | Listed, None) => true,
            (Listed, Listed) => !self.places.iter().any(|place| other.places.contains(place)),
            _ => false,
        }
    }

    pub fn check(&self, names: &mut Names, path: &str) {
        if (self.location == RequiredLocation::Listed) == self.places.is_empty() {
            names.problem("form-shape", path, "`places` and `location: listed` go together", "write both or neither");
        }
    }

    pub fn judge<'a>(&'a self, case: &Case<'a>) -> Outcome<'a> {
        let Thing::Asset(asset) = case.thing else { return asset_only(case) };
        let path = case.path("location");
        let found = || asset.location.text().map_or_else(|| "none".to_owned(), str::to_owned);
        let wanted = match self.location {
            RequiredLocation::None => None,
            RequiredLocation::Recorded => {
                return match &asset.location {
                    Fact::Known(place) if !crate::id::is_blank(place) => Outcome::met(),
                    _ => Outcome::gap(Gap::unknown("the location", path).expected("a location")),
                };
            }
            RequiredLocation::Listed => {
                let expected = self.places.join(" or ");
                return match &asset.location {
                    Fact::Unknown => Outcome::gap(Gap::unknown("the location", path).expected(expected)),
                    Fact::Known(place) if self.places.contains(place) => Outcome::met(),
                    _ => Outcome::gap(
                        Gap::wrong(Code::LocationMismatch, "the asset is in none of the named places")
                            .at(path)
                            .expected(expected)
                            .found(found()),
                    ),
                };
            }
            RequiredLocation::Promised => {
                let (ticket, link) = match case.ticket_behind() {
                    Ok(behind) => behind,
                    Err(gap) => return Outcome::gap(gap),
                };
                let by_link = link.map_or(&Fact::Unknown, |link| &link.location);
                match if by_link.is_unknown() { &ticket.destination } else { by_link } {
                    Fact::Known(place) => Some(place.as_str()),
                    Fact::None => None,
                    Fact::Unknown => {
                        let path = format!("{}/destination", crate::problem::pointer("/tickets", &ticket.id));
                        return Outcome::gap(
                            Gap::unknown("where the asset is to be", path).expected("a promised location, or a destination"),
                        );
                    }
                }
            }
        };
        let expected = wanted.unwrap_or("none");
        match (&asset.location, wanted) {
            (Fact::Unknown, _) => Outcome::gap(Gap::unknown("the location", path).expected(expected)),
            (Fact::None, None) => Outcome::met(),
            (Fact::Known(place), Some(wanted)) if place == wanted => Outcome::met(),
            _ => Outcome::gap(
                Gap::wrong(Code::LocationMismatch, "the record's location is not the one that it has to be")
                    .at(path)
                    .expected(expected)
                    .found(found()),
            ),
        }
    }
}
