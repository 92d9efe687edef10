//! What sort of value an operation gives, as far as it shows at load.

use cel::common::ast::LiteralValue;

use super::shapes::{Record, Shape};
use crate::policy::document::AttributeType;
use crate::policy::names::Named;

/// What an operation gives, as far as it shows at load. Anything may also be null.
#[derive(Clone, Debug)]
pub(super) enum Sort {
    /// Not known, most often because of a fault that was told already.
    Any,
    /// A text, a number or a flag.
    Scalar,
    /// The value of an attribute that holds versions: as texts they have no order that means anything.
    Version,
    Null,
    Flag,
    Number,
    Text,
    /// A text written in the source, or one of several.
    Literal(Vec<String>),
    Id,
    Owner,
    Item,
    Word(&'static [&'static str]),
    Name(Named),
    Time,
    Day,
    List(Box<Sort>),
    Record(&'static Record),
    Attributes,
}

impl Sort {
    /// What stands in a fact of this shape.
    pub(super) fn of(shape: Shape) -> Self {
        match shape {
            Shape::Flag => Self::Flag,
            Shape::Text => Self::Text,
            Shape::Id => Self::Id,
            Shape::Owner => Self::Owner,
            Shape::Item => Self::Item,
            Shape::Word(words) => Self::Word(words),
            Shape::Name(named) => Self::Name(named),
            Shape::Time => Self::Time,
            Shape::Day => Self::Day,
            Shape::Each(shape) => Self::List(Box::new(Self::of(*shape))),
            Shape::Attributes => Self::Attributes,
            Shape::Record(record) => Self::Record(record),
            Shape::Rows(record) => Self::List(Box::new(Self::Record(record))),
        }
    }

    /// What stands in an attribute of this type.
    pub(super) fn of_attribute(declared: AttributeType) -> Self {
        match declared {
            AttributeType::Text => Self::Text,
            AttributeType::Number => Self::Number,
            AttributeType::Boolean => Self::Flag,
            AttributeType::Time => Self::Time,
            AttributeType::Version => Self::Version,
        }
    }

    /// Whether it is compared as a text.
    pub(super) fn textual(&self) -> bool {
        matches!(
            self,
            Self::Text | Self::Literal(_) | Self::Id | Self::Owner | Self::Item | Self::Word(_) | Self::Name(_) | Self::Time | Self::Day
        )
    }

    /// Whether an attribute could hold it.
    pub(super) fn scalar(&self) -> bool {
        self.textual() || matches!(self, Self::Scalar | Self::Flag | Self::Number | Self::Version)
    }

    /// Whether a value of this sort may be used where `wanted` is needed.
    pub(super) fn fits(&self, wanted: &Self) -> bool {
        match (self, wanted) {
            (Self::Any, _) | (_, Self::Any) | (Self::Flag, Self::Flag) | (Self::Number, Self::Number) | (Self::List(_), Self::List(_)) => {
                true
            }
            (Self::Scalar, wanted) => wanted.scalar(),
            (given, Self::Scalar) => given.scalar(),
            (given, Self::Text) => given.textual(),
            _ => false,
        }
    }

    /// What messages call it.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Any | Self::Scalar => "a value",
            Self::Null => "null",
            Self::Flag => "true or false",
            Self::Number => "a number",
            Self::Version => "a version",
            Self::Text | Self::Literal(_) | Self::Id | Self::Owner | Self::Item | Self::Word(_) | Self::Name(_) => "a text",
            Self::Time => "a time",
            Self::Day => "a day",
            Self::List(_) => "a list",
            Self::Record(record) => record.name,
            Self::Attributes => "the attributes",
        }
    }

    /// What either of two values is.
    pub(super) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Null, sort) | (sort, Self::Null) => sort,
            (Self::Flag, Self::Flag) => Self::Flag,
            (Self::Number, Self::Number) => Self::Number,
            (Self::Time, Self::Time) => Self::Time,
            (Self::Day, Self::Day) => Self::Day,
            (Self::Id, Self::Id) => Self::Id,
            (Self::Owner, Self::Owner) => Self::Owner,
            (Self::Item, Self::Item) => Self::Item,
            (Self::Literal(one), Self::Literal(other)) => Self::Literal(one.into_iter().chain(other).collect()),
            (Self::Word(one), Self::Word(other)) if one == other => Self::Word(one),
            (Self::Name(one), Self::Name(other)) if one == other => Self::Name(one),
            (Self::List(one), Self::List(other)) => Self::List(Box::new(one.or(*other))),
            (Self::Record(one), Self::Record(other)) if std::ptr::eq(one, other) => Self::Record(one),
            (one, other) if one.textual() && other.textual() => Self::Text,
            (one, other) if one.scalar() && other.scalar() => Self::Scalar,
            _ => Self::Any,
        }
    }
}

/// The sort of a literal.
pub(super) fn literal_sort(literal: &LiteralValue) -> Sort {
    match literal {
        LiteralValue::Boolean(_) => Sort::Flag,
        LiteralValue::Int(_) => Sort::Number,
        LiteralValue::String(text) => Sort::Literal(vec![text.inner().to_owned()]),
        LiteralValue::Null => Sort::Null,
        // Refused among the tokens already.
        LiteralValue::Bytes(_) | LiteralValue::Double(_) | LiteralValue::UInt(_) => Sort::Any,
    }
}
