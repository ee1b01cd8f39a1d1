//! Functions of days, moments and spans of time. The only time zone is UTC.

use super::{Call, Function, scalar};
use crate::error::PgError;
use crate::types;
use crate::types::{DATE, FLOAT8, INT4, INTERVAL, NUMERIC, TEXT, TIME, TIMESTAMP, TIMESTAMPTZ, TIMETZ};
use crate::value::{Numeric, Value, datetime};
use datetime::{DAY, Fields, SECOND};

/// Microseconds from 1970 to 2000.
const EPOCH: i64 = datetime::UNIX_DAYS * DAY;

pub(super) static FUNCTIONS: &[Function] = &[
    scalar("age", &[TIMESTAMP], INTERVAL, age),
    scalar("age", &[TIMESTAMP, TIMESTAMP], INTERVAL, age),
    scalar("age", &[TIMESTAMPTZ], INTERVAL, age),
    scalar("age", &[TIMESTAMPTZ, TIMESTAMPTZ], INTERVAL, age),
    scalar("clock_timestamp", &[], TIMESTAMPTZ, |c| Ok(c.run.session.statement_start.into())),
    scalar("current_date", &[], DATE, |c| Ok(c.run.session.transaction_start.div_euclid(DAY).into())),
    scalar("current_time", &[], TIMETZ, |c| Ok(c.run.session.transaction_start.rem_euclid(DAY).into())),
    scalar("current_timestamp", &[], TIMESTAMPTZ, |c| Ok(c.run.session.transaction_start.into())),
    scalar("date", &[TIMESTAMP], DATE, |c| Ok(c.int(0).div_euclid(DAY).into())),
    scalar("date", &[TIMESTAMPTZ], DATE, |c| Ok(c.int(0).div_euclid(DAY).into())),
    scalar("date_part", &[TEXT, DATE], FLOAT8, |c| part(c, c.int(1).saturating_mul(DAY))),
    scalar("date_part", &[TEXT, TIME], FLOAT8, |c| part(c, c.int(1))),
    scalar("date_part", &[TEXT, TIMESTAMP], FLOAT8, |c| part(c, c.int(1))),
    scalar("date_part", &[TEXT, TIMESTAMPTZ], FLOAT8, |c| part(c, c.int(1))),
    scalar("date_part", &[TEXT, INTERVAL], FLOAT8, part_of_interval),
    scalar("date_trunc", &[TEXT, TIMESTAMP], TIMESTAMP, truncate),
    scalar("date_trunc", &[TEXT, TIMESTAMPTZ], TIMESTAMPTZ, truncate),
    scalar("date_trunc", &[TEXT, TIMESTAMPTZ, TEXT], TIMESTAMPTZ, truncate),
    scalar("extract", &[TEXT, DATE], NUMERIC, |c| numeric(c, part(c, c.int(1).saturating_mul(DAY)))),
    scalar("extract", &[TEXT, TIME], NUMERIC, |c| numeric(c, part(c, c.int(1)))),
    scalar("extract", &[TEXT, TIMESTAMP], NUMERIC, |c| numeric(c, part(c, c.int(1)))),
    scalar("extract", &[TEXT, TIMESTAMPTZ], NUMERIC, |c| numeric(c, part(c, c.int(1)))),
    scalar("extract", &[TEXT, INTERVAL], NUMERIC, |c| numeric(c, part_of_interval(c))),
    scalar("localtime", &[], TIME, |c| Ok(c.run.session.transaction_start.rem_euclid(DAY).into())),
    scalar("localtimestamp", &[], TIMESTAMP, |c| Ok(c.run.session.transaction_start.into())),
    scalar("make_date", &[INT4, INT4, INT4], DATE, make_date),
    scalar("now", &[], TIMESTAMPTZ, |c| Ok(c.run.session.transaction_start.into())),
    scalar("statement_timestamp", &[], TIMESTAMPTZ, |c| Ok(c.run.session.statement_start.into())),
    scalar("timezone", &[TEXT, TIMESTAMP], TIMESTAMPTZ, |c| in_zone(c, -1)),
    scalar("timezone", &[TEXT, TIMESTAMPTZ], TIMESTAMP, |c| in_zone(c, 1)),
    scalar("to_char", &[TIMESTAMP, TEXT], TEXT, |c| Ok(to_char(c.int(0), c.str(1)).into())),
    scalar("to_char", &[TIMESTAMPTZ, TEXT], TEXT, |c| Ok(to_char(c.int(0), c.str(1)).into())),
    scalar("to_timestamp", &[FLOAT8], TIMESTAMPTZ, from_epoch),
    scalar("transaction_timestamp", &[], TIMESTAMPTZ, |c| Ok(c.run.session.transaction_start.into())),
];

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
const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

