//! Values of Arrow as bytes of the protocol.
//!
//! ```text
//! RecordBatch ─→ Values (one a column: few kinds, whatever the Arrow type) ─→ binary │ text ─→ DataRow, COPY
//!                                                        └→ fixed: whole columns at once, where no value varies in size
//! ```

mod array;
mod binary;
mod datetime;
mod fixed;
mod float;
mod json;
mod numeric;
mod rows;
mod style;
#[cfg(test)]
mod tests;
mod text;
mod values;

pub(super) use rows::{Frame, write_rows};
pub(super) use style::{DateOrder, DateStyle, IntervalStyle, Style, Zone};
pub(super) use values::Values;
