//! Lines along one dimension, with a legend if there are several.

use crate::axis::{Axis, places};
use crate::colour::{Rgb, ends, of_lines, range};
use crate::error::Result;
use crate::font::{CAPITAL, Font};
use crate::layout::{Layout, Look};
use crate::picture::{Labels, Line};
use crate::scene::{Anchor, Shape, Text};
use crate::style::Style;

/// A legend with more entries would be longer than what it explains.
const MOST_ENTRIES: usize = 12;

/// The shapes of a chart, with its width and height.
pub(crate) fn shapes(line: &Line, style: &Style, font: &Font) -> Result<(u32, u32, Vec<Shape>)> {
    let look = Look::new(font, style);
    let along = places(&line.dimension.labels);
    let (least, most) = range(line.series.iter().flat_map(|s| &s.values), &line.value.name)?;
    let (low, high) = ends(style.vmin.unwrap_or(least), style.vmax.unwrap_or(most), style, &line.value.name)?;
    // A line that touches the frame is hard to see.
    let margin = 0.05 * (high - low);
    let low = if style.vmin.is_some() { low } else { low - margin };
    let high = if style.vmax.is_some() { high } else { high + margin };
    let dimension = Axis::of_labels(&line.dimension, &along)?;
    let value = Axis::of_numbers(&line.value, low, high)?;
    let (x, y) = if line.profile { (value, dimension) } else { (dimension, value) };
    let (x_label, y_label) = if line.profile {
        (style.xlabel.as_ref().or(style.label.as_ref()), style.ylabel.as_ref())
    } else {
        (style.xlabel.as_ref(), style.ylabel.as_ref().or(style.label.as_ref()))
    };
    let x = x.styled(x_label, style.xincrease);
    let y = y.styled(y_label, style.yincrease);

    let colours = of_lines(line.series.len(), style)?;
    let legend = Legend::new(&look, line, &colours);
    let titles = if style.title.is_some() { look.title_height() } else { 0.0 };
    let right = legend.column();
    let layout = Layout::new(&look, &x, &y, look.rim() + titles + legend.row(), |_| right);
    let frame = layout.frame;

    let mut shapes = layout.grid(&look, &x, &y);
    shapes.extend(layout.axes(&look, &x, &y, false));
    let is_text = matches!(line.dimension.labels, Labels::Texts(_));
    let width = 1.7 * look.scale;
    for (series, colour) in line.series.iter().zip(&colours) {
        let points: Vec<Option<(f64, f64)>> = along
            .iter()
            .zip(&series.values)
            .map(|(place, value)| {
                let (right, up) = if line.profile { (value, place) } else { (place, value) };
                value.is_finite().then(|| (frame.x(x.part(*right)), frame.y(y.part(*up))))
            })
            .collect();
        let inside = |(px, py): (f64, f64)| {
            let (left, top) = (f64::from(frame.left), f64::from(frame.top));
            (left - 0.01..=frame.x(1.0) + 0.01).contains(&px) && (top - 0.01..=frame.y(0.0) + 0.01).contains(&py)
        };
        for run in points.split(Option::is_none) {
            let run: Vec<(f64, f64)> = run.iter().flatten().copied().collect();
            // A point without neighbours would be invisible; categories are points, not a way.
            if run.len() == 1 || (is_text && run.len() <= 60) {
                let radius = 1.8 * width;
                let dots = run.iter().filter(|p| inside(**p));
                shapes.extend(dots.map(|&(x, y)| Shape::Dot { x, y, radius, colour: *colour }));
            }
            let bounds = if line.profile {
                (f64::from(frame.left), frame.x(1.0), true)
            } else {
                (f64::from(frame.top), frame.y(0.0), false)
            };
            for points in clip(&thin(&run, line.profile), bounds) {
                shapes.push(Shape::Line { points, width, colour: *colour });
            }
        }
    }
    shapes.extend(legend.shapes(&look, frame.x(0.0), f64::from(frame.top), frame.x(1.0), titles));
    if let Some(title) = &style.title {
        shapes.push(look.title(frame, 0, title));
    }
    Ok((look.width, look.height, shapes))
}

/// Of the points in one column of pixels (one row, for a profile), the first, the outermost and the last.
fn thin(points: &[(f64, f64)], profile: bool) -> Vec<(f64, f64)> {
    let along = |p: &(f64, f64)| if profile { p.1 } else { p.0 }.floor();
    let value = |p: &(f64, f64)| if profile { p.0 } else { p.1 };
    let mut kept = Vec::new();
    for column in points.chunk_by(|a, b| along(a) == along(b)) {
        let indices = 0..column.len();
        let by_value = |a: &usize, b: &usize| value(&column[*a]).total_cmp(&value(&column[*b]));
        let (least, most) = (indices.clone().min_by(by_value), indices.max_by(by_value));
        let mut picked = vec![0, least.unwrap_or(0), most.unwrap_or(0), column.len() - 1];
        picked.sort_unstable();
        picked.dedup();
        kept.extend(picked.into_iter().map(|i| column[i]));
    }
    kept
}

