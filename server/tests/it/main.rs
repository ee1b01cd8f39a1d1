//! The server as its clients see it, over real connections.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

mod cancel;
mod copy;
mod extended;
mod fuzz;
mod login;
mod simple;
mod support;
mod values;
