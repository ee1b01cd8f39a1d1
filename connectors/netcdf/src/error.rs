//! From the errors of an object store to [`ArrayError`].

use hyperslab_array::{ArrayError, ErrorKind};
use object_store::Error as StoreError;

/// What `error` of a request for the file means.
pub(crate) fn store_error(error: StoreError) -> ArrayError {
    let is_denied = matches!(&error, StoreError::PermissionDenied { .. } | StoreError::Unauthenticated { .. });
    let (kind, retryable) = match &error {
        StoreError::NotFound { .. } => (ErrorKind::NotFound, false),
        StoreError::NotSupported { .. } | StoreError::NotImplemented { .. } => (ErrorKind::Unsupported, false),
        _ => (ErrorKind::Io, !is_denied),
    };
    let out = ArrayError::new(kind, "the file cannot be read").with_source(error).with_retryable(retryable);
    if is_denied {
        out.hint("check the credentials; a public bucket may want requests that are not signed")
    } else {
        out
    }
}
