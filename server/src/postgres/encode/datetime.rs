//! Dates, times, moments and spans in text, in each style of PostgreSQL.

use std::fmt::Write;

use bytes::BytesMut;
use hyperslab::array::civil::date_of;
use hyperslab::datafusion::arrow::datatypes::IntervalMonthDayNano;

use super::style::{DateOrder, DateStyle, IntervalStyle, Style};

const DAY: i64 = 86_400_000_000;

/// A year as people count them, and whether it is before Christ.
fn counted(year: i64) -> (i64, &'static str) {
    match year > 0 {
        true => (year, ""),
        false => (1 - year, " BC"),
    }
}

// Writing to a buffer in memory cannot fail.
macro_rules! put {
    ($out:expr, $($arg:tt)*) => {{ let _ = write!($out, $($arg)*); }};
}

/// A date.
pub(super) fn date(out: &mut BytesMut, days: i32, style: &Style) {
    let (year, month, day) = date_of(i64::from(days));
    let (year, era) = counted(year);
    match (style.date, style.order) {
        (DateStyle::Iso, _) => put!(out, "{year:04}-{month:02}-{day:02}{era}"),
        (DateStyle::German, _) => put!(out, "{day:02}.{month:02}.{year:04}{era}"),
        (DateStyle::Sql, DateOrder::DayMonthYear) => put!(out, "{day:02}/{month:02}/{year:04}{era}"),
        (DateStyle::Sql, _) => put!(out, "{month:02}/{day:02}/{year:04}{era}"),
        (DateStyle::Postgres, DateOrder::DayMonthYear) => put!(out, "{day:02}-{month:02}-{year:04}{era}"),
        (DateStyle::Postgres, _) => put!(out, "{month:02}-{day:02}-{year:04}{era}"),
    }
}

