//! What the server sends besides rows: messages put at the end of a buffer.

use bytes::{BufMut, BytesMut};
use pgwire::messages::Message;
use pgwire::messages::copy::{CopyDone, CopyOutResponse};
use pgwire::messages::data::{FieldDescription, NoData, ParameterDescription, RowDescription};
use pgwire::messages::extendedquery::{BindComplete, CloseComplete, ParseComplete, PortalSuspended};
use pgwire::messages::response::{
    CommandComplete, EmptyQueryResponse, ErrorResponse, NoticeResponse, ReadyForQuery, TransactionStatus,
};
use pgwire::messages::startup::{Authentication, BackendKeyData, NegotiateProtocolVersion, ParameterStatus, SecretKey};

use super::types::Column;
use crate::error::ServerError;

/// How bad an error is: of a statement, or of the whole connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Severity {
    Error,
    Fatal,
    Warning,
    Notice,
}

impl Severity {
    fn word(self) -> &'static str {
        match self {
            Self::Error => "ERROR",
            Self::Fatal => "FATAL",
            Self::Warning => "WARNING",
            Self::Notice => "NOTICE",
        }
    }
}

/// Something to tell beside the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Notice {
    pub severity: Severity,
    pub code: &'static str,
    pub message: String,
}

/// The messages that a server sends, each put behind those before it.
pub(super) trait Backend {
    fn message(&mut self, message: &impl Message);

    fn error(&mut self, severity: Severity, error: &ServerError) {
        self.message(&ErrorResponse::new(fields(
            severity,
            error.code,
            &error.message,
            error.hint.as_deref(),
            error.position,
        )));
    }

    fn notice(&mut self, notice: &Notice) {
        self.message(&NoticeResponse::new(fields(notice.severity, notice.code, &notice.message, None, None)));
    }

    fn command_complete(&mut self, tag: &str) {
        self.message(&CommandComplete::new(tag.to_string()));
    }

    fn ready(&mut self, status: TransactionStatus) {
        self.message(&ReadyForQuery::new(status));
    }

    fn row_description(&mut self, columns: &[Column], formats: &[Format]) {
        let describe = |(at, column): (usize, &Column)| {
            FieldDescription::new(
                clean(&column.name),
                0,
                0,
                column.oid,
                column.length,
                column.modifier,
                formats.get(at).copied().unwrap_or_default().code(),
            )
        };
        self.message(&RowDescription::new(columns.iter().enumerate().map(describe).collect()));
    }

    fn parameter_description(&mut self, types: &[u32]) {
        let mut description = ParameterDescription::default();
        description.types = types.to_vec();
        self.message(&description);
    }

    fn parameter_status(&mut self, name: &str, value: &str) {
        self.message(&ParameterStatus::new(clean(name), clean(value)));
    }

    fn backend_key(&mut self, id: i32, secret: i32) {
        self.message(&BackendKeyData::new(id, SecretKey::I32(secret)));
    }

    fn authentication(&mut self, step: &Authentication) {
        self.message(step);
    }

    fn negotiate(&mut self, options: Vec<String>) {
        // The newest minor version of PostgreSQL 15 is 3.0.
        self.message(&NegotiateProtocolVersion::new(0, options));
    }

    fn parse_complete(&mut self) {
        self.message(&ParseComplete::new());
    }

    fn bind_complete(&mut self) {
        self.message(&BindComplete::new());
    }

    fn close_complete(&mut self) {
        self.message(&CloseComplete::new());
    }

    fn portal_suspended(&mut self) {
        self.message(&PortalSuspended::new());
    }

    fn no_data(&mut self) {
        self.message(&NoData::new());
    }

    fn empty_query(&mut self) {
        self.message(&EmptyQueryResponse::new());
    }

    fn copy_out(&mut self, format: Format, columns: usize) {
        let columns = i16::try_from(columns).unwrap_or(i16::MAX);
        let formats = vec![format.code(); columns.unsigned_abs().into()];
        self.message(&CopyOutResponse::new(format.code() as i8, columns, formats));
    }

    fn copy_done(&mut self) {
        self.message(&CopyDone::new());
    }
}

impl Backend for BytesMut {
    fn message(&mut self, message: &impl Message) {
        let before = self.len();
        if message.encode(self).is_err() {
            // Only a message beyond the limits of the protocol: nothing of it may stay behind.
            self.truncate(before);
            tracing::warn!("a message was too long for the protocol and was not sent");
        }
    }
}

/// How values are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Format {
    #[default]
    Text,
    Binary,
}

impl Format {
    /// The number of the protocol.
    pub fn code(self) -> i16 {
        match self {
            Self::Text => 0,
            Self::Binary => 1,
        }
    }
}

fn fields(
    severity: Severity,
    code: &str,
    message: &str,
    hint: Option<&str>,
    position: Option<usize>,
) -> Vec<(u8, String)> {
    let mut fields = vec![
        (b'S', severity.word().to_string()),
        (b'V', severity.word().to_string()),
        (b'C', code.to_string()),
        (b'M', clean(message)),
    ];
    fields.extend(hint.map(|hint| (b'H', clean(hint))));
    fields.extend(position.map(|position| (b'P', position.to_string())));
    fields
}

/// Text for a message: a zero byte would end it.
fn clean(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// Leaves room for the length of a message of this kind, and gives the place of that room.
pub(super) fn begin(out: &mut BytesMut, kind: u8) -> usize {
    out.put_u8(kind);
    let at = out.len();
    out.put_i32(0);
    at
}

/// Puts the length of the message that [`begin`] began.
pub(super) fn end(out: &mut BytesMut, at: usize) {
    let length = i32::try_from(out.len().saturating_sub(at)).unwrap_or(i32::MAX);
    put_at(out, at, length);
}

/// Puts a length into the room that was left for it.
pub(super) fn put_at(out: &mut BytesMut, at: usize, length: i32) {
    if let Some(room) = out.get_mut(at..).and_then(|rest| rest.first_chunk_mut::<4>()) {
        *room = length.to_be_bytes();
    }
}
