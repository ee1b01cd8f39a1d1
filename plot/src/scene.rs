//! A drawing as a list of shapes, before it becomes pixels or SVG. Lengths are pixels, y runs downwards.

use crate::colour::Rgb;

/// What a text's place is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// A line of text on its baseline.
#[derive(Debug, Clone)]
pub(crate) struct Text {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) text: String,
    pub(crate) size: f64,
    pub(crate) anchor: Anchor,
    /// Read from the bottom to the top.
    pub(crate) upright: bool,
}

/// Pixels of the scene that replace what is below them, also where they are transparent.
#[derive(Debug, Clone)]
pub(crate) struct Image {
    pub(crate) left: u32,
    pub(crate) top: u32,
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Pixels of the image for one pixel of the scene, along each side.
    pub(crate) density: u32,
    /// Red, green, blue and alpha, which is 0 or 255; row by row.
    pub(crate) pixels: Vec<[u8; 4]>,
}

/// One thing to draw.
#[derive(Debug, Clone)]
pub(crate) enum Shape {
    Rect { x: f64, y: f64, width: f64, height: f64, colour: Rgb },
    Line { points: Vec<(f64, f64)>, width: f64, colour: Rgb },
    Area { points: Vec<(f64, f64)>, colour: Rgb },
    Dot { x: f64, y: f64, radius: f64, colour: Rgb },
    Text(Text),
    Image(Image),
}

/// The colour of text and axes.
pub(crate) const INK: Rgb = [0x22, 0x22, 0x22];
/// The colour of the lines behind a chart.
pub(crate) const FAINT: Rgb = [0xe4, 0xe4, 0xe4];
/// The colour of missing cells where a format has no transparency.
pub(crate) const MISSING: Rgb = [0xdc, 0xdc, 0xdc];
