//! The name under which a chunk is stored, below its array.

use hyperslab_array::{ArrayError, Result};
use serde_json::Value;

use crate::codec::codec_name;
use crate::data_type::short;

/// How the indices of a chunk become its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeyEncoding {
    /// v3's `default` begins with `c`.
    prefix: bool,
    separator: char,
}

impl KeyEncoding {
    /// The names of v2, from `dimension_separator`.
    pub(crate) fn from_v2(separator: Option<&Value>) -> Result<Self> {
        Ok(Self { prefix: false, separator: character(separator, '.')? })
    }

    /// The names of v3, from `chunk_key_encoding`.
    pub(crate) fn from_v3(encoding: &Value) -> Result<Self> {
        let name = codec_name(encoding).map_err(|_| ArrayError::invalid("no `chunk_key_encoding`"))?;
        let separator = encoding.get("configuration").and_then(|c| c.get("separator"));
        match name {
            "default" => Ok(Self { prefix: true, separator: character(separator, '/')? }),
            "v2" => Ok(Self { prefix: false, separator: character(separator, '.')? }),
            other => Err(ArrayError::unsupported(format!("chunk key encoding `{other}` is not built in"))),
        }
    }

    /// The name of `chunk`.
    pub(crate) fn key(self, chunk: &[u64]) -> String {
        let mut key = String::from(if self.prefix { "c" } else { "" });
        for (d, index) in chunk.iter().enumerate() {
            if d > 0 || self.prefix {
                key.push(self.separator);
            }
            key.push_str(&index.to_string());
        }
        if key.is_empty() { "0".into() } else { key }
    }
}

fn character(value: Option<&Value>, default: char) -> Result<char> {
    match value {
        None | Some(Value::Null) => Ok(default),
        Some(Value::String(s)) if s == "." => Ok('.'),
        Some(Value::String(s)) if s == "/" => Ok('/'),
        Some(other) => Err(ArrayError::invalid(format!("separator is `{}`, expected `.` or `/`", short(other)))),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_of_both_versions() {
        let v2 = KeyEncoding::from_v2(None).unwrap();
        assert_eq!((v2.key(&[1, 20]), v2.key(&[])), ("1.20".into(), "0".into()));
        assert_eq!(KeyEncoding::from_v2(Some(&json!("/"))).unwrap().key(&[1, 20]), "1/20");
        let v3 = KeyEncoding::from_v3(&json!({"name": "default"})).unwrap();
        assert_eq!((v3.key(&[1, 20]), v3.key(&[])), ("c/1/20".into(), "c".into()));
        let dotted = json!({"name": "default", "configuration": {"separator": "."}});
        assert_eq!(KeyEncoding::from_v3(&dotted).unwrap().key(&[1, 2]), "c.1.2");
        assert!(KeyEncoding::from_v3(&json!({"name": "morton"})).is_err());
        assert!(KeyEncoding::from_v2(Some(&json!(".."))).is_err());
    }
}
