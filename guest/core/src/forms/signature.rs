//! `signature`: a receipt or a return is signed, after the last issue and for the present identity (rule R5).

use serde::Deserialize;

use crate::case::{Case, Thing};
use crate::code::Code;
use crate::custody;
use crate::facts::model::words;
use crate::facts::{Fact, Party, SignatureKind};
use crate::outcome::{Gap, Outcome};
use crate::policy::names::Names;

/// `signature` as authors write it.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Signature {
    signature: SignatureKind,
    /// By whom; the subject where nothing is said.
    by: Option<Signer>,
}

words! {
    /// Who has to sign.
    Signer {
        /// The person whom the ticket is about.
        Subject = "subject",
        /// The person in whose name the asset stands.
        Owner = "owner",
        /// The subject's manager.
        Manager = "manager",
    }
}

impl Signature {
    #[allow(clippy::unused_self, reason = "every form has the same face")]
    pub fn check(&self, _: &mut Names, _: &str) {}

    pub fn judge<'a>(&'a self, case: &Case<'a>) -> Outcome<'a> {
        let Thing::Asset(asset) = case.thing else {
            return Outcome::gap(Gap::wrong(Code::SignatureMissing, "signatures are for assets").at(case.path("")));
        };
        let (ticket, _) = match case.ticket_behind() {
            Ok(behind) => behind,
            Err(gap) => return Outcome::gap(gap),
        };
        let base = crate::problem::pointer("/tickets", &ticket.id);
        let path = format!("{base}/signatures");
        let what = self.signature;
        let signer = match self.by.unwrap_or(Signer::Subject) {
            Signer::Subject => ticket.subject.text(),
            Signer::Owner => match asset.owner.value() {
                Some(Party::Person(id)) => Some(id.as_str()),
                _ => None,
            },
            Signer::Manager => case.subject_record().and_then(|person| person.manager.text()),
        };
        let Some(signer) = signer else {
            return Outcome::gap(
                Gap::unknown(format!("who has to sign the {what}"), base).expected(format!("the {}", self.by.unwrap_or(Signer::Subject))),
            );
        };
        let expected = format!("{what} signed by {signer}");
        let Fact::Known(rows) = &ticket.signatures else {
            return Outcome::gap(Gap::unknown(format!("the {what}"), path).expected(expected));
        };
        // A return ends the issue to whoever had it; a receipt begins the one to its signer.
        let holder = match (self.signature, self.by.unwrap_or(Signer::Subject)) {
            (_, Signer::Subject | Signer::Owner) => signer,
            (_, Signer::Manager) => ticket.subject.text().unwrap_or(signer),
        };
        let Some(issued) = custody::last_issue(&case.setting, asset, &Party::Person(holder.to_owned())) else {
            return Outcome::gap(
                Gap::unknown(format!("when the asset was last issued to {holder}"), case.path("custody"))
                    .expected(format!("{expected}, after that")),
            );
        };
        let mut best: Option<Gap> = None;
        for row in rows.iter().filter(|row| row.kind == self.signature && row.asset == asset.id && row.by.text() == Some(signer)) {
            let gap = |code: Code, message: &str, found: String| Some(Gap::wrong(code, message).at(&path).expected(&expected).found(found));
            let shown = row.at.value().map_or_else(|| crate::outcome::NOT_RECORDED.to_owned(), |at| case.policy().show(*at));
            best = match row.at {
                Fact::None | Fact::Unknown => Some(Gap::unknown(format!("when the {what} was signed"), &path).expected(&expected)),
                Fact::Known(at) if case.setting.is_future(at) => {
                    gap(Code::EvidenceFuture, "the signature is dated after the time of decision", shown)
                }
                Fact::Known(_) if row.automation == Fact::Known(true) => {
                    gap(Code::SignatureMissing, "software does not sign", "signed by automation".to_owned())
                }
                Fact::Known(at) if at < issued => gap(Code::SignatureTooEarly, "the signature is older than the last issue", shown),
                // Of two things of one name, it was signed for the one before.
                Fact::Known(at) if custody::is_before_identity(&case.setting, asset, at) => {
                    gap(Code::SignatureTooEarly, "the signature is older than the present identity", shown)
                }
                Fact::Known(_) if !custody::seen_is_identity(&case.setting, asset, &row.seen) => match row.seen.text() {
                    None => Some(Gap::unknown(format!("for which thing the {what} was signed"), &path).expected(&expected)),
                    Some(seen) => gap(Code::SignatureOtherItem, "the signature is for another thing", seen.to_owned()),
                },
                Fact::Known(_) => return Outcome::met(),
            };
        }
        Outcome::gap(best.unwrap_or_else(|| {
            Gap::wrong(Code::SignatureMissing, format!("the {what} is not signed")).at(&path).expected(&expected).found("no such signature")
        }))
    }
}
