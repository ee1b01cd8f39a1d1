//! Days, clock times and intervals: their fields, and the texts that they are read from and written to.
//!
//! Days count from 2000-01-01, moments in microseconds from its midnight in UTC, which is the only time zone here.

use super::Interval;

/// Microseconds of a second.
pub(crate) const SECOND: i64 = 1_000_000;
/// Microseconds of a day.
pub(crate) const DAY: i64 = 86_400 * SECOND;
/// Days from 1970-01-01 to 2000-01-01.
pub(crate) const UNIX_DAYS: i64 = 10_957;

/// The day after all others.
pub(crate) const INFINITY_DAYS: i64 = i32::MAX as i64;
const MINUS_INFINITY_DAYS: i64 = i32::MIN as i64;

/// A moment taken apart. The year before 1 is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fields {
    pub year: i64,
    pub month: i64,
    pub day: i64,
    pub hour: i64,
    pub minute: i64,
    pub second: i64,
    pub micros: i64,
}

/// Days since 2000-01-01 of a date of the Gregorian calendar, which may be far out of range in any field but the year.
pub(crate) fn days_of(year: i64, month: i64, day: i64) -> i64 {
    // Years that begin in March have the leap day at their end.
    let year = year.saturating_add((month - 1).div_euclid(12));
    let month = (month - 1).rem_euclid(12) + 1;
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let of_era = shifted.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    era.saturating_mul(146_097).saturating_add(days).saturating_sub(719_468 + UNIX_DAYS)
}

/// Year, month and day of a number of days since 2000-01-01.
pub(crate) fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days.saturating_add(719_468 + UNIX_DAYS);
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

/// How many days a month has.
pub(crate) fn days_in_month(year: i64, month: i64) -> i64 {
    days_of(year, month + 1, 1) - days_of(year, month, 1)
}

/// The fields of a moment.
pub(crate) fn fields(micros: i64) -> Fields {
    let (days, rest) = (micros.div_euclid(DAY), micros.rem_euclid(DAY));
    let (year, month, day) = date_of(days);
    let seconds = rest / SECOND;
    Fields {
        year,
        month,
        day,
        hour: seconds / 3600,
        minute: seconds / 60 % 60,
        second: seconds % 60,
        micros: rest % SECOND,
    }
}

/// A moment from its fields; `None` if it is out of range.
pub(crate) fn moment(f: &Fields) -> Option<i64> {
    let clock = ((f.hour * 60 + f.minute) * 60 + f.second) * SECOND + f.micros;
    days_of(f.year, f.month, f.day).checked_mul(DAY)?.checked_add(clock)
}

fn fraction(micros: i64) -> String {
    if micros == 0 {
        return String::new();
    }
    format!(".{:06}", micros.abs()).trim_end_matches('0').to_string()
}

/// `2024-01-31`, with ` BC` for years before 1.
pub(crate) fn date_text(days: i64) -> String {
    match days {
        INFINITY_DAYS => return "infinity".into(),
        MINUS_INFINITY_DAYS => return "-infinity".into(),
        _ => {}
    }
    let (year, month, day) = date_of(days);
    match year {
        1.. => format!("{year:04}-{month:02}-{day:02}"),
        _ => format!("{:04}-{month:02}-{day:02} BC", 1 - year),
    }
}

/// `12:34:56.5`.
pub(crate) fn time_text(micros: i64) -> String {
    let seconds = micros.div_euclid(SECOND);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{hour:02}:{minute:02}:{second:02}{}", fraction(micros.rem_euclid(SECOND)))
}

/// `2024-01-31 12:34:56.5`, with `+00` if the type has a time zone.
pub(crate) fn timestamp_text(micros: i64, zone: bool) -> String {
    match micros {
        i64::MAX => return "infinity".into(),
        i64::MIN => return "-infinity".into(),
        _ => {}
    }
    let date = date_text(micros.div_euclid(DAY));
    let clock = time_text(micros.rem_euclid(DAY));
    let zone = if zone { "+00" } else { "" };
    match date.strip_suffix(" BC") {
        Some(date) => format!("{date} {clock}{zone} BC"),
        None => format!("{date} {clock}{zone}"),
    }
}

