//! Where everything goes: the frame with the data, and around it ticks, titles and the colour bar.

use crate::axis::{Axis, Title};
use crate::colour::{LEVELS, Scale};
use crate::font::{CAPITAL, Font};
use crate::scene::{Anchor, FAINT, INK, Image, Shape, Text};
use crate::style::Style;
use crate::ticks::Tick;

/// The sizes of a picture, and the lengths that follow from them.
pub(crate) struct Look<'a> {
    pub(crate) font: &'a Font,
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// 1 for 800 · 500 pixels.
    pub(crate) scale: f64,
}

impl<'a> Look<'a> {
    pub(crate) fn new(font: &'a Font, style: &Style) -> Self {
        let width = style.width.unwrap_or(800);
        let height = style.height.unwrap_or((f64::from(width) * 0.625) as u32).clamp(100, 8000);
        let area = (f64::from(width) / 800.0 * f64::from(height) / 500.0).sqrt();
        // In a small picture, text shrinks less than the rest: it must stay readable.
        let scale = if area < 1.0 { area.sqrt() } else { area };
        Self { font, width, height, scale }
    }

    /// Size of text.
    pub(crate) fn size(&self) -> f64 {
        12.5 * self.scale
    }

    pub(crate) fn title_size(&self) -> f64 {
        14.5 * self.scale
    }

    /// Height of a line of titles.
    pub(crate) fn title_height(&self) -> f64 {
        self.title_size() * 1.5
    }

    /// From the rim of the picture to anything.
    pub(crate) fn rim(&self) -> f64 {
        12.0 * self.scale
    }

    fn tick(&self) -> f64 {
        (4.0 * self.scale).round()
    }

    fn gap(&self) -> f64 {
        5.0 * self.scale
    }

    /// How thick an axis is.
    fn rule(&self) -> f64 {
        self.scale.round().max(1.0)
    }

    fn widest(&self, ticks: &[Tick]) -> f64 {
        let below = ticks.iter().filter_map(|t| t.below.as_ref());
        ticks.iter().map(|t| &t.text).chain(below).map(|t| self.font.width(t, self.size())).fold(0.0, f64::max)
    }

    fn text(&self, x: f64, y: f64, text: &str, anchor: Anchor) -> Shape {
        Shape::Text(Text { x, y, text: text.into(), size: self.size(), anchor, upright: false })
    }

    /// A line of a title above the middle of the frame; `line` counts from the top.
    pub(crate) fn title(&self, frame: Frame, line: usize, text: &str) -> Shape {
        let room = 2.0 * frame.x(0.5).min(f64::from(self.width) - frame.x(0.5)) - self.rim();
        let y = self.rim() + line as f64 * self.title_height() + self.title_size();
        let text = self.font.cut(text, self.title_size(), room);
        let (size, anchor) = (self.title_size(), Anchor::Middle);
        Shape::Text(Text { x: frame.x(0.5), y, text, size, anchor, upright: false })
    }

    fn upright(&self, x: f64, frame: Frame, title: &Title) -> Shape {
        let room = f64::from(self.height) - 2.0 * self.rim();
        let text = title.within(self.font, self.size(), room);
        let half = self.font.width(&text, self.size()) / 2.0;
        // Near the middle of the frame, as far as the picture has room above and below.
        let y = frame.y(0.5).min(f64::from(self.height) - self.rim() - half).max(self.rim() + half);
        Shape::Text(Text { x, y, text, size: self.size(), anchor: Anchor::Middle, upright: true })
    }
}

/// Where the data is, in whole pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) left: u32,
    pub(crate) top: u32,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

impl Frame {
    /// Pixels from the left, for a part of the x axis.
    pub(crate) fn x(&self, part: f64) -> f64 {
        f64::from(self.left) + part * f64::from(self.width)
    }

    /// Pixels from the top, for a part of the y axis.
    pub(crate) fn y(&self, part: f64) -> f64 {
        f64::from(self.top) + (1.0 - part) * f64::from(self.height)
    }

    fn right(&self) -> f64 {
        f64::from(self.left + self.width)
    }

