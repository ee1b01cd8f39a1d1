//! What a person writes to say where a dataset is: a path or a URL, taken apart.
//!
//! A location never holds a secret: user names and passwords in URLs are refused, and query strings (signatures) are
//! kept out of what is printed.

use std::fmt;
use std::path::{Path, PathBuf};

use hyperslab_array::{ArrayError, Result};
use url::Url;

/// Which kind of store a location is in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// A file or directory of this machine.
    Local,
    /// The memory of this process: `memory://`.
    Memory,
    /// S3 and what speaks its protocol: `s3://`, `s3a://`.
    S3,
    /// Google Cloud Storage: `gs://`, `gcs://`.
    Gcs,
    /// Azure Blob Storage: `az://`, `azure://`, `abfs://`, `abfss://`.
    Azure,
    /// A web server: `http://`, `https://`.
    Http,
    /// Anything else; it can only be opened where a store was injected for it.
    Other(String),
}

/// A path or URL, taken apart.
///
/// ```
/// use hyperslab_connectors::Location;
/// let location = Location::parse("s3://bucket/sea/ersst.v5.zarr/")?;
/// assert_eq!(location.name(), "ersst_v5");
/// assert_eq!(location.to_string(), "s3://bucket/sea/ersst.v5.zarr");
/// # Ok::<(), hyperslab_array::ArrayError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Location {
    text: String,
    scheme: Scheme,
    place: Place,
    archive: bool,
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Place {
    Path(PathBuf),
    Url(Url),
}

impl Location {
    /// Takes `text` apart. Looks at nothing but the text.
    ///
    /// # Errors
    /// When it is empty, no valid URL, or a URL with a user name or password.
    pub fn parse(text: &str) -> Result<Self> {
        let given = text.trim();
        let (inner, zip) = match strip_scheme(given, "zip") {
            Some(inner) => (inner, true),
            None => (given, false),
        };
        if inner.is_empty() {
            return Err(ArrayError::argument(format!("location `{given}` is empty, expected a path or a URL")));
        }
        let (scheme, place, shown) = match scheme_of(inner) {
            None => (Scheme::Local, Place::Path(PathBuf::from(inner)), inner.to_string()),
            Some(name) => {
                let (scheme, url) = parse_url(inner, &name)?;
                let shown = without_query(inner).to_string();
                if scheme == Scheme::Local {
                    let path = url.to_file_path().map_err(|()| {
                        ArrayError::argument(format!("location `{shown}` is no local file"))
                            .hint("a local URL has three slashes: `file:///data/x.zarr`")
                    })?;
                    (scheme, Place::Path(path), shown)
                } else {
                    (scheme, Place::Url(url), shown)
                }
            }
        };
        let shown = trim_slashes(&shown).to_string();
        let archive = zip || has_extension(&shown, "zip");
        Ok(Self { text: if zip { format!("zip://{shown}") } else { shown }, scheme, place, archive })
    }

    /// Which kind of store it is in.
    pub fn scheme(&self) -> &Scheme {
        &self.scheme
    }

    /// Whether it names a zip archive: `zip://…` or a name that ends in `.zip`.
    pub fn is_archive(&self) -> bool {
        self.archive
    }

    /// The location without what only says that it is an archive; what a connector recognizes a format by.
    pub fn inner(&self) -> &str {
        let text = self.text.strip_prefix("zip://").unwrap_or(&self.text);
        if self.archive && has_extension(text, "zip") { text.get(..text.len() - 4).unwrap_or(text) } else { text }
    }

    /// A name for the dataset: the file stem, with anything but letters, digits and `_` made `_`.
    pub fn name(&self) -> String {
        let last = match &self.place {
            Place::Path(path) => match path.file_name() {
                Some(name) => name.to_string_lossy().into_owned(),
                // `.` and `..` have a name only once they are resolved.
                None => path
                    .canonicalize()
                    .ok()
                    .and_then(|p| p.file_name().map(|n| n.to_string_lossy().into_owned()))
                    .unwrap_or_default(),
            },
            Place::Url(url) => url
                .path_segments()
                .and_then(|mut s| s.rfind(|part| !part.is_empty()))
                .map(percent_decoded)
                .or_else(|| url.host_str().map(str::to_string))
                .unwrap_or_default(),
        };
        let last = if has_extension(&last, "zip") { last.get(..last.len() - 4).unwrap_or(&last) } else { &last };
        let stem = match last.rsplit_once('.') {
            Some((stem, extension)) if !stem.is_empty() && !extension.is_empty() => stem,
            _ => last,
        };
        identifier(stem)
    }

