//! Expressions of floats as trees, and the loops that work them out for a block of cells.

use std::ops::{Add, Div, Mul, Neg, Sub};
use std::sync::Arc;

use datafusion::arrow::array::{AsArray, RecordBatch};
use datafusion::arrow::datatypes::{ArrowNativeType, ArrowPrimitiveType, DataType, Float32Type, Float64Type, Schema};
use datafusion::common::ScalarValue;
use datafusion::functions::math;
use datafusion::logical_expr::Operator;
use datafusion::physical_expr::expressions::{BinaryExpr, CastExpr, Column, Literal, NegativeExpr};
use datafusion::physical_expr::{PhysicalExpr, ScalarFunctionExpr};

/// Cells that are worked out at a time: a few blocks of them fit the nearest cache.
pub(super) const BLOCK: usize = 512;

/// An expression and its type.
pub(super) enum Tree {
    Float32(Node<f32>),
    Float64(Node<f64>),
}

/// An expression of type `T`.
pub(super) enum Node<T> {
    Column(usize),
    Number(T),
    Unary(Unary, Box<Node<T>>),
    Binary(Binary, Box<[Node<T>; 2]>),
    /// A `float32` as `float64`.
    Widened(Box<Node<f32>>),
}

#[derive(Clone, Copy)]
pub(super) enum Unary {
    Negative,
    Abs,
    Sqrt,
}

#[derive(Clone, Copy)]
pub(super) enum Binary {
    Plus,
    Minus,
    Multiply,
    Divide,
}

/// The right side of an operation.
enum Right<'a, T> {
    Each(&'a [T]),
    Same(T),
}

/// What both types of floats can do.
pub(super) trait Float:
    ArrowNativeType
    + From<f32>
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
{
    /// The type of arrays of it.
    type Type: ArrowPrimitiveType<Native = Self>;

    /// Without its sign.
    fn absolute(self) -> Self;

    /// Its square root.
    fn root(self) -> Self;
}

macro_rules! float {
    ($native:ty, $type:ty) => {
        impl Float for $native {
            type Type = $type;

            fn absolute(self) -> Self {
                self.abs()
            }

            fn root(self) -> Self {
                self.sqrt()
            }
        }
    };
}

float!(f32, Float32Type);
float!(f64, Float64Type);

impl Tree {
    /// The tree of `expr`, of at most `deepest` operations within operations; `None` where something else is in it, or an
    /// operation of numbers alone, which fails or not without any cell.
    pub(super) fn of(expr: &Arc<dyn PhysicalExpr>, schema: &Schema, deepest: usize) -> Option<Self> {
        let below = |expr: &Arc<dyn PhysicalExpr>| Self::of(expr, schema, deepest.checked_sub(1)?);
        if let Some(column) = expr.downcast_ref::<Column>() {
            return match schema.fields().get(column.index())?.data_type() {
                DataType::Float32 => Some(Self::Float32(Node::Column(column.index()))),
                DataType::Float64 => Some(Self::Float64(Node::Column(column.index()))),
                _ => None,
            };
        }
        if let Some(literal) = expr.downcast_ref::<Literal>() {
            return match literal.value() {
                ScalarValue::Float32(Some(number)) => Some(Self::Float32(Node::Number(*number))),
                ScalarValue::Float64(Some(number)) => Some(Self::Float64(Node::Number(*number))),
                _ => None,
            };
        }
        if let Some(cast) = expr.downcast_ref::<CastExpr>() {
            return match (below(cast.expr()).filter(Self::has_cells)?, cast.cast_type()) {
                (Self::Float32(node), DataType::Float64) => Some(Self::Float64(Node::Widened(Box::new(node)))),
                (Self::Float32(node), DataType::Float32) => Some(Self::Float32(node)),
                (Self::Float64(node), DataType::Float64) => Some(Self::Float64(node)),
                _ => None,
            };
        }
        if let Some(binary) = expr.downcast_ref::<BinaryExpr>() {
            let operation = match binary.op() {
                Operator::Plus => Binary::Plus,
                Operator::Minus => Binary::Minus,
                Operator::Multiply => Binary::Multiply,
                Operator::Divide => Binary::Divide,
                _ => return None,
            };
            let (left, right) = (below(binary.left())?, below(binary.right())?);
            if !left.has_cells() && !right.has_cells() {
                return None;
            }
            return match (left, right) {
                (Self::Float32(left), Self::Float32(right)) => {
                    Some(Self::Float32(Node::Binary(operation, Box::new([left, right]))))
                }
                (Self::Float64(left), Self::Float64(right)) => {
                    Some(Self::Float64(Node::Binary(operation, Box::new([left, right]))))
                }
                _ => None,
            };
        }
        let (operation, of) = unary(expr)?;
        Some(match below(of).filter(Self::has_cells)? {
            Self::Float32(node) => Self::Float32(Node::Unary(operation, Box::new(node))),
            Self::Float64(node) => Self::Float64(Node::Unary(operation, Box::new(node))),
        })
    }

