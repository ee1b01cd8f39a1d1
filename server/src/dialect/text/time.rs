//! Times in text: ISO 8601, names of months, and the order month, day, year where a date is all numbers.

use hyperslab::array::civil::{date_of, days_of};

use super::{DAY, SECOND, is_date};

/// A time that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::dialect) struct Moment {
    /// Days since 1970-01-01; `None` of a time of day alone.
    pub(in crate::dialect) days: Option<i64>,
    /// Microseconds of the day.
    pub(in crate::dialect) micros: i64,
    /// Seconds east of UTC, where the text says so.
    pub(in crate::dialect) offset: Option<i64>,
}

impl Moment {
    /// Microseconds since 1970 on the clock that the text is about; its zone is passed over.
    pub(in crate::dialect) fn local(&self) -> Option<i64> {
        self.days?.checked_mul(DAY)?.checked_add(self.micros)
    }

    /// Microseconds since 1970 in UTC, which is the zone of a text without one.
    pub(in crate::dialect) fn utc(&self) -> Option<i64> {
        self.local()?.checked_sub(self.offset.unwrap_or(0).checked_mul(SECOND)?)
    }
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// What has been found of a time so far.
#[derive(Default)]
struct Found {
    year: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    days: Option<i64>,
    micros: Option<i64>,
    offset: Option<i64>,
    is_afternoon: Option<bool>,
    is_before_christ: bool,
}

/// The time that a text is; `None` where it is none.
pub(in crate::dialect) fn parse(text: &str) -> Option<Moment> {
    let text = text.trim();
    let mut found = Found::default();
    for field in fields(text) {
        found.field(field)?;
    }
    found.finish()
}

/// The fields of a text: between white space, and at the `T` between a date and a time.
fn fields(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_ascii_whitespace() || c == ',').filter(|field| !field.is_empty()).flat_map(|field| {
        let at = field.find(['T', 't']).filter(|at| {
            let (date, time) = field.split_at(*at);
            date.ends_with(|c: char| c.is_ascii_digit()) && time[1..].starts_with(|c: char| c.is_ascii_digit())
        });
        match at {
            Some(at) => [Some(&field[..at]), Some(&field[at + 1..])],
            None => [Some(field), None],
        }
        .into_iter()
        .flatten()
    })
}

impl Found {
    fn field(&mut self, field: &str) -> Option<()> {
        let lower = field.to_ascii_lowercase();
        let starts_with_digit = lower.starts_with(|c: char| c.is_ascii_digit());
        if starts_with_digit && lower.contains(':') {
            return self.clock(&lower);
        }
        if self.micros.is_some() && lower.starts_with(['+', '-']) {
            return set(&mut self.offset, offset(&lower)?);
        }
        if starts_with_digit {
            return self.number(&lower);
        }
        self.word(&lower)
    }

    /// `14:07:09.5`, with a zone behind it where there is one.
    fn clock(&mut self, text: &str) -> Option<()> {
        let end = text.find(|c: char| !(c.is_ascii_digit() || c == ':' || c == '.')).unwrap_or(text.len());
        let (clock, rest) = text.split_at(end);
        let mut parts = clock.split(':');
        let hour: i64 = parts.next()?.parse().ok()?;
        let minute: i64 = parts.next()?.parse().ok()?;
        let second = parts.next().map_or(Some(0), micros_of_seconds)?;
        if parts.next().is_some() {
            return None;
        }
        set(&mut self.micros, time_of_day(hour, minute, second)?)?;
        match rest {
            "" => Some(()),
            "am" | "pm" => self.word(rest),
            zone => set(&mut self.offset, offset(zone)?),
        }
    }