    /// The local path, where it is one.
    pub fn path(&self) -> Option<&Path> {
        match &self.place {
            Place::Path(path) => Some(path),
            Place::Url(_) => None,
        }
    }

    /// The URL, where it is one. May hold a signature in its query: not for printing.
    pub(crate) fn url(&self) -> Option<&Url> {
        match &self.place {
            Place::Path(_) => None,
            Place::Url(url) => Some(url),
        }
    }

    /// `scheme://authority/path` without slashes at the end: what the prefix of an injected store is compared with.
    pub(crate) fn key(&self) -> String {
        let key = match &self.place {
            Place::Path(path) => {
                let path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
                format!("file://{}", path.to_string_lossy())
            }
            Place::Url(url) => without_query(url.as_str()).to_string(),
        };
        key.trim_end_matches('/').to_string()
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Location").field(&self.text).finish()
    }
}

fn parse_url(text: &str, name: &str) -> Result<(Scheme, Url)> {
    let shown = without_query(text);
    let mut url = Url::parse(text).map_err(|e| {
        // The text may hold a password, so it is not repeated.
        ArrayError::argument(format!("the `{name}://` location is no valid URL: {e}"))
    })?;
    if !url.username().is_empty() && !matches!(name, "abfs" | "abfss" | "az" | "azure") || url.password().is_some() {
        return Err(ArrayError::argument(format!(
            "the `{name}://` location has a user name or password in it, expected none"
        ))
        .hint("pass credentials as options or in the environment, for a web server as `http.header.authorization`"));
    }
    url.set_fragment(None);
    let scheme = match name {
        "file" => Scheme::Local,
        "memory" => Scheme::Memory,
        "s3" | "s3a" => Scheme::S3,
        "gs" | "gcs" => Scheme::Gcs,
        "az" | "azure" | "abfs" | "abfss" => Scheme::Azure,
        "http" | "https" => Scheme::Http,
        other => Scheme::Other(other.to_string()),
    };
    let needs_host = matches!(scheme, Scheme::S3 | Scheme::Gcs | Scheme::Azure | Scheme::Http);
    if needs_host && url.host_str().is_none_or(str::is_empty) {
        return Err(ArrayError::argument(format!(
            "location `{shown}` names no bucket or host, expected `{name}://host/path`"
        )));
    }
    Ok((scheme, url))
}

/// The scheme of a URL, in lower case; `None` for a path.
fn scheme_of(text: &str) -> Option<String> {
    let (scheme, _) = text.split_once("://")?;
    let mut letters = scheme.chars();
    let first = letters.next().is_some_and(|c| c.is_ascii_alphabetic());
    (first && letters.all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))).then(|| scheme.to_ascii_lowercase())
}

fn strip_scheme<'a>(text: &'a str, scheme: &str) -> Option<&'a str> {
    let (found, rest) = text.split_once("://")?;
    found.eq_ignore_ascii_case(scheme).then_some(rest)
}

fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or(url)
}

fn trim_slashes(text: &str) -> &str {
    let trimmed = text.trim_end_matches('/');
    if trimmed.is_empty() || trimmed.ends_with(':') { text } else { trimmed }
}

fn has_extension(text: &str, extension: &str) -> bool {
    text.rsplit_once('.').is_some_and(|(stem, e)| !stem.is_empty() && e.eq_ignore_ascii_case(extension))
}

fn percent_decoded(text: &str) -> String {
    object_store::path::Path::from_url_path(text).map_or_else(|_| text.to_string(), |p| p.to_string())
}