    /// Whether it is more than a number.
    fn has_cells(&self) -> bool {
        !matches!(self, Self::Float32(Node::Number(_)) | Self::Float64(Node::Number(_)))
    }
}

fn unary(expr: &Arc<dyn PhysicalExpr>) -> Option<(Unary, &Arc<dyn PhysicalExpr>)> {
    if let Some(negative) = expr.downcast_ref::<NegativeExpr>() {
        return Some((Unary::Negative, negative.arg()));
    }
    let function = expr.downcast_ref::<ScalarFunctionExpr>()?;
    let [argument] = function.args() else { return None };
    if *function.fun() == *math::sqrt() {
        Some((Unary::Sqrt, argument))
    } else if *function.fun() == *math::abs() {
        Some((Unary::Abs, argument))
    } else {
        None
    }
}

impl<T: Float> Node<T> {
    /// Whether there is nothing to work out but a cast.
    pub(super) fn is_leaf(&self) -> bool {
        match self {
            Self::Column(_) | Self::Number(_) => true,
            Self::Widened(node) => node.is_leaf(),
            Self::Unary(..) | Self::Binary(..) => false,
        }
    }

    /// The cells from `start` on, as many as `out` takes, where they are those of a column.
    fn column<'a>(&self, batch: &'a RecordBatch, start: usize, count: usize) -> Option<&'a [T]> {
        let Self::Column(number) = self else { return None };
        let values = batch.columns().get(*number)?.as_primitive_opt::<T::Type>()?.values();
        values.get(start..start.checked_add(count)?)
    }

    /// Works out the cells from `start` on, as many as `out` takes. `None` where that fails.
    pub(super) fn write(&self, batch: &RecordBatch, start: usize, out: &mut [T]) -> Option<()> {
        match self {
            Self::Column(_) => out.copy_from_slice(self.column(batch, start, out.len())?),
            Self::Number(number) => out.fill(*number),
            Self::Widened(node) => {
                let mut scratch;
                let narrow = match node.column(batch, start, out.len()) {
                    Some(values) => values,
                    None => {
                        scratch = [0.0; BLOCK];
                        node.write_to(batch, start, scratch.get_mut(..out.len())?)?
                    }
                };
                out.iter_mut().zip(narrow).for_each(|(out, value)| *out = T::from(*value));
            }
            Self::Unary(operation, of) => {
                of.write(batch, start, out)?;
                match operation {
                    Unary::Negative => out.iter_mut().for_each(|value| *value = -*value),
                    Unary::Abs => out.iter_mut().for_each(|value| *value = value.absolute()),
                    Unary::Sqrt => {
                        let zero = T::default();
                        if out.iter().fold(false, |any, value| any | (*value < zero)) {
                            return None;
                        }
                        out.iter_mut().for_each(|value| *value = value.root());
                    }
                }
            }
            Self::Binary(operation, sides) => {
                let [left, right] = sides.as_ref();
                let own = left.column(batch, start, out.len());
                if own.is_none() {
                    left.write(batch, start, out)?;
                }
                // Zeros are made only where they are written over: they cost as much as an operation.
                let mut scratch;
                let right = match (right, right.column(batch, start, out.len())) {
                    (Self::Number(number), _) => Right::Same(*number),
                    (_, Some(values)) => Right::Each(values),
                    (other, None) => {
                        scratch = [T::default(); BLOCK];
                        Right::Each(other.write_to(batch, start, scratch.get_mut(..out.len())?)?)
                    }
                };
                match operation {
                    Binary::Plus => combine(own, right, out, |left, right| left + right),
                    Binary::Minus => combine(own, right, out, |left, right| left - right),
                    Binary::Multiply => combine(own, right, out, |left, right| left * right),
                    Binary::Divide => combine(own, right, out, |left, right| left / right),
                }
            }
        }
        Some(())
    }

    /// As [`Self::write`]; gives what it wrote.
    fn write_to<'a>(&self, batch: &RecordBatch, start: usize, out: &'a mut [T]) -> Option<&'a [T]> {
        self.write(batch, start, out)?;
        Some(out)
    }
}

/// Writes `of` each left and right side to `out`; where `left` is not given, `out` holds it.
fn combine<T: Copy>(left: Option<&[T]>, right: Right<'_, T>, out: &mut [T], of: impl Fn(T, T) -> T) {
    match (left, right) {
        (Some(left), Right::Each(right)) => {
            out.iter_mut().zip(left).zip(right).for_each(|((out, left), right)| *out = of(*left, *right));
        }
        (Some(left), Right::Same(right)) => out.iter_mut().zip(left).for_each(|(out, left)| *out = of(*left, right)),
        (None, Right::Each(right)) => out.iter_mut().zip(right).for_each(|(out, right)| *out = of(*out, *right)),
        (None, Right::Same(right)) => out.iter_mut().for_each(|out| *out = of(*out, right)),
    }
}
