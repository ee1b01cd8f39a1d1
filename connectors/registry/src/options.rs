//! Options of opening a location: credentials, endpoints, retries. Names are checked, values are never printed.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use hyperslab_array::{ArrayError, Result, nearest_names};
use object_store::aws::AmazonS3ConfigKey;
use object_store::azure::AzureConfigKey;
use object_store::gcp::GoogleConfigKey;
use object_store::{ClientConfigKey, RetryConfig};

/// The names that a message lists; each store knows more of them.
const KNOWN: [&str; 24] = [
    "anonymous",
    "aws.access_key_id",
    "aws.secret_access_key",
    "aws.session_token",
    "aws.region",
    "aws.endpoint",
    "aws.skip_signature",
    "aws.allow_http",
    "aws.virtual_hosted_style_request",
    "aws.request_payer",
    "google.service_account",
    "google.service_account_key",
    "google.skip_signature",
    "azure.account_name",
    "azure.access_key",
    "azure.sas_key",
    "azure.endpoint",
    "azure.skip_signature",
    "http.header.<name>",
    "http.timeout",
    "http.proxy_url",
    "http.user_agent",
    "retry.max_retries",
    "retry.timeout",
];

/// Options of opening a location, by name.
///
/// `aws.…`, `google.…` (or `gcs.…`), `azure.…` and `http.…` are the configuration keys of that kind of store;
/// `anonymous` asks for no signature on any of them; `http.header.<name>` is sent with each request to a web server;
/// `retry.max_retries` and `retry.timeout` hold for all. What is not given comes from the environment (`AWS_…`,
/// `GOOGLE_…`, `AZURE_…`).
///
/// ```
/// use hyperslab_connectors::OpenOptions;
/// let options = OpenOptions::new().with("aws.region", "eu-west-1")?.with("anonymous", "true")?;
/// let error = OpenOptions::new().with("aws.regoin", "eu-west-1").unwrap_err();
/// assert!(error.to_string().contains("did you mean `aws.region`?"));
/// # Ok::<(), hyperslab_array::ArrayError>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct OpenOptions {
    values: BTreeMap<String, String>,
}

impl OpenOptions {
    /// No options: what the environment says.
    pub fn new() -> Self {
        Self::default()
    }

    /// Options from pairs of names and values.
    ///
    /// # Errors
    /// When a name is unknown or a value does not fit it.
    pub fn try_from_pairs<K: AsRef<str>, V: Into<String>>(pairs: impl IntoIterator<Item = (K, V)>) -> Result<Self> {
        let mut options = Self::new();
        for (name, value) in pairs {
            options.insert(name.as_ref(), value)?;
        }
        Ok(options)
    }

    /// The same options and one more.
    ///
    /// # Errors
    /// When the name is unknown or the value does not fit it.
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Result<Self> {
        self.insert(name, value)?;
        Ok(self)
    }

    /// Sets one option.
    ///
    /// # Errors
    /// When the name is unknown or the value does not fit it.
    pub fn insert(&mut self, name: &str, value: impl Into<String>) -> Result<()> {
        let (name, value) = (canonical(name), value.into());
        if !is_known(&name) {
            return Err(ArrayError::argument(format!("unknown option `{name}`")).hint(nearest_names(&name, KNOWN)));
        }
        if name == "anonymous" || name.ends_with(".skip_signature") {
            parse_bool(&name, &value)?;
        } else if name == "retry.max_retries" {
            value.parse::<usize>().map_err(|_| expected(&name, "a whole number"))?;
        } else if name == "retry.timeout" {
            parse_duration(&value).ok_or_else(|| expected(&name, "a duration such as `30s`"))?;
        }
        self.values.insert(name, value);
        Ok(())
    }

    /// The names that are set.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }

    /// Whether nothing is set.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// The options whose names start with `prefix` and a dot, without it.
    pub(crate) fn below<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.values.iter().filter_map(move |(k, v)| Some((k.strip_prefix(prefix)?.strip_prefix('.')?, v.as_str())))
    }

    /// Whether requests are to be sent without a signature; `None` where nothing was said.
    pub(crate) fn anonymous(&self) -> Option<bool> {
        self.get("anonymous").and_then(|v| parse_bool("anonymous", v).ok())
    }

    /// Headers for a web server.
    pub(crate) fn headers(&self) -> HashMap<String, String> {
        self.below("http.header").map(|(k, v)| (k.to_string(), v.to_string())).collect()
    }

    /// How often and how long a failed request is tried again. A person waits for the answer, so the default gives up
    /// after a minute rather than after three.
    pub(crate) fn retry(&self) -> RetryConfig {
        RetryConfig {
            max_retries: self.get("retry.max_retries").and_then(|v| v.parse().ok()).unwrap_or(6),
            retry_timeout: self.get("retry.timeout").and_then(parse_duration).unwrap_or(Duration::from_secs(60)),
            ..RetryConfig::default()
        }
    }

    /// `text` with every value of these options that could be a secret taken out.
    pub(crate) fn redact(&self, text: &str) -> String {
        let secret = |name: &str| !name.starts_with("retry.") && !name.ends_with("region");
        let values = self.values.iter().filter(|(k, v)| secret(k) && v.len() >= 6).map(|(_, v)| v);
        values.fold(text.to_string(), |text, value| text.replace(value.as_str(), "***"))
    }
}