/// A readable plain name: `2020-sst (a)` becomes `_2020_sst_a`.
fn identifier(text: &str) -> String {
    let mut name = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_alphanumeric() {
            name.push(c);
        } else if !name.is_empty() && !name.ends_with('_') {
            name.push('_');
        }
    }
    let name = name.trim_end_matches('_');
    match name.chars().next() {
        None => "dataset".into(),
        Some(c) if c.is_numeric() => format!("_{name}"),
        Some(_) => name.to_string(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    fn name(text: &str) -> String {
        Location::parse(text).unwrap().name()
    }

    #[test]
    fn the_name_is_a_readable_file_stem() {
        assert_eq!(name("a/ersst.zarr"), "ersst");
        assert_eq!(name("/a/ersst.zarr/"), "ersst");
        assert_eq!(name("ersst"), "ersst");
        assert_eq!(name("x.zarr.zip"), "x");
        assert_eq!(name("zip://x.zip"), "x");
        assert_eq!(name("s3://bucket/a/ostia-monthly.v3.zarr"), "ostia_monthly_v3");
        assert_eq!(name("https://host/a/b%20c.zarr.zip?download=1&sig=a/b.c"), "b_c");
        assert_eq!(name("gs://bucket"), "bucket");
        assert_eq!(name("2020.zarr"), "_2020");
        assert_eq!(name("/"), "dataset");
        assert_eq!(name("température.zarr"), "température");
    }

    #[test]
    fn schemes_are_told_apart() {
        let scheme = |text: &str| Location::parse(text).unwrap().scheme;
        assert_eq!(scheme("a/b.zarr"), Scheme::Local);
        assert_eq!(scheme("file:///a/b.zarr"), Scheme::Local);
        assert_eq!(scheme("S3://bucket/b"), Scheme::S3);
        assert_eq!(scheme("gs://bucket/b"), Scheme::Gcs);
        assert_eq!(scheme("az://container/b"), Scheme::Azure);
        assert_eq!(scheme("abfss://fs@account.dfs.core.windows.net/b"), Scheme::Azure);
        assert_eq!(scheme("http://host/b"), Scheme::Http);
        assert_eq!(scheme("memory://x/b"), Scheme::Memory);
        assert_eq!(scheme("synthetic://arco"), Scheme::Other("synthetic".into()));
        assert_eq!(Location::parse("file:///a/b.zarr").unwrap().path(), Some(Path::new("/a/b.zarr")));
    }

    #[test]
    fn archives_are_recognised_by_scheme_or_extension() {
        let archive = |text: &str| {
            let l = Location::parse(text).unwrap();
            (l.is_archive(), l.inner().to_string())
        };
        assert_eq!(archive("a/x.zarr.zip"), (true, "a/x.zarr".into()));
        assert_eq!(archive("zip://a/x.dat"), (true, "a/x.dat".into()));
        assert_eq!(archive("zip://https://host/x.zarr.ZIP?k=1"), (true, "https://host/x.zarr".into()));
        assert_eq!(archive("a/x.zarr"), (false, "a/x.zarr".into()));
    }

    #[test]
    fn a_signature_is_not_printed() {
        let location = Location::parse("https://host/x.zarr?sig=SECRET#frag").unwrap();
        assert_eq!(location.to_string(), "https://host/x.zarr");
        assert!(!format!("{location:?}").contains("SECRET"));
        assert_eq!(location.url().unwrap().query(), Some("sig=SECRET"));
    }

    #[test]
    fn a_password_in_a_url_is_refused_and_not_repeated() {
        let error = Location::parse("https://me:SECRET@host/x.zarr").unwrap_err().to_string();
        assert!(error.contains("user name or password"), "{error}");
        assert!(!error.contains("SECRET"), "{error}");
    }

    #[test]
    fn what_is_no_location_is_refused() {
        assert!(Location::parse("").unwrap_err().to_string().contains("empty"));
        assert!(Location::parse("zip://").unwrap_err().to_string().contains("empty"));
        assert!(Location::parse("s3:///key").unwrap_err().to_string().contains("no bucket"));
        assert!(Location::parse("file://host/x").unwrap_err().to_string().contains("three slashes"));
        assert!(Location::parse("http://[::1/x").unwrap_err().to_string().contains("no valid URL"));
    }

    #[test]
    fn trailing_slashes_do_not_matter() {
        assert_eq!(Location::parse("s3://b/x.zarr//").unwrap().to_string(), "s3://b/x.zarr");
        assert_eq!(Location::parse("/").unwrap().to_string(), "/");
        assert_eq!(Location::parse("s3://b/x/").unwrap().key(), Location::parse("s3://b/x").unwrap().key());
    }
}
