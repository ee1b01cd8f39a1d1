//! [`FlightOptions`]: the limits of the Flight SQL service.

use std::time::Duration;

/// The limits of the Flight SQL service; the defaults suit a server that some dozens of people use.
#[derive(Debug, Clone)]
pub struct FlightOptions {
    /// Open sockets at a time, also those that have not said yet who they are.
    pub sockets: usize,
    /// How long a client has for its TLS handshake, and again for its first request.
    pub greeting: Duration,
    /// After how long without a request a session ends.
    pub session_idle: Duration,
    /// After how long without a request a session ends whose connections are all closed.
    pub session_orphaned: Duration,
    /// After how long a ticket that nobody fetched is forgotten.
    pub ticket_lifetime: Duration,
    /// Tickets that a session may have and not fetch.
    pub tickets: usize,
    /// Prepared statements that a session may have open.
    pub prepared: usize,
    /// The largest message that a client may send, in bytes.
    pub message_bytes: usize,
    /// How large the messages are in which rows are sent, in bytes.
    pub batch_bytes: usize,
    /// How often a silent connection is asked whether it is still there; it is closed when it does not answer as long.
    pub keep_alive: Duration,
    /// How long connections have to end when the server stops.
    pub grace: Duration,
}

impl Default for FlightOptions {
    fn default() -> Self {
        Self {
            sockets: 1000,
            greeting: Duration::from_secs(10),
            session_idle: Duration::from_secs(3600),
            session_orphaned: Duration::from_secs(60),
            ticket_lifetime: Duration::from_secs(300),
            tickets: 200,
            prepared: 1000,
            message_bytes: 16 << 20,
            batch_bytes: 2 << 20,
            keep_alive: Duration::from_secs(30),
            grace: Duration::from_secs(3),
        }
    }
}
