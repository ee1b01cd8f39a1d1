//! The server, asked by clients over sockets and through its sessions.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod access;
mod flight;
