//! A text as a time, after a template.

use hyperslab_array::civil::{date_of, days_in_month, days_of};

use super::pattern::{Field, Key, Part, Template};
use super::{DAY, JULIAN_EPOCH, MONTHS, ROMAN_MONTHS, SECOND, WEEKDAYS, iso_week};

/// What has been read of a time.
#[derive(Debug, Default)]
struct Found {
    hour: i64,
    minute: i64,
    second: i64,
    micros: i64,
    second_of_day: Option<i64>,
    is_twelve_hours: bool,
    is_after_noon: Option<bool>,
    /// A year, and how many of its digits the template has.
    year: Option<(i64, u8)>,
    is_iso: bool,
    century: Option<i64>,
    is_before_christ: bool,
    month: Option<i64>,
    day: Option<i64>,
    day_of_year: Option<i64>,
    weekday: Option<i64>,
    week: Option<i64>,
    week_of_month: Option<i64>,
    julian: Option<i64>,
    zone_sign: i64,
    zone_hour: Option<i64>,
    zone_minute: i64,
}

/// The text that is left.
struct Input<'a> {
    rest: &'a str,
    /// How many separators were passed over that the template has not had yet.
    skipped: i64,
    last: Option<char>,
}

impl Input<'_> {
    fn next(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let c = chars.next()?;
        self.rest = chars.as_str();
        self.last = Some(c);
        Some(c)
    }

    fn skip_spaces(&mut self) {
        while self.rest.starts_with(|c: char| c.is_ascii_whitespace()) {
            self.next();
            self.skipped += 1;
        }
    }
}

impl Template {
    /// The time that a text is in this form, in microseconds since 1970 of UTC or, where the text has no zone, of any clock.
    ///
    /// # Errors
    /// When it is not in this form: why.
    pub(crate) fn read(&self, text: &str) -> Result<i64, String> {
        let mut input = Input { rest: text, skipped: 0, last: None };
        let mut found = Found { zone_sign: 1, ..Found::default() };
        for (at, part) in self.parts.iter().enumerate() {
            if input.rest.is_empty() {
                break;
            }
            if !self.is_exact && (at == 0 || matches!(part, Part::Field(_))) {
                input.skip_spaces();
            }
            match part {
                Part::Separator(_) if self.is_exact => {
                    input.next();
                }
                Part::Separator(_) => {
                    input.skipped -= 1;
                    let is_separator = |c: char| c.is_ascii_graphic() && !c.is_ascii_alphanumeric();
                    if input.rest.starts_with(|c: char| c.is_ascii_whitespace() || is_separator(c)) {
                        input.next();
                        input.skipped += 1;
                    }
                }
                Part::Text(_) if !self.is_exact && input.skipped > 0 => input.skipped -= 1,
                Part::Text(_) => {
                    input.next();
                }
                Part::Field(field) => {
                    let takes_all = field.is_filled || self.ends_before(at);
                    found.field(*field, &mut input, takes_all)?;
                    if !self.is_exact {
                        input.skipped = 0;
                        input.skip_spaces();
                    }
                }
            }
        }
        found.finish()
    }

    /// Whether no digit can follow a field, so that all digits that are there belong to it.
    fn ends_before(&self, at: usize) -> bool {
        let field = match self.parts.get(at) {
            Some(Part::Field(field)) => field,
            _ => return false,
        };
        if field.ordinal.is_some() {
            return true;
        }
        match self.parts.get(at + 1) {
            None => true,
            Some(Part::Field(next)) => !is_digits(next.key),
            Some(Part::Text(c) | Part::Separator(c)) => !c.is_ascii_digit(),
        }
    }
}

/// Whether a field is written in digits alone.
fn is_digits(key: Key) -> bool {
    !matches!(
        key,
        Key::Meridian { .. }
            | Key::Era { .. }
            | Key::Weekday
            | Key::WeekdayShort
            | Key::MonthName
            | Key::MonthShort
            | Key::Offset
            | Key::RomanMonth
            | Key::Zone
            | Key::ZoneHour
    )
}

