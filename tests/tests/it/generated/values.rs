//! Values and labels of every type, with the attributes that say what they mean.

use hyperslab::array::{Attributes, Values};
use serde_json::json;

use crate::random::Random;

/// Values, what they mean, and what a chunk holds that was never written.
pub struct Raw {
    pub values: Values,
    pub attributes: Attributes,
    pub fill: Values,
    /// Whether decoded values are whole or halves and less than a thousand, so that no sum of them rounds.
    pub is_tame: bool,
    /// Whether none is infinite.
    pub is_finite: bool,
}

impl Raw {
    fn new(values: Values, fill: Values) -> Self {
        Self { values, attributes: Attributes::new(), fill, is_tame: true, is_finite: true }
    }

    fn with(mut self, name: &str, value: serde_json::Value) -> Self {
        self.attributes.insert(name, value);
        self
    }
}

/// Runs `$make` with `$t` as each integer type.
macro_rules! integers {
    ($random:expr, $n:expr, $least:expr, $($number:literal $variant:ident $t:ty),*) => {
        match $random.below(8) {
            $($number => {
                let least = if <$t>::MIN == 0 { 0 } else { $least };
                let values = (0..$n).map(|_| ($random.below(24) as i64 + least) as $t).collect();
                Raw::new(Values::$variant(values), Values::$variant(vec![3]))
            })*
            _ => unreachable!(),
        }
    };
}

/// The values of a data variable of `n` cells.
pub fn of_variable(random: &mut Random, n: usize) -> Raw {
    match random.below(10) {
        0..=2 => integers(random, n),
        3..=5 => floats32(random, n),
        6 | 7 => floats64(random, n),
        _ => others(random, n),
    }
}

fn integers(random: &mut Random, n: usize) -> Raw {
    let raw = integers!(random, n, -10, 0 Int8 i8, 1 Int16 i16, 2 Int32 i32, 3 Int64 i64, 4 UInt8 u8, 5 UInt16 u16,
                        6 UInt32 u32, 7 UInt64 u64);
    let raw = if random.chance(40) { raw.with("_FillValue", json!(3)) } else { raw };
    let raw = match random.below(6) {
        0 => raw.with("valid_min", json!(1)),
        1 => raw.with("valid_range", json!([2, 9])),
        _ => raw,
    };
    match random.below(8) {
        0 | 1 => raw.with("scale_factor", json!(0.5)).with("add_offset", json!(10)),
        2 => {
            let raw = raw.with("scale_factor", json!(0.01)).with("add_offset", json!(273.15));
            Raw { is_tame: false, ..raw }
        }
        3 => raw.with("scale_factor", json!(-0.25)),
        4 => raw.with("valid_max", json!(5.5)).with("add_offset", json!(0.5)),
        _ => raw,
    }
}

/// A number of a distribution: few halves, many digits, many orders of magnitude, sometimes without end.
fn number(random: &mut Random, kind: usize) -> f64 {
    match kind {
        6 if random.below(30) == 0 => f64::INFINITY,
        0..=2 => random.below(41) as f64 / 2.0 - 4.0,
        3 | 4 => random.below(1_000_003) as f64 / 3_000.7 - 50.0,
        _ => (random.below(2001) as f64 - 1000.3) * 10f64.powi(random.below(13) as i32 - 4),
    }
}

fn floats32(random: &mut Random, n: usize) -> Raw {
    let (kind, missing) = (random.below(7), *random.pick(&[0, 15, 60]));
    let values = (0..n).map(|_| if random.chance(missing) { f32::NAN } else { number(random, kind) as f32 }).collect();
    let raw = Raw {
        is_tame: kind < 3,
        is_finite: kind != 6,
        ..Raw::new(Values::Float32(values), Values::Float32(vec![f32::NAN]))
    };
    meaning_of_floats(random, raw, |fill| Values::Float32(vec![fill as f32]))
}

fn floats64(random: &mut Random, n: usize) -> Raw {
    let (kind, missing) = (random.below(7), *random.pick(&[0, 15, 60]));
    let values = (0..n).map(|_| if random.chance(missing) { f64::NAN } else { number(random, kind) }).collect();
    let raw = Raw {
        is_tame: kind < 3,
        is_finite: kind != 6,
        ..Raw::new(Values::Float64(values), Values::Float64(vec![f64::NAN]))
    };
    meaning_of_floats(random, raw, |fill| Values::Float64(vec![fill]))
}

