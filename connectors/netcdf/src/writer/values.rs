//! Values in the order of bytes that files have.

use std::ops::Range;

use hyperslab_array::{ArrayError, Result, Values};

/// Appends the stored bytes of `values[range]` to `out`; texts take `cell` bytes each.
///
/// # Errors
/// When a text is longer than `cell` bytes, the range is outside, or values have no form in a file.
pub(super) fn encode(values: &Values, range: Range<usize>, cell: u64, out: &mut Vec<u8>) -> Result<()> {
    let outside = || ArrayError::internal(format!("values `{range:?}` are outside of {}", values.len()));
    macro_rules! numbers {
        ($v:expr) => {{
            for value in $v.get(range.clone()).ok_or_else(outside)? {
                out.extend_from_slice(&value.to_be_bytes());
            }
        }};
    }
    match values {
        Values::Bool(v) => out.extend(v.get(range.clone()).ok_or_else(outside)?.iter().map(|b| u8::from(*b))),
        Values::UInt8(v) => out.extend_from_slice(v.get(range.clone()).ok_or_else(outside)?),
        Values::Int8(v) => numbers!(v),
        Values::Int16(v) => numbers!(v),
        Values::UInt16(v) => numbers!(v),
        Values::Int32(v) => numbers!(v),
        Values::UInt32(v) => numbers!(v),
        Values::Int64(v) => numbers!(v),
        Values::UInt64(v) => numbers!(v),
        Values::Float32(v) => numbers!(v),
        Values::Float64(v) => numbers!(v),
        Values::String(v) => {
            for text in v.get(range.clone()).ok_or_else(outside)? {
                let start = out.len();
                if text.len() as u64 > cell {
                    let shown: String = text.chars().take(40).collect();
                    return Err(ArrayError::argument(format!(
                        "text `{shown}` has {} bytes, expected at most {cell}",
                        text.len()
                    )));
                }
                out.extend_from_slice(text.as_bytes());
                out.resize(start.saturating_add(cell as usize), 0);
            }
        }
        Values::Timestamp(_) | Values::Duration(_) => {
            return Err(ArrayError::internal(format!("{} values were given to be stored", values.data_type())));
        }
    }
    Ok(())
}
