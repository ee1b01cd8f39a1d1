//! `LIKE`, `SIMILAR TO` and regular expressions.

use regex::{Regex, RegexBuilder};

use super::{Call, Function, scalar, set};
use crate::error::PgError;
use crate::eval::Run;
use crate::types::{BOOL, BPCHAR, INT4, NAME, TEXT, TEXT_ARRAY};
use crate::value::Value;

type Answer = Result<Value, PgError>;

/// A compiled pattern takes no more bytes than this.
const LARGEST: usize = 4 << 20;
/// A statement keeps this many patterns.
const MOST_KEPT: usize = 256;

/// One sign of a `LIKE` pattern.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    One(char),
    Any,
    Many,
}

fn signs(pattern: &str) -> Result<Vec<Sign>, PgError> {
    let mut all = Vec::new();
    let mut rest = pattern.chars();
    while let Some(letter) = rest.next() {
        all.push(match letter {
            '%' if all.last() == Some(&Sign::Many) => continue,
            '%' => Sign::Many,
            '_' => Sign::Any,
            '\\' => match rest.next() {
                Some(escaped) => Sign::One(escaped),
                None => return Err(PgError::new("22025", "LIKE pattern must not end with escape character")),
            },
            other => Sign::One(other),
        });
    }
    Ok(all)
}

/// Whether a text has the form of a `LIKE` pattern.
fn like(text: &str, pattern: &str) -> Result<bool, PgError> {
    let signs = signs(pattern)?;
    let letters: Vec<char> = text.chars().collect();
    let (mut at, mut sign) = (0, 0);
    // Where to go on after the last `%` if what follows it does not fit.
    let mut retry: Option<(usize, usize)> = None;
    while at < letters.len() {
        let fits = match signs.get(sign) {
            Some(Sign::Many) => {
                retry = Some((at, sign + 1));
                sign += 1;
                continue;
            }
            Some(Sign::Any) => true,
            Some(Sign::One(c)) => letters.get(at) == Some(c),
            None => false,
        };
        if fits {
            at += 1;
            sign += 1;
            continue;
        }
        match &mut retry {
            Some((from, after)) => {
                *from += 1;
                at = *from;
                sign = *after;
            }
            None => return Ok(false),
        }
    }
    Ok(signs.get(sign..).unwrap_or(&[]).iter().all(|s| *s == Sign::Many))
}

fn like_op(c: &Call<'_>) -> Answer {
    Ok(Value::Bool(like(c.str(0), c.str(1))?))
}

fn not_like(c: &Call<'_>) -> Answer {
    Ok(Value::Bool(!like(c.str(0), c.str(1))?))
}

fn ilike(c: &Call<'_>) -> Answer {
    Ok(Value::Bool(like(&c.str(0).to_lowercase(), &c.str(1).to_lowercase())?))
}

fn not_ilike(c: &Call<'_>) -> Answer {
    Ok(Value::Bool(!like(&c.str(0).to_lowercase(), &c.str(1).to_lowercase())?))
}

/// The pattern with `\` in the place of another escape character.
fn like_escape(c: &Call<'_>) -> Answer {
    let mut escape = c.str(1).chars();
    let sign = escape.next();
    if escape.next().is_some() {
        return Err(
            PgError::new("22025", "invalid escape string").with_hint("Escape string must be empty or one character.")
        );
    }
    if sign == Some('\\') {
        return Ok(c.arg(0).clone());
    }
    let mut all = String::new();
    let mut rest = c.str(0).chars();
    while let Some(letter) = rest.next() {
        if Some(letter) == sign {
            let escaped =
                rest.next().ok_or_else(|| PgError::new("22025", "LIKE pattern must not end with escape character"))?;
            all.push('\\');
            all.push(escaped);
        } else if letter == '\\' {
            all.push_str("\\\\");
        } else {
            all.push(letter);
        }
    }
    Ok(Value::from(all))
}

