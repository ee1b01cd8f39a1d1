//! `LIKE`, `SIMILAR TO` and regular expressions.

use std::borrow::Cow;
use std::cell::RefCell;
use std::sync::Arc;

use regex::{Regex, RegexBuilder};

use super::{Call, Function, scalar, set};
use crate::error::PgError;
use crate::types::{BOOL, INT4, NAME, TEXT, TEXT_ARRAY};
use crate::value::Value;

pub(super) static FUNCTIONS: &[Function] = &[
    scalar("like", &[TEXT, TEXT], BOOL, |c| like(c.str(0), c.str(1), false).map(Value::from)),
    scalar("notlike", &[TEXT, TEXT], BOOL, |c| like(c.str(0), c.str(1), false).map(|is| (!is).into())),
    scalar("like_escape", &[TEXT, TEXT], TEXT, like_escape),
    scalar("regexp_count", &[TEXT, TEXT], INT4, regexp_count),
    scalar("regexp_like", &[TEXT, TEXT], BOOL, regexp_like),
    scalar("regexp_like", &[TEXT, TEXT, TEXT], BOOL, regexp_like),
    scalar("regexp_match", &[TEXT, TEXT], TEXT_ARRAY, regexp_match),
    scalar("regexp_match", &[TEXT, TEXT, TEXT], TEXT_ARRAY, regexp_match),
    set("regexp_matches", &[TEXT, TEXT], TEXT_ARRAY, regexp_matches),
    set("regexp_matches", &[TEXT, TEXT, TEXT], TEXT_ARRAY, regexp_matches),
    scalar("regexp_replace", &[TEXT, TEXT, TEXT], TEXT, regexp_replace),
    scalar("regexp_replace", &[TEXT, TEXT, TEXT, TEXT], TEXT, regexp_replace),
    scalar("regexp_split_to_array", &[TEXT, TEXT], TEXT_ARRAY, |c| Ok(Value::array(split(c)?))),
    scalar("regexp_split_to_array", &[TEXT, TEXT, TEXT], TEXT_ARRAY, |c| Ok(Value::array(split(c)?))),
    set("regexp_split_to_table", &[TEXT, TEXT], TEXT, split),
    set("regexp_split_to_table", &[TEXT, TEXT, TEXT], TEXT, split),
    scalar("similar_to_escape", &[TEXT], TEXT, similar_to_escape),
    scalar("similar_to_escape", &[TEXT, TEXT], TEXT, similar_to_escape),
    scalar("substring", &[TEXT, TEXT], TEXT, substring),
    scalar("textregexeq", &[TEXT, TEXT], BOOL, regexp_like),
    scalar("nameregexeq", &[NAME, TEXT], BOOL, regexp_like),
];

/// Whether a text is like a pattern of `%` and `_`.
///
/// # Errors
///
/// The pattern ends with the escape character.
pub(super) fn like(text: &str, pattern: &str, any_case: bool) -> Result<bool, PgError> {
    let fold = |text: &str| if any_case { text.to_lowercase() } else { text.to_owned() };
    let text: Vec<char> = fold(text).chars().collect();
    let mut wanted = Vec::new();
    let pattern = fold(pattern);
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        wanted.push(match c {
            '\\' => match chars.next() {
                Some(c) => Piece::Character(c),
                None => return Err(PgError::new("22025", "LIKE pattern must not end with escape character")),
            },
            '%' => Piece::Any,
            '_' => Piece::One,
            c => Piece::Character(c),
        });
    }
    Ok(fits(&text, &wanted))
}

#[derive(Clone, Copy)]
enum Piece {
    Character(char),
    One,
    Any,
}

/// Goes back only to the last `%`, so that the time is at most the product of both lengths.
fn fits(text: &[char], wanted: &[Piece]) -> bool {
    let (mut at, mut piece) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    loop {
        match (wanted.get(piece), text.get(at)) {
            (None, None) => return true,
            (Some(Piece::Any), _) => {
                back = Some((at, piece));
                piece += 1;
                continue;
            }
            (Some(Piece::One), Some(_)) => {}
            (Some(Piece::Character(wanted)), Some(found)) if wanted == found => {}
            _ => {
                let Some((from, star)) = back.filter(|(from, _)| *from < text.len()) else {
                    return false;
                };
                back = Some((from + 1, star));
                (at, piece) = (from + 1, star + 1);
                continue;
            }
        }
        at += 1;
        piece += 1;
    }
}