fn age(c: &Call<'_>) -> Result<Value, PgError> {
    let (later, earlier) = match c.args.len() {
        1 => (c.run.session.transaction_start.div_euclid(DAY).saturating_mul(DAY), c.int(0)),
        _ => (c.int(0), c.int(1)),
    };
    datetime::age(later, earlier).map(Value::Interval).ok_or_else(|| PgError::new("22008", "interval out of range"))
}

/// The day of the week, from 0 for Sunday.
fn weekday(micros: i64) -> i64 {
    (micros.div_euclid(DAY) + 6).rem_euclid(7)
}

/// Day of the year, from 1.
fn day_of_year(f: &Fields) -> i64 {
    datetime::days_of(f.year, f.month, f.day) - datetime::days_of(f.year, 1, 1) + 1
}

/// Year and week as ISO 8601 counts them.
fn iso_week(micros: i64) -> (i64, i64) {
    let day = micros.div_euclid(DAY);
    // The week belongs to the year of its Thursday.
    let thursday = day - (weekday(micros) + 6).rem_euclid(7) + 3;
    let (year, ..) = datetime::date_of(thursday);
    (year, (thursday - datetime::days_of(year, 1, 1)) / 7 + 1)
}

fn unknown_unit(unit: &str) -> PgError {
    PgError::new("22023", format!("unit \"{unit}\" not recognized"))
}

#[expect(clippy::cast_precision_loss, reason = "the answer is a float8")]
fn part(c: &Call<'_>, micros: i64) -> Result<Value, PgError> {
    let f = datetime::fields(micros);
    let unit = c.str(0).to_lowercase();
    Ok((match unit.as_str() {
        "century" => f.year.saturating_add(99).div_euclid(100),
        "day" | "days" => f.day,
        "decade" => f.year.div_euclid(10),
        "dow" => weekday(micros),
        "doy" => day_of_year(&f),
        "epoch" => {
            let from = if matches!(c.ty(1), types::TIME) { micros } else { micros.saturating_add(EPOCH) };
            return Ok((from as f64 / SECOND as f64).into());
        }
        "hour" | "hours" => f.hour,
        "isodow" => (weekday(micros) + 6) % 7 + 1,
        "isoyear" => iso_week(micros).0,
        "microseconds" => f.second * SECOND + f.micros,
        "millennium" => f.year.saturating_add(999).div_euclid(1000),
        "milliseconds" => return Ok(((f.second * SECOND + f.micros) as f64 / 1000.0).into()),
        "minute" | "minutes" => f.minute,
        "month" | "months" => f.month,
        "quarter" => (f.month - 1) / 3 + 1,
        "second" | "seconds" => return Ok(((f.second * SECOND + f.micros) as f64 / SECOND as f64).into()),
        "timezone" | "timezone_hour" | "timezone_minute" => 0,
        "week" => iso_week(micros).1,
        "year" | "years" => f.year,
        _ => return Err(unknown_unit(c.str(0))),
    } as f64)
        .into())
}

#[expect(clippy::cast_precision_loss, reason = "the answer is a float8")]
fn part_of_interval(c: &Call<'_>) -> Result<Value, PgError> {
    let Value::Interval(i) = c.arg(1) else {
        return Ok(Value::Null);
    };
    let (years, months) = (i.months / 12, i.months % 12);
    let seconds = i.micros % (60 * SECOND);
    Ok(match c.str(0).to_lowercase().as_str() {
        "year" | "years" => f64::from(years),
        "quarter" => f64::from(months / 3 + 1),
        "month" | "months" => f64::from(months),
        "day" | "days" => f64::from(i.days),
        "hour" | "hours" => (i.micros / (3600 * SECOND)) as f64,
        "minute" | "minutes" => (i.micros / (60 * SECOND) % 60) as f64,
        "second" | "seconds" => seconds as f64 / SECOND as f64,
        "milliseconds" => seconds as f64 / 1000.0,
        "microseconds" => seconds as f64,
        "epoch" => {
            let days = f64::from(years) * 365.25 + f64::from(months) * 30.0 + f64::from(i.days);
            days * 86_400.0 + i.micros as f64 / SECOND as f64
        }
        _ => return Err(unknown_unit(c.str(0))),
    }
    .into())
}

/// A part as a numeric: those of a second with all their digits.
fn numeric(c: &Call<'_>, part: Result<Value, PgError>) -> Result<Value, PgError> {
    let Value::Float(x) = part? else {
        return Ok(Value::Null);
    };
    let digits = match c.str(0).to_lowercase().as_str() {
        "second" | "seconds" | "epoch" => 6,
        "milliseconds" => 3,
        _ => 0,
    };
    let text = format!("{x:.digits$}");
    Ok(Numeric::parse(&text).map_or(Value::Null, |n| Value::Numeric(n.into())))
}