/// The parts of a line whose values are between two pixels; `sideways` looks at x instead of y.
fn clip(points: &[(f64, f64)], (low, high, sideways): (f64, f64, bool)) -> Vec<Vec<(f64, f64)>> {
    let value = |p: (f64, f64)| if sideways { p.0 } else { p.1 };
    let mut parts: Vec<Vec<(f64, f64)>> = Vec::new();
    let mut open = false;
    for pair in points.windows(2) {
        let (a, b) = (pair[0], pair[1]);
        let (va, vb) = (value(a), value(b));
        let (mut from, mut to) = (0.0, 1.0);
        if va == vb {
            if !(low..=high).contains(&va) {
                open = false;
                continue;
            }
        } else {
            let (s, t) = ((low - va) / (vb - va), (high - va) / (vb - va));
            from = f64::max(from, s.min(t));
            to = f64::min(to, s.max(t));
        }
        if from > to {
            open = false;
            continue;
        }
        let at = |t: f64| (a.0 + t * (b.0 - a.0), a.1 + t * (b.1 - a.1));
        match parts.last_mut().filter(|_| open && from == 0.0) {
            Some(part) => part.push(at(to)),
            None => parts.push(vec![at(from), at(to)]),
        }
        open = to == 1.0;
    }
    parts
}

/// The names of the lines: in a row above the frame, or in a column beside it.
struct Legend {
    entries: Vec<(String, Option<Rgb>)>,
    widths: Vec<f64>,
    in_a_row: bool,
    unit: f64,
    size: f64,
}

impl Legend {
    fn new(look: &Look<'_>, line: &Line, colours: &[Rgb]) -> Self {
        let count = line.series.len();
        let mut entries: Vec<(String, Option<Rgb>)> = Vec::new();
        if count > 1 {
            let shown = count.min(MOST_ENTRIES);
            for i in 0..shown {
                // Evenly, with the first and the last.
                let at = i * (count - 1) / (shown - 1).max(1);
                let name = look.font.cut(&line.series[at].name, look.size(), 0.24 * f64::from(look.width));
                entries.push((name, colours.get(at).copied()));
            }
            if shown < count {
                entries.push((format!("{shown} of {count}"), None));
            }
        }
        let (unit, size) = (look.scale, look.size());
        let widths: Vec<f64> = entries.iter().map(|(name, _)| 26.0 * unit + look.font.width(name, size)).collect();
        let total: f64 = widths.iter().map(|w| w + 18.0 * unit).sum();
        let in_a_row = total <= 0.82 * f64::from(look.width);
        Self { entries, widths, in_a_row, unit, size }
    }

    /// Height above the frame.
    fn row(&self) -> f64 {
        if self.in_a_row && !self.entries.is_empty() { self.size * 1.9 } else { 0.0 }
    }

    /// Width beside the frame.
    fn column(&self) -> f64 {
        if self.in_a_row { 0.0 } else { self.widths.iter().copied().fold(0.0, f64::max) + 28.0 * self.unit }
    }

    fn shapes(&self, look: &Look<'_>, left: f64, top: f64, right: f64, titles: f64) -> Vec<Shape> {
        let mut shapes = Vec::new();
        let total: f64 = self.widths.iter().sum::<f64>() + 18.0 * self.unit * (self.widths.len().max(1) - 1) as f64;
        let mut x = if self.in_a_row { (left + right - total) / 2.0 } else { right + 16.0 * self.unit };
        let mut y = if self.in_a_row { look.rim() + titles + self.size * 0.6 } else { top + self.size * 0.6 };
        for ((name, colour), width) in self.entries.iter().zip(&self.widths) {
            if let Some(colour) = *colour {
                let points = vec![(x, y), (x + 18.0 * self.unit, y)];
                shapes.push(Shape::Line { points, width: 2.2 * self.unit, colour });
            }
            let start = if colour.is_some() { x + 25.0 * self.unit } else { x };
            let (text, size, base) = (name.clone(), self.size, y + self.size * CAPITAL / 2.0);
            shapes.push(Shape::Text(Text { x: start, y: base, text, size, anchor: Anchor::Start, upright: false }));
            if self.in_a_row { x += width + 18.0 * self.unit } else { y += self.size * 1.6 }
        }
        shapes
    }
}

/// The colours that a palette needs.
pub(crate) fn colours(line: &Line, style: &Style) -> Result<Vec<Rgb>> {
    of_lines(line.series.len(), style)
}
