//! Colours: the maps from a number to a colour, and the rule that chooses map and ends from the data.

mod tables;

use std::fmt;
use std::str::FromStr;

use crate::error::{PlotError, Result, nearest_names};
use crate::picture::Quantity;
use crate::style::Style;

/// Red, green and blue.
pub(crate) type Rgb = [u8; 3];

/// A named range of colours, such as `viridis`, or `RdBu_r` for `RdBu` the other way round.
#[derive(Clone, Copy, PartialEq)]
pub struct ColourMap {
    name: &'static str,
    points: &'static [u32],
    reversed: bool,
}

impl ColourMap {
    /// The names of the maps; `_r` may follow each.
    pub fn names() -> impl Iterator<Item = &'static str> {
        tables::TABLES.iter().map(|(name, _)| *name)
    }

    /// The colour at `t`, which runs from 0 to 1.
    pub(crate) fn at(&self, t: f64) -> Rgb {
        let t = if t.is_nan() { 0.0 } else { t.clamp(0.0, 1.0) };
        let t = if self.reversed { 1.0 - t } else { t };
        let last = self.points.len().saturating_sub(1);
        let place = t * last as f64;
        let below = (place.floor() as usize).min(last);
        let part = place - below as f64;
        let colour = |i: usize| {
            self.points.get(i.min(last)).map_or([0, 0, 0], |c| {
                let [_, r, g, b] = c.to_be_bytes();
                [r, g, b]
            })
        };
        let (a, b) = (colour(below), colour(below + 1));
        std::array::from_fn(|i| (f64::from(a[i]) + part * (f64::from(b[i]) - f64::from(a[i]))).round() as u8)
    }
}

impl fmt::Display for ColourMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.name, if self.reversed { "_r" } else { "" })
    }
}

impl fmt::Debug for ColourMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ColourMap({self})")
    }
}

impl FromStr for ColourMap {
    type Err = PlotError;

    fn from_str(text: &str) -> Result<Self> {
        let name = text.trim().to_ascii_lowercase();
        let (stem, reversed) = match name.strip_suffix("_r") {
            Some(stem) => (stem, true),
            None => (name.as_str(), false),
        };
        let stem = if stem == "gray" { "grey" } else { stem };
        match tables::TABLES.iter().find(|(n, _)| n.eq_ignore_ascii_case(stem)) {
            Some((name, points)) => Ok(Self { name, points, reversed }),
            None => {
                let names: Vec<&str> = Self::names().collect();
                Err(PlotError::new(format!("unknown colour map `{text}`"))
                    .hint(format!("{}; each also with `_r`", nearest_names(stem, &names))))
            }
        }
    }
}

/// How many colours a picture has at most: as many as a byte tells apart.
pub(crate) const LEVELS: usize = 256;

/// Colours with the values at their ends.
pub(crate) struct Scale {
    pub(crate) low: f64,
    pub(crate) high: f64,
    /// There are values beyond the lower end.
    pub(crate) below: bool,
    /// There are values beyond the upper end.
    pub(crate) above: bool,
    levels: Vec<Rgb>,
}

impl Scale {
    /// The scale for `values`. As in xarray, values on both sides of zero get colours that part at zero, unless the
    /// style says something else.
    pub(crate) fn new<'a>(
        values: impl IntoIterator<Item = &'a f64>,
        quantity: &Quantity,
        style: &Style,
    ) -> Result<Self> {
        let (least, most) = range(values, &quantity.name)?;
        let free = style.vmin.is_none() && style.vmax.is_none() && style.cmap.is_none();
        let straddles = least < 0.0 && most > 0.0;
        let (low, high, map) = if free && straddles {
            let end = most.max(-least);
            (-end, end, "RdBu_r".parse()?)
        } else {
            let map = match style.cmap {
                Some(map) => map,
                None => "viridis".parse()?,
            };
            (style.vmin.unwrap_or(least), style.vmax.unwrap_or(most), map)
        };
        let (low, high) = ends(low, high, style, &quantity.name)?;
        let levels = (0..LEVELS).map(|i| map.at(i as f64 / (LEVELS - 1) as f64)).collect();
        Ok(Self { low, high, below: least < low, above: most > high, levels })
    }

    /// The colour of `value`; none for a missing value.
    pub(crate) fn colour(&self, value: f64) -> Option<Rgb> {
        if !value.is_finite() {
            return None;
        }
        let t = (value - self.low) / (self.high - self.low);
        self.level((t.clamp(0.0, 1.0) * (LEVELS - 1) as f64).round() as usize)
    }

    /// The colour of a part of the scale: 0 at the lower end, 255 at the upper.
    pub(crate) fn level(&self, level: usize) -> Option<Rgb> {
        self.levels.get(level).copied()
    }
}

