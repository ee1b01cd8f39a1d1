//! Stores in memory, written by hand or by the writer, and what comes out of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod contract;
mod decode;
mod hostile;
mod mutations;
mod open;
mod requests;
mod store;
mod writer;
