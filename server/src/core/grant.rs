//! [`Grant`]: the prefixes below which a user may name locations, and whether a location lies below one.
//!
//! Two readers take a location apart after this: that of the datasets and that of DataFusion's files, and they do not
//! always agree. So what could mean two things is refused here, whatever it means.
//!
//! ```text
//! text ─→ refuse what has two meanings ─→ path ─→ absolute ─→ links resolved ─→ below a prefix?
//!                                     └─→ URL ─→ scheme, host, segments ────→ below a prefix?
//! ```

mod links;

use std::path::{Path, PathBuf};

use links::{Looked, resolved};

/// The prefixes that a user was granted.
#[derive(Debug, Default)]
pub(super) struct Grant {
    prefixes: Vec<Place>,
    /// What relative paths are relative to.
    folder: PathBuf,
    looked: Looked,
}

/// A location with one meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    /// A path, absolute, without `.`, `..` and empty parts.
    Path(PathBuf),
    /// The scheme in lower case, the authority as it is written, the parts of the path.
    Url { scheme: String, authority: String, parts: Vec<String> },
}

impl Place {
    /// The path with its links resolved, where it is one.
    fn resolved(&self) -> Option<PathBuf> {
        match self {
            Self::Path(path) => resolved(path),
            Self::Url { .. } => None,
        }
    }
}

impl Grant {
    /// The grant of these prefixes. One that is none grants nothing; the configuration has refused it before.
    pub fn new(prefixes: &[String], folder: &Path) -> Self {
        let prefixes = prefixes.iter().filter_map(|prefix| place(prefix, folder, false).ok()).collect();
        Self { prefixes, folder: folder.to_path_buf(), looked: Looked::default() }
    }

    /// Whether `location` is at or below one of the prefixes, links resolved.
    ///
    /// A link that changes between this question and the reading is not seen: who can make links in a granted folder
    /// is trusted with what they lead to.
    ///
    /// # Errors
    /// What is wrong with a location that is never granted.
    pub fn allows(&self, location: &str) -> Result<bool, String> {
        Ok(match place(location, &self.folder, true)? {
            Place::Path(path) => {
                let Some(real) = resolved(&path) else { return Ok(false) };
                let folders: Vec<PathBuf> = self.prefixes.iter().filter_map(Place::resolved).collect();
                let inside = |path: &Path| folders.iter().any(|folder| path.starts_with(folder));
                if !inside(&real) {
                    return Ok(false);
                }
                self.looked.through(&real, inside)?;
                true
            }
            Place::Url { scheme, authority, parts } => self.prefixes.iter().any(|prefix| match prefix {
                Place::Url { scheme: s, authority: a, parts: p } => {
                    *s == scheme && *a == authority && parts.starts_with(p)
                }
                Place::Path(_) => false,
            }),
        })
    }
}

/// Whether a prefix of the configuration is one.
///
/// # Errors
/// What was expected.
pub(crate) fn check_prefix(prefix: &str) -> Result<(), String> {
    place(prefix, Path::new("/"), false).map(drop).map_err(|why| format!("a path or a URL ({why})"))
}

/// Takes a location apart. In one that a statement names, a wild card ends it: what it matches lies below the rest.
fn place(text: &str, folder: &Path, wild_cards: bool) -> Result<Place, String> {
    if text.is_empty() || text.trim() != text || text.chars().any(char::is_control) {
        return Err("it is empty, or has blanks around it or a control character in it".into());
    }
    if text.contains('\\') {
        return Err("it has a `\\` in it".into());
    }
    // The archive is what is opened.
    let text = match text.split_once("://") {
        Some((scheme, inner)) if scheme.eq_ignore_ascii_case("zip") => inner,
        _ => text,
    };
    if text.starts_with('/') {
        return path(text, wild_cards);
    }
    match text.split_once("://") {
        Some((scheme, rest)) if is_scheme(scheme) => match scheme.to_ascii_lowercase().as_str() {
            "file" => file_url(rest),
            "zip" => Err("it is an archive in an archive".into()),
            scheme => url(scheme, rest),
        },
        // `file:x`, `s3:x` are URLs to one reader and paths to the other.
        _ if text.contains(':') => Err("it has a `:` in it, and is neither a URL nor an absolute path".into()),
        _ => path(&format!("{}/{text}", folder.display()), wild_cards),
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

fn path(text: &str, wild_cards: bool) -> Result<Place, String> {
    let mut path = PathBuf::from("/");
    let parts = || text.split('/').filter(|part| !part.is_empty() && *part != ".");
    // All of them: a way out may also lie behind a wild card.
    parts().try_for_each(refuse_way_out)?;
    for part in parts() {
        if wild_cards && part.contains(['*', '?', '[']) {
            break;
        }
        path.push(part);
    }
    Ok(Place::Path(path))
}

fn file_url(rest: &str) -> Result<Place, String> {
    let rest = without_query(rest);
    if !rest.starts_with('/') {
        return Err("a local URL has three slashes, `file:///data/x.zarr`".into());
    }
    let mut path = PathBuf::from("/");
    for part in rest.split('/').filter(|part| !part.is_empty() && *part != ".") {
        path.push(decoded(part)?);
    }
    Ok(Place::Path(path))
}

fn url(scheme: &str, rest: &str) -> Result<Place, String> {
    let (all, rest) = (rest, without_query(rest));
    // Some readers look for the host behind a `?` that comes right after it.
    if !rest.contains('/') && all.contains(['/', '@']) {
        return Err("it has a `/` or a `@` behind a `?` or `#`, and no path".into());
    }
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    if authority.is_empty() || !authority.chars().all(|c| c.is_ascii_alphanumeric() || "-_.:@[]".contains(c)) {
        return Err("its host or bucket has a character that is expected in none".into());
    }
    let mut parts = Vec::new();
    for part in path.trim_end_matches('/').split('/') {
        if part.is_empty() && !path.is_empty() {
            return Err("it has `//` in its path".into());
        }
        if part == "." {
            return Err("it has a part `.`".into());
        }
        parts.push(decoded(part)?);
    }
    parts.retain(|part| !part.is_empty());
    Ok(Place::Url { scheme: scheme.into(), authority: authority.into(), parts })
}

fn without_query(text: &str) -> &str {
    text.split(['?', '#']).next().unwrap_or(text)
}

fn refuse_way_out(part: &str) -> Result<(), String> {
    if part == ".." {
        return Err("it has a part `..`".into());
    }
    // `.`, `/`, `\\` and `%` for a reader that takes the path for one of a URL.
    let part = part.to_ascii_lowercase();
    match ["%2e", "%2f", "%5c", "%25"].iter().any(|hidden| part.contains(hidden)) {
        true => Err("it hides a `.`, a `/`, a `\\` or a `%` behind a `%`".into()),
        false => Ok(()),
    }
}

/// A part of the path of a URL in plain characters; one that could mean something else when it is decoded again is
/// refused.
fn decoded(part: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|b| char::from(b).to_digit(16)).and_then(|d| u8::try_from(d).ok());
        let (Some(high), Some(low)) = (digit(), digit()) else {
            return Err("it has a `%` without two digits behind it".into());
        };
        bytes.push((high << 4) | low);
    }
    let text = String::from_utf8(bytes).map_err(|_| "it is no text when it is decoded".to_string())?;
    if text.contains(['/', '\\', '%']) || text.chars().any(char::is_control) || text == "." {
        return Err("it hides a `/`, a `\\`, a `.` or a `%` behind a `%`".into());
    }
    refuse_way_out(&text)?;
    Ok(text)
}

#[cfg(test)]
mod tests;
