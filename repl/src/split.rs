//! Cuts text into statements at `;`, so that each runs before the next is planned and a shell knows when a person
//! has finished one. It knows what hides a `;` (quotes, comments) and nothing else of SQL.

/// The finished statements of `text`, without their `;`, and what follows the last of them.
/// Pieces of nothing but blanks and comments are left out.
pub fn split(text: &str) -> (Vec<&str>, &str) {
    let (mut statements, mut start, mut at, mut says_something) = (Vec::new(), 0, 0, false);
    let bytes = text.as_bytes();
    while at < bytes.len() {
        let token = token(bytes, at);
        match token.kind {
            Kind::End => {
                if says_something {
                    statements.push(text[start..at].trim());
                }
                (start, says_something) = (token.end, false);
            }
            Kind::Text => says_something = true,
            Kind::Blank => {}
        }
        at = token.end;
    }
    (statements, if says_something { text[start..].trim() } else { "" })
}

#[derive(PartialEq)]
enum Kind {
    Blank,
    Text,
    End,
}

struct Token {
    kind: Kind,
    end: usize,
}

/// The piece that begins at `at`. All that it looks for is ASCII, so it never ends inside of a character.
fn token(bytes: &[u8], at: usize) -> Token {
    let rest = &bytes[at..];
    let upto = |kind, end: Option<usize>| Token { kind, end: end.map_or(bytes.len(), |e| at + e) };
    match rest {
        [b';', ..] => upto(Kind::End, Some(1)),
        [b'-', b'-', ..] => upto(Kind::Blank, find(rest, 2, b"\n").map(|e| e + 1)),
        [b'/', b'*', ..] => upto(Kind::Blank, block_comment(rest)),
        [b'e' | b'E', b'\'', ..] if !in_word(bytes, at) => upto(Kind::Text, escaped_string(rest)),
        [quote @ (b'\'' | b'"' | b'`'), ..] => upto(Kind::Text, find(rest, 1, &[*quote]).map(|e| e + 1)),
        [b'$', ..] if !in_word(bytes, at) => match dollar_tag(rest) {
            Some(tag) => upto(Kind::Text, find(rest, tag.len(), tag).map(|e| e + tag.len())),
            None => upto(Kind::Text, Some(1)),
        },
        [c, ..] if c.is_ascii_whitespace() => upto(Kind::Blank, Some(1)),
        // A character of several bytes is stepped over byte by byte: none of them is ASCII.
        _ => upto(Kind::Text, Some(1)),
    }
}

fn in_word(bytes: &[u8], at: usize) -> bool {
    at.checked_sub(1).is_some_and(|before| bytes[before].is_ascii_alphanumeric() || bytes[before] == b'_')
}

fn find(bytes: &[u8], from: usize, wanted: &[u8]) -> Option<usize> {
    bytes.get(from..)?.windows(wanted.len()).position(|w| w == wanted).map(|p| from + p)
}

/// The end of a comment, which may hold others.
fn block_comment(bytes: &[u8]) -> Option<usize> {
    let (mut depth, mut at) = (0usize, 0);
    while at + 1 < bytes.len() {
        match &bytes[at..at + 2] {
            b"/*" => (depth, at) = (depth + 1, at + 2),
            b"*/" if depth == 1 => return Some(at + 2),
            b"*/" => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    None
}

/// The end of `E'…'`, where a backslash takes the meaning of the next character.
fn escaped_string(bytes: &[u8]) -> Option<usize> {
    let mut at = 2;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'\'' => return Some(at + 1),
            _ => at += 1,
        }
    }
    None
}

/// `$$` or `$tag$` at the start of `bytes`.
fn dollar_tag(bytes: &[u8]) -> Option<&[u8]> {
    let length = bytes.iter().skip(1).take_while(|b| b.is_ascii_alphabetic() || **b == b'_').count();
    (bytes.get(length + 1) == Some(&b'$')).then(|| &bytes[..length + 2])
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn statements_end_at_semicolons_and_the_rest_is_unfinished() {
        assert_eq!(split("select 1; select 2;\n select"), (vec!["select 1", "select 2"], "select"));
    }

    #[test]
    fn blanks_and_comments_alone_are_no_statement() {
        assert_eq!(split(" ;; -- nothing; here\n ; /* nor; here */ "), (vec![], ""));
        assert_eq!(split("-- a title\nselect 1;"), (vec!["-- a title\nselect 1"], ""));
    }

    #[test]
    fn a_semicolon_in_quotes_or_comments_ends_nothing() {
        for statement in [
            "select 'a;b'",
            "select 'it''s;'",
            "select \"a;b\"",
            "select E'it\\'s;'",
            "select $$a;b$$",
            "select $x$a;$$;b$x$",
            "select 1 /* a /* b; */ c; */",
            "select 'é;ü'",
        ] {
            assert_eq!(split(&format!("{statement};")), (vec![statement], ""));
        }
    }

    #[test]
    fn an_open_quote_keeps_the_statement_unfinished() {
        assert_eq!(split("select 'a; b"), (vec![], "select 'a; b"));
        assert_eq!(split("select 1 /* a; b"), (vec![], "select 1 /* a; b"));
        assert_eq!(split("select E'\\"), (vec![], "select E'\\"));
    }

    #[test]
    fn a_name_that_ends_in_e_or_holds_a_dollar_is_a_name() {
        assert_eq!(
            split("select date'2000-01-01\\'; select a$b$; x"),
            (vec!["select date'2000-01-01\\'", "select a$b$"], "x")
        );
    }
}
