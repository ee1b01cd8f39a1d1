//! Hyperslab over the network: one session a connection, over a catalogue, a memory limit and stores that all share.
//!
//! ```text
//! PostgreSQL client ─→ postgres ─┐
//!                                ├─→ core: Hub ─→ Session ─→ Run (limits, cancel, log) ─→ hyperslab::Context
//! Flight SQL client ─→ flight ───┘
//! ```

pub mod auth;
pub mod config;
pub mod core;
pub mod dialect;
pub mod error;
pub mod flight;
pub mod metrics;
pub mod postgres;
pub mod serve;
pub mod tls;

pub use error::ServerError;