impl Found {
    fn field(&mut self, field: Field, input: &mut Input<'_>, takes_all: bool) -> Result<(), String> {
        let mut number = |digits: usize| read_number(input, digits, takes_all, field.key).map(|(value, _)| value);
        match field.key {
            Key::Hour12 => {
                self.hour = number(2)?;
                self.is_twelve_hours = true;
            }
            Key::Hour24 => self.hour = number(2)?,
            Key::Minute => self.minute = number(2)?,
            Key::Second => self.second = number(2)?,
            Key::SecondOfDay => self.second_of_day = Some(number(5)?),
            Key::Milliseconds => self.micros += fraction(input, 3, takes_all, field.key)?,
            Key::Microseconds => self.micros += fraction(input, 6, takes_all, field.key)?,
            Key::Fraction(digits) => self.micros += fraction(input, usize::from(digits), takes_all, field.key)?,
            Key::Century => self.century = Some(number(2)?),
            Key::DayOfYear => self.day_of_year = Some(number(3)?),
            Key::IsoDayOfYear => {
                self.day_of_year = Some(number(3)?);
                self.is_iso = true;
            }
            Key::Day => self.day = Some(number(2)?),
            Key::DayOfWeek => self.weekday = Some(number(1)?),
            Key::IsoDayOfWeek => {
                // Sunday, the last day of the week, is the first one to the other field.
                self.weekday = Some(number(1)? % 7 + 1);
                self.is_iso = true;
            }
            Key::WeekOfYear => self.week = Some(number(2)?),
            Key::IsoWeek => {
                self.week = Some(number(2)?);
                self.is_iso = true;
            }
            Key::WeekOfMonth => self.week_of_month = Some(number(1)?),
            Key::Month => self.month = Some(number(2)?),
            Key::Quarter => {
                // A quarter alone does not say which month; what else there is does.
                number(1)?;
            }
            Key::Julian => self.julian = Some(read_number(input, 7, true, field.key)?.0),
            Key::Year(digits) => self.year = Some(read_year(input, digits, takes_all, field.key)?),
            Key::IsoYear(digits) => {
                self.year = Some(read_year(input, digits, takes_all, field.key)?);
                self.is_iso = true;
            }
            Key::YearWithComma => {
                let thousands = read_number(input, 3, true, field.key)?.0;
                if input.next() != Some(',') {
                    return Err("`Y,YYY` expected a comma".to_string());
                }
                let rest = read_number(input, 3, false, field.key)?.0;
                self.year = Some((thousands * 1_000 + rest, 4));
            }
            Key::ZoneHour => {
                self.zone_sign = 1;
                match input.rest.chars().next() {
                    Some('+' | ' ') => {
                        input.next();
                    }
                    Some('-') => {
                        input.next();
                        self.zone_sign = -1;
                    }
                    // The sign was taken for a separator.
                    _ if input.skipped > 0 && input.last == Some('-') => self.zone_sign = -1,
                    _ => {}
                }
                self.zone_hour = Some(read_number(input, 2, takes_all, field.key)?.0);
            }
            Key::ZoneMinute => self.zone_minute = number(2)?,
            Key::Meridian { has_points } => {
                let words = if has_points { ["a.m.", "p.m."] } else { ["am", "pm"] };
                self.is_after_noon = Some(word(input, &words, "AM or PM")? == 1);
                self.is_twelve_hours = true;
            }
            Key::Era { has_points } => {
                let words = if has_points { ["a.d.", "b.c."] } else { ["ad", "bc"] };
                self.is_before_christ = word(input, &words, "AD or BC")? == 1;
            }
            Key::MonthName => self.month = Some(word(input, &MONTHS, "a month")? + 1),
            Key::MonthShort => self.month = Some(short_word(input, &MONTHS, "a month")? + 1),
            Key::Weekday => self.weekday = Some(word(input, &WEEKDAYS, "a day of the week")? + 1),
            Key::WeekdayShort => self.weekday = Some(short_word(input, &WEEKDAYS, "a day of the week")? + 1),
            Key::RomanMonth => {
                // A longer number begins with a shorter one.
                let mut names = ROMAN_MONTHS;
                names.sort_by_key(|name| std::cmp::Reverse(name.len()));
                let name = names.get(usize::try_from(word(input, &names, "a month")?).unwrap_or(0)).copied();
                self.month =
                    ROMAN_MONTHS.iter().position(|n| Some(*n) == name).and_then(|at| i64::try_from(at + 1).ok());
            }
            Key::Offset | Key::Zone => return Err("`OF` and `TZ` can be written, not read".to_string()),
        }
        Ok(())
    }

