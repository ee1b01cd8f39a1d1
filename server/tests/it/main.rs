//! The server as its clients see it, over real connections, and through its sessions.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

mod access;
mod cancel;
mod copy;
mod extended;
mod flight;
mod frontend;
mod fuzz;
mod login;
mod replay;
mod simple;
mod support;
mod values;
