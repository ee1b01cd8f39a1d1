//! How it looks: the options of a picture, their names, and their bounds.

use crate::colour::ColourMap;
use crate::error::{PlotError, Result, nearest_names};

/// The options of a picture. What is not given follows from the data.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Style {
    /// A line above the picture.
    pub title: Option<String>,
    /// Pixels from left to right: 100 to 8000, 800 where not given.
    pub width: Option<u32>,
    /// Pixels from top to bottom: 100 to 8000; where not given, 5/8 of the width, or what gives a map its shape.
    pub height: Option<u32>,
    /// The colours of a map.
    pub cmap: Option<ColourMap>,
    /// The lower end of the colours, or of the values of a line.
    pub vmin: Option<f64>,
    /// The upper end of the colours, or of the values of a line.
    pub vmax: Option<f64>,
    /// Frames in a second: 0.1 to 50, 5 where not given.
    pub fps: Option<f64>,
    /// The text below the x axis.
    pub xlabel: Option<String>,
    /// The text beside the y axis.
    pub ylabel: Option<String>,
    /// The text beside the colour bar, or beside the axis of the values of a line.
    pub label: Option<String>,
    /// Whether x grows to the right; it does where not given.
    pub xincrease: Option<bool>,
    /// Whether y grows upwards; it does where not given. `false` puts the surface of a depth profile on top.
    pub yincrease: Option<bool>,
}

const LEAST: u32 = 100;
const MOST: u32 = 8000;

impl Style {
    /// The names that [`Style::set`] knows.
    pub const NAMES: [&'static str; 12] = [
        "title",
        "width",
        "height",
        "cmap",
        "vmin",
        "vmax",
        "fps",
        "xlabel",
        "ylabel",
        "label",
        "xincrease",
        "yincrease",
    ];

    /// Sets the option `name`, as written by a person.
    ///
    /// # Errors
    /// An unknown name, or a value that is out of its bounds.
    ///
    /// ```
    /// let mut style = hyperslab_plot::Style::default();
    /// style.set("cmap", "magma")?;
    /// style.set("width", "1200")?;
    /// let error = style.set("colour", "red").unwrap_err().to_string();
    /// assert!(error.starts_with("unknown option `colour`"), "{error}");
    /// # Ok::<(), hyperslab_plot::PlotError>(())
    /// ```
    pub fn set(&mut self, name: &str, value: &str) -> Result<()> {
        let text = || Some(value.to_string());
        match name.to_ascii_lowercase().as_str() {
            "title" => self.title = text(),
            "width" => self.width = Some(pixels(name, value)?),
            "height" => self.height = Some(pixels(name, value)?),
            "cmap" => self.cmap = Some(value.parse()?),
            "vmin" => self.vmin = Some(number(name, value)?),
            "vmax" => self.vmax = Some(number(name, value)?),
            "fps" => self.fps = Some(number(name, value)?),
            "xlabel" => self.xlabel = text(),
            "ylabel" => self.ylabel = text(),
            "label" => self.label = text(),
            "xincrease" => self.xincrease = Some(boolean(name, value)?),
            "yincrease" => self.yincrease = Some(boolean(name, value)?),
            _ => {
                return Err(PlotError::new(format!("unknown option `{name}` of a picture"))
                    .hint(nearest_names(name, &Self::NAMES)));
            }
        }
        self.check()
    }

    /// Refuses values out of their bounds.
    pub(crate) fn check(&self) -> Result<()> {
        for (name, pixels) in [("width", self.width), ("height", self.height)] {
            if let Some(n) = pixels.filter(|n| !(LEAST..=MOST).contains(n)) {
                return Err(PlotError::new(format!("`{name}` is `{n}`, expected {LEAST} to {MOST} pixels")));
            }
        }
        if let Some(fps) = self.fps.filter(|f| !(0.1..=50.0).contains(f)) {
            return Err(PlotError::new(format!("`fps` is `{fps}`, expected 0.1 to 50 frames in a second")));
        }
        for (name, end) in [("vmin", self.vmin), ("vmax", self.vmax)] {
            if let Some(v) = end.filter(|v| !v.is_finite()) {
                return Err(PlotError::new(format!("`{name}` is `{v}`, expected a finite number")));
            }
        }
        match (self.vmin, self.vmax) {
            (Some(low), Some(high)) if low >= high => {
                Err(PlotError::new(format!("`vmin` is `{low}`, expected less than `vmax`, which is `{high}`"))
                    .hint("to turn the colours around, add `_r` to the name of the colour map"))
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn frames_per_second(&self) -> f64 {
        self.fps.unwrap_or(5.0)
    }
}

fn number(name: &str, value: &str) -> Result<f64> {
    value.trim().parse().map_err(|_| PlotError::new(format!("`{name}` is `{value}`, expected a number")))
}

fn pixels(name: &str, value: &str) -> Result<u32> {
    value
        .trim()
        .parse()
        .map_err(|_| PlotError::new(format!("`{name}` is `{value}`, expected {LEAST} to {MOST} pixels")))
}

fn boolean(name: &str, value: &str) -> Result<bool> {
    match value.trim().to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(PlotError::new(format!("`{name}` is `{value}`, expected `true` or `false`"))),
    }
}
