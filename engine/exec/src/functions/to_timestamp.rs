//! `to_timestamp(text, template)`: DataFusion's own, and the same with a template of PostgreSQL.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, FieldRef, TimeUnit};
use datafusion::common::config::ConfigOptions;
use datafusion::common::{Result, internal_err};
use datafusion::logical_expr::{
    ColumnarValue, Documentation, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use super::read_template::{is_template, read};
use super::reference::{Reference, TEXT};

/// `to_timestamp(text, template)`: the time that a text is, in PostgreSQL's templates. What has no template, or one with
/// a `%`, goes to DataFusion's function of the same name.
pub fn udf() -> Arc<ScalarUDF> {
    let documentation = Reference {
        section: TEXT,
        syntax: "to_timestamp(value[, template])",
        description: "The time that a text is after a template of PostgreSQL, as an instant of UTC. It takes the place of \
                      DataFusion's own: without a template, or with one that has a `%`, it answers as that does.",
        arguments: &[
            ("value", "A text; without a template also seconds since 1970."),
            ("template", "Such as `YYYY-MM-DD HH24:MI:SS.US` or `DD Mon YYYY`."),
        ],
        example: "SELECT count(*) FROM ersst WHERE time >= to_timestamp('15 Jun 2019', 'DD Mon YYYY');",
        xarray: "`pd.to_datetime(\"15 Jun 2019\", format=\"%d %b %Y\")`",
    };
    Arc::new(ScalarUDF::from(ToTimestampFunction {
        inner: datafusion::functions::datetime::to_timestamp(&ConfigOptions::default()),
        signature: Signature::variadic_any(Volatility::Immutable),
        documentation: documentation.documentation(),
    }))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct ToTimestampFunction {
    inner: Arc<ScalarUDF>,
    signature: Signature,
    documentation: Documentation,
}

/// The type of a time that was read after a template.
const INSTANT: (TimeUnit, &str) = (TimeUnit::Microsecond, "+00:00");

impl ScalarUDFImpl for ToTimestampFunction {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn with_updated_config(&self, config: &ConfigOptions) -> Option<ScalarUDF> {
        Some(ScalarUDF::from(Self {
            inner: Arc::new(self.inner.inner().with_updated_config(config)?),
            signature: self.signature.clone(),
            documentation: self.documentation.clone(),
        }))
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        internal_err!("the type of to_timestamp depends on its template")
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        if is_template(args.scalar_arguments.get(1).copied().flatten(), args.arg_fields) {
            let (unit, zone) = INSTANT;
            return Ok(Arc::new(Field::new(self.name(), DataType::Timestamp(unit, Some(zone.into())), true)));
        }
        self.inner.return_field_from_args(args)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        match args.return_field.data_type() {
            DataType::Timestamp(TimeUnit::Microsecond, Some(_)) => read(&args, "to_timestamp"),
            _ => self.inner.invoke_with_args(args),
        }
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(&self.documentation)
    }
}