/// The escape character of a call: a backslash if none is given, none if it is empty.
fn escape_of(c: &Call<'_>) -> Result<Option<char>, PgError> {
    if c.args.len() < 2 {
        return Ok(Some('\\'));
    }
    let mut chars = c.str(1).chars();
    match (chars.next(), chars.next()) {
        (escape, None) => Ok(escape),
        _ => Err(PgError::new("22025", "invalid escape string").with_hint("Escape string must be empty or one character.")),
    }
}

/// A pattern of `LIKE` whose escape character is a backslash.
fn like_escape(c: &Call<'_>) -> Result<Value, PgError> {
    let escape = escape_of(c)?;
    let mut out = String::new();
    let mut escaped = false;
    for x in c.str(0).chars() {
        match x {
            x if !escaped && Some(x) == escape => {
                escaped = true;
                out.push('\\');
            }
            '\\' if !escaped => out.push_str("\\\\"),
            x => {
                escaped = false;
                out.push(x);
            }
        }
    }
    Ok(out.into())
}

/// A pattern of SQL's own regular expressions as one of POSIX.
fn similar_to_escape(c: &Call<'_>) -> Result<Value, PgError> {
    let escape = escape_of(c)?;
    let mut translated = String::from("^(?:");
    let mut chars = c.str(0).chars();
    let mut in_class = false;
    while let Some(c) = chars.next() {
        match c {
            c if Some(c) == escape => match chars.next() {
                Some(c) => translated.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
                None => return Err(PgError::new("22025", "SIMILAR TO pattern must not end with escape character")),
            },
            '[' | ']' => {
                in_class = c == '[';
                translated.push(c);
            }
            c if in_class => translated.push(c),
            '%' => translated.push_str(".*"),
            '_' => translated.push('.'),
            '.' | '^' | '$' | '\\' => {
                translated.push('\\');
                translated.push(c);
            }
            c => translated.push(c),
        }
    }
    translated.push_str(")$");
    Ok(translated.into())
}

/// A regular expression of PostgreSQL with its flags, as one that can be matched. The last one is kept.
///
/// # Errors
///
/// It is none, or uses what only a backtracking matcher can do.
pub(super) fn regex(pattern: &str, flags: &str) -> Result<Arc<Regex>, PgError> {
    thread_local! {
        static LAST: RefCell<Option<(String, String, Arc<Regex>)>> = const { RefCell::new(None) };
    }
    let kept = LAST.with_borrow(|last| match last {
        Some((p, f, regex)) if p == pattern && f == flags => Some(Arc::clone(regex)),
        _ => None,
    });
    if let Some(regex) = kept {
        return Ok(regex);
    }
    let mut case = false;
    let mut lines = false;
    let mut blanks = false;
    for flag in flags.chars() {
        match flag {
            'i' => case = true,
            'c' => case = false,
            'n' | 'm' => lines = true,
            's' => lines = false,
            'x' => blanks = true,
            'g' => {}
            other => {
                let message = format!("invalid regular expression option: \"{other}\"");
                return Err(PgError::new("22023", message));
            }
        }
    }
    let translated = translate(pattern);
    let built = RegexBuilder::new(&translated)
        .case_insensitive(case)
        .multi_line(lines)
        .dot_matches_new_line(!lines)
        .ignore_whitespace(blanks)
        .build();
    match built {
        Ok(regex) => {
            let regex = Arc::new(regex);
            LAST.set(Some((pattern.to_owned(), flags.to_owned(), Arc::clone(&regex))));
            Ok(regex)
        }
        Err(e) => {
            let why = e.to_string();
            let why = why.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            Err(PgError::new("2201B", format!("invalid regular expression: {why}")))
        }
    }
}

