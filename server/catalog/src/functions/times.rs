//! Days, moments and intervals: operators and functions.

use super::{Call, Function, scalar};
use crate::error::PgError;
use crate::types::{self, DATE, FLOAT8, INT4, INTERVAL, NUMERIC, TEXT, TIME, TIMESTAMP, TIMESTAMPTZ, TIMETZ};
use crate::value::datetime::{DAY, SECOND};
use crate::value::{Interval, Numeric, Value, datetime};

type Answer = Result<Value, PgError>;

fn range() -> PgError {
    PgError::new("22008", "timestamp out of range")
}

fn moment(at: Option<i64>) -> Answer {
    at.map(Value::Int).ok_or_else(range)
}

fn interval(c: &Call<'_>, at: usize) -> Interval {
    match c.arg(at) {
        Value::Interval(i) => *i,
        _ => Interval::default(),
    }
}

fn span(i: Option<Interval>) -> Answer {
    i.map(Value::Interval).ok_or_else(|| PgError::new("22008", "interval out of range"))
}

fn negated(i: Interval) -> Option<Interval> {
    datetime::scale(i, -1.0)
}

/// Microseconds of a moment; a day is its midnight.
fn micros(c: &Call<'_>, at: usize) -> i64 {
    if c.ty(at) == DATE { datetime::day_start(c.int(at)) } else { c.int(at) }
}

fn add_days(c: &Call<'_>) -> Answer {
    moment(c.int(0).checked_add(c.int(1)))
}
fn sub_days(c: &Call<'_>) -> Answer {
    moment(c.int(0).checked_sub(c.int(1)))
}
fn days_between(c: &Call<'_>) -> Answer {
    moment(c.int(0).checked_sub(c.int(1)))
}
fn add_interval(c: &Call<'_>) -> Answer {
    let (at, by) = if matches!(c.arg(0), Value::Interval(_)) { (1, 0) } else { (0, 1) };
    moment(datetime::shift(micros(c, at), interval(c, by)))
}
fn sub_interval(c: &Call<'_>) -> Answer {
    moment(negated(interval(c, 1)).and_then(|i| datetime::shift(micros(c, 0), i)))
}
fn time_shift(c: &Call<'_>, by: i64) -> Answer {
    moment(c.int(0).checked_add(by).map(|t| t.rem_euclid(DAY)))
}
fn add_to_time(c: &Call<'_>) -> Answer {
    time_shift(c, interval(c, 1).micros)
}
fn sub_from_time(c: &Call<'_>) -> Answer {
    time_shift(c, interval(c, 1).micros.saturating_neg())
}
fn date_and_time(c: &Call<'_>) -> Answer {
    moment(datetime::day_start(c.int(0)).checked_add(c.int(1)))
}
fn between(c: &Call<'_>) -> Answer {
    let micros = micros(c, 0).checked_sub(micros(c, 1)).ok_or_else(range)?;
    let days = i32::try_from(micros / DAY).map_err(|_| range())?;
    span(Some(Interval { months: 0, days, micros: micros % DAY }))
}
fn times_between(c: &Call<'_>) -> Answer {
    span(Some(Interval { months: 0, days: 0, micros: c.int(0) - c.int(1) }))
}
fn add_intervals(c: &Call<'_>) -> Answer {
    span(datetime::add(interval(c, 0), interval(c, 1)))
}
fn sub_intervals(c: &Call<'_>) -> Answer {
    span(negated(interval(c, 1)).and_then(|i| datetime::add(interval(c, 0), i)))
}
fn negate(c: &Call<'_>) -> Answer {
    span(negated(interval(c, 0)))
}
fn multiply(c: &Call<'_>) -> Answer {
    let (i, by) = if matches!(c.arg(0), Value::Interval(_)) { (0, 1) } else { (1, 0) };
    span(datetime::scale(interval(c, i), c.float(by)))
}
fn divide(c: &Call<'_>) -> Answer {
    if c.float(1) == 0.0 {
        return Err(PgError::new("22012", "division by zero"));
    }
    span(datetime::scale(interval(c, 0), 1.0 / c.float(1)))
}

