//! Names that nobody can guess: tokens, tickets, handles.

use rustls::crypto::ring;

use crate::error::{ServerError, code};

/// `N` bytes of the operating system's randomness.
///
/// # Errors
/// When there is none.
pub(super) fn bytes<const N: usize>() -> Result<[u8; N], ServerError> {
    let mut bytes = [0; N];
    ring::default_provider()
        .secure_random
        .fill(&mut bytes)
        .map_err(|_| ServerError::new(code::INTERNAL_ERROR, "the operating system gives no random bytes"))?;
    Ok(bytes)
}

/// A token for a header: 256 bits in hexadecimal.
///
/// # Errors
/// As [`bytes`].
pub(super) fn token() -> Result<String, ServerError> {
    Ok(bytes::<32>()?.iter().map(|b| format!("{b:02x}")).collect())
}
