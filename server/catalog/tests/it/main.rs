//! Answers of this crate beside those of PostgreSQL 15.

mod expressions;
mod fixture;
mod replay;
