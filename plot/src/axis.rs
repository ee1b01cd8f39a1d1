//! An axis of the picture: where a value stands between its ends, its ticks and its title; and where cells begin and
//! end between labels.

use crate::colour::{apart, bounded};
use crate::error::{PlotError, Result};
use crate::font::Font;
use crate::picture::{Dimension, Labels, Quantity};
use crate::ticks::{self, Notation, Tick};
use crate::times;

/// What stands on an axis.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    Number(Notation),
    Time,
    Text(Vec<String>),
}

/// A straight axis between two values.
#[derive(Debug, Clone)]
pub(crate) struct Axis {
    kind: Kind,
    pub(crate) low: f64,
    pub(crate) high: f64,
    inverted: bool,
    /// All labels are whole numbers, and so are the ticks.
    whole: bool,
    label: String,
    units: Option<String>,
}

impl Axis {
    /// An axis for values of `quantity`, with the ends `low` and `high`.
    pub(crate) fn of_numbers(quantity: &Quantity, low: f64, high: f64) -> Result<Self> {
        bounded(low, high, &quantity.name)?;
        let (low, high) = apart(low, high);
        let notation = Notation::of(quantity.units.as_deref());
        let units = quantity.units.clone().filter(|u| notation == Notation::Plain && !u.trim().is_empty());
        Ok(Self {
            kind: Kind::Number(notation),
            low,
            high,
            inverted: false,
            whole: false,
            label: quantity.label.clone(),
            units,
        })
    }

    /// An axis along the labels of `dimension`, from the first place to the last of `places`.
    pub(crate) fn of_labels(dimension: &Dimension, places: &[f64]) -> Result<Self> {
        let low = places.iter().copied().fold(f64::INFINITY, f64::min);
        let high = places.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mut axis = Self::of_numbers(&dimension.quantity, low, high)?;
        match &dimension.labels {
            Labels::Numbers(labels) => axis.whole = labels.iter().all(|v| v.fract() == 0.0),
            Labels::Times(_) => {
                let half = DAY / 2.0;
                (axis.kind, axis.units) = (Kind::Time, None);
                (axis.low, axis.high) = if low < high { (low, high) } else { (low - half, high + half) };
            }
            Labels::Texts(texts) => {
                (axis.kind, axis.units) = (Kind::Text(texts.clone()), None);
                (axis.low, axis.high) = (-0.5, texts.len() as f64 - 0.5);
            }
        }
        Ok(axis)
    }

    /// The same with the words and the direction that the style asks for.
    #[must_use]
    pub(crate) fn styled(mut self, label: Option<&String>, increase: Option<bool>) -> Self {
        if let Some(label) = label {
            self.label.clone_from(label);
            self.units = None;
        }
        self.inverted = increase == Some(false);
        self
    }

    /// Where `value` stands: 0 at the left or lower end, 1 at the other.
    pub(crate) fn part(&self, value: f64) -> f64 {
        let part = (value - self.low) / (self.high - self.low);
        if self.inverted { 1.0 - part } else { part }
    }

    /// What stands at `part`.
    pub(crate) fn value(&self, part: f64) -> f64 {
        let part = if self.inverted { 1.0 - part } else { part };
        self.low + part * (self.high - self.low)
    }

    /// Latitudes or longitudes.
    pub(crate) fn notation(&self) -> Notation {
        match self.kind {
            Kind::Number(notation) => notation,
            _ => Notation::Plain,
        }
    }

    pub(crate) fn is_text(&self) -> bool {
        matches!(self.kind, Kind::Text(_))
    }

    /// At most `most` ticks, and the power of ten that they leave out. With `stacked`, a date may stand below a time.
    pub(crate) fn ticks(&self, most: usize, stacked: bool) -> (Vec<Tick>, i32) {
        match &self.kind {
            Kind::Number(notation) => ticks::ticks(self.low, self.high, most, *notation, self.whole),
            Kind::Time => (times::ticks(self.low, self.high, most, stacked), 0),
            Kind::Text(texts) => {
                let tick = |(i, text): (usize, &String)| Tick { at: i as f64, text: text.clone(), below: None };
                let every = texts.len().div_ceil(most.max(1)).max(1);
                (texts.iter().enumerate().step_by(every).map(tick).collect(), 0)
            }
        }
    }

