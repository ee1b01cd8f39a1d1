//! From shapes to pixels.

use tiny_skia::{
    Color, FillRule, LineCap, LineJoin, Paint, PathBuilder, Pixmap, PremultipliedColorU8, Rect, Stroke, Transform,
};

use crate::colour::Rgb;
use crate::error::{PlotError, Result};
use crate::font::Font;
use crate::scene::{Anchor, INK, Image, Shape, Text};

/// A white sheet.
pub(crate) fn sheet(width: u32, height: u32) -> Result<Pixmap> {
    let mut sheet = Pixmap::new(width, height)
        .ok_or_else(|| PlotError::new(format!("a picture of `{width}` · `{height}` pixels does not fit in memory")))?;
    sheet.fill(Color::WHITE);
    Ok(sheet)
}

/// Draws `shapes` over what is there.
pub(crate) fn draw(sheet: &mut Pixmap, shapes: &[Shape], font: &Font) {
    for shape in shapes {
        match shape {
            Shape::Rect { x, y, width, height, colour } => {
                if let Some(rect) = Rect::from_xywh(*x as f32, *y as f32, *width as f32, *height as f32) {
                    let path = PathBuilder::from_rect(rect);
                    sheet.fill_path(&path, &paint(*colour), FillRule::Winding, Transform::identity(), None);
                }
            }
            Shape::Area { points, colour } => {
                if let Some(path) = way(points).finish() {
                    sheet.fill_path(&path, &paint(*colour), FillRule::Winding, Transform::identity(), None);
                }
            }
            Shape::Line { points, width, colour } => {
                if let Some(path) = way(points).finish() {
                    let stroke = Stroke {
                        width: *width as f32,
                        line_cap: LineCap::Round,
                        line_join: LineJoin::Round,
                        ..Stroke::default()
                    };
                    sheet.stroke_path(&path, &paint(*colour), &stroke, Transform::identity(), None);
                }
            }
            Shape::Dot { x, y, radius, colour } => {
                if let Some(path) = PathBuilder::from_circle(*x as f32, *y as f32, *radius as f32) {
                    sheet.fill_path(&path, &paint(*colour), FillRule::Winding, Transform::identity(), None);
                }
            }
            Shape::Text(text) => write(sheet, text, font),
            Shape::Image(image) => copy(sheet, image),
        }
    }
}

fn way(points: &[(f64, f64)]) -> PathBuilder {
    let mut path = PathBuilder::new();
    for (i, (x, y)) in points.iter().enumerate() {
        if i == 0 { path.move_to(*x as f32, *y as f32) } else { path.line_to(*x as f32, *y as f32) }
    }
    path
}

fn paint([r, g, b]: Rgb) -> Paint<'static> {
    let mut paint = Paint::default();
    paint.set_color_rgba8(r, g, b, 255);
    paint
}

fn write(sheet: &mut Pixmap, text: &Text, font: &Font) {
    let Some(path) = font.outline(&text.text) else { return };
    let width = font.width(&text.text, text.size);
    let back = match text.anchor {
        Anchor::Start => 0.0,
        Anchor::Middle => width / 2.0,
        Anchor::End => width,
    };
    let size = text.size as f32;
    let place = if text.upright {
        // A quarter of a turn to the left.
        Transform::from_row(0.0, -size, size, 0.0, text.x as f32, (text.y + back) as f32)
    } else {
        Transform::from_row(size, 0.0, 0.0, size, (text.x - back) as f32, text.y as f32)
    };
    sheet.fill_path(&path, &paint(INK), FillRule::Winding, place, None);
}

fn copy(sheet: &mut Pixmap, image: &Image) {
    let (width, height) = (sheet.width() as usize, sheet.height() as usize);
    let pixels = sheet.pixels_mut();
    let (left, columns) = (image.left as usize, image.width as usize);
    let density = image.density.max(1) as usize;
    for row in 0..(image.height as usize).min(height.saturating_sub(image.top as usize)) {
        let source = image.pixels.iter().skip(row * density * columns * density).step_by(density);
        let start = (image.top as usize + row) * width + left;
        let end = start + columns.min(width.saturating_sub(left));
        for (to, [r, g, b, a]) in pixels.get_mut(start..end).unwrap_or_default().iter_mut().zip(source) {
            // Alpha is 0 or 255, so premultiplied is the same.
            *to = if *a == 0 { PremultipliedColorU8::TRANSPARENT } else { opaque([*r, *g, *b]) };
        }
    }
}

fn opaque([r, g, b]: Rgb) -> PremultipliedColorU8 {
    PremultipliedColorU8::from_rgba(r, g, b, 255).unwrap_or(PremultipliedColorU8::TRANSPARENT)
}
