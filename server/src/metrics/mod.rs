//! [`Metrics`]: what the server has done, counted, and its text for Prometheus.

mod text;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hyperslab::Reads;

use crate::core::Protocol;
use crate::error::{ServerError, code};

/// The upper ends of the classes of the histogram of seconds.
const SECONDS: [f64; 12] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0, 600.0];

/// Users that are counted by name. Where nobody is asked for a password, clients say any.
const MOST_USERS: usize = 200;

/// Stands for the users beyond.
const OTHERS: &str = "(others)";

/// What the server has done since its start.
#[derive(Debug, Default)]
pub struct Metrics {
    statements: Mutex<Statements>,
    rows: AtomicU64,
    chunks: AtomicU64,
    bytes: AtomicU64,
    running: AtomicU64,
    refused_connections: [AtomicU64; PROTOCOLS.len()],
}

#[derive(Debug, Default)]
struct Statements {
    /// How many, by user, protocol and outcome.
    counts: BTreeMap<String, [[u64; OUTCOMES.len()]; PROTOCOLS.len()]>,
    seconds: [Histogram; PROTOCOLS.len()],
}

#[derive(Debug, Default, Clone, Copy)]
struct Histogram {
    /// Of each class alone; the last is of what is longer than all.
    counts: [u64; SECONDS.len() + 1],
    sum: f64,
}

/// The protocols that are counted.
const PROTOCOLS: [Protocol; 2] = [Protocol::Postgres, Protocol::Flight];

/// How a statement ends, as labels.
const OUTCOMES: [&str; 3] = ["ok", "error", "stopped"];

impl Metrics {
    /// Counts a statement that begins.
    pub(crate) fn begun(&self) {
        self.running.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a statement that has ended.
    pub(crate) fn ended(
        &self,
        user: &str,
        protocol: Protocol,
        took: Duration,
        rows: u64,
        reads: Reads,
        error: Option<&ServerError>,
    ) {
        self.running.fetch_sub(1, Ordering::Relaxed);
        self.rows.fetch_add(rows, Ordering::Relaxed);
        self.chunks.fetch_add(reads.chunks, Ordering::Relaxed);
        self.bytes.fetch_add(reads.bytes_stored, Ordering::Relaxed);
        let outcome = match error.map(|e| e.code) {
            None => 0,
            Some(code::QUERY_CANCELED | code::ADMIN_SHUTDOWN) => 2,
            Some(_) => 1,
        };
        let protocol = number(protocol);
        let mut statements = self.statements.lock().unwrap_or_else(PoisonError::into_inner);
        let known = statements.counts.contains_key(user) || statements.counts.len() < MOST_USERS;
        let counts = statements.counts.entry(if known { user } else { OTHERS }.to_string()).or_default();
        if let Some(count) = counts.get_mut(protocol).and_then(|counts| counts.get_mut(outcome)) {
            *count = count.saturating_add(1);
        }
        if let Some(seconds) = statements.seconds.get_mut(protocol) {
            seconds.add(took.as_secs_f64());
        }
    }

    /// Takes back that a statement began: it is counted under another watch.
    pub(crate) fn forgotten(&self) {
        self.running.fetch_sub(1, Ordering::Relaxed);
    }

    /// Counts a connection over a limit.
    pub(crate) fn connection_refused(&self, protocol: Protocol) {
        if let Some(count) = self.refused_connections.get(number(protocol)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The statements that run now.
    pub fn running(&self) -> u64 {
        self.running.load(Ordering::Relaxed)
    }
}

impl Histogram {
    fn add(&mut self, seconds: f64) {
        let class = SECONDS.iter().position(|end| seconds <= *end).unwrap_or(SECONDS.len());
        if let Some(count) = self.counts.get_mut(class) {
            *count = count.saturating_add(1);
        }
        self.sum += seconds;
    }
}

fn number(protocol: Protocol) -> usize {
    PROTOCOLS.iter().position(|p| *p == protocol).unwrap_or_default()
}

#[cfg(test)]
mod tests;