/// `1 year 2 mons 3 days 04:05:06`.
pub(crate) fn interval_text(i: Interval) -> String {
    let mut text = String::new();
    let mut before = false;
    let parts = [(i.months / 12, "year"), (i.months % 12, "mon"), (i.days, "day")];
    for (n, unit) in parts.into_iter().filter(|(n, _)| *n != 0) {
        let space = if text.is_empty() { "" } else { " " };
        let sign = if before && n > 0 { "+" } else { "" };
        let plural = if n == 1 { "" } else { "s" };
        text.push_str(&format!("{space}{sign}{n} {unit}{plural}"));
        before = n < 0;
    }
    if text.is_empty() || i.micros != 0 {
        let space = if text.is_empty() { "" } else { " " };
        let sign = if i.micros < 0 {
            "-"
        } else if before {
            "+"
        } else {
            ""
        };
        let whole = i.micros.unsigned_abs();
        let (seconds, rest) = (whole / 1_000_000, whole % 1_000_000);
        text.push_str(&format!(
            "{space}{sign}{:02}:{:02}:{:02}{}",
            seconds / 3600,
            seconds / 60 % 60,
            seconds % 60,
            fraction(i64::try_from(rest).unwrap_or(0))
        ));
    }
    text
}

/// Reads digits from the front.
fn digits(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// Reads a clock time from the front: `12:34`, `12:34:56.789`.
fn clock(text: &str) -> Option<(i64, &str)> {
    let (hour, rest) = digits(text);
    let (minute, mut rest) = digits(rest.strip_prefix(':')?);
    let (hour, minute): (i64, i64) = (hour.parse().ok()?, minute.parse().ok()?);
    let (mut second, mut micros) = (0i64, 0i64);
    if let Some(after) = rest.strip_prefix(':') {
        let (s, after) = digits(after);
        second = s.parse().ok()?;
        rest = after;
        if let Some(after) = rest.strip_prefix('.') {
            let (f, after) = digits(after);
            micros = micros_of_fraction(f)?;
            rest = after;
        }
    }
    if minute > 59 || second > 60 || hour > 1_000_000_000 {
        return None;
    }
    Some((((hour * 60 + minute) * 60 + second) * SECOND + micros, rest))
}

/// Microseconds of the digits after a point, rounded.
fn micros_of_fraction(digits: &str) -> Option<i64> {
    if digits.is_empty() {
        return Some(0);
    }
    let value: f64 = format!("0.{digits}").parse().ok()?;
    #[expect(clippy::cast_possible_truncation, reason = "at most a million")]
    Some((value * 1e6).round() as i64)
}

/// Reads a time zone: seconds east of UTC.
fn zone(text: &str) -> Option<i64> {
    let lower = text.to_ascii_lowercase();
    if matches!(lower.as_str(), "z" | "utc" | "gmt" | "zulu" | "ut" | "etc/utc" | "universal") {
        return Some(0);
    }
    let (sign, rest) = match text.as_bytes().first()? {
        b'+' => (1, text.get(1..)?),
        b'-' => (-1, text.get(1..)?),
        _ => return None,
    };
    let parts: Vec<&str> = rest.split(':').collect();
    let number = |s: &str| s.parse::<i64>().ok().filter(|_| s.len() <= 2);
    let seconds = match parts.as_slice() {
        [h] if h.len() <= 2 => number(h)? * 3600,
        [hm] if hm.len() == 4 => number(hm.get(..2)?)? * 3600 + number(hm.get(2..)?)? * 60,
        [h, m] => number(h)? * 3600 + number(m)? * 60,
        [h, m, s] => number(h)? * 3600 + number(m)? * 60 + number(s)?,
        _ => return None,
    };
    (seconds < 16 * 3600).then_some(sign * seconds)
}

/// Seconds east of UTC of a zone as `AT TIME ZONE` takes it: a bare offset counts to the west there.
pub(crate) fn zone_offset(text: &str) -> Option<i64> {
    let text = text.trim();
    let sign = if text.starts_with(|c: char| c.is_ascii_alphabetic()) { 1 } else { -1 };
    zone(text).map(|seconds| sign * seconds)
}

/// Whether text is a date in form, but one that no calendar has.
pub(crate) fn is_no_day(text: &str) -> bool {
    let text = text.trim();
    date(text).is_some_and(|(year, month, day, _)| {
        !(1..=12).contains(&month) || day < 1 || day > days_in_month(year, month) || year > 294_276
    })
}

/// A date, and what stands after it.
fn date(text: &str) -> Option<(i64, i64, i64, &str)> {
    let (first, rest) = digits(text);
    if let Some(after) = rest.strip_prefix('-') {
        let (month, rest) = digits(after);
        let (day, rest) = digits(rest.strip_prefix('-')?);
        if first.len() < 3 || month.is_empty() {
            return None;
        }
        return Some((first.parse().ok()?, month.parse().ok()?, day.parse().ok()?, rest));
    }
    if let Some(after) = rest.strip_prefix('/') {
        let (day, rest) = digits(after);
        let (year, rest) = digits(rest.strip_prefix('/')?);
        return Some((year.parse().ok()?, first.parse().ok()?, day.parse().ok()?, rest));
    }
    if first.len() == 8 {
        let part = |from: usize, to: usize| first.get(from..to)?.parse::<i64>().ok();
        return Some((part(0, 4)?, part(4, 6)?, part(6, 8)?, rest));
    }
    None
}

/// Reads a moment: the moment as if it were in UTC, and the offset of the zone it names, in seconds.
pub(crate) fn parse_timestamp(text: &str) -> Option<(i64, Option<i64>)> {
    let text = text.trim();
    match text.to_ascii_lowercase().as_str() {
        "epoch" => return Some((-UNIX_DAYS * DAY, Some(0))),
        "infinity" | "+infinity" => return Some((i64::MAX, None)),
        "-infinity" => return Some((i64::MIN, None)),
        _ => {}
    }
    let (text, before_christ) = match text.strip_suffix("BC").or_else(|| text.strip_suffix("bc")) {
        Some(text) => (text.trim_end(), true),
        None => (text.strip_suffix("AD").map_or(text, str::trim_end), false),
    };
    let (mut year, month, day, rest) = date(text)?;
    if before_christ {
        year = 1 - year;
    }
    if !(1..=12).contains(&month) || day < 1 || day > days_in_month(year, month) || year > 294_276 || year < -4713 {
        return None;
    }
    let start = days_of(year, month, day).checked_mul(DAY)?;
    let rest = rest.strip_prefix(['T', 't']).unwrap_or(rest).trim_start();
    if rest.is_empty() {
        return Some((start, None));
    }
    if !rest.starts_with(|c: char| c.is_ascii_digit()) {
        return Some((start, Some(zone(rest)?)));
    }
    let (time, rest) = clock(rest)?;
    if time > DAY {
        return None;
    }
    let at = start.checked_add(time)?;
    let rest = rest.trim_start();
    let (rest, shift) = match rest.to_ascii_lowercase().as_str() {
        r if r.starts_with("am") => (rest.get(2..)?.trim_start(), if time >= DAY / 2 { -DAY / 2 } else { 0 }),
        r if r.starts_with("pm") => (rest.get(2..)?.trim_start(), if time < DAY / 2 { DAY / 2 } else { 0 }),
        _ => (rest, 0),
    };
    let at = at.checked_add(shift)?;
    match rest {
        "" => Some((at, None)),
        _ => Some((at, Some(zone(rest)?))),
    }
}

/// Reads a date.
pub(crate) fn parse_date(text: &str) -> Option<i64> {
    match text.trim().to_ascii_lowercase().as_str() {
        "infinity" => return Some(INFINITY_DAYS),
        "-infinity" => return Some(MINUS_INFINITY_DAYS),
        _ => {}
    }
    parse_timestamp(text).map(|(at, _)| at.div_euclid(DAY))
}

/// Reads a clock time; a date before it and a zone after it are left out.
pub(crate) fn parse_time(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Some((time, rest)) = clock(text) {
        let rest = rest.trim();
        if time <= DAY && (rest.is_empty() || zone(rest).is_some()) {
            return Some(time);
        }
        return None;
    }
    parse_timestamp(text).map(|(at, _)| at.rem_euclid(DAY))
}

/// Reads an interval: `1 day 02:03:04`, `1 year 2 mons`, `P1DT2H`, `3 hours ago`.
pub(crate) fn parse_interval(text: &str) -> Option<Interval> {
    let lower = text.trim().to_ascii_lowercase();
    if let Some(iso) = lower.strip_prefix('p') {
        return parse_iso_interval(iso);
    }
    let mut total = Interval::default();
    let mut rest = lower.strip_prefix('@').unwrap_or(&lower).trim_start();
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        if rest == "ago" {
            total = scale(total, -1.0)?;
            break;
        }
        let (sign, unsigned) = match rest.as_bytes().first()? {
            b'-' => (-1.0, rest.get(1..)?),
            b'+' => (1.0, rest.get(1..)?),
            _ => (1.0, rest),
        };
        if let Some((time, after)) = clock(unsigned) {
            #[expect(clippy::cast_possible_truncation, reason = "one or minus one")]
            let signed = time.checked_mul(sign as i64)?;
            total.micros = total.micros.checked_add(signed)?;
            rest = after.trim_start();
            continue;
        }
        let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
        let (number, after) = unsigned.split_at_checked(end)?;
        let number: f64 = number.parse().ok()?;
        let after = after.trim_start();
        let end = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        let (unit, after) = after.split_at_checked(end)?;
        total = add(total, in_units(number * sign, if unit.is_empty() { "second" } else { unit })?)?;
        rest = after.trim_start();
    }
    Some(total)
}

