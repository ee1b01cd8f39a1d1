//! Draws labelled arrays as pictures: data in, bytes out, without files, fonts or libraries of the system.
//!
//! ```text
//! Picture ─ check ─► axes, ticks, colours ─► shapes ─► pixels ─► PNG, APNG, GIF
//!           Style ─►                              └──────────► SVG
//! ```
//!
//! The same picture and style always give the same pixels.
//!
//! ```
//! use hyperslab_plot::{Dimension, Format, Labels, Map, Picture, Quantity, Style, draw};
//!
//! let map = Map {
//!     x: Dimension::new(Quantity::new("lon").with_units("degrees_east"), Labels::Numbers(vec![0.0, 90.0, 180.0])),
//!     y: Dimension::new(Quantity::new("lat").with_units("degrees_north"), Labels::Numbers(vec![45.0, -45.0])),
//!     values: vec![1.0, 2.0, f64::NAN, 4.0, 5.0, 6.0],
//!     value: Quantity::new("sst").with_label("sea surface temperature").with_units("degC"),
//! };
//! let mut style = Style::default();
//! style.set("cmap", "magma")?;
//! let png = draw(&Picture::Map(map), &style, Format::Png)?;
//! assert!(png.starts_with(b"\x89PNG"));
//! # Ok::<(), hyperslab_plot::PlotError>(())
//! ```

mod axis;
mod check;
mod colour;
mod encode;
mod error;
mod font;
mod grid;
mod layout;
mod line;
mod mesh;
mod picture;
mod raster;
mod scene;
mod style;
mod svg;
mod ticks;
mod times;

use std::str::FromStr;

use tiny_skia::Pixmap;

pub use colour::ColourMap;
pub use error::{PlotError, Result};
pub use picture::{Dimension, Grid, Labels, Line, Map, Mesh, Movie, Picture, Quantity, Series};
pub use style::Style;

use encode::Palette;
use font::Font;
use grid::{Plan, Source};

/// What kind of file the bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A still picture of pixels; missing cells are transparent.
    Png,
    /// A still picture of shapes and text.
    Svg,
    /// A movie or a still picture of at most 256 colours; missing cells are grey.
    Gif,
    /// A movie of pixels; missing cells are transparent.
    Apng,
}

impl Format {
    /// The names of the formats, which are also the usual endings of their files.
    pub const NAMES: [&'static str; 4] = ["png", "svg", "gif", "apng"];
}

impl FromStr for Format {
    type Err = PlotError;

    fn from_str(name: &str) -> Result<Self> {
        match name.to_ascii_lowercase().as_str() {
            "png" => Ok(Self::Png),
            "svg" => Ok(Self::Svg),
            "gif" => Ok(Self::Gif),
            "apng" => Ok(Self::Apng),
            _ => Err(PlotError::new(format!("unknown format `{name}` of a picture"))
                .hint(error::nearest_names(name, &Self::NAMES))),
        }
    }
}

/// Movies with more pixels than this in all frames would take minutes.
const MOST_PIXELS: u64 = 2_000_000_000;

/// The bytes of a file with `picture` in it.
///
/// Values that are not finite are missing: a line has a gap, a cell is not drawn.
///
/// # Errors
/// A picture without any value, with sizes that disagree or labels that are missing; a style out of its bounds; a
/// movie of several frames as PNG or SVG.
pub fn draw(picture: &Picture, style: &Style, format: Format) -> Result<Vec<u8>> {
    style.check()?;
    let font = Font::new()?;
    match picture {
        Picture::Line(line) => {
            check::line(line)?;
            let (width, height, shapes) = line::shapes(line, style, &font)?;
            if format == Format::Svg {
                return svg::document(width, height, &shapes);
            }
            let palette = || Ok(Palette::of_lines(&line::colours(line, style)?));
            let mut sheet = raster::sheet(width, height)?;
            raster::draw(&mut sheet, &shapes, &font);
            let pixels = sheet.take_demultiplied();
            encoded(format, (width, height), 1, style, palette, |_| Ok(pixels.clone()))
        }
        Picture::Map(map) => {
            check::map(map)?;
            grid(Source::Map(map), &[&map.values], None, style, format, &font)
        }
        Picture::Mesh(mesh) => {
            check::mesh(mesh)?;
            grid(Source::Mesh(mesh), &[&mesh.values], None, style, format, &font)
        }
        Picture::Movie(movie) => {
            check::movie(movie)?;
            let name = &movie.frames.quantity;
            if movie.values.len() > 1 && matches!(format, Format::Png | Format::Svg) {
                return Err(PlotError::new(format!(
                    "a movie of `{}` frames does not fit into a still picture",
                    movie.values.len()
                ))
                .hint(format!("use GIF or APNG, or choose one label of `{}`", name.name)));
            }
            let values: Vec<&[f64]> = movie.values.iter().map(Vec::as_slice).collect();
            let labels = match &movie.frames.labels {
                Labels::Numbers(v) => v.iter().map(|v| ticks::short(*v)).collect(),
                Labels::Times(v) => times::titles(v),
                Labels::Texts(v) => v.clone(),
            };
            let units = match (&movie.frames.labels, &name.units) {
                (Labels::Numbers(_), Some(units)) => format!(" {units}"),
                _ => String::new(),
            };
            let titles: Vec<String> = labels.iter().map(|l| format!("{} = {l}{units}", name.name)).collect();
            grid(Source::from(&movie.grid), &values, Some(&titles), style, format, &font)
        }
    }
}

fn grid(
    source: Source<'_>,
    values: &[&[f64]],
    titles: Option<&[String]>,
    style: &Style,
    format: Format,
    font: &Font,
) -> Result<Vec<u8>> {
    // A vector picture is looked at from nearer.
    let density = if format == Format::Svg { 2 } else { 1 };
    let plan = Plan::new(source, values, titles.is_some(), density, style, font)?;
    let (width, height) = plan.size();
    let over = |i: u32| {
        let title = titles.and_then(|t| t.get(i as usize)).map(String::as_str);
        plan.frame(values.get(i as usize).copied().unwrap_or_default(), title)
    };
    if format == Format::Svg {
        return svg::document(width, height, &[plan.still.clone(), over(0)].concat());
    }
    let pixels = values.len() as u64 * u64::from(width) * u64::from(height);
    let frames = u32::try_from(values.len()).ok().filter(|_| pixels <= MOST_PIXELS).ok_or_else(|| {
        PlotError::new(format!("a movie of `{}` frames of {width} · {height} pixels is too large", values.len()))
            .hint(format!("expected at most {MOST_PIXELS} pixels in all frames; choose fewer frames, or smaller ones"))
    })?;
    let mut still = raster::sheet(width, height)?;
    raster::draw(&mut still, &plan.still, font);
    let palette = || Ok(Palette::of_scale(&plan.scale));
    encoded(format, (width, height), frames, style, palette, |i| {
        let mut sheet: Pixmap = still.clone();
        raster::draw(&mut sheet, &over(i), font);
        Ok(sheet.take_demultiplied())
    })
}

fn encoded(
    format: Format,
    size: (u32, u32),
    frames: u32,
    style: &Style,
    palette: impl FnOnce() -> Result<Palette>,
    mut frame: impl FnMut(u32) -> Result<Vec<u8>>,
) -> Result<Vec<u8>> {
    let fps = style.frames_per_second();
    match format {
        Format::Gif => encode::gif(size, frames, fps, palette()?, frame),
        Format::Apng => encode::apng(size, frames, fps, frame),
        Format::Png | Format::Svg => encode::png(size.0, size.1, &frame(0)?),
    }
}

#[cfg(test)]
mod tests;