/// The least and the greatest of the finite values.
pub(crate) fn range<'a>(values: impl IntoIterator<Item = &'a f64>, name: &str) -> Result<(f64, f64)> {
    let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
    for v in values.into_iter().filter(|v| v.is_finite()) {
        least = least.min(*v);
        most = most.max(*v);
    }
    if least > most {
        return Err(PlotError::new(format!("all values of `{name}` are missing, expected at least one to draw")));
    }
    Ok((least, most))
}

/// The ends of a scale, apart from each other, or the reason why they cannot be.
pub(crate) fn ends(low: f64, high: f64, style: &Style, name: &str) -> Result<(f64, f64)> {
    if low > high {
        let (option, end) = if style.vmin.is_some() { ("vmin", low) } else { ("vmax", high) };
        let side = if style.vmin.is_some() { "above" } else { "below" };
        return Err(PlotError::new(format!("`{option}` is `{end}`, {side} all values of `{name}`")));
    }
    bounded(low, high, name)?;
    Ok(apart(low, high))
}

/// Refuses numbers so large that arithmetic with them ends at infinity.
pub(crate) fn bounded(low: f64, high: f64, name: &str) -> Result<()> {
    const MOST: f64 = 1e300;
    match [low, high].into_iter().find(|v| v.is_nan() || v.abs() > MOST) {
        Some(far) => Err(PlotError::new(format!("`{name}` reaches `{far:e}`, expected numbers within ±{MOST:e}"))
            .hint("if this stands for a missing value, write it as `NULL`")),
        None => Ok(()),
    }
}

/// Moves ends that are equal, or so near that no tick fits between, away from each other.
pub(crate) fn apart(low: f64, high: f64) -> (f64, f64) {
    let size = low.abs().max(high.abs());
    if high - low > (size * 1e-9).max(1e-290) {
        return (low, high);
    }
    let middle = low / 2.0 + high / 2.0;
    let half = if size == 0.0 { 0.5 } else { (size * 0.05).max(1e-290) };
    (middle - half, middle + half)
}

/// The colours of lines: told apart by people with any colour vision, and on white paper.
const LINES: [Rgb; 10] = [
    [0x1f, 0x77, 0xb4],
    [0xff, 0x7f, 0x0e],
    [0x2c, 0xa0, 0x2c],
    [0xd6, 0x27, 0x28],
    [0x94, 0x67, 0xbd],
    [0x8c, 0x56, 0x4b],
    [0xe3, 0x77, 0xc2],
    [0x7f, 0x7f, 0x7f],
    [0xbc, 0xbd, 0x22],
    [0x17, 0xbe, 0xcf],
];

/// The colours of `count` lines. Many lines take them from a colour map, in order.
pub(crate) fn of_lines(count: usize, style: &Style) -> Result<Vec<Rgb>> {
    if let (None, Some(colours)) = (style.cmap, LINES.get(..count)) {
        return Ok(colours.to_vec());
    }
    let map = match style.cmap {
        Some(map) => map,
        None => "viridis".parse()?,
    };
    // The last tenth of most maps is too light for a line on white.
    let last = count.saturating_sub(1).max(1) as f64;
    Ok((0..count).map(|i| map.at(0.9 * i as f64 / last)).collect())
}

#[cfg(test)]
mod tests;
