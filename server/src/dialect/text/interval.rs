//! Intervals in text: `1 year 2 mons 3 days 04:05:06.5`, `P1Y2M3DT4H5M6S`, `1-2`.

use super::time::fraction;
use super::{DAY, SECOND};

/// Months, days and microseconds, each for itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::dialect) struct Interval {
    pub(in crate::dialect) months: i64,
    pub(in crate::dialect) days: i64,
    pub(in crate::dialect) micros: i64,
}

/// What one of a unit is; a part of it goes on as days and time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Months(i64),
    Days(i64),
    Micros(i64),
}

impl Interval {
    fn add(&mut self, count: f64, whole: Option<i64>, unit: Unit) -> Option<()> {
        match (unit, whole) {
            (Unit::Months(n), Some(count)) => self.months = self.months.checked_add(count.checked_mul(n)?)?,
            (Unit::Days(n), Some(count)) => self.days = self.days.checked_add(count.checked_mul(n)?)?,
            (Unit::Micros(n), Some(count)) => self.micros = self.micros.checked_add(count.checked_mul(n)?)?,
            (Unit::Months(n), None) => {
                let months = count * n as f64;
                self.months = self.months.checked_add(months.trunc() as i64)?;
                // A part of a year is whole months, a part of a month is of thirty days.
                if n == 1 {
                    self.add(months.fract() * 30.0, None, Unit::Days(1))?;
                }
            }
            (Unit::Days(n), None) => {
                let days = count * n as f64;
                self.days = self.days.checked_add(days.trunc() as i64)?;
                self.micros = self.micros.checked_add((days.fract() * DAY as f64).round() as i64)?;
            }
            (Unit::Micros(n), None) => {
                self.micros = self.micros.checked_add((count * n as f64).round() as i64)?;
            }
        }
        Some(())
    }

    /// The same in the other direction.
    pub(in crate::dialect) fn negated(self) -> Self {
        Self { months: -self.months, days: -self.days, micros: -self.micros }
    }

    /// Without what is smaller than the field that a literal names.
    pub(in crate::dialect) fn truncated(self, field: Option<&str>) -> Self {
        match field.and_then(unit) {
            Some(Unit::Months(n)) => Self { months: self.months / n * n, days: 0, micros: 0 },
            Some(Unit::Days(_)) => Self { micros: 0, ..self },
            Some(Unit::Micros(n)) if n > SECOND => Self { micros: self.micros / n * n, ..self },
            _ => self,
        }
    }
}

fn unit(word: &str) -> Option<Unit> {
    Some(match word {
        "millennium" | "millennia" | "mil" | "mils" => Unit::Months(12_000),
        "century" | "centuries" | "cent" | "c" => Unit::Months(1_200),
        "decade" | "decades" | "dec" | "decs" => Unit::Months(120),
        "year" | "years" | "yr" | "yrs" | "y" => Unit::Months(12),
        "quarter" | "quarters" => Unit::Months(3),
        "month" | "months" | "mon" | "mons" => Unit::Months(1),
        "week" | "weeks" | "w" => Unit::Days(7),
        "day" | "days" | "d" => Unit::Days(1),
        "hour" | "hours" | "hr" | "hrs" | "h" => Unit::Micros(3_600 * SECOND),
        "minute" | "minutes" | "min" | "mins" | "m" => Unit::Micros(60 * SECOND),
        "second" | "seconds" | "sec" | "secs" | "s" => Unit::Micros(SECOND),
        "millisecond" | "milliseconds" | "msec" | "msecs" | "ms" => Unit::Micros(1_000),
        "microsecond" | "microseconds" | "usec" | "usecs" | "us" => Unit::Micros(1),
        _ => return None,
    })
}

