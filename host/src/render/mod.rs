//! What people read: decisions and problems as text. Programs read JSON.

pub(crate) mod decision;
mod page;
pub(crate) mod problem;

pub(crate) use page::{Page, TOGETHER, Tone};