    /// The words beside the axis.
    pub(crate) fn title(&self, exponent: i32) -> Title {
        let power = (exponent != 0).then(|| ticks::power_of_ten(exponent));
        let brackets: Vec<String> = power.into_iter().chain(self.units.clone()).collect();
        let units = if brackets.is_empty() { String::new() } else { format!(" [{}]", brackets.join(" ")) };
        Title { label: self.label.clone(), units }
    }
}

/// What an axis shows, and in brackets what it is measured in.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Title {
    label: String,
    units: String,
}

impl Title {
    pub(crate) fn is_empty(&self) -> bool {
        self.label.is_empty() && self.units.is_empty()
    }

    /// The title in `width` pixels; the label is cut, never the units.
    pub(crate) fn within(&self, font: &Font, size: f64, width: f64) -> String {
        let label = font.cut(&self.label, size, width - font.width(&self.units, size));
        format!("{label}{}", self.units).trim_start().to_string()
    }
}

const DAY: f64 = times::DAY as f64;

/// Each label as a number on the axis; a text is its position.
pub(crate) fn places(labels: &Labels) -> Vec<f64> {
    match labels {
        Labels::Numbers(v) => v.clone(),
        Labels::Times(v) => v.iter().map(|t| *t as f64).collect(),
        Labels::Texts(v) => (0..v.len()).map(|i| i as f64).collect(),
    }
}

/// The cells of a dimension: between neighbours in the order of their labels.
pub(crate) struct Cells {
    /// One more than there are cells, ascending.
    pub(crate) bounds: Vec<f64>,
    /// The position of each cell in the data.
    order: Vec<usize>,
}

impl Cells {
    /// Bounds half-way between neighbouring labels, and as far beyond the first and the last.
    pub(crate) fn new(dimension: &Dimension) -> Result<Self> {
        let places = places(&dimension.labels);
        let mut order: Vec<usize> = (0..places.len()).collect();
        order.sort_by(|a, b| places[*a].total_cmp(&places[*b]));
        let sorted: Vec<f64> = order.iter().map(|i| places[*i]).collect();
        if let Some(pair) = sorted.windows(2).find(|p| p[0] == p[1]) {
            return Err(PlotError::new(format!(
                "`{}` has the label `{}` twice, expected each label once",
                dimension.quantity.name,
                label(&dimension.labels, pair[0]),
            ))
            .hint("group by the dimension, or choose one label of the others"));
        }
        let (first, last) = match (sorted.as_slice(), &dimension.labels) {
            ([], _) => return Ok(Self { bounds: Vec::new(), order }),
            ([one], Labels::Times(_)) => (one - DAY / 2.0, one + DAY / 2.0),
            ([one], _) => (one - 0.5, one + 0.5),
            ([a, b, ..], _) => {
                let n = sorted.len();
                (a - (b - a) / 2.0, sorted[n - 1] + (sorted[n - 1] - sorted[n - 2]) / 2.0)
            }
        };
        let between = sorted.windows(2).map(|p| p[0] / 2.0 + p[1] / 2.0);
        let mut bounds: Vec<f64> = std::iter::once(first).chain(between).chain([last]).collect();
        if matches!(dimension.labels, Labels::Numbers(_))
            && Notation::of(dimension.quantity.units.as_deref()) == Notation::Latitude
            && sorted.iter().all(|y| y.abs() <= 90.0)
        {
            // The cell around a pole ends there.
            bounds.iter_mut().for_each(|b| *b = b.clamp(-90.0, 90.0));
        }
        Ok(Self { bounds, order })
    }

    /// The position in the data of the cell that holds `value`.
    pub(crate) fn find(&self, value: f64) -> Option<usize> {
        let after = self.bounds.partition_point(|b| *b <= value);
        self.order.get(after.checked_sub(1)?).copied()
    }
}

fn label(labels: &Labels, place: f64) -> String {
    match labels {
        Labels::Times(_) => times::titles(&[place as i64]).concat(),
        _ => ticks::short(place),
    }
}

#[cfg(test)]
mod tests;
