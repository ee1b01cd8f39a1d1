//! The counters, and their text.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::HashMap;
use std::sync::Arc;

use hyperslab::Context;

use super::*;
use crate::auth::Users;
use crate::config::Rights;
use crate::core::{Hub, HubOptions};

#[test]
fn what_was_counted_is_in_the_text() {
    let hub = Hub::new(Context::builder().build().unwrap(), HubOptions::default());
    let users = Users::trusting(HashMap::new(), Rights::default()).unwrap();
    let session = hub.connect("ann", Arc::new(Rights::default()), Protocol::Postgres).unwrap();
    let reads = Reads { chunks: 3, requests: 4, bytes_stored: 500, bytes_decoded: 900 };
    let metrics = hub.metrics();
    let end = |user: &str, protocol, ms, error: Option<&ServerError>| {
        metrics.begun();
        metrics.ended(user, protocol, Duration::from_millis(ms), 7, reads, error);
    };
    end("ann", Protocol::Postgres, 30, None);
    end("ann", Protocol::Postgres, 700, Some(&ServerError::new(code::QUERY_CANCELED, "x")));
    end("a\"b\\\n", Protocol::Flight, 3_600_000, Some(&ServerError::new(code::SYNTAX_ERROR, "x")));
    metrics.begun();
    metrics.connection_refused(Protocol::Flight);
    users.check_token("nobody's").unwrap_err();

    let text = metrics.text(&hub, &users);
    for line in [
        "# TYPE hyperslab_statements_total counter",
        "hyperslab_statements_total{user=\"ann\",protocol=\"postgres\",outcome=\"ok\"} 1",
        "hyperslab_statements_total{user=\"ann\",protocol=\"postgres\",outcome=\"stopped\"} 1",
        "hyperslab_statements_total{user=\"a\\\"b\\\\\\n\",protocol=\"flight\",outcome=\"error\"} 1",
        "hyperslab_statement_seconds_bucket{protocol=\"postgres\",le=\"0.025\"} 0",
        "hyperslab_statement_seconds_bucket{protocol=\"postgres\",le=\"0.05\"} 1",
        "hyperslab_statement_seconds_bucket{protocol=\"postgres\",le=\"1\"} 2",
        "hyperslab_statement_seconds_bucket{protocol=\"flight\",le=\"600\"} 0",
        "hyperslab_statement_seconds_bucket{protocol=\"flight\",le=\"+Inf\"} 1",
        "hyperslab_statement_seconds_sum{protocol=\"postgres\"} 0.73",
        "hyperslab_statement_seconds_count{protocol=\"postgres\"} 2",
        "hyperslab_rows_total 21",
        "hyperslab_chunks_read_total 9",
        "hyperslab_bytes_stored_read_total 1500",
        "hyperslab_logins_refused_total 1",
        "hyperslab_connections_refused_total{protocol=\"flight\"} 1",
        "hyperslab_connections_open{protocol=\"postgres\"} 1",
        "hyperslab_connections_open{protocol=\"flight\"} 0",
        "hyperslab_statements_running 1",
        "hyperslab_memory_reserved_bytes 0",
    ] {
        assert!(text.lines().any(|l| l == line), "{line} in\n{text}");
    }
    drop(session);
    assert!(metrics.text(&hub, &users).contains("hyperslab_connections_open{protocol=\"postgres\"} 0"));
}

#[test]
fn users_beyond_many_are_counted_together() {
    let metrics = Metrics::default();
    for i in 0..MOST_USERS + 10 {
        metrics.begun();
        metrics.ended(&format!("user{i}"), Protocol::Postgres, Duration::ZERO, 0, Reads::default(), None);
    }
    let statements = metrics.statements.lock().unwrap();
    assert_eq!(statements.counts.len(), MOST_USERS + 1);
    assert_eq!(statements.counts[OTHERS][0][0], 10);
}