fn today(c: &Call<'_>) -> Answer {
    Ok(Value::Int(c.run.session.transaction_start.div_euclid(DAY)))
}
fn now(c: &Call<'_>) -> Answer {
    Ok(Value::Int(c.run.session.transaction_start))
}
fn clock(c: &Call<'_>) -> Answer {
    Ok(Value::Int(c.run.session.transaction_start.rem_euclid(DAY)))
}

/// A field of an interval or a moment as a number of millionths.
fn part(c: &Call<'_>) -> Result<Option<i128>, PgError> {
    let name = c.str(0).to_ascii_lowercase();
    let ty = c.ty(1);
    let million = i128::from(SECOND);
    if let Value::Interval(i) = c.arg(1) {
        let (months, days, micros) = (i128::from(i.months), i128::from(i.days), i128::from(i.micros));
        return Ok(Some(match name.as_str() {
            "epoch" => {
                (months / 12 * 36_525 / 100 * 86_400 + months % 12 * 30 * 86_400 + days * 86_400) * million
                    + micros
                    + months / 12 * 36_525 % 100 * 864 * million
            }
            "year" | "years" => months / 12 * million,
            "month" | "months" => months % 12 * million,
            "quarter" => (months % 12 / 3 + 1) * million,
            "day" | "days" => days * million,
            "hour" | "hours" => micros / 3_600_000_000 * million,
            "minute" | "minutes" => micros / 60_000_000 % 60 * million,
            "second" | "seconds" => micros % 60_000_000,
            "millisecond" | "milliseconds" => micros % 60_000_000 * 1000,
            "microsecond" | "microseconds" => micros % 60_000_000 * million,
            _ => return Err(unknown_unit(&name, ty)),
        }));
    }
    let at = micros(c, 1);
    if at == i64::MAX || at == i64::MIN {
        return Ok(None);
    }
    let f = datetime::fields(at);
    let days = at.div_euclid(DAY);
    // Monday is 1.
    let weekday = (days + 5).rem_euclid(7) + 1;
    let day_of_year = days - datetime::days_of(f.year, 1, 1) + 1;
    let whole = |n: i64| i128::from(n) * million;
    let seconds = i128::from(f.second) * million + i128::from(f.micros);
    Ok(Some(match name.as_str() {
        "epoch" if matches!(ty, TIME | TIMETZ) => at.into(),
        "epoch" => i128::from(at) + i128::from(datetime::UNIX_DAYS) * i128::from(DAY),
        "hour" | "hours" => whole(f.hour),
        "minute" | "minutes" => whole(f.minute),
        "second" | "seconds" => seconds,
        "millisecond" | "milliseconds" => seconds * 1000,
        "microsecond" | "microseconds" => seconds * million,
        "timezone" | "timezone_hour" | "timezone_minute" if matches!(ty, TIMESTAMPTZ | TIMETZ) => 0,
        _ if matches!(ty, TIME | TIMETZ) => return Err(unknown_unit(&name, ty)),
        "year" | "years" => whole(if f.year > 0 { f.year } else { f.year - 1 }),
        "month" | "months" => whole(f.month),
        "day" | "days" => whole(f.day),
        "quarter" => whole((f.month - 1) / 3 + 1),
        "dow" => whole(weekday % 7),
        "isodow" => whole(weekday),
        "doy" => whole(day_of_year),
        "week" | "weeks" => whole(iso_week(days).1),
        "isoyear" => whole(iso_week(days).0),
        "decade" => whole(f.year.div_euclid(10)),
        "century" => whole((f.year + 99).div_euclid(100)),
        "millennium" => whole((f.year + 999).div_euclid(1000)),
        "julian" => whole(days + 2_451_545) + i128::from(at.rem_euclid(DAY)) * million / i128::from(DAY),
        _ => return Err(unknown_unit(&name, ty)),
    }))
}

