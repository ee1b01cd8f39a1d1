//! The font: how wide a text is, and its outlines. It is part of the program, so that every machine draws the same.

use tiny_skia::{Path, PathBuilder, Transform};
use ttf_parser::{Face, GlyphId, OutlineBuilder};

use crate::error::{PlotError, Result};

/// Height of a capital letter, in parts of the size.
pub(crate) const CAPITAL: f64 = 0.729;

/// DejaVu Sans: its licence is as free as ours, and it has accents, degrees, minus signs and superscripts.
pub(crate) struct Font {
    face: Face<'static>,
}

impl Font {
    pub(crate) fn new() -> Result<Self> {
        match Face::parse(dejavu::sans::regular(), 0) {
            Ok(face) => Ok(Self { face }),
            Err(error) => Err(PlotError::new(format!("cannot read the built-in font: {error}"))),
        }
    }

    fn unit(&self) -> f64 {
        1.0 / f64::from(self.face.units_per_em())
    }

    fn glyph(&self, c: char) -> GlyphId {
        self.face.glyph_index(if c.is_control() { ' ' } else { c }).unwrap_or_default()
    }

    fn advance(&self, c: char) -> f64 {
        let glyph = self.glyph(c);
        f64::from(self.face.glyph_hor_advance(glyph).unwrap_or_default()) * self.unit()
    }

    /// Pixels from the start of `text` to its end.
    pub(crate) fn width(&self, text: &str, size: f64) -> f64 {
        text.chars().map(|c| self.advance(c)).sum::<f64>() * size
    }

    /// `text`, without its middle if it is longer than `width` pixels: names often differ at their ends.
    pub(crate) fn cut(&self, text: &str, size: f64, width: f64) -> String {
        if self.width(text, size) <= width {
            return text.to_string();
        }
        let room = (width - self.width("…", size)) / size;
        let within = |room: f64| {
            let mut used = 0.0;
            move |c: &char| {
                used += self.advance(*c);
                used <= room
            }
        };
        let head: String = text.chars().take_while(within(0.6 * room)).collect();
        let tail: Vec<char> = text.chars().rev().take_while(within(0.4 * room)).collect();
        let tail: String = tail.into_iter().rev().collect();
        format!("{}…{}", head.trim_end(), tail.trim_start())
    }

    /// The outlines of `text` at size 1, starting at 0 on the baseline, y downwards.
    pub(crate) fn outline(&self, text: &str) -> Option<Path> {
        let mut pen = Pen { path: PathBuilder::new(), x: 0.0 };
        for c in text.chars() {
            let glyph = self.glyph(c);
            self.face.outline_glyph(glyph, &mut pen);
            pen.x += f32::from(self.face.glyph_hor_advance(glyph).unwrap_or_default());
        }
        let unit = self.unit() as f32;
        pen.path.finish()?.transform(Transform::from_scale(unit, -unit))
    }
}

struct Pen {
    path: PathBuilder,
    x: f32,
}

impl OutlineBuilder for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.path.move_to(x + self.x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.path.line_to(x + self.x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.path.quad_to(x1 + self.x, y1, x + self.x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.path.cubic_to(x1 + self.x, y1, x2 + self.x, y2, x + self.x, y);
    }

    fn close(&mut self) {
        self.path.close();
    }
}
