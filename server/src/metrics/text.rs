//! The metrics in the text format of Prometheus, 0.0.4.

use std::fmt::Write;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use super::{Metrics, OUTCOMES, PROTOCOLS, SECONDS};
use crate::auth::Users;
use crate::core::Hub;

impl Metrics {
    /// The text, with what `hub` holds now and the logins that were refused.
    pub fn text(&self, hub: &Hub, users: &Users) -> String {
        let mut text = Text::default();
        self.statements(&mut text);
        let counters = [
            ("rows_total", "Rows that statements have answered.", self.rows.load(Ordering::Relaxed)),
            ("chunks_read_total", "Chunks that statements have read.", self.chunks.load(Ordering::Relaxed)),
            (
                "bytes_stored_read_total",
                "Bytes that statements have read, as they are stored.",
                self.bytes.load(Ordering::Relaxed),
            ),
            ("logins_refused_total", "Logins with a wrong password or token.", users.refused()),
        ];
        for (name, help, counter) in counters {
            text.begin(name, "counter", help);
            text.line(name, &[], counter as f64);
        }
        let name = "connections_refused_total";
        text.begin(name, "counter", "Connections over a limit of the server or of a user.");
        for (protocol, count) in PROTOCOLS.iter().zip(&self.refused_connections) {
            text.line(name, &[("protocol", protocol.name())], count.load(Ordering::Relaxed) as f64);
        }
        let name = "connections_open";
        text.begin(name, "gauge", "Connections that are open.");
        let open = hub.open_sessions();
        for protocol in PROTOCOLS {
            let count = open.iter().filter(|session| session.protocol() == protocol).count();
            text.line(name, &[("protocol", protocol.name())], count as f64);
        }
        drop(open);
        text.begin("statements_running", "gauge", "Statements that run.");
        text.line("statements_running", &[], self.running() as f64);
        let pool = &hub.context().session().runtime_env().memory_pool;
        text.begin("memory_reserved_bytes", "gauge", "Memory that statements and kept chunks hold.");
        text.line("memory_reserved_bytes", &[], pool.reserved() as f64);
        if let Some(cache) = hub.context().registry().cache() {
            text.begin("chunk_cache_bytes", "gauge", "Memory that chunks are kept in.");
            text.line("chunk_cache_bytes", &[], cache.bytes() as f64);
            let (hits, misses) = cache.hits_and_misses();
            text.begin("chunk_cache_reads_total", "counter", "Reads of stores with a cache, by where the bytes were.");
            text.line("chunk_cache_reads_total", &[("from", "cache")], hits as f64);
            text.line("chunk_cache_reads_total", &[("from", "store")], misses as f64);
        }
        text.0
    }

    fn statements(&self, text: &mut Text) {
        let statements = self.statements.lock().unwrap_or_else(PoisonError::into_inner);
        text.begin("statements_total", "counter", "Statements that have ended, by how.");
        for (user, counts) in &statements.counts {
            for (protocol, counts) in PROTOCOLS.iter().zip(counts) {
                for (outcome, count) in OUTCOMES.iter().zip(counts).filter(|(_, count)| **count > 0) {
                    let labels = [("user", user.as_str()), ("protocol", protocol.name()), ("outcome", outcome)];
                    text.line("statements_total", &labels, *count as f64);
                }
            }
        }
        text.begin("statement_seconds", "histogram", "How long statements took.");
        for (protocol, histogram) in PROTOCOLS.iter().zip(&statements.seconds) {
            let protocol = protocol.name();
            let mut sum = 0u64;
            let ends = SECONDS.iter().map(f64::to_string).chain(["+Inf".to_string()]);
            for (end, count) in ends.zip(histogram.counts) {
                sum = sum.saturating_add(count);
                text.line("statement_seconds_bucket", &[("protocol", protocol), ("le", &end)], sum as f64);
            }
            text.line("statement_seconds_sum", &[("protocol", protocol)], histogram.sum);
            text.line("statement_seconds_count", &[("protocol", protocol)], sum as f64);
        }
    }
}

#[derive(Default)]
struct Text(String);

impl Text {
    // Writing to a `String` never fails.
    fn begin(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP hyperslab_{name} {help}\n# TYPE hyperslab_{name} {kind}");
    }

    fn line(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        let _ = write!(self.0, "hyperslab_{name}");
        for (i, (label, value)) in labels.iter().enumerate() {
            let before = if i == 0 { '{' } else { ',' };
            let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let _ = write!(self.0, "{before}{label}=\"{value}\"");
        }
        let _ = writeln!(self.0, "{} {value}", if labels.is_empty() { "" } else { "}" });
    }
}
