//! What `to_timestamp` and `to_date` share: a template of PostgreSQL, and the times that texts are after it.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, TimestampMicrosecondArray};
use datafusion::arrow::datatypes::FieldRef;
use datafusion::common::{Result, ScalarValue, exec_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs};
use hyperslab_array::ArrayError;

use super::template::Template;
use super::times::{is_text, map_columnar, text};
use crate::error::datafusion_error;

/// Whether a call has a template of PostgreSQL: one that is there and has no `%`. DataFusion's has several, or a column.
pub(super) fn is_template(template: Option<&ScalarValue>, fields: &[FieldRef]) -> bool {
    let [value, _] = fields else { return false };
    let is_value = is_text(value.data_type()) || value.data_type().is_null();
    match template.and_then(|t| t.try_as_str()) {
        Some(Some(template)) => is_value && !template.contains('%'),
        // Neither has an answer without a template.
        Some(None) => is_value,
        None => false,
    }
}

/// The times that texts are, as instants.
pub(super) fn read(args: &ScalarFunctionArgs, function: &str) -> Result<ColumnarValue> {
    let [value, ColumnarValue::Scalar(template)] = args.args.as_slice() else {
        return exec_err!("{function} expected a text and a constant template");
    };
    let template = template.try_as_str().flatten().map(|text| (text, Template::parse(text)));
    map_columnar(value, |array| {
        let Some((written, template)) = &template else { return instants(&vec![None; array.len()]) };
        let texts = text(array)?;
        let mut micros = Vec::with_capacity(texts.len());
        for text in &texts {
            let read = text.map(|text| {
                template.read(text).map_err(|why| {
                    datafusion_error(ArrayError::argument(format!("`{text}` is no time after `{written}`: {why}")))
                })
            });
            micros.push(read.transpose()?);
        }
        instants(&micros)
    })
}

fn instants(micros: &[Option<i64>]) -> Result<ArrayRef> {
    Ok(Arc::new(TimestampMicrosecondArray::from(micros.to_vec()).with_timezone("+00:00")))
}
