//! A dataset as text, in the layout that xarray prints: what `DESCRIBE DATASET` answers.

#[cfg(test)]
mod tests;

use std::fmt;

use serde_json::Value;

use crate::{Calendar, Coordinate, DataType, Dataset, Role, Scalar, Variable};

/// Longer texts are cut, in characters.
const LONGEST: usize = 100;

/// More attributes than this are counted, not shown.
const MOST_ATTRIBUTES: usize = 100;

/// Prints a dataset: dimensions with sizes, coordinates with their first and last labels, data variables with type,
/// chunk shape, codecs and size, then bounds, grid mappings, what was left out, groups and attributes.
///
/// The text depends on the dataset alone. It is made of [`Dataset::summary`].
#[derive(Debug, Clone, Copy)]
pub struct Summary<'a>(&'a Dataset);

impl Dataset {
    /// The dataset as text.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use hyperslab_array::*;
    /// let grid = ChunkGrid::regular(&[3], &[2])?;
    /// let source = Arc::new(MemorySource::try_new(Values::Float32(vec![-10.0, 0.0, 10.0]), grid)?);
    /// let attributes = Attributes::from_iter([("units", "degrees_north")]);
    /// let lat = RawVariable { name: "lat".into(), dimensions: vec!["lat".into()], attributes, source };
    /// let builder = DatasetBuilder::new("example", "memory:", "MEMORY").variable(lat);
    /// let dataset = futures::executor::block_on(builder.build())?;
    /// assert_eq!(
    ///     dataset.summary().to_string(),
    ///     "\
    /// Dataset `example` (MEMORY, 0 B)
    /// Location: memory:
    /// Dimensions: (lat: 3)
    /// Coordinates:
    ///   * lat  (lat)  float32  -10 … 10  degrees_north
    /// Data variables: none"
    /// );
    /// # Ok::<(), ArrayError>(())
    /// ```
    pub fn summary(&self) -> Summary<'_> {
        Summary(self)
    }
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dataset = self.0;
        write!(f, "Dataset `{}` ({}, {})", line(&dataset.name), dataset.format, bytes(dataset.logical_bytes()))?;
        write!(f, "\nLocation: {}", line(&dataset.location))?;
        let sizes: Vec<String> = dataset.dimensions.iter().map(|d| format!("{}: {}", line(&d.name), d.size)).collect();
        write!(f, "\nDimensions: ({})", sizes.join(", "))?;
        let of = |role: Role| dataset.with_role(role).map(AsRef::as_ref);

        let coordinates = of(Role::Dimension).chain(of(Role::Coordinate));
        section(f, "Coordinates", coordinates.map(|v| coordinate(dataset, v)).collect())?;
        let without = dataset.dimensions.iter().map(|d| d.name.as_str()).filter(|d| {
            let variable = dataset.variables.get(*d);
            variable.is_none_or(|v| v.role != Role::Dimension)
        });
        let without: Vec<String> = without.map(line).collect();
        if !without.is_empty() {
            write!(f, "\nDimensions without coordinates: {}", without.join(", "))?;
        }
        section(f, "Data variables", of(Role::Data).map(data).collect())?;
        for (title, role) in [("Bounds", Role::Bounds), ("Grid mappings", Role::GridMapping)] {
            let names: Vec<String> = of(role).map(|v| format!("{} {}", line(&v.name), dimensions(v))).collect();
            if !names.is_empty() {
                write!(f, "\n{title}: {}", names.join(", "))?;
            }
        }
        if !dataset.skipped.is_empty() {
            let rows = dataset.skipped.iter().map(|s| vec![indented(&s.name), line(&s.reason)]).collect();
            section(f, "Left out", rows)?;
        }
        if !dataset.groups.is_empty() {
            let rows = dataset.groups.iter().map(|(path, group)| vec![indented(path), group_line(group)]).collect();
            section(f, "Groups", rows)?;
        }
        if !dataset.attributes.is_empty() {
            write!(f, "\nAttributes:")?;
            for (name, value) in dataset.attributes.iter().take(MOST_ATTRIBUTES) {
                write!(f, "\n    {}: {}", line(name), attribute(value))?;
            }
            if dataset.attributes.len() > MOST_ATTRIBUTES {
                write!(f, "\n    … and {} more", dataset.attributes.len() - MOST_ATTRIBUTES)?;
            }
        }
        Ok(())
    }
}