/// A `SIMILAR TO` pattern as a regular expression.
fn similar_to_escape(c: &Call<'_>) -> Answer {
    let escape = if c.args.len() > 1 { c.str(1).chars().next() } else { Some('\\') };
    let mut all = String::from("^(?:");
    let mut rest = c.str(0).chars();
    let mut in_class = false;
    while let Some(letter) = rest.next() {
        if Some(letter) == escape {
            let escaped = rest.next().unwrap_or(letter);
            if !escaped.is_alphanumeric() {
                all.push('\\');
            }
            all.push(escaped);
            continue;
        }
        match letter {
            ']' => {
                in_class = false;
                all.push(letter);
            }
            '[' if !in_class => {
                in_class = true;
                all.push(letter);
            }
            _ if in_class => {
                if letter == '\\' {
                    all.push('\\');
                }
                all.push(letter);
            }
            '%' => all.push_str(".*"),
            '_' => all.push('.'),
            '(' => all.push_str("(?:"),
            '\\' | '.' | '^' | '$' => {
                all.push('\\');
                all.push(letter);
            }
            _ => all.push(letter),
        }
    }
    all.push_str(")$");
    Ok(Value::from(all))
}

/// A regular expression as PostgreSQL writes it, in the syntax of our library.
fn translated(pattern: &str) -> String {
    if let Some(plain) = pattern.strip_prefix("***=") {
        return regex::escape(plain);
    }
    let mut all = String::new();
    let mut rest = pattern.strip_prefix("***:").unwrap_or(pattern).chars();
    while let Some(letter) = rest.next() {
        if letter != '\\' {
            all.push(letter);
            continue;
        }
        match rest.next() {
            Some('m') => all.push_str(r"\b{start}"),
            Some('M') => all.push_str(r"\b{end}"),
            Some('y') => all.push_str(r"\b"),
            Some('Y') => all.push_str(r"\B"),
            Some('Z') => all.push_str(r"\z"),
            // Letters with a meaning in both; others stand for themselves.
            Some(c) if c.is_ascii_alphanumeric() && !"dDwWsSAabBfnrtvxuU".contains(c) => all.push(c),
            Some(c) if c.is_alphanumeric() => {
                all.push('\\');
                all.push(c);
            }
            Some(c) => all.push_str(&regex::escape(&c.to_string())),
            None => all.push('\\'),
        }
    }
    all
}

/// A compiled pattern; the same one is compiled once in a statement.
fn compiled(run: &Run<'_>, pattern: &str, ignore_case: bool) -> Result<Regex, PgError> {
    let key = (pattern.to_string(), ignore_case);
    if let Some(found) = run.regexes.borrow().get(&key) {
        return Ok(found.clone());
    }
    let regex = RegexBuilder::new(&translated(pattern))
        .case_insensitive(ignore_case)
        .dot_matches_new_line(true)
        .size_limit(LARGEST)
        .dfa_size_limit(LARGEST)
        .build()
        .map_err(|e| {
            let reason = e.to_string();
            let reason = reason.lines().last().unwrap_or("it is malformed").trim().trim_start_matches("error: ");
            PgError::new("2201B", format!("invalid regular expression: {reason}"))
        })?;
    let mut kept = run.regexes.borrow_mut();
    if kept.len() >= MOST_KEPT {
        kept.clear();
    }
    kept.insert(key, regex.clone());
    Ok(regex)
}

fn matches(c: &Call<'_>, ignore_case: bool) -> Result<bool, PgError> {
    Ok(compiled(c.run, c.str(1), ignore_case)?.is_match(c.str(0)))
}

fn regex_op(c: &Call<'_>) -> Answer {
    Ok(Value::Bool(matches(c, false)?))
}

fn not_regex(c: &Call<'_>) -> Answer {
    Ok(Value::Bool(!matches(c, false)?))
}

fn iregex(c: &Call<'_>) -> Answer {
    Ok(Value::Bool(matches(c, true)?))
}

fn not_iregex(c: &Call<'_>) -> Answer {
    Ok(Value::Bool(!matches(c, true)?))
}

/// A pattern with flags behind it.
fn flagged(c: &Call<'_>, pattern: usize, flags: usize) -> Result<(Regex, bool), PgError> {
    let flags = if c.args.len() > flags { c.str(flags) } else { "" };
    let mut ignore_case = false;
    let mut global = false;
    for flag in flags.chars() {
        match flag {
            'i' => ignore_case = true,
            'c' => ignore_case = false,
            'g' => global = true,
            'n' | 'm' | 's' | 'p' | 'w' | 'x' | 't' | 'e' | 'b' | 'q' => {}
            other => {
                return Err(PgError::new("22023", format!("invalid regular expression option: \"{other}\"")));
            }
        }
    }
    Ok((compiled(c.run, c.str(pattern), ignore_case)?, global))
}

