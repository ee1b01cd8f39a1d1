//! Ticks on an axis of numbers: round steps, and labels without rounding errors.

/// A place on an axis and what it is called.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tick {
    pub(crate) at: f64,
    pub(crate) text: String,
    /// A second line, below the first.
    pub(crate) below: Option<String>,
}

/// How numbers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Notation {
    Plain,
    Latitude,
    Longitude,
}

impl Notation {
    /// The notation that the CF units of a coordinate ask for.
    pub(crate) fn of(units: Option<&str>) -> Self {
        let units = units.unwrap_or_default().trim();
        match units.strip_prefix("degrees").or_else(|| units.strip_prefix("degree")) {
            Some("_north" | "_N" | "N") => Self::Latitude,
            Some("_east" | "_E" | "E") => Self::Longitude,
            _ => Self::Plain,
        }
    }
}

/// Ticks between `low` and `high`, at most `most` and two, and the power of ten that their labels leave out.
/// Where only `whole` numbers make sense, there are no ticks between them.
pub(crate) fn ticks(low: f64, high: f64, most: usize, notation: Notation, whole: bool) -> (Vec<Tick>, i32) {
    let exponent = match notation {
        Notation::Plain => exponent(low.abs().max(high.abs())),
        _ => 0,
    };
    // In two steps, because 10^300 · 10^300 is not a number.
    let unit = 10f64.powi(exponent);
    let (low, high) = (low / unit, high / unit);
    let (step, decimals) = match step(high - low, most.max(2), notation) {
        (step, _) if whole && exponent == 0 && step < 1.0 => (1.0, 0),
        other => other,
    };
    let (first, last) = ((low / step - 1e-6).ceil(), (high / step + 1e-6).floor());
    let count = (last - first).clamp(-1.0, 1000.0) as i64 + 1;
    let ticks = (0..count).map(|i| {
        // A whole number times the step, so that errors do not add up.
        let value = ((first + i as f64) * step).clamp(low, high);
        Tick { at: value * unit, text: write((first + i as f64) * step, decimals, notation), below: None }
    });
    (ticks.collect(), exponent)
}

/// The power of ten to leave out of very large and very small numbers.
fn exponent(size: f64) -> i32 {
    if size > 0.0 && !(1e-3..1e6).contains(&size) { size.log10().floor() as i32 } else { 0 }
}

/// A round step that makes at most `most` ticks, and the decimals that it needs.
fn step(span: f64, most: usize, notation: Notation) -> (f64, usize) {
    let fits = |step: &f64| span / step <= (most - 1) as f64;
    if notation != Notation::Plain && span > 3.0 {
        let round = [1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 90.0, 180.0];
        if let Some(step) = round.into_iter().find(fits) {
            return (step, 0);
        }
    }
    let power = (span / most as f64).log10().floor() as i32;
    let candidates = (power..power + 3).flat_map(|p| [(1.0, 0), (2.0, 0), (2.5, 1), (5.0, 0)].map(|(m, d)| (m, d, p)));
    let written = |p: i32| if p < 0 { 1.0 / 10f64.powi(-p) } else { 10f64.powi(p) };
    candidates
        .map(|(m, d, p)| (m * written(p), usize::try_from(d - p).unwrap_or(0)))
        .find(|(step, _)| fits(step))
        .unwrap_or((span, 3))
}

fn write(value: f64, decimals: usize, notation: Notation) -> String {
    let signed = |v: f64| {
        let text = format!("{v:.decimals$}");
        match text.strip_prefix('-') {
            Some(zero) if zero.chars().all(|c| "0.".contains(c)) => zero.to_string(),
            Some(digits) => format!("−{digits}"),
            None => text,
        }
    };
    let side = |v: f64, more: char, less: char| {
        let text = signed(v.abs());
        let zero = text.chars().all(|c| "0.".contains(c));
        let letter = if zero { None } else { Some(if v > 0.0 { more } else { less }) };
        format!("{text}°{}", letter.map(String::from).unwrap_or_default())
    };
    match notation {
        Notation::Plain => signed(value),
        Notation::Latitude => side(value, 'N', 'S'),
        Notation::Longitude => {
            let turned = (value + 180.0).rem_euclid(360.0) - 180.0;
            if turned == -180.0 { "180°".into() } else { side(turned, 'E', 'W') }
        }
    }
}

/// A number by itself, with as many digits as single precision has; whole numbers keep all of theirs.
pub(crate) fn short(value: f64) -> String {
    if value == 0.0 || (value.fract() == 0.0 && value.abs() < 1e15) {
        return write(value, 0, Notation::Plain);
    }
    let rounded = format!("{value:.6e}").parse().unwrap_or(value);
    if (1e-6..1e15).contains(&value.abs()) { format!("{rounded}") } else { format!("{rounded:e}") }.replace('-', "−")
}

/// `10⁻⁵`, for the title of an axis.
pub(crate) fn power_of_ten(exponent: i32) -> String {
    let digits = exponent.to_string();
    let raised = digits.chars().map(|c| match c {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        // The others stand side by side.
        c => char::from_u32('⁰' as u32 + c.to_digit(10).unwrap_or_default()).unwrap_or(c),
    });
    format!("10{}", raised.collect::<String>())
}

#[cfg(test)]
mod tests;
