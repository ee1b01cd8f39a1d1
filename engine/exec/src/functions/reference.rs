//! What is told of each function: in `information_schema`, and on the page of functions that is made of it.

use datafusion::logical_expr::{DocSection, Documentation};

/// Parts of a time.
pub const TIME: DocSection = DocSection {
    include: true,
    label: "Parts of a time",
    description: Some(
        "They work on every CF calendar. A condition or a key made of them is evaluated once for each label of the \
         dimension.",
    ),
};

/// Times, intervals and numbers in text.
pub const TEXT: DocSection = DocSection {
    include: true,
    label: "Times and numbers in text",
    description: Some("They take PostgreSQL's templates, and so do clients that speak its protocol."),
};

/// Spans of time.
pub const INTERVALS: DocSection = DocSection {
    include: true,
    label: "Intervals",
    description: Some(
        "An interval is months, days and a time, each for itself. A number times an interval and an interval by a number are \
         intervals: `n * INTERVAL '1 day'`.",
    ),
};

/// Numbers.
pub const NUMBERS: DocSection =
    DocSection { include: true, label: "Numbers", description: Some("Those of PostgreSQL that DataFusion has not.") };

/// Labels by value.
pub const LABELS: DocSection = DocSection {
    include: true,
    label: "Labels",
    description: Some(
        "They find a label of a coordinate. With a constant value they decide which cells are read, like the label itself; \
         with a value for each row they join points with a grid.",
    ),
};

/// Positions of labels.
pub const POSITIONS: DocSection =
    DocSection { include: true, label: "Positions", description: Some("Where a label stands along its dimension.") };

/// Longitudes, and cells on the sphere.
pub const SPHERE: DocSection = DocSection {
    include: true,
    label: "The sphere",
    description: Some(
        "Longitudes that count to the other side, whose conditions prune like those of the coordinate itself, and areas of \
         cells.",
    ),
};

/// Aggregates.
pub const AGGREGATES: DocSection = DocSection {
    include: true,
    label: "Aggregates",
    description: Some(
        "They stand beside DataFusion's own, such as `avg`, `sum`, `stddev`, `corr` and `approx_percentile_cont`, and are \
         computed on chunks where the groups follow from coordinates.",
    ),
};

/// Functions that stand in `FROM`.
pub const TABLES: DocSection = DocSection {
    include: true,
    label: "Table functions",
    description: Some("They stand in `FROM` and give a table. What is asked of it prunes, and goes by chunks."),
};

/// What stands before the counterpart in a description.
const COUNTERPART: &str = " In xarray: ";

/// The text on one function.
#[derive(Debug, Clone)]
pub struct Reference<'a> {
    /// Where it stands.
    pub section: DocSection,
    /// How it is called.
    pub syntax: &'a str,
    /// What it is, in a sentence or several.
    pub description: &'a str,
    /// The name of each argument, and what it is.
    pub arguments: &'a [(&'a str, &'a str)],
    /// A query to the sample.
    pub example: &'a str,
    /// What it is in xarray, in Markdown.
    pub xarray: &'a str,
}

impl Reference<'_> {
    /// The text as DataFusion keeps it. The counterpart goes to the end of the description.
    pub fn documentation(&self) -> Documentation {
        let description = format!("{}{COUNTERPART}{}.", self.description, self.xarray);
        let start = Documentation::builder(self.section.clone(), description, self.syntax)
            .with_sql_example(format!("```sql\n{}\n```", self.example));
        self.arguments.iter().fold(start, |doc, (name, what)| doc.with_argument(*name, *what)).build()
    }
}

/// A description, and the counterpart in xarray where it names one.
pub fn counterpart(documentation: &Documentation) -> (&str, Option<&str>) {
    match documentation.description.split_once(COUNTERPART) {
        Some((description, xarray)) => (description, Some(xarray)),
        None => (&documentation.description, None),
    }
}
