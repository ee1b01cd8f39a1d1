//! Whether a location lies under a granted prefix.

/// Whether `location` is at or below one of `prefixes`, with no way out by `..`.
pub(super) fn is_under(prefixes: &[String], location: &str) -> bool {
    let parts: Vec<&str> = location.split('/').collect();
    if parts.contains(&"..") {
        return false;
    }
    prefixes.iter().any(|prefix| {
        location.strip_prefix(prefix.trim_end_matches('/')).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}
