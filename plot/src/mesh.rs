//! Cells whose places are arrays of two dimensions: their corners, and which of them a pixel lies in.

use crate::axis::Axis;
use crate::error::{PlotError, Result};
use crate::layout::Frame;
use crate::picture::Mesh;
use crate::ticks::Notation;

type Point = (f64, f64);
type Corners = [Point; 4];

/// A full turn of longitude.
const TURN: f64 = 360.0;

/// A mesh with what all of its cells need.
pub(crate) struct Cells<'a> {
    mesh: &'a Mesh,
    /// x is a longitude.
    turns: bool,
    /// y is a latitude.
    ends_at_poles: bool,
    /// How far a cell without any neighbour reaches.
    reach: Point,
}

impl<'a> Cells<'a> {
    pub(crate) fn new(mesh: &'a Mesh) -> Self {
        let notation = |units: &Option<String>| Notation::of(units.as_deref());
        // What is farther away than ten turns is no longitude, whatever its units say.
        let turns = notation(&mesh.x_quantity.units) == Notation::Longitude
            && mesh.x.iter().filter(|x| x.is_finite()).all(|x| x.abs() <= 10.0 * TURN);
        let ends_at_poles = notation(&mesh.y_quantity.units) == Notation::Latitude;
        let reach = |values: &[f64], count: usize| {
            let finite = || values.iter().copied().filter(|v| v.is_finite());
            let span = finite().fold(f64::NEG_INFINITY, f64::max) - finite().fold(f64::INFINITY, f64::min);
            if span > 0.0 && span.is_finite() { 0.5 * span / count as f64 } else { 0.5 }
        };
        let reach = (reach(&mesh.x, mesh.shape.1), reach(&mesh.y, mesh.shape.0));
        Self { mesh, turns, ends_at_poles, reach }
    }

    /// The middle of the cell that is `down` rows and `right` columns from another, on the same turn as `near`.
    fn centre(&self, row: usize, column: usize, (down, right): (isize, isize), near: Option<Point>) -> Option<Point> {
        let (row, column) = (row.checked_add_signed(down)?, column.checked_add_signed(right)?);
        if row >= self.mesh.shape.0 || column >= self.mesh.shape.1 {
            return None;
        }
        let at = row * self.mesh.shape.1 + column;
        let (mut x, y) = (*self.mesh.x.get(at)?, *self.mesh.y.get(at)?);
        if !(x.is_finite() && y.is_finite()) {
            return None;
        }
        if let Some(near) = near.filter(|near| self.turns && (x - near.0).abs() > TURN / 2.0) {
            x -= TURN * ((x - near.0) / TURN).round();
        }
        Some((x, y))
    }

    /// The corners of a cell, around it; none if it has no place, or would go more than half around the world.
    fn corners(&self, row: usize, column: usize) -> Option<Corners> {
        let middle = self.centre(row, column, (0, 0), None)?;
        let at = |down: isize, right: isize| self.centre(row, column, (down, right), Some(middle));
        // A neighbour that is missing lies opposite of the one that is not.
        let mirrored = |p: Point| (2.0 * middle.0 - p.0, 2.0 * middle.1 - p.1);
        let beside = |right: isize| {
            let missing = (middle.0 + right as f64 * 2.0 * self.reach.0, middle.1);
            at(0, right).or_else(|| at(0, -right).map(mirrored)).unwrap_or(missing)
        };
        let along = |down: isize| {
            let missing = (middle.0, middle.1 + down as f64 * 2.0 * self.reach.1);
            at(down, 0).or_else(|| at(-down, 0).map(mirrored)).unwrap_or(missing)
        };
        let corner = |down: isize, right: isize| {
            let (a, b) = (beside(right), along(down));
            let across = at(down, right).unwrap_or((a.0 + b.0 - middle.0, a.1 + b.1 - middle.1));
            let mean = |m: f64, a: f64, b: f64, c: f64| m / 4.0 + a / 4.0 + b / 4.0 + c / 4.0;
            let y = mean(middle.1, a.1, b.1, across.1);
            let y = if self.ends_at_poles { y.clamp(-90.0, 90.0) } else { y };
            (mean(middle.0, a.0, b.0, across.0), y)
        };
        let corners = [corner(-1, -1), corner(-1, 1), corner(1, 1), corner(1, -1)];
        let (left, right) = sides(&corners, |p| p.0);
        let (bottom, top) = sides(&corners, |p| p.1);
        let smeared = self.turns && right - left > TURN / 2.0;
        let drawable = (right - left).is_finite() && (top - bottom).is_finite();
        (drawable && !smeared).then_some(corners)
    }

    fn all(&self) -> impl Iterator<Item = (usize, Corners)> {
        let (rows, columns) = self.mesh.shape;
        (0..rows).flat_map(move |row| {
            (0..columns).filter_map(move |column| Some((row * columns + column, self.corners(row, column)?)))
        })
    }

