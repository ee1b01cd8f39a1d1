//! `to_date(text, template)`: DataFusion's own, and the same with a template of PostgreSQL.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, exec_datafusion_err};
use datafusion::logical_expr::{
    ColumnarValue, Documentation, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use super::read_template::{is_template, read};
use super::reference::{Reference, TEXT};

/// `to_date(text, template)`: the date that a text is, in PostgreSQL's templates. What has no template, or one with a
/// `%`, goes to DataFusion's function of the same name.
pub fn udf() -> Arc<ScalarUDF> {
    let documentation = Reference {
        section: TEXT,
        syntax: "to_date(value[, template])",
        description: "The date that a text is after a template of PostgreSQL. It takes the place of DataFusion's own: without \
                      a template, or with one that has a `%`, it answers as that does.",
        arguments: &[
            ("value", "A text; without a template also days since 1970."),
            ("template", "Such as `YYYY-MM-DD` or `DD Mon YYYY`."),
        ],
        example: "SELECT to_date('15 Jun 2019', 'DD Mon YYYY');",
        xarray: "`pd.to_datetime(\"15 Jun 2019\", format=\"%d %b %Y\")`",
    };
    Arc::new(ScalarUDF::from(ToDateFunction {
        inner: datafusion::functions::datetime::to_date(),
        signature: Signature::variadic_any(Volatility::Immutable),
        documentation: documentation.documentation(),
    }))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct ToDateFunction {
    inner: Arc<ScalarUDF>,
    signature: Signature,
    documentation: Documentation,
}

impl ScalarUDFImpl for ToDateFunction {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Date32)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        if is_template(args.scalar_arguments.get(1).copied().flatten(), args.arg_fields) {
            return Ok(Arc::new(Field::new(self.name(), DataType::Date32, true)));
        }
        self.inner.return_field_from_args(args)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let constant = match args.args.get(1) {
            Some(ColumnarValue::Scalar(scalar)) => Some(scalar),
            _ => None,
        };
        match is_template(constant, &args.arg_fields) {
            true => read(&args, "to_date")?
                .cast_to(&DataType::Date32, None)
                .map_err(|error| exec_datafusion_err!("to_date: {error}")),
            false => self.inner.invoke_with_args(args),
        }
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(&self.documentation)
    }
}
