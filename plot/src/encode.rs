//! From pixels to the bytes of a file. Of a movie, each frame after the first holds only what changes.

use std::collections::HashMap;

use png::{BlendOp, DisposeOp};

use crate::colour::{LEVELS, Rgb, Scale};
use crate::error::{PlotError, Result};
use crate::scene::MISSING;

/// Part of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Area {
    left: u32,
    top: u32,
    width: u32,
    height: u32,
}

impl Area {
    fn whole(width: u32, height: u32) -> Self {
        Self { left: 0, top: 0, width, height }
    }

    /// The least rectangle with all pixels in which two pictures differ; one pixel, if they are the same.
    fn of_change(width: u32, before: &[u8], after: &[u8]) -> Self {
        let row = (width as usize * 4).max(1);
        let (mut top, mut bottom, mut left, mut right) = (usize::MAX, 0, usize::MAX, 0);
        for (y, (a, b)) in before.chunks(row).zip(after.chunks(row)).enumerate() {
            let differs = |(p, q): (&[u8], &[u8])| p != q;
            let pairs = || a.chunks(4).zip(b.chunks(4));
            if let Some(first) = pairs().position(differs) {
                let last = pairs().rposition(differs).unwrap_or(first);
                (top, bottom) = (top.min(y), y);
                (left, right) = (left.min(first), right.max(last));
            }
        }
        if top == usize::MAX {
            return Self::whole(1, 1);
        }
        Self { left: left as u32, top: top as u32, width: (right - left + 1) as u32, height: (bottom - top + 1) as u32 }
    }

    fn cut(self, width: u32, pixels: &[u8]) -> Vec<u8> {
        let row = width as usize * 4;
        let (start, end) = (self.left as usize * 4, (self.left + self.width) as usize * 4);
        let rows = pixels.chunks(row.max(1)).skip(self.top as usize).take(self.height as usize);
        rows.flat_map(|r| r.get(start..end).unwrap_or_default().iter().copied()).collect()
    }
}

/// A still picture of RGBA pixels.
pub(crate) fn png(width: u32, height: u32, pixels: &[u8]) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    let mut writer = header(&mut out, width, height).write_header().map_err(|e| PlotError::encoder(&e))?;
    writer.write_image_data(pixels).map_err(|e| PlotError::encoder(&e))?;
    writer.finish().map_err(|e| PlotError::encoder(&e))?;
    Ok(out)
}

fn header(out: &mut Vec<u8>, width: u32, height: u32) -> png::Encoder<'_, &mut Vec<u8>> {
    let mut encoder = png::Encoder::new(out, width, height);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Balanced);
    encoder
}

/// A movie as PNG; viewers that know only still pictures show its first frame.
pub(crate) fn apng(
    (width, height): (u32, u32),
    frames: u32,
    fps: f64,
    mut frame: impl FnMut(u32) -> Result<Vec<u8>>,
) -> Result<Vec<u8>> {
    let fault = |e: png::EncodingError| PlotError::encoder(&e);
    let mut out = Vec::new();
    let mut encoder = header(&mut out, width, height);
    encoder.set_animated(frames, 0).map_err(fault)?;
    encoder.set_frame_delay((1000.0 / fps).round() as u16, 1000).map_err(fault)?;
    encoder.set_blend_op(BlendOp::Source).map_err(fault)?;
    encoder.set_dispose_op(DisposeOp::None).map_err(fault)?;
    let mut writer = encoder.write_header().map_err(fault)?;
    let mut before: Vec<u8> = Vec::new();
    for i in 0..frames {
        let pixels = frame(i)?;
        if before.is_empty() {
            writer.write_image_data(&pixels).map_err(fault)?;
        } else {
            let area = Area::of_change(width, &before, &pixels);
            writer.reset_frame_position().map_err(fault)?;
            writer.set_frame_dimension(area.width, area.height).map_err(fault)?;
            writer.set_frame_position(area.left, area.top).map_err(fault)?;
            writer.write_image_data(&area.cut(width, &pixels)).map_err(fault)?;
        }
        before = pixels;
    }
    writer.finish().map_err(fault)?;
    Ok(out)
}