fn replacement(text: &str) -> String {
    let mut all = String::new();
    let mut rest = text.chars().peekable();
    while let Some(letter) = rest.next() {
        match (letter, rest.peek().copied()) {
            ('$', _) => all.push_str("$$"),
            ('\\', Some(d)) if d.is_ascii_digit() => {
                rest.next();
                all.push_str(&format!("${{{d}}}"));
            }
            ('\\', Some('&')) => {
                rest.next();
                all.push_str("${0}");
            }
            ('\\', Some('\\')) => {
                rest.next();
                all.push('\\');
            }
            _ => all.push(letter),
        }
    }
    all
}

fn regexp_replace(c: &Call<'_>) -> Answer {
    let (regex, global) = flagged(c, 1, 3)?;
    let with = replacement(c.str(2));
    let done = if global { regex.replace_all(c.str(0), with.as_str()) } else { regex.replace(c.str(0), with.as_str()) };
    Ok(Value::text(done))
}

/// The groups of a match, or the match itself if the pattern has none.
fn groups(found: &regex::Captures<'_>) -> Value {
    let group = |m: Option<regex::Match<'_>>| m.map_or(Value::Null, |m| Value::text(m.as_str()));
    if found.len() == 1 {
        return Value::array(vec![group(found.get(0))]);
    }
    Value::array(found.iter().skip(1).map(group).collect())
}

fn regexp_match(c: &Call<'_>) -> Answer {
    let (regex, _) = flagged(c, 1, 2)?;
    Ok(regex.captures(c.str(0)).map_or(Value::Null, |m| groups(&m)))
}

fn regexp_matches(c: &Call<'_>) -> Result<Vec<Value>, PgError> {
    let (regex, global) = flagged(c, 1, 2)?;
    Ok(regex.captures_iter(c.str(0)).take(if global { usize::MAX } else { 1 }).map(|m| groups(&m)).collect())
}

fn pieces(c: &Call<'_>) -> Result<Vec<Value>, PgError> {
    let (regex, _) = flagged(c, 1, 2)?;
    // A match of nothing at the ends parts nothing.
    let mut all = Vec::new();
    let mut from = 0;
    let whole = c.str(0);
    for m in regex.find_iter(whole) {
        if m.is_empty() && (m.start() == 0 || m.start() == whole.len()) {
            continue;
        }
        all.push(Value::text(whole.get(from..m.start()).unwrap_or("")));
        from = m.end();
    }
    all.push(Value::text(whole.get(from..).unwrap_or("")));
    Ok(all)
}

fn regexp_split_to_array(c: &Call<'_>) -> Answer {
    Ok(Value::array(pieces(c)?))
}

/// `substring('text' from 'pattern')`: the first group, or the match.
fn substring(c: &Call<'_>) -> Answer {
    let regex = compiled(c.run, c.str(1), false)?;
    let Some(found) = regex.captures(c.str(0)) else { return Ok(Value::Null) };
    let part = if found.len() > 1 { found.get(1) } else { found.get(0) };
    Ok(part.map_or(Value::Null, |m| Value::text(m.as_str())))
}

fn regexp_like(c: &Call<'_>) -> Answer {
    let (regex, _) = flagged(c, 1, 2)?;
    Ok(Value::Bool(regex.is_match(c.str(0))))
}

fn regexp_count(c: &Call<'_>) -> Answer {
    let regex = compiled(c.run, c.str(1), false)?;
    Ok(Value::Int(i64::try_from(regex.find_iter(c.str(0)).count()).unwrap_or(i64::MAX)))
}

