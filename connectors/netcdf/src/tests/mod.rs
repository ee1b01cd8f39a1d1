//! Files of the writer, of the netCDF library and of no program at all, and what comes out of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod contract;
mod hostile;
mod open;
mod requests;
mod store;
mod writer;
