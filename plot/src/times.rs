//! Times on an axis: the Gregorian calendar, steps that people count in, and how a time is written.

use crate::ticks::Tick;

const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
/// Microseconds of a day.
pub(crate) const DAY: i64 = 24 * HOUR;

/// From one tick to the next.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Step {
    Micros(i64),
    /// Days of the month, counted anew each month.
    Days(i64),
    Months(i64),
}

impl Step {
    fn micros(self) -> f64 {
        match self {
            Self::Micros(n) => n as f64,
            Self::Days(n) => n as f64 * DAY as f64,
            Self::Months(n) => n as f64 * 30.436875 * DAY as f64,
        }
    }

    /// The shortest step that makes at most `most` ticks.
    fn of(span: f64, most: usize) -> Self {
        let powers = |unit: i64| [1, 10, 100, 1000, 10_000, 100_000].map(move |p| p * unit);
        let small = powers(1).into_iter().flat_map(|p| [p, 2 * p, 5 * p]).map(Self::Micros);
        let clock = [1, 2, 5, 10, 15, 30]
            .map(|n| n * SECOND)
            .into_iter()
            .chain([1, 2, 5, 10, 15, 30].map(|n| n * MINUTE))
            .chain([1, 2, 3, 6, 12].map(|n| n * HOUR))
            .map(Self::Micros);
        let days = [1, 2, 5, 10].map(Self::Days);
        let months = [1, 2, 3, 6].map(Self::Months);
        let years = powers(12).into_iter().flat_map(|p| [p, 2 * p, 5 * p]).map(Self::Months);
        small
            .chain(clock)
            .chain(days)
            .chain(months)
            .chain(years)
            .find(|step| span / step.micros() <= most as f64)
            .unwrap_or(Self::Months(12_000_000))
    }
}

/// Year, month and day of a day that is counted from 1970-01-01.
fn civil(day: i64) -> (i64, i64, i64) {
    // Counted from 0000-03-01, a leap day ends a year, a century and an era of 400 years.
    let day = day + 719_468;
    let era = day.div_euclid(146_097);
    let of_era = day.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, of_month)
}

/// The day that starts a month; months are counted from the year 0.
fn first_day(months: i64) -> i64 {
    let (year, month) = (months.div_euclid(12), months.rem_euclid(12) + 1);
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let shifted = if month > 2 { month - 3 } else { month + 9 };
    let of_year = (153 * shifted + 2) / 5;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn date(micros: i64) -> String {
    let (year, month, day) = civil(micros.div_euclid(DAY));
    format!("{year:04}-{month:02}-{day:02}")
}

/// The time of the day, as exact as `step` asks for.
fn clock(micros: i64, step: i64) -> String {
    let of_day = micros.rem_euclid(DAY);
    let (hour, minute, second) = (of_day / HOUR, of_day % HOUR / MINUTE, of_day % MINUTE / SECOND);
    if step % MINUTE == 0 {
        return format!("{hour:02}:{minute:02}");
    }
    let mut text = format!("{hour:02}:{minute:02}:{second:02}");
    if step % SECOND != 0 {
        let digits = format!("{:06}", of_day % SECOND);
        let kept = (1..=6).find(|n| step % 10i64.pow(6 - n) == 0).unwrap_or(6);
        text = format!("{text}.{}", digits.get(..kept as usize).unwrap_or_default());
    }
    text
}

/// Each of `times` as exact as all of them need: dates, if each is the start of a day.
pub(crate) fn titles(times: &[i64]) -> Vec<String> {
    let exact = times.iter().fold(DAY, |step, t| {
        [DAY, MINUTE, SECOND, 1].into_iter().find(|s| *s <= step && t.rem_euclid(*s) == 0).unwrap_or(1)
    });
    let text = |t: &i64| if exact == DAY { date(*t) } else { format!("{} {}", date(*t), clock(*t, exact)) };
    times.iter().map(text).collect()
}

/// Ticks between two times, at most `most`. With `stacked`, the date stands below the time of the day, and only where
/// it changes.
pub(crate) fn ticks(low: f64, high: f64, most: usize, stacked: bool) -> Vec<Tick> {
    let step = Step::of(high - low, most);
    let mut ticks: Vec<Tick> = Vec::new();
    let mut last_date = String::new();
    for micros in places(low, high, step) {
        let (text, below) = match step {
            Step::Months(n) => {
                let text = date(micros);
                let cut = text.len() - if n % 12 == 0 { 6 } else { 3 };
                (text.get(..cut).unwrap_or_default().to_string(), None)
            }
            Step::Days(_) => (date(micros), None),
            Step::Micros(n) if stacked => {
                let day = date(micros);
                let new = day != last_date;
                last_date.clone_from(&day);
                (clock(micros, n), new.then_some(day))
            }
            Step::Micros(n) => (format!("{} {}", date(micros), clock(micros, n)), None),
        };
        ticks.push(Tick { at: micros as f64, text, below });
    }
    ticks
}

fn places(low: f64, high: f64, step: Step) -> Vec<i64> {
    // A float becomes the nearest whole number, also where it is out of range.
    let (first, last) = (low.ceil() as i64, high.floor() as i64);
    let inside = |t: &i64| (first..=last).contains(t);
    let starts = |n: i64| {
        let (year, month, _) = civil(first.div_euclid(DAY));
        let start = (year * 12 + month - 1).div_euclid(n) * n;
        // A tick more on each side than the step promises.
        (0..).map(move |k| start + k * n).map_while(move |m| {
            let at = first_day(m).checked_mul(DAY)?;
            (at <= last).then_some((m, at))
        })
    };
    match step {
        Step::Micros(n) => {
            let start = first.div_euclid(n);
            (0..).map_while(|k| (start + k).checked_mul(n).filter(|t| *t <= last)).filter(inside).collect()
        }
        Step::Months(n) => starts(n).map(|(_, at)| at).filter(inside).collect(),
        Step::Days(n) => starts(1)
            .flat_map(|(month, at)| {
                let days = first_day(month + 1) - first_day(month);
                // A tick just before the next month would stand too near to its first.
                (0..days)
                    .step_by(n as usize)
                    .filter(move |d| d + (n + 1) / 2 < days || *d == 0 || n == 1)
                    .map(move |d| at.saturating_add(d * DAY))
            })
            .filter(inside)
            .collect(),
    }
}

#[cfg(test)]
mod tests;