pub(super) static OPERATORS: &[Function] = &[
    scalar("~~", &[NAME, TEXT], BOOL, like_op),
    scalar("~~", &[TEXT, TEXT], BOOL, like_op),
    scalar("~~", &[BPCHAR, TEXT], BOOL, like_op),
    scalar("!~~", &[NAME, TEXT], BOOL, not_like),
    scalar("!~~", &[TEXT, TEXT], BOOL, not_like),
    scalar("!~~", &[BPCHAR, TEXT], BOOL, not_like),
    scalar("~~*", &[NAME, TEXT], BOOL, ilike),
    scalar("~~*", &[TEXT, TEXT], BOOL, ilike),
    scalar("~~*", &[BPCHAR, TEXT], BOOL, ilike),
    scalar("!~~*", &[NAME, TEXT], BOOL, not_ilike),
    scalar("!~~*", &[TEXT, TEXT], BOOL, not_ilike),
    scalar("!~~*", &[BPCHAR, TEXT], BOOL, not_ilike),
    scalar("~", &[NAME, TEXT], BOOL, regex_op),
    scalar("~", &[TEXT, TEXT], BOOL, regex_op),
    scalar("~", &[BPCHAR, TEXT], BOOL, regex_op),
    scalar("!~", &[NAME, TEXT], BOOL, not_regex),
    scalar("!~", &[TEXT, TEXT], BOOL, not_regex),
    scalar("!~", &[BPCHAR, TEXT], BOOL, not_regex),
    scalar("~*", &[NAME, TEXT], BOOL, iregex),
    scalar("~*", &[TEXT, TEXT], BOOL, iregex),
    scalar("~*", &[BPCHAR, TEXT], BOOL, iregex),
    scalar("!~*", &[NAME, TEXT], BOOL, not_iregex),
    scalar("!~*", &[TEXT, TEXT], BOOL, not_iregex),
    scalar("!~*", &[BPCHAR, TEXT], BOOL, not_iregex),
];

pub(super) static FUNCTIONS: &[Function] = &[
    scalar("like", &[TEXT, TEXT], BOOL, like_op),
    scalar("notlike", &[TEXT, TEXT], BOOL, not_like),
    scalar("like_escape", &[TEXT, TEXT], TEXT, like_escape),
    scalar("similar_to_escape", &[TEXT], TEXT, similar_to_escape),
    scalar("similar_to_escape", &[TEXT, TEXT], TEXT, similar_to_escape),
    scalar("substring", &[TEXT, TEXT], TEXT, substring),
    scalar("regexp_replace", &[TEXT, TEXT, TEXT], TEXT, regexp_replace),
    scalar("regexp_replace", &[TEXT, TEXT, TEXT, TEXT], TEXT, regexp_replace),
    scalar("regexp_match", &[TEXT, TEXT], TEXT_ARRAY, regexp_match),
    scalar("regexp_match", &[TEXT, TEXT, TEXT], TEXT_ARRAY, regexp_match),
    set("regexp_matches", &[TEXT, TEXT], TEXT_ARRAY, regexp_matches),
    set("regexp_matches", &[TEXT, TEXT, TEXT], TEXT_ARRAY, regexp_matches),
    scalar("regexp_split_to_array", &[TEXT, TEXT], TEXT_ARRAY, regexp_split_to_array),
    scalar("regexp_split_to_array", &[TEXT, TEXT, TEXT], TEXT_ARRAY, regexp_split_to_array),
    set("regexp_split_to_table", &[TEXT, TEXT], TEXT, pieces),
    set("regexp_split_to_table", &[TEXT, TEXT, TEXT], TEXT, pieces),
    scalar("regexp_like", &[TEXT, TEXT], BOOL, regexp_like),
    scalar("regexp_like", &[TEXT, TEXT, TEXT], BOOL, regexp_like),
    scalar("regexp_count", &[TEXT, TEXT], INT4, regexp_count),
];

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {

    use super::like;

    #[test]
    fn like_knows_its_signs() {
        for (text, pattern, fits) in [
            ("pg_class", "pg\\_%", true),
            ("pgxclass", "pg\\_%", false),
            ("", "%", true),
            ("", "_", false),
            ("abcabc", "%bc", true),
            ("abcabd", "%bc", false),
            ("a%c", "a\\%c", true),
            ("aXbXc", "a%b%c", true),
        ] {
            assert_eq!(like(text, pattern).unwrap(), fits, "{text} {pattern}");
        }
        // Would take for ever without remembering where the last `%` stands.
        assert!(!like(&"a".repeat(5000), &"%a".repeat(500).replace('a', "ab")).unwrap());
    }
}