    fn bottom(&self) -> f64 {
        f64::from(self.top + self.height)
    }
}

/// The ticks of an axis that fit.
pub(crate) struct Ticks {
    list: Vec<Tick>,
    exponent: i32,
    /// Labels that read from the bottom to the top.
    upright: bool,
}

/// The ticks of an axis that goes up over `length` pixels.
fn ticks_up(look: &Look<'_>, axis: &Axis, length: f64) -> Ticks {
    let apart = if axis.is_text() { 1.4 } else { 2.8 };
    let most = (length / (look.size() * apart)) as usize;
    let most = most.clamp(2, if axis.is_text() { 400 } else { 10 });
    let (mut list, exponent) = axis.ticks(most, false);
    shorten(look, axis, &mut list);
    Ticks { list, exponent, upright: false }
}

/// The ticks of an axis that goes over `length` pixels to the right.
fn ticks_right(look: &Look<'_>, axis: &Axis, length: f64) -> Ticks {
    if axis.is_text() {
        let (mut list, exponent) = axis.ticks(usize::MAX, true);
        shorten(look, axis, &mut list);
        let room = length / list.len().max(1) as f64;
        if look.widest(&list) + look.size() <= room {
            return Ticks { list, exponent, upright: false };
        }
        let (mut list, exponent) = axis.ticks((length / (look.size() * 1.4)) as usize, true);
        shorten(look, axis, &mut list);
        return Ticks { list, exponent, upright: true };
    }
    let mut most = 10;
    loop {
        let (list, exponent) = axis.ticks(most, true);
        let nearest = list
            .windows(2)
            .map(|p| (axis.part(p[1].at) - axis.part(p[0].at)).abs() * length)
            .fold(f64::INFINITY, f64::min);
        if most <= 2 || nearest >= look.widest(&list) + look.size() {
            return Ticks { list, exponent, upright: false };
        }
        most -= 1;
    }
}

fn shorten(look: &Look<'_>, axis: &Axis, ticks: &mut [Tick]) {
    if axis.is_text() {
        for tick in ticks {
            tick.text = look.font.cut(&tick.text, look.size(), 120.0 * look.scale);
        }
    }
}

/// The frame and the ticks of both axes.
pub(crate) struct Layout {
    pub(crate) frame: Frame,
    x: Ticks,
    y: Ticks,
}

impl Layout {
    /// Leaves `top` pixels above the frame, and to its right what `right` asks for a frame of some height.
    pub(crate) fn new(look: &Look<'_>, x: &Axis, y: &Axis, top: f64, right: impl Fn(f64) -> f64) -> Self {
        let line = look.size() * 1.2;
        let (wide, high) = (f64::from(look.width), f64::from(look.height));
        let titled = |title: Title| if title.is_empty() { 0.0 } else { line + look.gap() };
        let bottom_for = |ticks: &Ticks| {
            let labels = if ticks.upright {
                look.widest(&ticks.list)
            } else if ticks.list.iter().any(|t| t.below.is_some()) {
                line * 2.0
            } else {
                line
            };
            look.tick() + look.gap() + labels + titled(x.title(ticks.exponent)) + look.rim() * 0.7
        };
        // How high the labels of x are depends a little on how wide the frame is, and the other way round.
        let top = top.max(look.rim() + look.size() / 2.0);
        let bottom = bottom_for(&ticks_right(look, x, wide * 0.8));
        let height = (high - top - bottom).max(8.0);
        let y_ticks = ticks_up(look, y, height);
        let left =
            look.rim() + titled(y.title(y_ticks.exponent)) + look.widest(&y_ticks.list) + look.gap() + look.tick();
        let mut beside = right(height).max(look.rim());
        let mut x_ticks = ticks_right(look, x, (wide - left - beside).max(8.0));
        // The last label may reach beyond the frame.
        if let (Some(last), false) = (x_ticks.list.last(), x_ticks.upright) {
            let part = x_ticks.list.iter().map(|t| x.part(t.at)).fold(0.0, f64::max);
            let half = look.font.width(&last.text, look.size()) / 2.0;
            let over = half - (1.0 - part) * (wide - left - beside) + look.rim() / 2.0;
            if over > beside {
                beside = over;
                x_ticks = ticks_right(look, x, (wide - left - beside).max(8.0));
            }
        }
        let bottom = bottom_for(&x_ticks);
        let whole = |v: f64| v.round().clamp(1.0, 8000.0) as u32;
        let (left, top) = (whole(left), whole(top));
        let frame = Frame {
            left,
            top,
            width: whole(wide - f64::from(left) - beside),
            height: whole(high - f64::from(top) - bottom),
        };
        Self { frame, x: x_ticks, y: y_ticks }
    }

