//! Maps and meshes, still or moving: one plan says which cell each pixel shows, and each frame only gives the colours.

use crate::axis::{Axis, Cells};
use crate::colour::Scale;
use crate::error::Result;
use crate::font::Font;
use crate::layout::{Bar, Frame, Layout, Look};
use crate::mesh;
use crate::picture::{Grid, Map, Mesh, Quantity};
use crate::scene::{Image, Shape};
use crate::style::Style;
use crate::ticks::Notation;

/// A pixel without a cell.
const NONE: u32 = u32::MAX;

/// A grid without its values.
#[derive(Clone, Copy)]
pub(crate) enum Source<'a> {
    Map(&'a Map),
    Mesh(&'a Mesh),
}

impl<'a> From<&'a Grid> for Source<'a> {
    fn from(grid: &'a Grid) -> Self {
        match grid {
            Grid::Map(map) => Self::Map(map),
            Grid::Mesh(mesh) => Self::Mesh(mesh),
        }
    }
}

/// Which cell is where.
enum Places<'a> {
    Map { x: Cells, y: Cells, columns: usize },
    Mesh(mesh::Cells<'a>),
}

impl<'a> Source<'a> {
    pub(crate) fn value(self) -> &'a Quantity {
        match self {
            Self::Map(map) => &map.value,
            Self::Mesh(mesh) => &mesh.value,
        }
    }

    fn places(self) -> Result<(Axis, Axis, Places<'a>)> {
        match self {
            Self::Map(map) => {
                let (x, y) = (Cells::new(&map.x)?, Cells::new(&map.y)?);
                let axes = (Axis::of_labels(&map.x, &x.bounds)?, Axis::of_labels(&map.y, &y.bounds)?);
                Ok((axes.0, axes.1, Places::Map { x, y, columns: map.x.labels.len() }))
            }
            Self::Mesh(mesh) => {
                let cells = mesh::Cells::new(mesh);
                let (x, y) = cells.axes()?;
                Ok((x, y, Places::Mesh(cells)))
            }
        }
    }
}

impl Places<'_> {
    /// The cell of each pixel of the frame, row by row.
    fn pixels(&self, x_axis: &Axis, y_axis: &Axis, frame: Frame) -> Vec<u32> {
        match self {
            Self::Mesh(cells) => cells.pixels(x_axis, y_axis, frame, NONE),
            Self::Map { x, y, columns } => {
                let across: Vec<Option<usize>> = (0..frame.width)
                    .map(|i| x.find(x_axis.value((f64::from(i) + 0.5) / f64::from(frame.width))))
                    .collect();
                let up = |row: u32| y.find(y_axis.value(1.0 - (f64::from(row) + 0.5) / f64::from(frame.height)));
                let cell = |row: Option<usize>, column: Option<usize>| match (row, column) {
                    (Some(row), Some(column)) => (row * columns + column) as u32,
                    _ => NONE,
                };
                (0..frame.height)
                    .flat_map(|j| {
                        let row = up(j);
                        across.iter().map(move |column| cell(row, *column))
                    })
                    .collect()
            }
        }
    }
}

/// Everything of a picture that does not change from frame to frame.
pub(crate) struct Plan<'a> {
    look: Look<'a>,
    pub(crate) frame: Frame,
    cells: Vec<u32>,
    density: u32,
    title_line: usize,
    /// The colours, from the values of all frames.
    pub(crate) scale: Scale,
    /// What stands in every frame.
    pub(crate) still: Vec<Shape>,
}

impl<'a> Plan<'a> {
    /// A plan for frames of `values`; `titled` leaves room for the title of a frame, and `density` is the number of
    /// pixels of the data for one pixel of the picture.
    pub(crate) fn new(
        source: Source<'_>,
        values: &[&[f64]],
        titled: bool,
        density: u32,
        style: &Style,
        font: &'a Font,
    ) -> Result<Self> {
        let scale = Scale::new(values.iter().copied().flatten(), source.value(), style)?;
        let bar = Axis::of_numbers(source.value(), scale.low, scale.high)?.styled(style.label.as_ref(), None);
        let bar = Bar::new(bar);
        let (x, y, places) = source.places()?;
        let x = x.styled(style.xlabel.as_ref(), style.xincrease);
        let y = y.styled(style.ylabel.as_ref(), style.yincrease);
        let mut look = Look::new(font, style);
        let lines = usize::from(style.title.is_some()) + usize::from(titled);
        let top = look.rim() + lines as f64 * look.title_height();
        let mut layout = Layout::new(&look, &x, &y, top, |height| bar.room(&look, height));
        if let (None, Some(ratio)) = (style.height, shape_of(&x, &y)) {
            let wanted = f64::from(layout.frame.width) * ratio;
            let height = f64::from(look.height) - f64::from(layout.frame.height) + wanted;
            let wide = f64::from(look.width);
            look.height = height.round().clamp(wide * 0.35, wide * 1.2).clamp(100.0, 8000.0) as u32;
            layout = Layout::new(&look, &x, &y, top, |height| bar.room(&look, height));
        }
        let frame = layout.frame;
        let mut still = layout.axes(&look, &x, &y, true);
        still.extend(bar.shapes(&look, frame, &scale));
        if let Some(title) = &style.title {
            still.push(look.title(frame, 0, title));
        }
        let dense = Frame { width: frame.width * density, height: frame.height * density, ..frame };
        let cells = places.pixels(&x, &y, dense);
        Ok(Self { look, frame, cells, density, title_line: lines.saturating_sub(1), scale, still })
    }

    /// Width and height of the picture.
    pub(crate) fn size(&self) -> (u32, u32) {
        (self.look.width, self.look.height)
    }

    /// What is drawn over the still shapes for the frame of `values`.
    pub(crate) fn frame(&self, values: &[f64], title: Option<&str>) -> Vec<Shape> {
        let colour = |cell: &u32| {
            let value = values.get(*cell as usize).copied().unwrap_or(f64::NAN);
            self.scale.colour(value).map_or([0; 4], |[r, g, b]| [r, g, b, 255])
        };
        let Frame { left, top, width, height } = self.frame;
        let pixels = self.cells.iter().map(colour).collect();
        let mut shapes = vec![Shape::Image(Image { left, top, width, height, density: self.density, pixels })];
        shapes.extend(title.map(|t| self.look.title(self.frame, self.title_line, t)));
        shapes
    }
}

/// Height for one width of a map of the earth, true in its middle.
fn shape_of(x: &Axis, y: &Axis) -> Option<f64> {
    if x.notation() != Notation::Longitude || y.notation() != Notation::Latitude {
        return None;
    }
    let middle = ((y.low + y.high) / 2.0).to_radians().cos().max(0.3);
    Some((y.high - y.low) / ((x.high - x.low) * middle))
}
