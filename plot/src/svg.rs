//! From shapes to SVG. Pixels of a map are one embedded PNG; text stays text.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::colour::Rgb;
use crate::encode;
use crate::error::Result;
use crate::scene::{Anchor, INK, Shape, Text};

/// The document for `shapes`.
pub(crate) fn document(width: u32, height: u32, shapes: &[Shape]) -> Result<Vec<u8>> {
    // Writing to a string does not fail.
    let mut out = String::new();
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"DejaVu Sans, Verdana, sans-serif\">"
    );
    let _ = writeln!(out, "<rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>");
    for shape in shapes {
        match shape {
            Shape::Rect { x, y, width, height, colour } => {
                let _ = writeln!(
                    out,
                    "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{}\"/>",
                    short(*x),
                    short(*y),
                    short(*width),
                    short(*height),
                    hex(*colour)
                );
            }
            Shape::Line { points, width, colour } => {
                let _ = writeln!(
                    out,
                    "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{}\" \
                     stroke-linecap=\"round\" stroke-linejoin=\"round\"/>",
                    list(points),
                    hex(*colour),
                    short(*width)
                );
            }
            Shape::Area { points, colour } => {
                let _ = writeln!(out, "<polygon points=\"{}\" fill=\"{}\"/>", list(points), hex(*colour));
            }
            Shape::Dot { x, y, radius, colour } => {
                let _ = writeln!(
                    out,
                    "<circle cx=\"{}\" cy=\"{}\" r=\"{}\" fill=\"{}\"/>",
                    short(*x),
                    short(*y),
                    short(*radius),
                    hex(*colour)
                );
            }
            Shape::Text(text) => write_text(&mut out, text),
            Shape::Image(image) => {
                let pixels = image.pixels.as_flattened();
                let png = encode::png(image.width * image.density, image.height * image.density, pixels)?;
                let _ = writeln!(
                    out,
                    "<image x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" preserveAspectRatio=\"none\" \
                     style=\"image-rendering:pixelated\" href=\"data:image/png;base64,{}\"/>",
                    image.left,
                    image.top,
                    image.width,
                    image.height,
                    STANDARD.encode(png)
                );
            }
        }
    }
    out.push_str("</svg>\n");
    Ok(out.into_bytes())
}

fn write_text(out: &mut String, text: &Text) {
    let (x, y) = (short(text.x), short(text.y));
    let anchor = match text.anchor {
        Anchor::Start => "start",
        Anchor::Middle => "middle",
        Anchor::End => "end",
    };
    let turn = if text.upright { format!(" transform=\"rotate(-90 {x} {y})\"") } else { String::new() };
    let _ = writeln!(
        out,
        "<text x=\"{x}\" y=\"{y}\" font-size=\"{}\" text-anchor=\"{anchor}\" fill=\"{}\"{turn}>{}</text>",
        short(text.size),
        hex(INK),
        escape(&text.text)
    );
}

fn list(points: &[(f64, f64)]) -> String {
    points.iter().map(|(x, y)| format!("{},{}", short(*x), short(*y))).collect::<Vec<_>>().join(" ")
}

fn hex([r, g, b]: Rgb) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// A length with two decimals at most.
fn short(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".into() } else { text.into() }
}

fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // XML has no way to write these.
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
