//! Arrow Flight SQL: columns of Arrow to clients such as ADBC and JDBC.
//!
//! ```text
//! TcpListener ─→ serve: TLS, HTTP/2 ─→ Guarded ─→ FlightSql ─→ Clients: who calls ─→ Client: Session, what is prepared
//!                                                     │
//!             GetFlightInfo: plan ─→ Tickets ─→ DoGet: Batches ─→ encode: plain columns, messages
//!                                                     └ metadata: catalogs, schemas, tables, types, what we can do
//! ```

mod actions;
mod client;
mod clients;
mod connection;
mod encode;
mod guarded;
mod metadata;
mod options;
mod parameters;
mod prepared;
mod put;
mod random;
mod serve;
mod service;
mod session_options;
mod settings;
mod statement;
mod status;
mod tickets;

pub use options::FlightOptions;
pub use serve::serve;
