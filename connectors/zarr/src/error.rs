//! From the errors of an object store, and of codecs, to [`ArrayError`].

use hyperslab_array::{ArrayError, ErrorKind};
use object_store::Error as StoreError;

/// What `error` of a request for `path` means.
pub(crate) fn store_error(path: &str, error: StoreError) -> ArrayError {
    let (kind, retryable) = match &error {
        StoreError::NotFound { .. } => (ErrorKind::NotFound, false),
        StoreError::NotSupported { .. } | StoreError::NotImplemented { .. } => (ErrorKind::Unsupported, false),
        StoreError::InvalidPath { .. } => (ErrorKind::Invalid, false),
        StoreError::PermissionDenied { .. } | StoreError::Unauthenticated { .. } => (ErrorKind::Io, false),
        _ => (ErrorKind::Io, true),
    };
    let denied = matches!(&error, StoreError::PermissionDenied { .. } | StoreError::Unauthenticated { .. });
    let out = ArrayError::new(kind, format!("cannot read `{path}`")).with_source(error).with_retryable(retryable);
    if denied { out.hint("check the credentials; a public bucket may want requests that are not signed") } else { out }
}

/// Whether `error` says that there is nothing under the name.
pub(crate) fn is_missing(error: &StoreError) -> bool {
    matches!(error, StoreError::NotFound { .. })
}

/// Whether `error` says that this client may not look. Object stores say so of missing keys, too, to clients that
/// may not list.
pub(crate) fn is_denied(error: &StoreError) -> bool {
    matches!(error, StoreError::PermissionDenied { .. } | StoreError::Unauthenticated { .. })
}