/// The year that a week belongs to, and its number.
fn iso_week(days: i64) -> (i64, i64) {
    let weekday = (days + 5).rem_euclid(7);
    let thursday = days - weekday + 3;
    let (year, _, _) = datetime::date_of(thursday);
    (year, (thursday - datetime::days_of(year, 1, 1)) / 7 + 1)
}

fn unknown_unit(name: &str, ty: u32) -> PgError {
    let ty = types::display_name(ty, None).unwrap_or_default();
    PgError::new("22023", format!("unit \"{name}\" not recognized for type {ty}"))
}

fn extract(c: &Call<'_>) -> Answer {
    let Some(n) = part(c)? else { return Ok(Value::Null) };
    // Only what may have a fraction shows one.
    let name = c.str(0).to_ascii_lowercase();
    let scale = match name.as_str() {
        "epoch" | "second" | "seconds" | "julian" => 6,
        "millisecond" | "milliseconds" => 3,
        _ => 0,
    };
    let scale = if name == "epoch" && c.ty(1) == DATE { 0 } else { scale };
    let number = Numeric::new(n, 6).round(scale).ok_or_else(range)?;
    Ok(Value::Numeric(number.into()))
}

#[expect(clippy::cast_precision_loss, reason = "that is what the function gives")]
fn date_part(c: &Call<'_>) -> Answer {
    Ok(part(c)?.map_or(Value::Null, |n| Value::Float(n as f64 / 1e6)))
}

fn truncated(unit: &str, at: i64, ty: u32) -> Result<i64, PgError> {
    let mut f = datetime::fields(at);
    let days = at.div_euclid(DAY);
    let day = |year, month, day| datetime::day_start(datetime::days_of(year, month, day));
    Ok(match unit {
        "microseconds" | "microsecond" => at,
        "milliseconds" | "millisecond" => at - at.rem_euclid(1000),
        "second" | "seconds" => at - at.rem_euclid(SECOND),
        "minute" | "minutes" => at - at.rem_euclid(60 * SECOND),
        "hour" | "hours" => at - at.rem_euclid(3600 * SECOND),
        "day" | "days" => datetime::day_start(days),
        "week" | "weeks" => datetime::day_start(days - (days + 5).rem_euclid(7)),
        "month" | "months" => day(f.year, f.month, 1),
        "quarter" => {
            f.month = (f.month - 1) / 3 * 3 + 1;
            day(f.year, f.month, 1)
        }
        "year" | "years" => day(f.year, 1, 1),
        "decade" => day(f.year.div_euclid(10) * 10, 1, 1),
        "century" => day((f.year - 1).div_euclid(100) * 100 + 1, 1, 1),
        "millennium" => day((f.year - 1).div_euclid(1000) * 1000 + 1, 1, 1),
        _ => return Err(unknown_unit(unit, ty)),
    })
}

fn date_trunc(c: &Call<'_>) -> Answer {
    let at = micros(c, 1);
    if at == i64::MAX || at == i64::MIN {
        return Ok(Value::Int(at));
    }
    Ok(Value::Int(truncated(&c.str(0).to_ascii_lowercase(), at, c.ty(1))?))
}

fn trunc_interval(c: &Call<'_>) -> Answer {
    let mut i = interval(c, 1);
    let unit = c.str(0).to_ascii_lowercase();
    let clock = match unit.as_str() {
        "second" | "seconds" => SECOND,
        "minute" | "minutes" => 60 * SECOND,
        "hour" | "hours" => 3600 * SECOND,
        _ => 0,
    };
    if clock > 0 {
        i.micros -= i.micros % clock;
        return span(Some(i));
    }
    i.micros = 0;
    match unit.as_str() {
        "day" | "days" => {}
        "month" | "months" => i.days = 0,
        "year" | "years" => (i.days, i.months) = (0, i.months / 12 * 12),
        _ => return Err(unknown_unit(&unit, INTERVAL)),
    }
    span(Some(i))
}

fn age(c: &Call<'_>) -> Answer {
    let today = datetime::day_start(c.run.session.transaction_start.div_euclid(DAY));
    let (later, earlier) = if c.args.len() > 1 { (micros(c, 0), micros(c, 1)) } else { (today, micros(c, 0)) };
    span(datetime::age(later, earlier))
}

