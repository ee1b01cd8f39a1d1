//! A variable that varies along some of the dimensions of an answer alone: every row has its value, each is kept once.

use hyperslab_array::{ArrayError, Encoding, Region, Result, Values};

use super::update::scatter;

/// All values of one variable.
#[derive(Debug)]
pub(super) struct Broadcast {
    /// The dimensions of the answer that it varies along.
    dimensions: Vec<usize>,
    strides: Vec<usize>,
    /// What is stored.
    pub values: Values,
    filled: Vec<bool>,
}

impl Broadcast {
    /// A variable of `shape`, without values.
    ///
    /// # Errors
    /// When the shape has too many cells.
    pub fn try_new(dimensions: Vec<usize>, shape: &[u64], encoding: &Encoding) -> Result<Self> {
        let region = Region::full(shape);
        let cells = region.cells()?;
        Ok(Self {
            dimensions,
            strides: region.strides(),
            values: encoding.unwritten(cells)?,
            filled: vec![false; cells],
        })
    }

    /// Puts the stored values of `region` where no row has given others.
    ///
    /// # Errors
    /// When the region is outside.
    pub fn preload(&mut self, region: &Region, values: &Values) -> Result<()> {
        scatter(&mut self.values, &self.strides, region, values)
    }

    /// Whether a cell has no value.
    pub fn has_gaps(&self) -> bool {
        self.filled.contains(&false)
    }

    /// Takes the encoded values of some rows.
    ///
    /// # Errors
    /// When two rows of one cell have different values.
    pub fn add(&mut self, rows: usize, positions: &[Vec<u32>], column: &Values) -> Result<()> {
        let own: Vec<(&Vec<u32>, usize)> = self
            .dimensions
            .iter()
            .zip(&self.strides)
            .filter_map(|(d, stride)| positions.get(*d).map(|p| (p, *stride)))
            .collect();
        let cell = |row: usize| -> usize { own.iter().map(|(p, s)| p.get(row).map_or(0, |p| *p as usize * s)).sum() };
        let filled = &mut self.filled;
        macro_rules! each {
            ($($variant:ident)*) => {
                match (&mut self.values, column) {
                    $((Values::$variant(to), Values::$variant(from)) => {
                        for row in 0..rows {
                            let at = cell(row);
                            if let (Some(to), Some(from), Some(filled)) = (to.get_mut(at), from.get(row), filled.get_mut(at)) {
                                if !*filled {
                                    *to = from.clone();
                                    *filled = true;
                                } else if !is_same(to, from) {
                                    return Err(varies());
                                }
                            }
                        }
                        Ok(())
                    })*
                    _ => Err(ArrayError::internal("encoded values have another type than their variable")),
                }
            };
        }
        each!(Bool Int8 Int16 Int32 Int64 UInt8 UInt16 UInt32 UInt64 Float32 Float64 String Timestamp Duration)
    }
}

/// Whether two stored values are the same one; NaN is itself.
fn is_same<T: PartialEq>(a: &T, b: &T) -> bool {
    #[allow(clippy::eq_op)]
    let is_nan = |x: &T| x != x;
    a == b || (is_nan(a) && is_nan(b))
}

fn varies() -> ArrayError {
    ArrayError::argument("it has several values at one label of its dimensions")
        .hint("write it as a computed column, such as `x + 0 AS x`, to have it along all dimensions")
}
