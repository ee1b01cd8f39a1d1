//! The messages of the actions `SetSessionOptions`, `GetSessionOptions` and `CloseSession`, as Flight's protocol has
//! them.

use std::collections::HashMap;

use prost::Message;

/// The action that sets options.
pub(super) const SET: &str = "SetSessionOptions";
/// The action that asks for options.
pub(super) const GET: &str = "GetSessionOptions";
/// The action that ends the session.
pub(super) const CLOSE: &str = "CloseSession";

/// The value of an option.
#[derive(Clone, PartialEq, Message)]
pub(super) struct OptionValue {
    #[prost(oneof = "Value", tags = "1, 2, 3, 4, 5")]
    pub value: Option<Value>,
}

/// The kinds of values; none at all takes an option back.
#[derive(Clone, PartialEq, prost::Oneof)]
pub(super) enum Value {
    #[prost(string, tag = "1")]
    Text(String),
    #[prost(bool, tag = "2")]
    Bool(bool),
    #[prost(sfixed64, tag = "3")]
    Integer(i64),
    #[prost(double, tag = "4")]
    Double(f64),
    #[prost(message, tag = "5")]
    Texts(Texts),
}

/// Several texts.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Texts {
    #[prost(string, repeated, tag = "1")]
    pub values: Vec<String>,
}

impl OptionValue {
    /// A value.
    pub fn of(value: Value) -> Self {
        Self { value: Some(value) }
    }

    /// The value as `SET` has it; `None` where there is none.
    pub fn text(&self) -> Option<String> {
        Some(match self.value.as_ref()? {
            Value::Text(text) => text.clone(),
            Value::Bool(value) => value.to_string(),
            Value::Integer(value) => value.to_string(),
            Value::Double(value) => value.to_string(),
            Value::Texts(texts) => texts.values.join(","),
        })
    }
}

/// Sets options.
#[derive(Clone, PartialEq, Message)]
pub(super) struct SetRequest {
    #[prost(map = "string, message", tag = "1")]
    pub options: HashMap<String, OptionValue>,
}

/// Which options were not set.
#[derive(Clone, PartialEq, Message)]
pub(super) struct SetResult {
    #[prost(map = "string, message", tag = "1")]
    pub errors: HashMap<String, SetError>,
}

/// Why an option was not set.
#[derive(Clone, Copy, PartialEq, Message)]
pub(super) struct SetError {
    #[prost(enumeration = "SetErrorValue", tag = "1")]
    pub value: i32,
}

/// The reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub(super) enum SetErrorValue {
    /// Another one.
    Unspecified = 0,
    /// There is no such option.
    InvalidName = 1,
    /// The option cannot have this value.
    InvalidValue = 2,
    /// The option could not be set.
    Error = 3,
}

/// The options that are set.
#[derive(Clone, PartialEq, Message)]
pub(super) struct GetResult {
    #[prost(map = "string, message", tag = "1")]
    pub options: HashMap<String, OptionValue>,
}

/// How the session ended.
#[derive(Clone, Copy, PartialEq, Message)]
pub(super) struct CloseResult {
    #[prost(enumeration = "CloseStatus", tag = "1")]
    pub status: i32,
}

/// The ways in which a session ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub(super) enum CloseStatus {
    /// Unknown.
    Unspecified = 0,
    /// It has ended.
    Closed = 1,
    /// It will end.
    Closing = 2,
    /// It cannot end.
    NotCloseable = 3,
}