/// A moment in a zone: with a zone it loses it, without one it gets it.
fn timezone(c: &Call<'_>) -> Answer {
    let offset = datetime::zone_offset(c.str(0))
        .ok_or_else(|| PgError::new("22023", format!("time zone \"{}\" not recognized", c.str(0))))?;
    let shift = if c.ty(1) == TIMESTAMPTZ { offset } else { -offset };
    moment(micros(c, 1).checked_add(shift * SECOND))
}

fn to_timestamp(c: &Call<'_>) -> Answer {
    let x = c.float(0) * 1e6;
    if !x.is_finite() || x.abs() > 9e18 {
        return Err(range());
    }
    #[expect(clippy::cast_possible_truncation, reason = "checked above")]
    let unix = x.round_ties_even() as i64;
    moment(unix.checked_sub(datetime::UNIX_DAYS * DAY))
}

fn make_date(c: &Call<'_>) -> Answer {
    let (year, month, day) = (c.int(0), c.int(1), c.int(2));
    if !(1..=12).contains(&month) || day < 1 || day > datetime::days_in_month(year, month) || year == 0 {
        return Err(PgError::new("22008", format!("date field value out of range: {year}-{month:02}-{day:02}")));
    }
    Ok(Value::Int(datetime::days_of(year, month, day)))
}

fn justify_days(c: &Call<'_>) -> Answer {
    let i = interval(c, 0);
    span(Some(Interval { months: i.months.saturating_add(i.days / 30), days: i.days % 30, micros: i.micros }))
}

