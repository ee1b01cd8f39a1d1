//! The server, asked by clients over sockets.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod flight;