/// At most 256 colours, and the nearest of them for any other.
pub(crate) struct Palette {
    colours: Vec<Rgb>,
    known: HashMap<Rgb, u8>,
}

impl Palette {
    /// Greys for text, and `others` as far as there is room.
    pub(crate) fn new(others: impl IntoIterator<Item = Rgb>) -> Self {
        let greys = (0..=30u8).map(|i| 34 + (f64::from(i) * 221.0 / 30.0).round() as u8).map(|v| [v, v, v]);
        let mut colours: Vec<Rgb> = greys.chain([MISSING]).collect();
        for colour in others {
            if colours.len() < 256 && !colours.contains(&colour) {
                colours.push(colour);
            }
        }
        Self { colours, known: HashMap::new() }
    }

    /// The palette of a map.
    pub(crate) fn of_scale(scale: &Scale) -> Self {
        const KEPT: usize = 220;
        Self::new((0..KEPT).filter_map(|i| scale.level(i * (LEVELS - 1) / (KEPT - 1))))
    }

    /// The palette of lines: each colour, and what it blends to at the rim of a line.
    pub(crate) fn of_lines(lines: &[Rgb]) -> Self {
        let steps = (220 / lines.len().max(1)).clamp(1, 16);
        let blend = |c: u8, step: usize| 255 - ((255 - usize::from(c)) * step / steps) as u8;
        Self::new((1..=steps).rev().flat_map(|step| lines.iter().map(move |c| c.map(|v| blend(v, step)))))
    }

    fn index(&mut self, colour: Rgb) -> u8 {
        if let Some(index) = self.known.get(&colour) {
            return *index;
        }
        let distance = |c: &Rgb| (0..3).map(|i| (i32::from(c[i]) - i32::from(colour[i])).pow(2)).sum::<i32>();
        let nearest = self.colours.iter().enumerate().min_by_key(|(_, c)| distance(c));
        let index = nearest.map_or(0, |(i, _)| i as u8);
        self.known.insert(colour, index);
        index
    }
}

/// A movie, or a still picture, as GIF. It has no half transparent pixels, so missing cells are grey.
pub(crate) fn gif(
    (width, height): (u32, u32),
    frames: u32,
    fps: f64,
    mut palette: Palette,
    mut frame: impl FnMut(u32) -> Result<Vec<u8>>,
) -> Result<Vec<u8>> {
    let fault = |e: gif::EncodingError| PlotError::encoder(&e);
    let mut out = Vec::new();
    // Sizes are at most 8000.
    let (wide, high) = (width as u16, height as u16);
    let mut encoder = gif::Encoder::new(&mut out, wide, high, palette.colours.as_flattened()).map_err(fault)?;
    if frames > 1 {
        encoder.set_repeat(gif::Repeat::Infinite).map_err(fault)?;
    }
    let mut before: Vec<u8> = Vec::new();
    for i in 0..frames {
        let pixels = frame(i)?;
        let area = match before.is_empty() {
            true => Area::whole(width, height),
            false => Area::of_change(width, &before, &pixels),
        };
        let cut = area.cut(width, &pixels);
        let indices: Vec<u8> =
            cut.chunks_exact(4).map(|p| palette.index(if p[3] == 0 { MISSING } else { [p[0], p[1], p[2]] })).collect();
        let shown = gif::Frame {
            left: area.left as u16,
            top: area.top as u16,
            width: area.width as u16,
            height: area.height as u16,
            delay: (100.0 / fps).round() as u16,
            dispose: gif::DisposalMethod::Keep,
            buffer: indices.into(),
            ..gif::Frame::default()
        };
        encoder.write_frame(&shown).map_err(fault)?;
        before = pixels;
    }
    drop(encoder);
    Ok(out)
}
