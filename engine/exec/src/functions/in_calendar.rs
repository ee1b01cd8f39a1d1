//! `in_calendar(text, 'noleap')`: the same text, and its field names the calendar. The planner writes it, not people.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, internal_err};
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use super::times::constant_text;
use crate::metadata::CALENDAR;

/// `in_calendar(text, calendar)`: `text` as it is, for a function around it that asks for the calendar.
pub fn udf() -> Arc<ScalarUDF> {
    Arc::new(ScalarUDF::from(InCalendar { signature: Signature::any(2, Volatility::Immutable) }))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct InCalendar {
    signature: Signature,
}

impl ScalarUDFImpl for InCalendar {
    fn name(&self) -> &str {
        "in_calendar"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        internal_err!("the type of in_calendar is that of its argument")
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        let ([text, _], [_, calendar]) = (args.arg_fields, args.scalar_arguments) else {
            return internal_err!("in_calendar has {} arguments", args.arg_fields.len());
        };
        let calendar = constant_text(self.name(), "calendar", *calendar)?;
        let mut metadata = text.metadata().clone();
        metadata.insert(CALENDAR.to_string(), calendar.to_string());
        let field = Field::new(self.name(), text.data_type().clone(), text.is_nullable());
        Ok(Arc::new(field.with_metadata(metadata)))
    }

    fn is_strict(&self) -> bool {
        true
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        match args.args.into_iter().next() {
            Some(text) => Ok(text),
            None => internal_err!("in_calendar has no arguments"),
        }
    }
}