fn parse_iso_interval(text: &str) -> Option<Interval> {
    let mut total = Interval::default();
    let mut rest = text;
    let mut clock = false;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('t') {
            (clock, rest) = (true, after);
            continue;
        }
        let end = rest.find(|c: char| c.is_ascii_alphabetic())?;
        let number: f64 = rest.get(..end)?.parse().ok()?;
        let unit = match (rest.get(end..=end)?, clock) {
            ("y", false) => "year",
            ("m", false) => "month",
            ("w", false) => "week",
            ("d", false) => "day",
            ("h", true) => "hour",
            ("m", true) => "minute",
            ("s", true) => "second",
            _ => return None,
        };
        total = add(total, in_units(number, unit)?)?;
        rest = rest.get(end + 1..)?;
    }
    Some(total)
}

/// A number of units; a fraction of a month becomes days, a fraction of a day a clock time.
pub(crate) fn in_units(number: f64, unit: &str) -> Option<Interval> {
    let months = |n: f64| {
        let whole = n.trunc();
        let days = (n - whole) * 30.0;
        from_parts(whole, days.trunc(), days.fract() * 86_400e6)
    };
    let days = |n: f64| from_parts(0.0, n.trunc(), n.fract() * 86_400e6);
    let seconds = |n: f64| from_parts(0.0, 0.0, n * 1e6);
    match unit {
        "microsecond" | "microseconds" | "us" | "usec" | "usecs" => from_parts(0.0, 0.0, number),
        "millisecond" | "milliseconds" | "ms" | "msec" | "msecs" => from_parts(0.0, 0.0, number * 1e3),
        "second" | "seconds" | "sec" | "secs" | "s" => seconds(number),
        "minute" | "minutes" | "min" | "mins" | "m" => seconds(number * 60.0),
        "hour" | "hours" | "hr" | "hrs" | "h" => seconds(number * 3600.0),
        "day" | "days" | "d" => days(number),
        "week" | "weeks" | "w" => days(number * 7.0),
        "month" | "months" | "mon" | "mons" => months(number),
        "year" | "years" | "yr" | "yrs" | "y" => from_parts((number * 12.0).round(), 0.0, 0.0),
        "decade" | "decades" => months(number * 120.0),
        "century" | "centuries" => months(number * 1200.0),
        "millennium" | "millennia" | "millenniums" => months(number * 12_000.0),
        _ => None,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "checked before")]