/// The interval that a text is. A number without a unit counts in `default`, which is seconds where none is given.
pub(in crate::dialect) fn parse(text: &str, default: Option<&str>) -> Option<Interval> {
    let lower = text.trim().to_ascii_lowercase();
    if let Some(iso) = lower.strip_prefix('p') {
        return parse_iso(iso);
    }
    let default = unit(default.unwrap_or("second"))?;
    let mut interval = Interval::default();
    let mut words = tokens(&lower).into_iter().filter(|word| word != "@").peekable();
    words.peek()?;
    while let Some(word) = words.next() {
        if word == "ago" {
            return words.next().is_none().then(|| interval.negated());
        }
        if word.contains(':') {
            interval.micros = interval.micros.checked_add(clock(&word)?)?;
            continue;
        }
        let digits = word.trim_start_matches(['+', '-']);
        if let Some((years, months)) = digits.split_once('-') {
            let months = years.parse::<i64>().ok()?.checked_mul(12)?.checked_add(months.parse::<i64>().ok()?)?;
            interval.add(0.0, Some(if word.starts_with('-') { -months } else { months }), Unit::Months(1))?;
            continue;
        }
        let count: f64 = word.parse().ok().filter(|count: &f64| count.is_finite())?;
        let of = match words.peek() {
            // `3 4:05:06` has a number of days in front.
            Some(next) if next.contains(':') => Unit::Days(1),
            Some(next) if next.starts_with(|c: char| c.is_ascii_alphabetic()) && next != "ago" => {
                let of = unit(next)?;
                words.next();
                of
            }
            _ => default,
        };
        interval.add(count, word.parse().ok(), of)?;
    }
    Some(interval)
}

/// Numbers, words and clocks: `2h` is two of them.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut open: Option<bool> = None;
    for c in text.chars() {
        if c.is_ascii_whitespace() || c == ',' {
            open = None;
            continue;
        }
        let is_word = c.is_ascii_alphabetic() || c == '@';
        match tokens.last_mut() {
            Some(last) if open == Some(is_word) => last.push(c),
            _ => tokens.push(c.to_string()),
        }
        open = Some(is_word);
    }
    tokens
}

/// `[-]hours:minutes[:seconds]`.
fn clock(text: &str) -> Option<i64> {
    let is_negative = text.starts_with('-');
    let mut parts = text.trim_start_matches(['+', '-']).split(':');
    let (first, second, third) = (parts.next()?, parts.next()?, parts.next());
    if parts.next().is_some() {
        return None;
    }
    let whole = |text: &str| text.parse::<i64>().ok();
    let (hours, minutes, seconds) = match third {
        Some(third) => (whole(first)?, whole(second)?, third),
        None if second.contains('.') => (0, whole(first)?, second),
        None => (whole(first)?, whole(second)?, "0"),
    };
    let (seconds, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
    let seconds = hours.checked_mul(3_600)?.checked_add(minutes.checked_mul(60)?)?.checked_add(whole(seconds)?)?;
    let micros = seconds.checked_mul(SECOND)?.checked_add(super::time::micros_of_fraction(fraction)?)?;
    Some(if is_negative { -micros } else { micros })
}

/// What follows the `P` of ISO 8601.
fn parse_iso(text: &str) -> Option<Interval> {
    let mut interval = Interval::default();
    let mut is_time = false;
    let mut number = String::new();
    for c in text.chars() {
        match c {
            't' if number.is_empty() && !is_time => is_time = true,
            '0'..='9' | '.' | '-' | '+' => number.push(c),
            letter => {
                let unit = match (letter, is_time) {
                    ('y', false) => Unit::Months(12),
                    ('m', false) => Unit::Months(1),
                    ('w', false) => Unit::Days(7),
                    ('d', false) => Unit::Days(1),
                    ('h', true) => Unit::Micros(3_600 * SECOND),
                    ('m', true) => Unit::Micros(60 * SECOND),
                    ('s', true) => Unit::Micros(SECOND),
                    _ => return None,
                };
                interval.add(number.parse().ok()?, number.parse().ok(), unit)?;
                number.clear();
            }
        }
    }
    (number.is_empty() && !text.is_empty()).then_some(interval)
}

/// An interval as PostgreSQL writes it.
pub(in crate::dialect) fn write(interval: Interval) -> String {
    let Interval { months, days, micros } = interval;
    let mut parts: Vec<String> = Vec::new();
    let mut was_negative = false;
    let mut part = |count: i64, one: &str, many: &str| {
        if count != 0 {
            // A part after a negative one says that it is not.
            let sign = if was_negative && count > 0 { "+" } else { "" };
            parts.push(format!("{sign}{count} {}", if count == 1 { one } else { many }));
            was_negative = count < 0;
        }
    };
    part(months / 12, "year", "years");
    part(months % 12, "mon", "mons");
    part(days, "day", "days");
    if micros != 0 || parts.is_empty() {
        let sign = match micros {
            ..0 => "-",
            _ if was_negative => "+",
            _ => "",
        };
        let seconds = (micros / SECOND).unsigned_abs();
        parts.push(format!(
            "{sign}{:02}:{:02}:{:02}{}",
            seconds / 3_600,
            seconds / 60 % 60,
            seconds % 60,
            fraction(micros % SECOND)
        ));
    }
    parts.join(" ")
}
