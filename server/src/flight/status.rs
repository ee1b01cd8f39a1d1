//! From [`ServerError`] to the status of gRPC.

use arrow_flight::error::FlightError;
use hyperslab::datafusion::arrow::error::ArrowError;
use tokio_util::sync::CancellationToken;
use tonic::metadata::MetadataValue;
use tonic::{Code, Status};

use crate::error::{ServerError, code};

/// The longest message: it travels in a header, and clients give up on large ones.
const LONGEST: usize = 3000;
/// The header that has PostgreSQL's code.
const SQLSTATE: &str = "sqlstate";

/// The status of a request that failed.
pub(super) fn status(error: &ServerError) -> Status {
    with_code(grpc_code(error.code), error)
}

/// The status of a statement that ended early: one that was stopped says whether by somebody or by its limit of time.
pub(super) fn stopped(error: &ServerError, token: &CancellationToken) -> Status {
    match error.code == code::QUERY_CANCELED && !token.is_cancelled() {
        true => with_code(Code::DeadlineExceeded, error),
        false => status(error),
    }
}

/// What a client sent that makes no sense.
pub(super) fn malformed(what: &str, error: impl std::fmt::Display) -> Status {
    let line = error.to_string().replace('\n', " ");
    status(&ServerError::new(code::PROTOCOL_VIOLATION, format!("cannot read {what}: {line}")))
}

/// A fault of ours while an answer was made.
pub(super) fn internal(error: impl std::fmt::Display) -> Status {
    status(&ServerError::new(code::INTERNAL_ERROR, error.to_string()))
}

/// An error of arrow while an answer was made.
pub(super) fn of_arrow(error: ArrowError) -> Status {
    status(&ServerError::from(hyperslab::datafusion::error::DataFusionError::from(error)))
}

/// An error of the builders of metadata.
pub(super) fn of_flight(error: FlightError) -> Status {
    match error {
        FlightError::Arrow(error) => of_arrow(error),
        FlightError::Tonic(status) => *status,
        other => internal(other),
    }
}

fn with_code(grpc: Code, error: &ServerError) -> Status {
    let mut message = error.to_string();
    if message.len() > LONGEST {
        let cut = (0..=LONGEST).rev().find(|at| message.is_char_boundary(*at)).unwrap_or(0);
        message.truncate(cut);
        message.push('…');
    }
    let mut status = Status::new(grpc, message);
    status.metadata_mut().insert(SQLSTATE, MetadataValue::from_static(error.code));
    status
}

fn grpc_code(code: &'static str) -> Code {
    match code {
        code::QUERY_CANCELED => Code::Cancelled,
        code::ADMIN_SHUTDOWN => Code::Unavailable,
        code::INSUFFICIENT_PRIVILEGE | code::READ_ONLY => Code::PermissionDenied,
        code::IO_ERROR => Code::Unavailable,
        code::INVALID_CATALOG_NAME => Code::NotFound,
        code::INVALID_STATEMENT_NAME | code::INVALID_CURSOR_NAME => Code::NotFound,
        _ => match code.get(..2) {
            Some("28") => Code::Unauthenticated,
            Some("53") => Code::ResourceExhausted,
            Some("0A") => Code::Unimplemented,
            Some("08" | "22" | "42") => Code::InvalidArgument,
            Some("25") => Code::FailedPrecondition,
            _ => Code::Internal,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_postgresql_become_those_of_grpc() {
        let grpc = |code| status(&ServerError::new(code, "x").hint("y")).code();
        assert_eq!(grpc(code::INVALID_PASSWORD), Code::Unauthenticated);
        assert_eq!(grpc(code::INVALID_AUTHORIZATION), Code::Unauthenticated);
        assert_eq!(grpc(code::INSUFFICIENT_PRIVILEGE), Code::PermissionDenied);
        assert_eq!(grpc(code::READ_ONLY), Code::PermissionDenied);
        assert_eq!(grpc(code::QUERY_CANCELED), Code::Cancelled);
        assert_eq!(grpc(code::TOO_MANY_CONNECTIONS), Code::ResourceExhausted);
        assert_eq!(grpc(code::LIMIT_EXCEEDED), Code::ResourceExhausted);
        assert_eq!(grpc(code::UNDEFINED_TABLE), Code::InvalidArgument);
        assert_eq!(grpc(code::FEATURE_NOT_SUPPORTED), Code::Unimplemented);
        assert_eq!(grpc(code::ADMIN_SHUTDOWN), Code::Unavailable);
        assert_eq!(grpc(code::INTERNAL_ERROR), Code::Internal);
    }

    #[test]
    fn a_hint_and_the_code_travel_with_the_message() {
        let status = status(&ServerError::new(code::UNDEFINED_TABLE, "no table `x`").hint("take `y`"));
        assert_eq!(status.message(), "no table `x`; hint: take `y`");
        assert_eq!(status.metadata().get(SQLSTATE).unwrap(), "42P01");
    }

    #[test]
    fn a_statement_over_its_time_is_past_its_deadline() {
        let token = CancellationToken::new();
        let error = ServerError::new(code::QUERY_CANCELED, "stopped");
        assert_eq!(stopped(&error, &token).code(), Code::DeadlineExceeded);
        token.cancel();
        assert_eq!(stopped(&error, &token).code(), Code::Cancelled);
    }

    #[test]
    fn a_long_message_is_cut_between_characters() {
        let status = status(&ServerError::new(code::SYNTAX_ERROR, "é".repeat(5000)));
        assert!(status.message().len() <= LONGEST + '…'.len_utf8(), "{}", status.message().len());
    }
}