fn from_parts(months: f64, days: f64, micros: f64) -> Option<Interval> {
    let small = |n: f64| (n.abs() <= f64::from(i32::MAX)).then_some(n as i32);
    let micros = (micros.abs() < 9e18).then_some(micros.round() as i64)?;
    Some(Interval { months: small(months)?, days: small(days)?, micros })
}

/// The sum of two intervals, field by field.
pub(crate) fn add(a: Interval, b: Interval) -> Option<Interval> {
    Some(Interval {
        months: a.months.checked_add(b.months)?,
        days: a.days.checked_add(b.days)?,
        micros: a.micros.checked_add(b.micros)?,
    })
}

/// An interval times a number; fractions go down to the smaller fields.
pub(crate) fn scale(i: Interval, by: f64) -> Option<Interval> {
    let months = f64::from(i.months) * by;
    let days = f64::from(i.days) * by + (months.fract() * 30.0 * 1e6).round() / 1e6;
    #[expect(clippy::cast_precision_loss, reason = "as good as a fraction gets")]
    let micros = i.micros as f64 * by + (days.fract() * 86_400e6).round();
    from_parts(months.trunc(), days.trunc(), micros)
}

/// A moment and an interval after it: months first, then days, then the rest.
pub(crate) fn shift(at: i64, by: Interval) -> Option<i64> {
    if at == i64::MAX || at == i64::MIN {
        return Some(at);
    }
    let mut at = at;
    if by.months != 0 {
        let mut f = fields(at);
        let month = f.year * 12 + f.month - 1 + i64::from(by.months);
        f.year = month.div_euclid(12);
        f.month = month.rem_euclid(12) + 1;
        f.day = f.day.min(days_in_month(f.year, f.month));
        at = moment(&f)?;
    }
    at.checked_add(i64::from(by.days).checked_mul(DAY)?)?.checked_add(by.micros)
}