/// Names are printed, values are not: they may be secrets.
impl fmt::Debug for OpenOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.values.keys().map(|k| (k, "***"))).finish()
    }
}

/// Lower case, one name for what has several.
fn canonical(name: &str) -> String {
    let name = name.trim().to_ascii_lowercase();
    let name = match name.split_once('.') {
        Some(("s3", rest)) => format!("aws.{rest}"),
        Some(("gcs" | "gs" | "gcp", rest)) => format!("google.{rest}"),
        Some(("az", rest)) => format!("azure.{rest}"),
        _ => name,
    };
    match name.strip_suffix(".anonymous") {
        Some(store) => format!("{store}.skip_signature"),
        None => name,
    }
}

fn is_known(name: &str) -> bool {
    match name.split_once('.') {
        Some(("aws", key)) => AmazonS3ConfigKey::from_str(key).is_ok(),
        Some(("google", key)) => GoogleConfigKey::from_str(key).is_ok(),
        Some(("azure", key)) => AzureConfigKey::from_str(key).is_ok(),
        Some(("http", key)) => match key.strip_prefix("header.") {
            Some(header) => !header.is_empty(),
            None => ClientConfigKey::from_str(key).is_ok(),
        },
        Some(("retry", key)) => matches!(key, "max_retries" | "timeout"),
        Some(_) => false,
        None => name == "anonymous",
    }
}

fn expected(name: &str, what: &str) -> ArrayError {
    ArrayError::argument(format!("option `{name}` does not fit, expected {what}"))
}

fn parse_bool(name: &str, value: &str) -> Result<bool> {
    match value.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err(expected(name, "`true` or `false`")),
    }
}

/// `30s`, `500ms`, `2m`; a bare number is seconds.
fn parse_duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(digits)?;
    let number: u64 = number.parse().ok()?;
    match unit.trim() {
        "ms" => Some(Duration::from_millis(number)),
        "" | "s" => Some(Duration::from_secs(number)),
        "m" | "min" => Some(Duration::from_secs(number.checked_mul(60)?)),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_option_names_the_nearest() {
        let error = OpenOptions::new().with("aws.endpiont", "x").unwrap_err().to_string();
        assert!(error.starts_with("unknown option `aws.endpiont`; hint: did you mean `aws.endpoint`?"), "{error}");
        assert!(OpenOptions::new().with("colour", "x").is_err());
        assert!(OpenOptions::new().with("http.header.", "x").is_err());
    }

    #[test]
    fn values_are_never_printed() {
        let options = OpenOptions::new().with("aws.secret_access_key", "SECRET").unwrap();
        assert_eq!(format!("{options:?}"), r#"{"aws.secret_access_key": "***"}"#);
        assert_eq!(options.redact("wrong key SECRET here"), "wrong key *** here");
        let error = OpenOptions::new().with("anonymous", "SECRET").unwrap_err().to_string();
        assert!(!error.contains("SECRET"), "{error}");
    }

    #[test]
    fn names_have_aliases_and_no_case() {
        let options = OpenOptions::try_from_pairs([
            ("AWS.Region", "x"),
            ("s3.anonymous", "true"),
            ("gcs.skip_signature", "true"),
            ("az.account_name", "x"),
            ("http.header.Authorization", "Bearer x"),
        ])
        .unwrap();
        let names: Vec<_> = options.names().collect();
        assert_eq!(
            names,
            [
                "aws.region",
                "aws.skip_signature",
                "azure.account_name",
                "google.skip_signature",
                "http.header.authorization"
            ]
        );
    }

    #[test]
    fn retries_are_set_by_options() {
        let options = OpenOptions::try_from_pairs([("retry.max_retries", "2"), ("retry.timeout", "500ms")]).unwrap();
        assert_eq!(options.retry().max_retries, 2);
        assert_eq!(options.retry().retry_timeout, Duration::from_millis(500));
        assert!(OpenOptions::new().with("retry.timeout", "soon").is_err());
        assert!(OpenOptions::new().with("retry.max_retries", "-1").is_err());
    }

    #[test]
    fn every_name_that_a_message_lists_is_known() {
        for name in KNOWN {
            assert!(is_known(&name.replace("<name>", "x")), "{name}");
        }
    }
}
