//! Answers of this crate beside those of PostgreSQL 15.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod expressions;
mod fixture;
mod replay;