/// A time of day in microseconds.
pub(super) fn time(out: &mut BytesMut, micros: i64) {
    let seconds = micros.div_euclid(1_000_000);
    put!(out, "{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    fraction(out, micros.rem_euclid(1_000_000) as u32);
}

/// The digits of a fraction of a second, without the zeros at its end.
fn fraction(out: &mut BytesMut, micros: u32) {
    if micros != 0 {
        let (mut digits, mut width) = (micros, 6);
        while digits % 10 == 0 {
            digits /= 10;
            width -= 1;
        }
        put!(out, ".{digits:0width$}");
    }
}

/// A moment in microseconds since 1970; with the zone of the session where it is one of the world's.
pub(super) fn timestamp(out: &mut BytesMut, micros: i64, in_zone: bool, style: &Style) {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let offset = if in_zone { style.zone.offset(micros) } else { 0 };
    let local = micros.saturating_add(i64::from(offset) * 1_000_000);
    let (days, of_day) = (local.div_euclid(DAY), local.rem_euclid(DAY));
    let (year, month, day) = date_of(days);
    let (year, era) = counted(year);
    match style.date {
        DateStyle::Iso => put!(out, "{year:04}-{month:02}-{day:02} "),
        DateStyle::German => put!(out, "{day:02}.{month:02}.{year:04} "),
        DateStyle::Sql if style.order == DateOrder::DayMonthYear => put!(out, "{day:02}/{month:02}/{year:04} "),
        DateStyle::Sql => put!(out, "{month:02}/{day:02}/{year:04} "),
        DateStyle::Postgres => {
            let weekday = DAYS.get(days.rem_euclid(7) as usize).copied().unwrap_or_default();
            let name = MONTHS.get(month as usize - 1).copied().unwrap_or_default();
            match style.order {
                DateOrder::DayMonthYear => put!(out, "{weekday} {day:02} {name} "),
                _ => put!(out, "{weekday} {name} {day:02} "),
            }
        }
    }
    time(out, of_day);
    if style.date == DateStyle::Postgres {
        put!(out, " {year:04}");
    }
    if in_zone {
        zone(out, offset, micros, style);
    }
    put!(out, "{era}");
}

fn zone(out: &mut BytesMut, offset: i32, micros: i64, style: &Style) {
    if style.date != DateStyle::Iso
        && let Some(name) = style.zone.abbreviation(micros)
    {
        put!(out, " {name}");
        return;
    }
    let sign = if offset < 0 { '-' } else { '+' };
    let seconds = offset.unsigned_abs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if style.date != DateStyle::Iso {
        put!(out, " ");
    }
    put!(out, "{sign}{hours:02}");
    if minutes != 0 || seconds != 0 {
        put!(out, ":{minutes:02}");
    }
    if seconds != 0 {
        put!(out, ":{seconds:02}");
    }
}

/// A span.
pub(super) fn interval(out: &mut BytesMut, span: IntervalMonthDayNano, style: &Style) {
    let (years, months) = (span.months / 12, span.months % 12);
    let days = span.days;
    let micros = span.nanoseconds.div_euclid(1_000);
    match style.interval {
        IntervalStyle::Postgres => postgres(out, years, months, days, micros),
        IntervalStyle::PostgresVerbose => verbose(out, years, months, days, micros),
        IntervalStyle::SqlStandard => sql_standard(out, years, months, days, micros),
        IntervalStyle::Iso8601 => iso_8601(out, years, months, days, micros),
    }
}

/// Hours, minutes, seconds and microseconds, without a sign.
fn clock(micros: i64) -> (u64, u64, u64, u32) {
    let all = micros.unsigned_abs();
    let seconds = all / 1_000_000;
    (seconds / 3600, seconds / 60 % 60, seconds % 60, (all % 1_000_000) as u32)
}

fn postgres(out: &mut BytesMut, years: i32, months: i32, days: i32, micros: i64) {
    let (mut first, mut before_negative) = (true, false);
    for (value, unit) in [(years, "year"), (months, "mon"), (days, "day")] {
        if value != 0 {
            let space = if first { "" } else { " " };
            let plus = if before_negative && value > 0 { "+" } else { "" };
            let plural = if value == 1 { "" } else { "s" };
            put!(out, "{space}{plus}{value} {unit}{plural}");
            (first, before_negative) = (false, value < 0);
        }
    }
    if first || micros != 0 {
        let sign = match (micros < 0, before_negative) {
            (true, _) => "-",
            (false, true) => "+",
            (false, false) => "",
        };
        let (h, m, s, fine) = clock(micros);
        put!(out, "{}{sign}{h:02}:{m:02}:{s:02}", if first { "" } else { " " });
        fraction(out, fine);
    }
}

fn verbose(out: &mut BytesMut, years: i32, months: i32, days: i32, micros: i64) {
    put!(out, "@");
    let (mut first, mut ago) = (true, false);
    let mut part = |out: &mut BytesMut, value: i64, unit: &str| {
        if value != 0 {
            if first {
                ago = value < 0;
                first = false;
            }
            let value = if ago { -value } else { value };
            put!(out, " {value} {unit}{}", if value == 1 { "" } else { "s" });
        }
    };
    part(out, years.into(), "year");
    part(out, months.into(), "mon");
    part(out, days.into(), "day");
    let sign = if micros < 0 { -1 } else { 1 };
    let (h, m, s, fine) = clock(micros);
    part(out, sign * h as i64, "hour");
    part(out, sign * m as i64, "min");
    if s != 0 || fine != 0 {
        if first {
            ago = micros < 0;
            first = false;
        }
        let minus = if (micros < 0) != ago { "-" } else { "" };
        put!(out, " {minus}{s}");
        fraction(out, fine);
        put!(out, " sec{}", if s == 1 && fine == 0 { "" } else { "s" });
    }
    if first {
        put!(out, " 0");
    }
    if ago {
        put!(out, " ago");
    }
}

fn sql_standard(out: &mut BytesMut, years: i32, months: i32, days: i32, micros: i64) {
    let parts = [years as i64, months as i64, days as i64, micros];
    let negative = parts.iter().any(|v| *v < 0);
    let positive = parts.iter().any(|v| *v > 0);
    let (has_months, has_days) = (years != 0 || months != 0, days != 0 || micros != 0);
    let (h, m, s, fine) = clock(micros);
    if !negative && !positive {
        put!(out, "0");
    } else if (negative && positive) || (has_months && has_days) {
        let sign = |negative: bool| if negative { '-' } else { '+' };
        let ym = sign(years < 0 || months < 0);
        let (years, months, of_day) = (years.unsigned_abs(), months.unsigned_abs(), sign(micros < 0));
        put!(out, "{ym}{years}-{months} {}{} {of_day}{h}:{m:02}:{s:02}", sign(days < 0), days.unsigned_abs());
        fraction(out, fine);
    } else {
        let minus = if negative { "-" } else { "" };
        if has_months {
            put!(out, "{minus}{}-{}", years.unsigned_abs(), months.unsigned_abs());
        } else if days != 0 {
            put!(out, "{minus}{} {h}:{m:02}:{s:02}", days.unsigned_abs());
            fraction(out, fine);
        } else {
            put!(out, "{minus}{h}:{m:02}:{s:02}");
            fraction(out, fine);
        }
    }
}

fn iso_8601(out: &mut BytesMut, years: i32, months: i32, days: i32, micros: i64) {
    if years == 0 && months == 0 && days == 0 && micros == 0 {
        put!(out, "PT0S");
        return;
    }
    put!(out, "P");
    for (value, unit) in [(years, 'Y'), (months, 'M'), (days, 'D')] {
        if value != 0 {
            put!(out, "{value}{unit}");
        }
    }
    if micros != 0 {
        let minus = if micros < 0 { "-" } else { "" };
        let (h, m, s, fine) = clock(micros);
        put!(out, "T");
        if h != 0 {
            put!(out, "{minus}{h}H");
        }
        if m != 0 {
            put!(out, "{minus}{m}M");
        }
        if s != 0 || fine != 0 {
            put!(out, "{minus}{s}");
            fraction(out, fine);
            put!(out, "S");
        }
    }
}
