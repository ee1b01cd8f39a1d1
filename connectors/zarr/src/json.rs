//! JSON as Zarr stores write it: `NaN` and `Infinity` appear as bare words, which JSON does not know.

use serde_json::Value;

/// Parses `bytes`; a bare `NaN`, `Infinity` or `-Infinity` becomes text.
pub(crate) fn parse(bytes: &[u8]) -> Result<Value, serde_json::Error> {
    serde_json::from_slice(bytes).or_else(|e| match quote_bare_words(bytes) {
        Some(quoted) => serde_json::from_slice(&quoted),
        None => Err(e),
    })
}

/// The same text with bare words quoted; `None` where there are none.
fn quote_bare_words(bytes: &[u8]) -> Option<Vec<u8>> {
    const WORDS: [&[u8]; 3] = [b"NaN", b"-Infinity", b"Infinity"];
    let mut out = Vec::with_capacity(bytes.len() + 64);
    let (mut in_text, mut escaped, mut found) = (false, false, false);
    let mut rest = bytes;
    while let Some((&byte, tail)) = rest.split_first() {
        if in_text {
            in_text = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
        } else if byte == b'"' {
            in_text = true;
        } else if let Some(word) = WORDS.iter().find(|w| rest.starts_with(w)) {
            found = true;
            out.push(b'"');
            out.extend_from_slice(word);
            out.push(b'"');
            rest = rest.get(word.len()..).unwrap_or_default();
            continue;
        }
        out.push(byte);
        rest = tail;
    }
    found.then_some(out)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn bare_words_become_text_and_text_stays() {
        let text = br#"{"a": NaN, "b": [-Infinity, Infinity, 1], "NaN \" NaN": "NaN, \\", "c": NaN}"#;
        let expected = json!({"a": "NaN", "b": ["-Infinity", "Infinity", 1], "NaN \" NaN": "NaN, \\", "c": "NaN"});
        assert_eq!(parse(text).unwrap(), expected);
    }

    #[test]
    fn what_is_not_json_stays_an_error() {
        assert!(parse(b"{\"a\": NaNs}").is_err());
        assert!(parse(b"{").is_err());
    }
}