    fn number(&mut self, text: &str) -> Option<()> {
        if let Some(separator) = text.chars().find(|c| matches!(c, '-' | '/' | '.')) {
            // A zone can stand right behind digits of a time without colons, never behind a date.
            return self.date(text, separator);
        }
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (digits, rest) = text.split_at(digits);
        let value: i64 = digits.parse().ok()?;
        let has_date = self.days.is_some() || (self.year.is_some() && self.month.is_some() && self.day.is_some());
        match (digits.len(), rest) {
            (8, "") if !has_date => self.whole(value / 10_000, value / 100 % 100, value % 100),
            (6, _) if has_date || self.micros.is_none() && self.month.is_none() => {
                set(&mut self.micros, time_of_day(value / 10_000, value / 100 % 100, value % 100 * SECOND)?)?;
                if rest.is_empty() { Some(()) } else { set(&mut self.offset, offset(rest)?) }
            }
            (1 | 2, "am" | "pm") => {
                set(&mut self.micros, time_of_day(value, 0, 0)?)?;
                self.word(rest)
            }
            (1 | 2, "" | "st" | "nd" | "rd" | "th") if self.day.is_none() => set(&mut self.day, value),
            (1 | 2, "") => set(&mut self.year, century(value)),
            (3.., "") => set(&mut self.year, value),
            _ => None,
        }
    }

    fn date(&mut self, text: &str, separator: char) -> Option<()> {
        let mut parts = text.split(separator);
        let (first, second, third) = (parts.next()?, parts.next()?, parts.next());
        if parts.next().is_some() {
            return None;
        }
        let number = |text: &str| text.parse::<i64>().ok();
        let year = |text: &str| number(text).map(|value| if text.len() <= 2 { century(value) } else { value });
        let third = third?;
        if let Some(month) = month(second) {
            return match first.len() {
                1 | 2 => self.whole(year(third)?, month, number(first)?),
                _ => self.whole(number(first)?, month, number(third)?),
            };
        }
        match first.len() {
            3.. => self.whole(number(first)?, number(second)?, number(third)?),
            _ => self.whole(year(third)?, number(first)?, number(second)?),
        }
    }

    fn whole(&mut self, year: i64, month: i64, day: i64) -> Option<()> {
        set(&mut self.year, year)?;
        set(&mut self.month, month)?;
        set(&mut self.day, day)
    }

    fn word(&mut self, word: &str) -> Option<()> {
        if let Some(month) = month(word) {
            return set(&mut self.month, month);
        }
        if WEEKDAYS.iter().any(|day| *day == word || (word.len() >= 3 && day.starts_with(word))) {
            return Some(());
        }
        match word {
            "epoch" => {
                set(&mut self.days, 0)?;
                self.offset = Some(0);
                set(&mut self.micros, 0)
            }
            "am" | "pm" => set(&mut self.is_afternoon, word == "pm"),
            "ad" => Some(()),
            "bc" => {
                self.is_before_christ = true;
                Some(())
            }
            "z" | "utc" | "gmt" | "zulu" => set(&mut self.offset, 0),
            "allballs" => set(&mut self.micros, 0),
            _ => None,
        }
    }

    fn finish(self) -> Option<Moment> {
        let days = match (self.days, self.year, self.month, self.day) {
            (Some(days), None, None, None) => Some(days),
            (None, Some(year), Some(month), Some(day)) => {
                let year = match (self.is_before_christ, year) {
                    (_, ..=0) => return None,
                    (true, year) => 1 - year,
                    (false, year) => year,
                };
                if year > 294_276 || !is_date(year, month, day) {
                    return None;
                }
                Some(days_of(year, month, day))
            }
            (None, None, None, None) => None,
            _ => return None,
        };
        if days.is_none() && self.micros.is_none() {
            return None;
        }
        let mut micros = self.micros.unwrap_or(0);
        if let Some(is_afternoon) = self.is_afternoon {
            let half = DAY / 2;
            let hour = micros / (3_600 * SECOND);
            if !(1..=12).contains(&hour) {
                return None;
            }
            micros = micros % half + if is_afternoon { half } else { 0 };
        }
        Some(Moment { days, micros, offset: self.offset })
    }
}

