//! The list of functions is one that calls can be resolved in.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::HashSet;

use super::*;

#[test]
fn no_function_is_there_twice() {
    let mut seen = HashSet::new();
    let all = ALL.iter().flat_map(|list| list.iter());
    let twice: Vec<_> = all.filter(|f| !seen.insert((f.name, f.args))).map(|f| (f.name, f.args)).collect();
    assert_eq!(twice, []);
}