    /// Faint lines across the frame, at the ticks.
    pub(crate) fn grid(&self, look: &Look<'_>, x: &Axis, y: &Axis) -> Vec<Shape> {
        let (frame, rule) = (self.frame, look.rule());
        let (wide, high) = (f64::from(frame.width), f64::from(frame.height));
        let (left, top) = (f64::from(frame.left), f64::from(frame.top));
        let across = self.y.list.iter().filter(|_| !y.is_text()).map(|t| {
            let y = frame.y(y.part(t.at)).round().min(frame.bottom() - rule);
            Shape::Rect { x: left, y, width: wide, height: rule, colour: FAINT }
        });
        let up = self.x.list.iter().filter(|_| !x.is_text()).map(|t| {
            let x = frame.x(x.part(t.at)).round().min(frame.right() - rule);
            Shape::Rect { x, y: top, width: rule, height: high, colour: FAINT }
        });
        across.chain(up).collect()
    }

    /// Axes with ticks, labels and titles; `closed` draws all four sides of the frame.
    pub(crate) fn axes(&self, look: &Look<'_>, x: &Axis, y: &Axis, closed: bool) -> Vec<Shape> {
        let frame = self.frame;
        let mut shapes = sides(look, frame, closed);
        let (rule, tick, size) = (look.rule(), look.tick(), look.size());
        let start = frame.bottom() + tick + look.gap();
        for t in &self.x.list {
            let at = frame.x(x.part(t.at)).round().min(frame.right() - if closed { rule } else { 0.0 });
            shapes.push(Shape::Rect { x: at, y: frame.bottom(), width: rule, height: tick, colour: INK });
            let middle = at + rule / 2.0;
            if self.x.upright {
                let (x, y) = (middle + size * CAPITAL / 2.0, start);
                let (anchor, text) = (Anchor::End, t.text.clone());
                shapes.push(Shape::Text(Text { x, y, text, size, anchor, upright: true }));
                continue;
            }
            shapes.push(look.text(middle, start + size * CAPITAL, &t.text, Anchor::Middle));
            if let Some(below) = &t.below {
                let half = look.font.width(below, size) / 2.0;
                let x = middle.max(half + look.rim() / 2.0);
                shapes.push(look.text(x, start + size * (CAPITAL + 1.2), below, Anchor::Middle));
            }
        }
        let start = f64::from(frame.left) - tick;
        for t in &self.y.list {
            let at = frame.y(y.part(t.at)).round().min(frame.bottom() - if closed { rule } else { 0.0 });
            shapes.push(Shape::Rect { x: start, y: at, width: tick, height: rule, colour: INK });
            let base = at + (rule + size * CAPITAL) / 2.0;
            shapes.push(look.text(start - look.gap(), base, &t.text, Anchor::End));
        }
        let x_title = x.title(self.x.exponent);
        if !x_title.is_empty() {
            let text = x_title.within(look.font, size, f64::from(look.width) - 2.0 * look.rim());
            let y = f64::from(look.height) - look.rim() * 0.7 - size * 0.25;
            let half = look.font.width(&text, size) / 2.0;
            let x = frame.x(0.5).min(f64::from(look.width) - look.rim() - half).max(look.rim() + half);
            shapes.push(look.text(x, y, &text, Anchor::Middle));
        }
        let y_title = y.title(self.y.exponent);
        if !y_title.is_empty() {
            shapes.push(look.upright(look.rim() + size * CAPITAL, frame, &y_title));
        }
        shapes
    }
}