fn truncate(c: &Call<'_>) -> Result<Value, PgError> {
    let micros = c.int(1);
    let mut f = datetime::fields(micros);
    let unit = c.str(0).to_lowercase();
    let start_of_year = |f: &mut Fields, year: i64| {
        *f = Fields { year, month: 1, day: 1, hour: 0, minute: 0, second: 0, micros: 0 };
    };
    let mut keep_day = false;
    match unit.as_str() {
        "microseconds" => return Ok(micros.into()),
        "milliseconds" => return Ok((micros - micros.rem_euclid(1000)).into()),
        "second" => return Ok((micros - micros.rem_euclid(SECOND)).into()),
        "minute" => return Ok((micros - micros.rem_euclid(60 * SECOND)).into()),
        "hour" => return Ok((micros - micros.rem_euclid(3600 * SECOND)).into()),
        "day" => keep_day = true,
        "week" => {
            let monday = micros.div_euclid(DAY) - (weekday(micros) + 6).rem_euclid(7);
            return Ok(monday.saturating_mul(DAY).into());
        }
        "month" => {}
        "quarter" => f.month = (f.month - 1) / 3 * 3 + 1,
        "year" => f.month = 1,
        "decade" => start_of_year(&mut f, micros_year(micros).div_euclid(10) * 10),
        "century" => start_of_year(&mut f, (micros_year(micros) - 1).div_euclid(100) * 100 + 1),
        "millennium" => start_of_year(&mut f, (micros_year(micros) - 1).div_euclid(1000) * 1000 + 1),
        _ => return Err(unknown_unit(c.str(0))),
    }
    let first = if keep_day { f.day } else { 1 };
    Ok(datetime::days_of(f.year, f.month, first).saturating_mul(DAY).into())
}

fn micros_year(micros: i64) -> i64 {
    datetime::fields(micros).year
}

fn make_date(c: &Call<'_>) -> Result<Value, PgError> {
    let (year, month, day) = (c.int(0), c.int(1), c.int(2));
    if !(1..=12).contains(&month) || day < 1 || day > datetime::days_in_month(year, month) || year == 0 {
        let message = format!("date field value out of range: {year}-{month:02}-{day:02}");
        return Err(PgError::new("22008", message));
    }
    Ok(datetime::days_of(year, month, day).into())
}

/// A moment in another zone: fixed ones only, for example `+02:00`.
fn in_zone(c: &Call<'_>, sign: i64) -> Result<Value, PgError> {
    match datetime::zone_offset(c.str(0)) {
        Some(offset) => Ok(c.int(1).saturating_add(sign.saturating_mul(offset)).into()),
        None => Err(PgError::new("22023", format!("time zone \"{}\" not recognized", c.str(0)))),
    }
}

fn from_epoch(c: &Call<'_>) -> Result<Value, PgError> {
    let seconds = c.float(0);
    if !(-210_866_803_200.0..9_224_318_016_000.0).contains(&seconds) {
        return Err(PgError::new("22008", format!("timestamp out of range: \"{seconds}\"")));
    }
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
    let micros = (seconds * 1e6).round() as i64;
    Ok(micros.saturating_sub(EPOCH).into())
}