    /// The longitude right of the widest strip without cells, if the cells lie on both sides of the date line.
    fn seam(&self) -> Option<f64> {
        let mut used = [false; TURN as usize];
        for x in self.mesh.x.iter().filter(|x| x.is_finite()) {
            let at = if (0.0..TURN).contains(x) { *x } else { x.rem_euclid(TURN) } as usize;
            if let Some(cell) = used.get_mut(at) {
                *cell = true;
            }
        }
        let (mut widest, mut seam, mut empty) = (0, 0, 0);
        for at in 0..2 * used.len() {
            empty = if used[at % used.len()] { 0 } else { empty + 1 };
            if empty > widest && empty < used.len() {
                (widest, seam) = (empty, at + 1);
            }
        }
        // A grid of few cells has gaps between all of them.
        (widest > 60).then_some((seam as f64 + TURN / 2.0).rem_euclid(TURN) - TURN / 2.0)
    }

    /// The axes that hold all cells.
    pub(crate) fn axes(&self) -> Result<(Axis, Axis)> {
        let extent = |seam: Option<f64>| {
            let (mut x, mut y) = ((f64::INFINITY, f64::NEG_INFINITY), (f64::INFINITY, f64::NEG_INFINITY));
            for (_, corners) in self.all() {
                let (left, right) = sides(&corners, |p| p.0);
                let shift = seam.map_or(0.0, |s| {
                    let middle = left / 2.0 + right / 2.0;
                    s + (middle - s).rem_euclid(TURN) - middle
                });
                x = (x.0.min(left + shift), x.1.max(right + shift));
                let (bottom, top) = sides(&corners, |p| p.1);
                y = (y.0.min(bottom), y.1.max(top));
            }
            (x, y)
        };
        let (mut x, y) = extent(None);
        if x.0 > x.1 {
            return Err(PlotError::new(format!(
                "no cell of `{}` has a place, expected finite `{}` and `{}`",
                self.mesh.value.name, self.mesh.x_quantity.name, self.mesh.y_quantity.name
            )));
        }
        if self.turns && x.1 - x.0 > TURN / 2.0 {
            if let Some(seam) = self.seam() {
                let (moved, _) = extent(Some(seam));
                if moved.1 - moved.0 < x.1 - x.0 {
                    x = moved;
                }
            }
            if x.1 - x.0 > TURN {
                // The first and the last cells reach half a cell beyond the turn.
                let middle = ((x.0 + x.1) / 2.0).round();
                x = (middle - TURN / 2.0, middle + TURN / 2.0);
            }
        }
        Ok((Axis::of_numbers(&self.mesh.x_quantity, x.0, x.1)?, Axis::of_numbers(&self.mesh.y_quantity, y.0, y.1)?))
    }

    /// For each pixel of the frame, row by row, the cell that it lies in.
    pub(crate) fn pixels(&self, x: &Axis, y: &Axis, frame: Frame, none: u32) -> Vec<u32> {
        let (wide, high) = (frame.width as usize, frame.height as usize);
        let mut cells = vec![none; wide * high];
        for (cell, corners) in self.all() {
            let (left, right) = sides(&corners, |p| p.0);
            let turns = if self.turns {
                (((x.low - right) / TURN).ceil() as i64, ((x.high - left) / TURN).floor() as i64)
            } else {
                (0, 0)
            };
            for turn in turns.0..=turns.1 {
                let shift = turn as f64 * TURN;
                let corners = corners.map(|p| (x.part(p.0 + shift) * wide as f64, (1.0 - y.part(p.1)) * high as f64));
                fill(&mut cells, (wide, high), &corners, cell as u32);
            }
        }
        cells
    }
}

/// The least and the greatest of a coordinate.
fn sides(corners: &Corners, of: impl Fn(&Point) -> f64) -> (f64, f64) {
    let low = corners.iter().map(&of).fold(f64::INFINITY, f64::min);
    (low, corners.iter().map(&of).fold(f64::NEG_INFINITY, f64::max))
}

/// Writes `cell` to each pixel whose middle lies between the corners.
fn fill(cells: &mut [u32], (wide, high): (usize, usize), corners: &Corners, cell: u32) {
    let whole = |(low, high): (f64, f64), end: usize| {
        let first = (low - 0.5).ceil().clamp(0.0, end as f64) as usize;
        let last = ((high - 0.5).floor() + 1.0).clamp(0.0, end as f64) as usize;
        first..last
    };
    let columns = whole(sides(corners, |p| p.0), wide);
    if columns.is_empty() {
        return;
    }
    let [a, b, c, d] = *corners;
    for row in whole(sides(corners, |p| p.1), high) {
        for column in columns.clone() {
            let point = (column as f64 + 0.5, row as f64 + 0.5);
            if inside(point, a, b, c) || inside(point, a, c, d) {
                cells[row * wide + column] = cell;
            }
        }
    }
}

fn inside(p: Point, a: Point, b: Point, c: Point) -> bool {
    let side = |a: Point, b: Point| (b.0 - a.0) * (p.1 - a.1) - (b.1 - a.1) * (p.0 - a.0);
    let turns = [side(a, b), side(b, c), side(c, a)];
    turns.iter().all(|s| *s >= 0.0) || turns.iter().all(|s| *s <= 0.0)
}

#[cfg(test)]
mod tests;
