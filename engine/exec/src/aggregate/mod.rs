//! Aggregates on chunks, by position.

mod accumulate;