/// A pattern and what takes its place.
type Pattern = (&'static str, fn(i64, &Fields) -> String);

/// Longer patterns come before those that they begin with.
const PATTERNS: &[Pattern] = &[
    ("YYYY", |_, f| format!("{:04}", f.year)),
    ("IYYY", |at, _| format!("{:04}", iso_week(at).0)),
    ("YY", |_, f| format!("{:02}", f.year.rem_euclid(100))),
    ("Q", |_, f| ((f.month - 1) / 3 + 1).to_string()),
    ("MONTH", |_, f| format!("{:<9}", name(&MONTHS, f.month - 1).to_uppercase())),
    ("Month", |_, f| format!("{:<9}", name(&MONTHS, f.month - 1))),
    ("month", |_, f| format!("{:<9}", name(&MONTHS, f.month - 1).to_lowercase())),
    ("MON", |_, f| short(name(&MONTHS, f.month - 1)).to_uppercase()),
    ("Mon", |_, f| short(name(&MONTHS, f.month - 1)).to_owned()),
    ("mon", |_, f| short(name(&MONTHS, f.month - 1)).to_lowercase()),
    ("MM", |_, f| format!("{:02}", f.month)),
    ("MI", |_, f| format!("{:02}", f.minute)),
    ("MS", |_, f| format!("{:03}", f.micros / 1000)),
    ("DAY", |at, _| format!("{:<9}", name(&DAYS, weekday(at)).to_uppercase())),
    ("Day", |at, _| format!("{:<9}", name(&DAYS, weekday(at)))),
    ("day", |at, _| format!("{:<9}", name(&DAYS, weekday(at)).to_lowercase())),
    ("DDD", |_, f| format!("{:03}", day_of_year(f))),
    ("DD", |_, f| format!("{:02}", f.day)),
    ("DY", |at, _| short(name(&DAYS, weekday(at))).to_uppercase()),
    ("Dy", |at, _| short(name(&DAYS, weekday(at))).to_owned()),
    ("dy", |at, _| short(name(&DAYS, weekday(at))).to_lowercase()),
    ("D", |at, _| (weekday(at) + 1).to_string()),
    ("ID", |at, _| ((weekday(at) + 6) % 7 + 1).to_string()),
    ("IW", |at, _| format!("{:02}", iso_week(at).1)),
    ("WW", |_, f| format!("{:02}", (day_of_year(f) - 1) / 7 + 1)),
    ("W", |_, f| ((f.day - 1) / 7 + 1).to_string()),
    ("CC", |_, f| format!("{:02}", (f.year + 99).div_euclid(100))),
    ("J", |at, _| (at.div_euclid(DAY) + 2_451_545).to_string()),
    ("HH24", |_, f| format!("{:02}", f.hour)),
    ("HH12", |_, f| format!("{:02}", (f.hour + 11) % 12 + 1)),
    ("HH", |_, f| format!("{:02}", (f.hour + 11) % 12 + 1)),
    ("SSSSS", |at, _| (at.rem_euclid(DAY) / SECOND).to_string()),
    ("SSSS", |at, _| (at.rem_euclid(DAY) / SECOND).to_string()),
    ("SS", |_, f| format!("{:02}", f.second)),
    ("US", |_, f| format!("{:06}", f.micros)),
    ("AM", |_, f| half(f).to_owned()),
    ("PM", |_, f| half(f).to_owned()),
    ("am", |_, f| half(f).to_lowercase()),
    ("pm", |_, f| half(f).to_lowercase()),
    ("TZH", |_, _| "+00".to_owned()),
    ("TZM", |_, _| "00".to_owned()),
    ("TZ", |_, _| "UTC".to_owned()),
    ("tz", |_, _| "utc".to_owned()),
    ("OF", |_, _| "+00".to_owned()),
];

fn name(names: &'static [&'static str], at: i64) -> &'static str {
    usize::try_from(at).ok().and_then(|at| names.get(at)).copied().unwrap_or("")
}

fn short(name: &str) -> &str {
    name.get(..3).unwrap_or(name)
}

fn half(f: &Fields) -> &'static str {
    if f.hour < 12 { "AM" } else { "PM" }
}

/// A moment as a pattern shows it. Patterns of digits may be in small letters too.
fn to_char(micros: i64, format: &str) -> String {
    let f = datetime::fields(micros);
    let mut out = String::new();
    let mut rest = format;
    while let Some(c) = rest.chars().next() {
        if let Some(quoted) = rest.strip_prefix('"') {
            let end = quoted.find('"').unwrap_or(quoted.len());
            out.push_str(quoted.get(..end).unwrap_or(""));
            rest = quoted.get(end + 1..).unwrap_or("");
            continue;
        }
        let (after, fill) = match rest.strip_prefix("FM").or(rest.strip_prefix("fm")) {
            Some(after) => (after, false),
            None => (rest, true),
        };
        let exact = PATTERNS.iter().find(|(pattern, _)| after.starts_with(pattern));
        let small = || {
            PATTERNS.iter().find(|(pattern, _)| {
                let own = after.get(..pattern.len());
                own.is_some_and(|own| own.eq_ignore_ascii_case(pattern) && own.chars().all(|c| !c.is_uppercase()))
            })
        };
        match exact.or_else(small) {
            Some((pattern, show)) => {
                let shown = show(micros, &f);
                let digits = shown.trim_start_matches('0');
                let bare = match shown.parse::<i64>() {
                    Ok(_) if digits.is_empty() => "0",
                    Ok(_) => digits,
                    Err(_) => shown.trim_end(),
                };
                out.push_str(if fill { &shown } else { bare });
                rest = after.get(pattern.len()..).unwrap_or("");
                let ordinal = rest.strip_prefix("th").or(rest.strip_prefix("TH"));
                if let (Some(end), Ok(n)) = (ordinal, shown.trim().parse::<i64>()) {
                    let suffix = ordinal_of(n);
                    out.push_str(&if rest.starts_with("TH") { suffix.to_uppercase() } else { suffix.to_owned() });
                    rest = end;
                }
            }
            None if !fill => rest = after,
            None => {
                out.push(c);
                rest = rest.get(c.len_utf8()..).unwrap_or("");
            }
        }
    }
    out
}

fn ordinal_of(n: i64) -> &'static str {
    match (n % 100, n % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    }
}
