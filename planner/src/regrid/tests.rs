//! What `regrid` answers, reads and refuses.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