/// A title and rows whose columns are aligned.
fn section(f: &mut fmt::Formatter<'_>, title: &str, rows: Vec<Vec<String>>) -> fmt::Result {
    if rows.is_empty() {
        return write!(f, "\n{title}: none");
    }
    write!(f, "\n{title}:")?;
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |c: usize| rows.iter().filter_map(|r| r.get(c)).map(|t| t.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    for row in &rows {
        let cells = row.iter().zip(&widths).filter(|(_, width)| **width > 0);
        let padded: Vec<String> = cells.map(|(text, width)| format!("{text:<width$}")).collect();
        write!(f, "\n{}", padded.join("  ").trim_end())?;
    }
    Ok(())
}

fn coordinate(dataset: &Dataset, variable: &Variable) -> Vec<String> {
    let mark = if variable.role == Role::Dimension { '*' } else { ' ' };
    let labels = match dataset.coordinates.get(&variable.name) {
        Some(coordinate) => first_and_last(coordinate),
        None => format!("chunks {}", chunks(variable)),
    };
    vec![
        format!("  {mark} {}", line(&variable.name)),
        dimensions(variable),
        variable.data_type().name().into(),
        labels,
        units(variable),
    ]
}

fn data(variable: &Variable) -> Vec<String> {
    let cells = variable.shape().iter().fold(1u64, |n, s| n.saturating_mul(*s));
    vec![
        indented(&variable.name),
        dimensions(variable),
        variable.data_type().name().into(),
        bytes(cells.saturating_mul(variable.data_type().size() as u64)),
        if variable.dimensions.is_empty() { String::new() } else { format!("chunks {}", chunks(variable)) },
        line(variable.source.codecs()),
        units(variable),
    ]
}

fn group_line(group: &Dataset) -> String {
    let sizes: Vec<String> = group.dimensions.iter().map(|d| format!("{}: {}", line(&d.name), d.size)).collect();
    let count = group.with_role(Role::Data).count();
    format!("({})  {count} data variable{}", sizes.join(", "), if count == 1 { "" } else { "s" })
}

fn dimensions(variable: &Variable) -> String {
    let names: Vec<String> = variable.dimensions.iter().map(line).collect();
    format!("({})", names.join(", "))
}

fn chunks(variable: &Variable) -> String {
    let lengths: Vec<String> = variable.source.chunk_grid().chunk_shape().iter().map(u64::to_string).collect();
    format!("({})", lengths.join(", "))
}

/// The units of decoded values; of times, the calendar where it is not the standard one.
fn units(variable: &Variable) -> String {
    match variable.encoding.time() {
        Some(time) if time.calendar.is_standard() => String::new(),
        Some(time) => format!("calendar {}", time.calendar.name()),
        // A duration is shown in seconds, whatever it was stored in.
        None if variable.data_type() == DataType::Duration => String::new(),
        None => variable.attributes.text("units").map(line).unwrap_or_default(),
    }
}

fn first_and_last(coordinate: &Coordinate) -> String {
    let labels = coordinate.labels();
    let len = labels.values.len();
    let ends = [labels.get(0), labels.get(len.saturating_sub(1))];
    // Days are shown as days where no label tells more.
    let is_midnight = |label: &Option<Scalar>| match label {
        Some(Scalar::Timestamp(t)) => t.rem_euclid(86_400_000_000) == 0,
        Some(Scalar::String(text)) => text.ends_with("T00:00:00"),
        _ => true,
    };
    let is_days = ends.iter().all(is_midnight);
    let is_date = coordinate.variable().encoding.calendar().is_some();
    let shown = |label: &Option<Scalar>| {
        let text = label.as_ref().map_or_else(|| "NULL".to_string(), scalar);
        let is_time = is_date || matches!(label, Some(Scalar::Timestamp(_)));
        if is_days && is_time { text.trim_end_matches("T00:00:00").to_string() } else { text }
    };
    match len {
        0 => "(empty)".into(),
        1 => shown(&ends[0]),
        _ => format!("{} … {}", shown(&ends[0]), shown(&ends[1])),
    }
}

fn scalar(value: &Scalar) -> String {
    match value {
        Scalar::Bool(b) => b.to_string(),
        Scalar::Int(i) => i.to_string(),
        Scalar::UInt(u) => u.to_string(),
        Scalar::Float32(x) => float(f64::from(*x), x.to_string(), format!("{x:e}")),
        Scalar::Float64(x) => float(*x, x.to_string(), format!("{x:e}")),
        Scalar::String(text) => line(text),
        Scalar::Timestamp(t) => Calendar::ProlepticGregorian.date(*t).to_string(),
        Scalar::Duration(t) => format!("{} s", *t as f64 / 1e6),
    }
}

/// Very large and very small numbers with an exponent.
fn float(value: f64, plain: String, exponent: String) -> String {
    let is_plain = value == 0.0 || !value.is_finite() || (1e-4..1e16).contains(&value.abs());
    if is_plain { plain } else { exponent }
}

fn attribute(value: &Value) -> String {
    match value {
        Value::String(text) => line(text),
        other => line(other.to_string()),
    }
}

fn indented(name: &str) -> String {
    format!("    {}", line(name))
}

/// One line of a text that may hold anything: without control characters, and cut where it is long.
fn line(text: impl AsRef<str>) -> String {
    let mut line = String::new();
    let words = text.as_ref().split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty());
    for word in words {
        if !line.is_empty() {
            line.push(' ');
        }
        line.extend(word.chars().take(LONGEST + 1));
        if line.chars().nth(LONGEST).is_some() {
            line = line.chars().take(LONGEST - 1).collect();
            line.push('…');
            break;
        }
    }
    line
}

/// `44 MB`, in powers of 1000, with three digits.
fn bytes(count: u64) -> String {
    const UNITS: [&str; 7] = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
    let (mut size, mut unit) = (count as f64, 0);
    // 999.5 would be shown as 1000.
    while size >= 999.5 && unit + 1 < UNITS.len() {
        size /= 1000.0;
        unit += 1;
    }
    let digits = match size {
        _ if unit == 0 => 0,
        s if s < 9.995 => 2,
        s if s < 99.95 => 1,
        _ => 0,
    };
    let number = format!("{size:.digits$}");
    let number = if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { &number };
    format!("{number} {}", UNITS[unit])
}
