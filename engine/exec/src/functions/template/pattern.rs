//! From the text of a template for times to its fields.

/// A template for times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template {
    pub(super) parts: Vec<Part>,
    /// Whether text must stand exactly as in the template: `FX`.
    pub(super) is_exact: bool,
}

/// A part of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// A field of a time.
    Field(Field),
    /// A character as it stands.
    Text(char),
    /// White space, or a sign that can separate fields.
    Separator(char),
}

/// A field, and how it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) key: Key,
    pub(super) case: Case,
    /// Without spaces and zeros around: `FM`.
    pub(super) is_filled: bool,
    /// In the words of the language, which has no spaces around either: `TM`.
    pub(super) is_local: bool,
    /// The ending of an ordinal number.
    pub(super) ordinal: Option<Case>,
}

/// In which letters a word is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Case {
    Upper,
    Lower,
    Capital,
}

/// What a field is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Meridian {
        has_points: bool,
    },
    Era {
        has_points: bool,
    },
    Century,
    Weekday,
    WeekdayShort,
    DayOfYear,
    Day,
    DayOfWeek,
    Fraction(u8),
    Milliseconds,
    Microseconds,
    Hour12,
    Hour24,
    IsoDayOfYear,
    IsoDayOfWeek,
    IsoWeek,
    /// The last digits of the year of the week.
    IsoYear(u8),
    Julian,
    Minute,
    Month,
    MonthName,
    MonthShort,
    Offset,
    Quarter,
    RomanMonth,
    SecondOfDay,
    Second,
    ZoneHour,
    ZoneMinute,
    Zone,
    WeekOfYear,
    WeekOfMonth,
    YearWithComma,
    /// The last digits of the year.
    Year(u8),
}

use Case::{Capital, Lower, Upper};

/// The fields in capital letters, a longer one before those it begins with.
const KEYS: [(&str, Key); 49] = [
    ("A.D.", Key::Era { has_points: true }),
    ("A.M.", Key::Meridian { has_points: true }),
    ("AD", Key::Era { has_points: false }),
    ("AM", Key::Meridian { has_points: false }),
    ("B.C.", Key::Era { has_points: true }),
    ("BC", Key::Era { has_points: false }),
    ("CC", Key::Century),
    ("DAY", Key::Weekday),
    ("DDD", Key::DayOfYear),
    ("DD", Key::Day),
    ("DY", Key::WeekdayShort),
    ("D", Key::DayOfWeek),
    ("FF1", Key::Fraction(1)),
    ("FF2", Key::Fraction(2)),
    ("FF3", Key::Fraction(3)),
    ("FF4", Key::Fraction(4)),
    ("FF5", Key::Fraction(5)),
    ("FF6", Key::Fraction(6)),
    ("HH24", Key::Hour24),
    ("HH12", Key::Hour12),
    ("HH", Key::Hour12),
    ("IDDD", Key::IsoDayOfYear),
    ("ID", Key::IsoDayOfWeek),
    ("IW", Key::IsoWeek),
    ("IYYY", Key::IsoYear(4)),
    ("IYY", Key::IsoYear(3)),
    ("IY", Key::IsoYear(2)),
    ("I", Key::IsoYear(1)),
    ("J", Key::Julian),
    ("MI", Key::Minute),
    ("MM", Key::Month),
    ("MONTH", Key::MonthName),
    ("MON", Key::MonthShort),
    ("MS", Key::Milliseconds),
    ("OF", Key::Offset),
    ("P.M.", Key::Meridian { has_points: true }),
    ("PM", Key::Meridian { has_points: false }),
    ("Q", Key::Quarter),
    ("RM", Key::RomanMonth),
    ("SSSSS", Key::SecondOfDay),
    ("SSSS", Key::SecondOfDay),
    ("SS", Key::Second),
    ("TZH", Key::ZoneHour),
    ("TZM", Key::ZoneMinute),
    ("TZ", Key::Zone),
    ("US", Key::Microseconds),
    ("WW", Key::WeekOfYear),
    ("W", Key::WeekOfMonth),
    ("Y,YYY", Key::YearWithComma),
];
const YEARS: [(&str, Key); 4] =
    [("YYYY", Key::Year(4)), ("YYY", Key::Year(3)), ("YY", Key::Year(2)), ("Y", Key::Year(1))];

impl Template {
    /// The template of a text. Every text is one.
    pub(crate) fn parse(text: &str) -> Self {
        let mut parts = Vec::new();
        let mut is_exact = false;
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let mut after = rest;
            let (mut is_filled, mut is_local) = (false, false);
            loop {
                if let Some(next) = strip_either(after, "FM", "fm") {
                    (is_filled, after) = (true, next);
                } else if let Some(next) = strip_either(after, "TM", "tm") {
                    (is_local, after) = (true, next);
                } else if let Some(next) = strip_either(after, "FX", "fx") {
                    (is_exact, after) = (true, next);
                } else {
                    break;
                }
            }
            if let Some((key, case, next)) = key(after) {
                let (ordinal, next) = match (next.strip_prefix("TH"), next.strip_prefix("th")) {
                    (Some(next), _) => (Some(Upper), next),
                    (_, Some(next)) => (Some(Lower), next),
                    _ => (None, next),
                };
                parts.push(Part::Field(Field { key, case, is_filled, is_local, ordinal }));
                rest = next;
                continue;
            }
            if after.len() < rest.len() {
                rest = after;
                continue;
            }
            rest = rest.strip_prefix(c).unwrap_or_default();
            match c {
                '"' => rest = quoted(rest, &mut parts),
                '\\' if rest.starts_with('"') => {
                    rest = rest.strip_prefix('"').unwrap_or_default();
                    parts.push(Part::Text('"'));
                }
                c if c.is_ascii_whitespace() || (c.is_ascii_graphic() && !c.is_ascii_alphanumeric()) => {
                    parts.push(Part::Separator(c));
                }
                c => parts.push(Part::Text(c)),
            }
        }
        Self { parts, is_exact }
    }
}

/// Takes text up to the closing quote; a backslash makes the next character an ordinary one.
fn quoted<'a>(text: &'a str, parts: &mut Vec<Part>) -> &'a str {
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => break,
            '\\' => parts.extend(chars.next().map(Part::Text)),
            c => parts.push(Part::Text(c)),
        }
    }
    chars.as_str()
}

fn strip_either<'a>(text: &'a str, one: &str, other: &str) -> Option<&'a str> {
    text.strip_prefix(one).or_else(|| text.strip_prefix(other))
}

/// The field that a text begins with, and what follows it.
fn key(text: &str) -> Option<(Key, Case, &str)> {
    KEYS.iter().chain(&YEARS).find_map(|(name, key)| {
        let written = text.get(..name.len())?;
        let case = if written == *name {
            Upper
        } else if written == name.to_ascii_lowercase() {
            Lower
        } else if is_name(*key) && written == capital(name) {
            Capital
        } else {
            return None;
        };
        Some((*key, case, text.get(name.len()..)?))
    })
}

/// Whether a field is a word that can begin with a capital letter.
fn is_name(key: Key) -> bool {
    matches!(key, Key::Weekday | Key::WeekdayShort | Key::MonthName | Key::MonthShort)
}

fn capital(name: &str) -> String {
    let (first, rest) = name.split_at(1);
    first.to_string() + &rest.to_ascii_lowercase()
}