    fn finish(mut self) -> Result<i64, String> {
        if let Some(seconds) = self.second_of_day {
            (self.hour, self.minute, self.second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
        }
        if self.is_twelve_hours {
            if !(1..=12).contains(&self.hour) && self.is_after_noon.is_some() || self.hour > 12 {
                return Err(format!("hour `{}`, expected 1 to 12", self.hour));
            }
            match self.is_after_noon {
                Some(true) if self.hour < 12 => self.hour += 12,
                Some(false) if self.hour == 12 => self.hour = 0,
                _ => {}
            }
        }
        let in_range = |what: &str, value: i64, most: i64| match (0..=most).contains(&value) {
            true => Ok(()),
            false => Err(format!("{what} `{value}` is out of range")),
        };
        in_range("hour", self.hour, 24)?;
        in_range("minute", self.minute, 59)?;
        in_range("second", self.second, 59)?;
        in_range("hour of a time zone", self.zone_hour.unwrap_or(0), 15)?;
        in_range("minute of a time zone", self.zone_minute, 59)?;
        let zone = self.zone_sign * (self.zone_hour.unwrap_or(0) * 3_600 + self.zone_minute * 60);
        let days = self.days()?;
        let seconds = self.hour * 3_600 + self.minute * 60 + self.second - zone;
        let of_day = seconds * SECOND + self.micros;
        days.checked_mul(DAY).and_then(|d| d.checked_add(of_day)).ok_or_else(|| "the year is out of range".to_string())
    }

    fn days(&self) -> Result<i64, String> {
        if let Some(julian) = self.julian {
            return Ok(julian - JULIAN_EPOCH);
        }
        let year = self.year_of_count();
        if !(-4_713..=294_276).contains(&year) {
            return Err(format!("year `{year}` is out of range"));
        }
        let (mut month, mut day) = (self.month.unwrap_or(1), self.day.unwrap_or(1));
        let mut day_of_year = self.day_of_year;
        if let Some(week) = self.week {
            if !(1..=53).contains(&week) {
                return Err(format!("week `{week}`, expected 1 to 53"));
            }
            if self.is_iso {
                let weekday = self.weekday.map_or(0, |day| (day + 5).rem_euclid(7));
                return Ok(first_monday(year) + (week - 1) * 7 + weekday);
            }
            day_of_year = Some((week - 1) * 7 + 1);
        }
        if let Some(week) = self.week_of_month {
            day = (week - 1) * 7 + 1;
        }
        if let Some(number) = day_of_year
            && (month <= 1 || day <= 1)
        {
            if self.is_iso {
                return Ok(first_monday(year) + number - 1);
            }
            if !(1..=366).contains(&number) || date_of(days_of(year, 1, number)).0 != year {
                return Err(format!("day of the year `{number}` is out of range"));
            }
            (_, month, day) = date_of(days_of(year, 1, number));
        }
        if !(1..=12).contains(&month) {
            return Err(format!("month `{month}`, expected 1 to 12"));
        }
        if !(1..=days_in_month(year, month)).contains(&day) {
            return Err(format!("day `{day}` of month {month} is out of range"));
        }
        Ok(days_of(year, month, day))
    }

    /// The year on a count that has a year 0, which is 1 BC.
    fn year_of_count(&self) -> i64 {
        match (self.year, self.century) {
            (Some((year, digits)), Some(century)) if digits <= 2 => {
                (century - 1) * 100 + year % 100 + i64::from(year % 100 == 0) * 100
            }
            (Some((year, _)), _) if self.is_before_christ && year > 0 => 1 - year,
            (Some((year, _)), _) => year,
            (None, Some(century)) => (century - 1) * 100 + 1,
            (None, None) => 0,
        }
    }
}

/// The Monday of the first week of a year.
fn first_monday(year: i64) -> i64 {
    let fourth = days_of(year, 1, 4);
    fourth - (iso_week(fourth).2 - 1)
}

/// No field has a greater number.
const MOST: i64 = 1_000_000_000_000;

/// A number and how many characters it takes: as many digits as the field has, or all that are there.
fn read_number(input: &mut Input<'_>, digits: usize, takes_all: bool, key: Key) -> Result<(i64, usize), String> {
    if takes_all {
        input.skip_spaces();
    }
    let text = input.rest;
    let sign = usize::from(text.starts_with(['-', '+']));
    let most = if takes_all { usize::MAX } else { digits };
    let length = text.bytes().skip(sign).take_while(u8::is_ascii_digit).count() + sign;
    let length = if length == sign { 0 } else { length.min(most) };
    let (number, rest) = text.split_at(length);
    let value: i64 = number.parse().map_err(|_| format!("`{text}` has no number for {key:?}"))?;
    if value.abs() > MOST {
        return Err(format!("`{number}` is out of range"));
    }
    if !takes_all && length < digits {
        return Err(format!("`{text}` has {length} digits for {key:?}, expected {digits}"));
    }
    input.last = number.chars().next_back();
    input.rest = rest;
    Ok((value, length))
}

/// A year. Where the template has fewer than four digits, it is of this century or of the last.
fn read_year(input: &mut Input<'_>, digits: u8, takes_all: bool, key: Key) -> Result<(i64, u8), String> {
    let (year, length) = read_number(input, usize::from(digits), takes_all, key)?;
    let year = match year {
        _ if digits == 4 || length >= 4 => year,
        ..70 => year + 2_000,
        70..100 => year + 1_900,
        100..520 => year + 2_000,
        _ => year + 1_000,
    };
    Ok((year, digits))
}

/// Digits behind a point as microseconds.
fn fraction(input: &mut Input<'_>, digits: usize, takes_all: bool, key: Key) -> Result<i64, String> {
    let (value, length) = read_number(input, digits, takes_all, key)?;
    let power = |n: usize| u32::try_from(n).ok().and_then(|n| 10i64.checked_pow(n));
    let scaled = match (6usize.checked_sub(length), length.checked_sub(6)) {
        (Some(missing), _) => power(missing).and_then(|p| value.checked_mul(p)),
        (None, Some(extra)) => power(extra).map(|p| value / p),
        (None, None) => None,
    };
    scaled.ok_or_else(|| format!("`{value}` has too many digits for {key:?}"))
}

/// Which of the words a text goes on with, in any case.
fn word(input: &mut Input<'_>, words: &[&str], what: &str) -> Result<i64, String> {
    let found = words
        .iter()
        .position(|word| input.rest.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word)));
    let Some((at, word)) = found.and_then(|at| words.get(at).map(|word| (at, word))) else {
        return Err(format!("`{}` does not begin with {what}", input.rest));
    };
    input.rest = input.rest.get(word.len()..).unwrap_or_default();
    i64::try_from(at).map_err(|_| "too many words".to_string())
}

/// As [`word`], of the first three letters.
fn short_word(input: &mut Input<'_>, words: &[&str], what: &str) -> Result<i64, String> {
    let short: Vec<&str> = words.iter().map(|word| word.get(..3).unwrap_or(word)).collect();
    word(input, &short, what)
}