/// The midnight that a day begins with.
pub(crate) fn day_start(days: i64) -> i64 {
    match days {
        INFINITY_DAYS => i64::MAX,
        MINUS_INFINITY_DAYS => i64::MIN,
        _ => days.saturating_mul(DAY),
    }
}

/// Microseconds of an interval with months of 30 days, by which intervals are compared.
pub(crate) fn span(i: Interval) -> i128 {
    (i128::from(i.months) * 30 + i128::from(i.days)) * i128::from(DAY) + i128::from(i.micros)
}

/// The years, months, days and clock time from one moment to another, as `age` counts.
pub(crate) fn age(later: i64, earlier: i64) -> Option<Interval> {
    if later < earlier {
        let i = age(earlier, later)?;
        return Some(Interval { months: -i.months, days: -i.days, micros: -i.micros });
    }
    let (a, b) = (fields(later), fields(earlier));
    let mut micros = later.rem_euclid(DAY) - earlier.rem_euclid(DAY);
    let mut days = a.day - b.day;
    let mut months = (a.year - b.year) * 12 + a.month - b.month;
    if micros < 0 {
        micros += DAY;
        days -= 1;
    }
    if days < 0 {
        days += days_in_month(b.year, b.month);
        months -= 1;
    }
    Some(Interval { months: i32::try_from(months).ok()?, days: i32::try_from(days).ok()?, micros })
}
