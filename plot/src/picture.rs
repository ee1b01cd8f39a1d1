//! What to draw: labelled numbers, without a word about how they look.

/// A measured thing: what it is called and what it is measured in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quantity {
    /// The name of the variable or dimension, for messages.
    pub name: String,
    /// What a person calls it (`long_name`); the name, where there is none.
    pub label: String,
    /// Units as in the dataset, such as `degC`; `degrees_north` and `degrees_east` make ticks such as `60°S`.
    pub units: Option<String>,
}

impl Quantity {
    /// A quantity that is labelled with its name and has no units.
    pub fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        Self { label: name.clone(), name, units: None }
    }

    /// The same with a label.
    #[must_use]
    pub fn with_label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// The same with units.
    #[must_use]
    pub fn with_units(mut self, units: impl Into<String>) -> Self {
        self.units = Some(units.into());
        self
    }
}

/// The labels of a dimension, in the order of its values.
#[derive(Debug, Clone, PartialEq)]
pub enum Labels {
    /// Finite numbers, in any order.
    Numbers(Vec<f64>),
    /// Microseconds since 1970-01-01 in the Gregorian calendar.
    Times(Vec<i64>),
    /// Categories, drawn side by side.
    Texts(Vec<String>),
}

impl Labels {
    /// How many labels there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Numbers(v) => v.len(),
            Self::Times(v) => v.len(),
            Self::Texts(v) => v.len(),
        }
    }

    /// Whether there is no label.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A dimension with its labels.
#[derive(Debug, Clone, PartialEq)]
pub struct Dimension {
    /// What the labels measure.
    pub quantity: Quantity,
    /// One label for each position.
    pub labels: Labels,
}

impl Dimension {
    /// A dimension of `labels`.
    pub fn new(quantity: Quantity, labels: Labels) -> Self {
        Self { quantity, labels }
    }
}

/// One line of a chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// What the legend calls it.
    pub name: String,
    /// One value for each label of the dimension; not finite where it is missing.
    pub values: Vec<f64>,
}

/// Values along one dimension, as one or more lines.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// What the lines go along.
    pub dimension: Dimension,
    /// The lines; a legend shows their names if there are two or more.
    pub series: Vec<Series>,
    /// What the values measure.
    pub value: Quantity,
    /// Draws a profile: the dimension goes up, the values go to the right.
    pub profile: bool,
}

/// Values on a grid of two dimensions.
#[derive(Debug, Clone, PartialEq)]
pub struct Map {
    /// The dimension to the right.
    pub x: Dimension,
    /// The dimension that goes up.
    pub y: Dimension,
    /// A value for each `y` and `x`, `x` running fastest; not finite where it is missing.
    pub values: Vec<f64>,
    /// What the values measure.
    pub value: Quantity,
}

/// Values on cells whose places are arrays of two dimensions.
#[derive(Debug, Clone, PartialEq)]
pub struct Mesh {
    /// Rows and columns of cells.
    pub shape: (usize, usize),
    /// Where the middle of each cell is to the right, row by row; not finite where the cell has no place.
    pub x: Vec<f64>,
    /// Where the middle of each cell is upwards, row by row.
    pub y: Vec<f64>,
    /// What `x` measures; in `degrees_east` a cell may lie across the date line.
    pub x_quantity: Quantity,
    /// What `y` measures.
    pub y_quantity: Quantity,
    /// A value for each cell, row by row; not finite where it is missing.
    pub values: Vec<f64>,
    /// What the values measure.
    pub value: Quantity,
}

/// What a movie shows in each frame.
#[derive(Debug, Clone, PartialEq)]
pub enum Grid {
    /// A map.
    Map(Map),
    /// A mesh.
    Mesh(Mesh),
}

/// One grid, one frame for each label of a third dimension.
#[derive(Debug, Clone, PartialEq)]
pub struct Movie {
    /// The dimension of the frames; its label is the title of the frame.
    pub frames: Dimension,
    /// The grid; its own values are not looked at.
    pub grid: Grid,
    /// The values of each frame, in the order of the grid's.
    pub values: Vec<Vec<f64>>,
}

/// Everything that can be drawn.
#[derive(Debug, Clone, PartialEq)]
pub enum Picture {
    /// One dimension.
    Line(Line),
    /// Two dimensions.
    Map(Map),
    /// Two dimensions with coordinates of two dimensions.
    Mesh(Mesh),
    /// Three dimensions.
    Movie(Movie),
}
