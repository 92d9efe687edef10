//! `return_shipment`: the ticket's return shipment has what it needs.

use serde::Deserialize;

use crate::case::Case;
use crate::code::Code;
use crate::facts::model::words;
use crate::facts::{Fact, ReturnShipment as Shipment};
use crate::outcome::{Gap, Outcome};
use crate::policy::names::Names;
use crate::time::Time;

/// `return_shipment` as authors write it.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct ReturnShipment {
    return_shipment: Vec<Part>,
}

words! {
    /// A part of a return shipment.
    Part {
        /// The label was sent.
        LabelSent = "label_sent",
        /// The instructions were sent.
        InstructionsSent = "instructions_sent",
        /// A deadline is set.
        Deadline = "deadline",
        /// It arrived.
        Received = "received",
    }
}

impl ReturnShipment {
    pub fn check(&self, names: &mut Names, path: &str) {
        if self.return_shipment.is_empty() {
            names.problem("list-empty", format_args!("{path}/return_shipment"), "no part is named", "name at least one");
        }
    }

    pub fn judge<'a>(&'a self, case: &Case<'a>) -> Outcome<'a> {
        let (ticket, _) = match case.ticket_behind() {
            Ok(behind) => behind,
            Err(gap) => return Outcome::gap(gap),
        };
        let path = format!("{}/return_shipment", crate::problem::pointer("/tickets", &ticket.id));
        let shipment = match &ticket.return_shipment {
            Fact::Known(shipment) => shipment,
            Fact::None => return Outcome::gap(Gap::wrong(Code::ShipmentIncomplete, "there is no return shipment").at(path).found("none")),
            Fact::Unknown => return Outcome::gap(Gap::unknown("the return shipment", path)),
        };
        let Shipment { label_sent, instructions_sent, deadline, received } = shipment;
        let mut gaps = Vec::new();
        for part in &self.return_shipment {
            let at = |time: &Fact<Time>| time.map(|time| (!case.setting.is_future(time), case.policy().show(time)));
            let (what, value) = match part {
                Part::LabelSent => ("the label of the return shipment", at(label_sent)),
                Part::InstructionsSent => ("the instructions for the return shipment", at(instructions_sent)),
                Part::Received => ("the arrival of the return shipment", at(received)),
                Part::Deadline => ("the deadline of the return shipment", deadline.map(|day| (true, day.to_string()))),
            };
            let path = format!("{path}/{part}");
            match value {
                Fact::Known((true, _)) => {}
                Fact::Known((false, found)) => {
                    gaps.push(Gap::wrong(Code::EvidenceFuture, format!("{what} is dated after the time of decision")).at(path).found(found))
                }
                Fact::None => gaps.push(Gap::wrong(Code::ShipmentIncomplete, format!("{what} is missing")).at(path).found("none")),
                Fact::Unknown => gaps.push(Gap::unknown(what, path)),
            }
        }
        Outcome::of(gaps)
    }
}
