//! The integration tests, one module a subject, in one binary so that it links once.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod aggregates;
mod agreement;
mod bad_input;
mod generated;
mod joins;
mod layers;
mod loopback;
mod random;
mod regrid;
mod requests;
mod slt;
mod windows;