fn meaning_of_floats(random: &mut Random, raw: Raw, fill: impl Fn(f64) -> Values) -> Raw {
    match random.below(7) {
        0 => {
            let raw = raw.with("_FillValue", json!(1.5));
            Raw { fill: fill(1.5), ..raw }
        }
        1 => Raw { fill: fill(0.0), ..raw.with("valid_range", json!([-2.0, 8.0])) },
        2 => raw.with("scale_factor", json!(2.0)),
        3 => Raw { fill: fill(7.25), ..raw },
        _ => raw,
    }
}

fn others(random: &mut Random, n: usize) -> Raw {
    let day = 86_400_000_000;
    match random.below(5) {
        0 => {
            let values = (0..n).map(|_| random.chance(70)).collect();
            Raw::new(Values::Bool(values), Values::Bool(vec![false]))
        }
        1 => {
            let values = (0..n).map(|_| random.below(3) as i8).collect();
            Raw::new(Values::Int8(values), Values::Int8(vec![0]))
                .with("dtype", json!("bool"))
                .with("_FillValue", json!(2))
        }
        2 => {
            let values = (0..n).map(|_| format!("s{}", random.below(6))).collect();
            let raw = Raw::new(Values::String(values), Values::String(vec![String::new()]));
            if random.chance(50) { raw.with("_FillValue", json!("s3")) } else { raw }
        }
        3 => {
            let values = (0..n).map(|_| random.below(40) as i64 * 9 * day).collect();
            Raw::new(Values::Timestamp(values), Values::Timestamp(vec![i64::MIN]))
        }
        _ => {
            let values = (0..n).map(|_| random.below(400) as i32).collect();
            let calendar = *random.pick(&["standard", "noleap", "360_day"]);
            Raw::new(Values::Int32(values), Values::Int32(vec![-1]))
                .with("units", json!("days since 2001-01-15"))
                .with("calendar", json!(calendar))
                .with("_FillValue", json!(-1))
        }
    }
}

/// Labels with what is known of them.
#[derive(Debug, Clone)]
pub struct Labels {
    pub values: Values,
    pub attributes: Attributes,
    /// Whether no label occurs twice.
    pub is_unique: bool,
    /// Whether a label may be missing.
    pub has_holes: bool,
}

/// The labels of a coordinate of `n` positions.
pub fn of_coordinate(random: &mut Random, n: usize) -> Labels {
    let mut steps: Vec<u64> = (1..=n as u64).collect();
    let order = random.below(8);
    match order {
        0 | 1 => steps.reverse(),
        2 => random.shuffle(&mut steps),
        3 => steps.iter_mut().for_each(|s| *s = s.div_ceil(2)),
        _ => {}
    }
    let mut labels = Labels {
        values: Values::Bool(Vec::new()),
        attributes: Attributes::new(),
        is_unique: order != 3 || n < 2,
        has_holes: false,
    };
    labels.values = match random.below(11) {
        0 | 1 => Values::Float32(steps.iter().map(|s| *s as f32 / 10.0 - 0.3).collect()),
        2 => {
            let label = |s: &u64| if random.chance(15) { f64::NAN } else { *s as f64 * 2.5 - 10.0 };
            let values: Vec<f64> = steps.iter().map(label).collect();
            labels.has_holes = values.iter().any(|v| v.is_nan());
            Values::Float64(values)
        }
        3 => Values::Float64(steps.iter().map(|s| *s as f64 * 7.5 - 15.0).collect()),
        4 => Values::Int32(steps.iter().map(|s| *s as i32 - 3).collect()),
        5 => Values::UInt16(steps.iter().map(|s| *s as u16 * 10).collect()),
        6 => Values::String(steps.iter().map(|s| format!("l{s:02}")).collect()),
        7 => {
            let month = 30 * 86_400_000_000 + 36_000_000_000;
            Values::Timestamp(steps.iter().map(|s| *s as i64 * month).collect())
        }
        _ => {
            let calendars = ["standard", "proleptic_gregorian", "noleap", "all_leap", "360_day", "julian"];
            labels.attributes.insert("units", *random.pick(&["days since 1999-12-20", "hours since 1999-12-20"]));
            labels.attributes.insert("calendar", *random.pick(&calendars));
            let hours = labels.attributes.text("units").is_some_and(|u| u.starts_with("hours"));
            let step = random.pick(&[1, 17, 31]) * if hours { 24 } else { 1 };
            Values::Int32(steps.iter().map(|s| *s as i32 * step).collect())
        }
    };
    labels
}