/// A thing that can be said once.
fn set<T>(place: &mut Option<T>, value: T) -> Option<()> {
    place.replace(value).is_none().then_some(())
}

fn month(word: &str) -> Option<i64> {
    let at = MONTHS
        .iter()
        .position(|month| *month == word || (word.len() >= 3 && word.len() <= 4 && month.starts_with(word)))?;
    i64::try_from(at + 1).ok()
}

/// The year that two digits mean.
fn century(value: i64) -> i64 {
    if value < 70 { value + 2_000 } else { value + 1_900 }
}

/// `9.5` as microseconds.
fn micros_of_seconds(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let whole: i64 = whole.parse().ok()?;
    whole.checked_mul(SECOND)?.checked_add(micros_of_fraction(fraction)?)
}

/// The digits behind a point as microseconds, rounded.
pub(in crate::dialect) fn micros_of_fraction(digits: &str) -> Option<i64> {
    if !digits.chars().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let padded: String = digits.chars().chain("0000000".chars()).take(7).collect();
    Some((padded.parse::<i64>().ok()? + 5) / 10)
}

fn time_of_day(hour: i64, minute: i64, second: i64) -> Option<i64> {
    let micros =
        (hour.checked_mul(3_600)?.checked_add(minute.checked_mul(60)?)?).checked_mul(SECOND)?.checked_add(second)?;
    ((0..=24).contains(&hour) && (0..60).contains(&minute) && second <= 60 * SECOND && micros <= DAY).then_some(micros)
}

/// `+02`, `-07:30`, `z` as seconds.
fn offset(text: &str) -> Option<i64> {
    if matches!(text, "z" | "utc" | "gmt") {
        return Some(0);
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let digits = text.strip_prefix(['+', '-'])?;
    let (hours, rest) = match digits.split_once(':') {
        Some((hours, rest)) => (hours, rest.replace(':', "")),
        None if digits.len() > 2 => {
            let at = digits.len() - 2;
            (digits.get(..at)?, digits.get(at..)?.to_string())
        }
        None => (digits, String::new()),
    };
    let hours: i64 = hours.parse().ok()?;
    let rest: i64 = if rest.is_empty() { 0 } else { rest.parse().ok()? };
    let (minutes, seconds) = if rest > 99 { (rest / 100, rest % 100) } else { (rest, 0) };
    (hours <= 15 && minutes < 60 && seconds < 60).then_some(sign * (hours * 3_600 + minutes * 60 + seconds))
}

/// A date, a time of day and a zone, as PostgreSQL writes them: `2024-03-05 14:07:09.5+00`.
pub(in crate::dialect) fn write_timestamp(micros: i64, zone: &str) -> String {
    let (days, of_day) = (micros.div_euclid(DAY), micros.rem_euclid(DAY));
    let (date, suffix) = parts_of_date(days);
    format!("{date} {}{zone}{suffix}", write_time(of_day))
}

/// A date: `2024-03-05`, `0044-03-15 BC`.
pub(in crate::dialect) fn write_date(days: i64) -> String {
    let (date, suffix) = parts_of_date(days);
    format!("{date}{suffix}")
}

fn parts_of_date(days: i64) -> (String, &'static str) {
    let (year, month, day) = date_of(days);
    let (year, suffix) = if year <= 0 { (1 - year, " BC") } else { (year, "") };
    (format!("{year:04}-{month:02}-{day:02}"), suffix)
}

/// A time of day: `14:07:09.5`.
pub(in crate::dialect) fn write_time(micros: i64) -> String {
    let seconds = micros / SECOND;
    let clock = format!("{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60);
    clock + &fraction(micros % SECOND)
}

/// The point and the digits of a fraction of a second, without zeros at the end.
pub(in crate::dialect) fn fraction(micros: i64) -> String {
    match micros.abs() {
        0 => String::new(),
        micros => format!(".{micros:06}").trim_end_matches('0').to_string(),
    }
}