fn justify_hours(c: &Call<'_>) -> Answer {
    let i = interval(c, 0);
    let days = i32::try_from(i.micros / DAY).unwrap_or(0);
    span(Some(Interval { months: i.months, days: i.days.saturating_add(days), micros: i.micros % DAY }))
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// A moment by the patterns of a format.
fn to_char(c: &Call<'_>) -> Answer {
    let at = micros(c, 0);
    let f = datetime::fields(at);
    let days = at.div_euclid(DAY);
    let weekday = (days + 6).rem_euclid(7);
    let named =
        |names: &[&'static str], at: i64| usize::try_from(at).ok().and_then(|n| names.get(n).copied()).unwrap_or("");
    let month = named(&MONTHS, f.month - 1);
    let day = named(&WEEKDAYS, weekday);
    let twelve = if f.hour % 12 == 0 { 12 } else { f.hour % 12 };
    let half = if f.hour < 12 { "AM" } else { "PM" };
    let short = |name: &str| name.get(..3).unwrap_or(name).to_string();
    let (iso_year, week) = iso_week(days);
    let doy = days - datetime::days_of(f.year, 1, 1) + 1;
    let patterns: &[(&str, String)] = &[
        ("YYYY", format!("{:04}", f.year)),
        ("Y,YYY", format!("{},{:03}", f.year / 1000, f.year % 1000)),
        ("IYYY", format!("{iso_year:04}")),
        ("YYY", format!("{:03}", f.year % 1000)),
        ("YY", format!("{:02}", f.year % 100)),
        ("HH24", format!("{:02}", f.hour)),
        ("HH12", format!("{twelve:02}")),
        ("HH", format!("{twelve:02}")),
        ("MI", format!("{:02}", f.minute)),
        ("SSSSS", format!("{}", (f.hour * 60 + f.minute) * 60 + f.second)),
        ("SSSS", format!("{}", (f.hour * 60 + f.minute) * 60 + f.second)),
        ("SS", format!("{:02}", f.second)),
        ("MS", format!("{:03}", f.micros / 1000)),
        ("US", format!("{:06}", f.micros)),
        ("AM", half.to_string()),
        ("PM", half.to_string()),
        ("am", half.to_lowercase()),
        ("pm", half.to_lowercase()),
        ("MONTH", format!("{:<9}", month.to_uppercase())),
        ("Month", format!("{month:<9}")),
        ("month", format!("{:<9}", month.to_lowercase())),
        ("MON", short(month).to_uppercase()),
        ("Mon", short(month)),
        ("mon", short(month).to_lowercase()),
        ("MM", format!("{:02}", f.month)),
        ("DAY", format!("{:<9}", day.to_uppercase())),
        ("Day", format!("{day:<9}")),
        ("day", format!("{:<9}", day.to_lowercase())),
        ("DDD", format!("{doy:03}")),
        ("DD", format!("{:02}", f.day)),
        ("DY", short(day).to_uppercase()),
        ("Dy", short(day)),
        ("dy", short(day).to_lowercase()),
        ("D", (weekday + 1).to_string()),
        ("ID", (if weekday == 0 { 7 } else { weekday }).to_string()),
        ("IW", format!("{week:02}")),
        ("WW", format!("{:02}", (doy - 1) / 7 + 1)),
        ("W", ((f.day - 1) / 7 + 1).to_string()),
        ("CC", format!("{:02}", (f.year + 99).div_euclid(100))),
        ("Q", ((f.month - 1) / 3 + 1).to_string()),
        ("J", (days + 2_451_545).to_string()),
        ("TZH", "+00".to_string()),
        ("TZM", "00".to_string()),
        ("TZ", if c.ty(0) == TIMESTAMPTZ { "UTC".to_string() } else { String::new() }),
        ("tz", if c.ty(0) == TIMESTAMPTZ { "utc".to_string() } else { String::new() }),
        ("OF", "+00".to_string()),
    ];
    let format = c.str(1);
    let mut all = String::new();
    let mut rest = format;
    while let Some(first) = rest.chars().next() {
        if let Some(quoted) = rest.strip_prefix('"') {
            let end = quoted.find('"').unwrap_or(quoted.len());
            all.push_str(quoted.get(..end).unwrap_or(""));
            rest = quoted.get(end + 1..).unwrap_or("");
            continue;
        }
        let (unpadded, pattern) = match rest.strip_prefix("FM") {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        // Names of months have three spellings; other patterns do not mind case.
        let fits = |name: &str| {
            pattern.starts_with(name)
                || (name.chars().all(|l| l.is_ascii_uppercase() || l.is_ascii_digit() || l == ',')
                    && pattern.get(..name.len()).is_some_and(|p| p.eq_ignore_ascii_case(name) && p == p.to_lowercase())
                    && !patterns.iter().any(|(other, _)| pattern.starts_with(other)))
        };
        match patterns.iter().filter(|(name, _)| fits(name)).max_by_key(|(name, _)| name.len()) {
            Some((name, text)) => {
                let text = if unpadded { text.trim_end().trim_start_matches('0') } else { text.as_str() };
                all.push_str(if text.is_empty() && unpadded { "0" } else { text });
                rest = pattern.get(name.len()..).unwrap_or("");
            }
            None if unpadded => rest = pattern,
            None => {
                all.push(first);
                rest = rest.get(first.len_utf8()..).unwrap_or("");
            }
        }
    }
    Ok(Value::from(all))
}

#[rustfmt::skip]
pub(super) static OPERATORS: &[Function] = &[
    scalar("+", &[DATE, INT4], DATE, add_days),
    scalar("+", &[INT4, DATE], DATE, add_days),
    scalar("-", &[DATE, INT4], DATE, sub_days),
    scalar("-", &[DATE, DATE], INT4, days_between),
    scalar("+", &[DATE, INTERVAL], TIMESTAMP, add_interval),
    scalar("+", &[INTERVAL, DATE], TIMESTAMP, add_interval),
    scalar("-", &[DATE, INTERVAL], TIMESTAMP, sub_interval),
    scalar("+", &[DATE, TIME], TIMESTAMP, date_and_time),
    scalar("+", &[TIMESTAMP, INTERVAL], TIMESTAMP, add_interval),
    scalar("+", &[INTERVAL, TIMESTAMP], TIMESTAMP, add_interval),
    scalar("-", &[TIMESTAMP, INTERVAL], TIMESTAMP, sub_interval),
    scalar("-", &[TIMESTAMP, TIMESTAMP], INTERVAL, between),
    scalar("+", &[TIMESTAMPTZ, INTERVAL], TIMESTAMPTZ, add_interval),
    scalar("+", &[INTERVAL, TIMESTAMPTZ], TIMESTAMPTZ, add_interval),
    scalar("-", &[TIMESTAMPTZ, INTERVAL], TIMESTAMPTZ, sub_interval),
    scalar("-", &[TIMESTAMPTZ, TIMESTAMPTZ], INTERVAL, between),
    scalar("+", &[TIME, INTERVAL], TIME, add_to_time),
    scalar("-", &[TIME, INTERVAL], TIME, sub_from_time),
    scalar("-", &[TIME, TIME], INTERVAL, times_between),
    scalar("+", &[INTERVAL, INTERVAL], INTERVAL, add_intervals),
    scalar("-", &[INTERVAL, INTERVAL], INTERVAL, sub_intervals),
    scalar("-", &[INTERVAL], INTERVAL, negate),
    scalar("*", &[INTERVAL, FLOAT8], INTERVAL, multiply),
    scalar("*", &[FLOAT8, INTERVAL], INTERVAL, multiply),
    scalar("/", &[INTERVAL, FLOAT8], INTERVAL, divide),
];

#[rustfmt::skip]
pub(super) static FUNCTIONS: &[Function] = &[
    scalar("current_date", &[], DATE, today),
    scalar("localtimestamp", &[], TIMESTAMP, now),
    scalar("localtimestamp", &[INT4], TIMESTAMP, now),
    scalar("current_time", &[], TIMETZ, clock),
    scalar("localtime", &[], TIME, clock),
    scalar("extract", &[TEXT, DATE], NUMERIC, extract),
    scalar("extract", &[TEXT, TIME], NUMERIC, extract),
    scalar("extract", &[TEXT, TIMETZ], NUMERIC, extract),
    scalar("extract", &[TEXT, TIMESTAMP], NUMERIC, extract),
    scalar("extract", &[TEXT, TIMESTAMPTZ], NUMERIC, extract),
    scalar("extract", &[TEXT, INTERVAL], NUMERIC, extract),
    scalar("date_part", &[TEXT, DATE], FLOAT8, date_part),
    scalar("date_part", &[TEXT, TIME], FLOAT8, date_part),
    scalar("date_part", &[TEXT, TIMETZ], FLOAT8, date_part),
    scalar("date_part", &[TEXT, TIMESTAMP], FLOAT8, date_part),
    scalar("date_part", &[TEXT, TIMESTAMPTZ], FLOAT8, date_part),
    scalar("date_part", &[TEXT, INTERVAL], FLOAT8, date_part),
    scalar("date_trunc", &[TEXT, TIMESTAMP], TIMESTAMP, date_trunc),
    scalar("date_trunc", &[TEXT, TIMESTAMPTZ], TIMESTAMPTZ, date_trunc),
    scalar("date_trunc", &[TEXT, INTERVAL], INTERVAL, trunc_interval),
    scalar("age", &[TIMESTAMP], INTERVAL, age),
    scalar("age", &[TIMESTAMPTZ], INTERVAL, age),
    scalar("age", &[TIMESTAMP, TIMESTAMP], INTERVAL, age),
    scalar("age", &[TIMESTAMPTZ, TIMESTAMPTZ], INTERVAL, age),
    scalar("timezone", &[TEXT, TIMESTAMP], TIMESTAMPTZ, timezone),
    scalar("timezone", &[TEXT, TIMESTAMPTZ], TIMESTAMP, timezone),
    scalar("to_timestamp", &[FLOAT8], TIMESTAMPTZ, to_timestamp),
    scalar("make_date", &[INT4, INT4, INT4], DATE, make_date),
    scalar("justify_days", &[INTERVAL], INTERVAL, justify_days),
    scalar("justify_hours", &[INTERVAL], INTERVAL, justify_hours),
    scalar("to_char", &[TIMESTAMP, TEXT], TEXT, to_char),
    scalar("to_char", &[TIMESTAMPTZ, TEXT], TEXT, to_char),
];