/// The sides of a frame, outside of it, so that they cover no data.
fn sides(look: &Look<'_>, frame: Frame, closed: bool) -> Vec<Shape> {
    let rule = look.rule();
    let (wide, high) = (f64::from(frame.width), f64::from(frame.height));
    let (left, top) = (f64::from(frame.left), f64::from(frame.top));
    let side = |x: f64, y: f64, width: f64, height: f64| Shape::Rect { x, y, width, height, colour: INK };
    let mut shapes = vec![side(left - rule, top, rule, high + rule), side(left, frame.bottom(), wide, rule)];
    if closed {
        shapes.push(side(left - rule, top - rule, wide + 2.0 * rule, rule));
        shapes.push(side(frame.right(), top, rule, high + rule));
    }
    shapes
}

/// The colours of a map with their values, to the right of the frame.
pub(crate) struct Bar {
    axis: Axis,
}

impl Bar {
    pub(crate) fn new(axis: Axis) -> Self {
        Self { axis }
    }

    /// Pixels from the frame to the rim, for a frame of `height`.
    pub(crate) fn room(&self, look: &Look<'_>, height: f64) -> f64 {
        let ticks = ticks_up(look, &self.axis, height);
        let title = self.axis.title(ticks.exponent);
        let title = if title.is_empty() { 0.0 } else { look.size() * 1.2 + look.gap() };
        self.gap(look) + self.width(look) + look.tick() + look.gap() + look.widest(&ticks.list) + title + look.rim()
    }

    fn gap(&self, look: &Look<'_>) -> f64 {
        (16.0 * look.scale).round()
    }

    fn width(&self, look: &Look<'_>) -> f64 {
        (15.0 * look.scale).round().max(2.0)
    }

    pub(crate) fn shapes(&self, look: &Look<'_>, frame: Frame, scale: &Scale) -> Vec<Shape> {
        let left = frame.right() + self.gap(look);
        let bar = Frame { left: left as u32, width: self.width(look) as u32, ..frame };
        let last = f64::from(bar.height.saturating_sub(1).max(1));
        let mut pixels = Vec::new();
        for row in 0..bar.height {
            let level = ((1.0 - f64::from(row) / last) * (LEVELS - 1) as f64).round() as usize;
            let [r, g, b] = scale.level(level).unwrap_or(INK);
            pixels.extend(std::iter::repeat_n([r, g, b, 255], bar.width as usize));
        }
        let Frame { left, top, width, height } = bar;
        let mut shapes = vec![Shape::Image(Image { left, top, width, height, density: 1, pixels })];
        shapes.extend(sides(look, bar, true));
        // A point beyond an end says that values lie there.
        let (left, middle, right) = (f64::from(left), bar.x(0.5), bar.right());
        let ends = [
            (scale.above, f64::from(top) - look.rule(), -1.0, LEVELS - 1),
            (scale.below, bar.bottom() + look.rule(), 1.0, 0),
        ];
        for (_, base, side, level) in ends.into_iter().filter(|e| e.0) {
            let points = vec![(left, base), (middle, base + side * 8.0 * look.scale), (right, base)];
            shapes.push(Shape::Area { points, colour: scale.level(level).unwrap_or(INK) });
        }
        let ticks = ticks_up(look, &self.axis, f64::from(frame.height));
        for t in &ticks.list {
            let at = bar.y(self.axis.part(t.at)).round().min(bar.bottom() - look.rule());
            let right = bar.right() + look.rule();
            shapes.push(Shape::Rect { x: right, y: at, width: look.tick(), height: look.rule(), colour: INK });
            let base = at + (look.rule() + look.size() * CAPITAL) / 2.0;
            shapes.push(look.text(bar.right() + look.tick() + look.gap(), base, &t.text, Anchor::Start));
        }
        let title = self.axis.title(ticks.exponent);
        if !title.is_empty() {
            let x = f64::from(look.width) - look.rim() - look.size() * 0.25;
            shapes.push(look.upright(x, bar, &title));
        }
        shapes
    }
}