/// Escapes and prefixes that PostgreSQL writes otherwise.
fn translate(pattern: &str) -> Cow<'_, str> {
    if let Some(plain) = pattern.strip_prefix("***=") {
        return Cow::Owned(regex::escape(plain));
    }
    let pattern = pattern.strip_prefix("***:").unwrap_or(pattern);
    if !pattern.contains(['\\', '[']) {
        return Cow::Borrowed(pattern);
    }
    let mut out = String::with_capacity(pattern.len());
    let mut chars = pattern.chars().peekable();
    let mut in_class = false;
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('y') if !in_class => out.push_str("\\b"),
                Some('Y') if !in_class => out.push_str("\\B"),
                Some('m') if !in_class => out.push_str("\\b{start}"),
                Some('M') if !in_class => out.push_str("\\b{end}"),
                Some('Z') if !in_class => out.push_str("\\z"),
                Some('e') => out.push_str("\\x1B"),
                // A letter or digit means something; anything else stands for itself.
                Some(c) if c.is_ascii_alphanumeric() => {
                    out.push('\\');
                    out.push(c);
                }
                Some(c) => out.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
                None => out.push('\\'),
            },
            '[' if in_class => {
                // `[:alpha:]` is the same for both; a bracket alone is only a character to PostgreSQL.
                if chars.peek() == Some(&':') {
                    out.push('[');
                } else {
                    out.push_str("\\[");
                }
            }
            '[' => {
                in_class = true;
                out.push('[');
                if chars.next_if_eq(&'^').is_some() {
                    out.push('^');
                }
                if chars.next_if_eq(&']').is_some() {
                    out.push_str("\\]");
                }
            }
            ':' if in_class && chars.peek() == Some(&']') && out.ends_with(|c: char| c.is_ascii_lowercase()) => {
                chars.next();
                out.push_str(":]");
            }
            ']' if in_class => {
                in_class = false;
                out.push(']');
            }
            '&' | '~' if in_class => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

fn regexp_like(c: &Call<'_>) -> Result<Value, PgError> {
    Ok(regex(c.str(1), c.str(2))?.is_match(c.str(0)).into())
}

fn regexp_count(c: &Call<'_>) -> Result<Value, PgError> {
    Ok(i64::try_from(regex(c.str(1), "")?.find_iter(c.str(0)).count()).unwrap_or(i64::MAX).into())
}

/// What the groups found, or the whole match if there are none.
fn groups(found: &regex::Captures<'_>) -> Value {
    let text = |group: Option<regex::Match<'_>>| Value::from(group.map(|m| m.as_str()));
    match found.len() {
        1 => Value::array(vec![text(found.get(0))]),
        count => Value::array((1..count).map(|n| text(found.get(n))).collect()),
    }
}

fn regexp_match(c: &Call<'_>) -> Result<Value, PgError> {
    Ok(regex(c.str(1), c.str(2))?.captures(c.str(0)).map_or(Value::Null, |found| groups(&found)))
}

fn regexp_matches(c: &Call<'_>) -> Result<Vec<Value>, PgError> {
    let regex = regex(c.str(1), c.str(2))?;
    let most = if c.str(2).contains('g') { usize::MAX } else { 1 };
    Ok(regex.captures_iter(c.str(0)).take(most).map(|found| groups(&found)).collect())
}

fn regexp_replace(c: &Call<'_>) -> Result<Value, PgError> {
    let regex = regex(c.str(1), c.str(3))?;
    let replacement = |found: &regex::Captures<'_>| {
        let mut out = String::new();
        let mut chars = c.str(2).chars();
        while let Some(x) = chars.next() {
            match (x, x == '\\') {
                (_, false) => out.push(x),
                _ => match chars.next() {
                    Some('&') => out.push_str(found.get(0).map_or("", |m| m.as_str())),
                    Some(n) if n.is_ascii_digit() => {
                        let group = n.to_digit(10).and_then(|n| usize::try_from(n).ok()).and_then(|n| found.get(n));
                        out.push_str(group.map_or("", |m| m.as_str()));
                    }
                    Some(other) => out.push(other),
                    None => out.push('\\'),
                },
            }
        }
        out
    };
    let most = usize::from(!c.str(3).contains('g'));
    Ok(regex.replacen(c.str(0), most, replacement).as_ref().into())
}

fn split(c: &Call<'_>) -> Result<Vec<Value>, PgError> {
    Ok(regex(c.str(1), c.str(2))?.split(c.str(0)).map(Value::from).collect())
}

/// `substring(text from pattern)`: the first group, or the whole match.
fn substring(c: &Call<'_>) -> Result<Value, PgError> {
    let found = regex(c.str(1), "")?;
    let found = found.captures(c.str(0));
    Ok(found.and_then(|f| f.get(usize::from(f.len() > 1))).map(|m| m.as_str()).into())
}
