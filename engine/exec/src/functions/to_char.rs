//! `to_char(value, template)`: a time, an interval or a number as text.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, StringArray};
use datafusion::arrow::datatypes::{
    DataType, Field, Float64Type, Int64Type, IntervalMonthDayNanoType, IntervalUnit, TimeUnit, TimestampMicrosecondType,
};
use datafusion::common::{Result, ScalarValue, plan_err};
use datafusion::logical_expr::type_coercion::functions::fields_with_udf;
use datafusion::logical_expr::{
    ColumnarValue, Documentation, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use hyperslab_array::ArrayError;

use super::reference::{Reference, TEXT};
use super::template::Template;
use super::template::number::NumberTemplate;
use super::template::write::Parts;
use super::times::{is_text, strict_cast};
use crate::error::datafusion_error;

/// `to_char(value, template)`: a value as text, in PostgreSQL's templates; where a template for a time has a `%`, in
/// the fields of strftime, which go to DataFusion's function of the same name.
pub fn udf() -> Arc<ScalarUDF> {
    let documentation = Reference {
        section: TEXT,
        syntax: "to_char(value, template)",
        description: "A time, an interval or a number as text, after a template of PostgreSQL. It takes the place of \
                      DataFusion's own: a template for a time that has a `%` is one of strftime, as there.",
        arguments: &[
            ("value", "A timestamp, a date, a time of day, an interval or a number."),
            (
                "template",
                "Such as `YYYY-MM-DD HH24:MI:SS.US`, `FMDay, DDth Month`, `IYYY-\"W\"IW`; for a number `FM9,999.00`, `S000`, \
                 `9.99EEEE`.",
            ),
        ],
        example: "SELECT to_char(max(time), 'Mon YYYY') AS last, to_char(avg(sst), 'FM990.00') AS mean FROM ersst;",
        xarray: "`ds.time.dt.strftime(\"%b %Y\")`",
    };
    Arc::new(ScalarUDF::from(ToCharFunction {
        inner: datafusion::functions::datetime::to_char(),
        signature: Signature::user_defined(Volatility::Immutable),
        documentation: documentation.documentation(),
    }))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct ToCharFunction {
    inner: Arc<ScalarUDF>,
    signature: Signature,
    documentation: Documentation,
}

impl ScalarUDFImpl for ToCharFunction {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn aliases(&self) -> &[String] {
        self.inner.aliases()
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        let [value, template] = arg_types else {
            return plan_err!("to_char expected a value and a template, got {} arguments", arg_types.len());
        };
        if !is_text(template) && !template.is_null() {
            return plan_err!("to_char expected text as its template, got `{template}`");
        }
        let value = match value {
            value if value.is_integer() => DataType::Int64,
            value if value.is_numeric() => DataType::Float64,
            DataType::Interval(_) => DataType::Interval(IntervalUnit::MonthDayNano),
            DataType::Null => DataType::Timestamp(TimeUnit::Microsecond, None),
            value => {
                let fields = [value, template].map(|t| Arc::new(Field::new("argument", t.clone(), true)));
                match fields_with_udf(&fields, self.inner.as_ref())?.first() {
                    Some(field) => field.data_type().clone(),
                    None => value.clone(),
                }
            }
        };
        Ok(vec![value, DataType::Utf8])
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn is_strict(&self) -> bool {
        true
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [value, template] = args.args.as_slice() else {
            return plan_err!("to_char expected a value and a template");
        };
        let is_number = value.data_type().is_numeric();
        if let ColumnarValue::Scalar(constant) = template {
            let Some(text) = constant.try_as_str().flatten() else {
                return Ok(ColumnarValue::Scalar(ScalarValue::Utf8(None)));
            };
            if !is_number && text.contains('%') {
                return self.inner.invoke_with_args(args);
            }
            let text = text.to_string();
            return super::times::map_columnar(value, |array| written(array, |_| Some(text.as_str())));
        }
        let templates = template.to_array(args.number_rows)?;
        let templates = templates.as_string::<i32>();
        let is_strftime = |text: Option<&str>| text.is_some_and(|text| text.contains('%'));
        if !is_number && templates.iter().any(is_strftime) {
            if templates.iter().any(|text| text.is_some() && !is_strftime(text)) {
                return Err(datafusion_error(
                    ArrayError::unsupported("templates with and without `%` in one column")
                        .hint("`%Y` is a field of strftime, `YYYY` one of PostgreSQL"),
                ));
            }
            return self.inner.invoke_with_args(args);
        }
        let array = value.to_array(args.number_rows)?;
        Ok(ColumnarValue::Array(written(&array, |row| templates.is_valid(row).then(|| templates.value(row)))?))
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(&self.documentation)
    }
}

/// Each value after the template of its row.
fn written<'t>(array: &ArrayRef, template: impl Fn(usize) -> Option<&'t str>) -> Result<ArrayRef> {
    let texts: StringArray = match array.data_type() {
        DataType::Int64 => {
            let values = array.as_primitive::<Int64Type>();
            each(array, template, NumberTemplate::parse, |t, row| Ok(t.write_integer(values.value(row))))?
        }
        DataType::Float64 => {
            let values = array.as_primitive::<Float64Type>();
            each(array, template, NumberTemplate::parse, |t, row| Ok(t.write_float(values.value(row))))?
        }
        DataType::Interval(_) => {
            let values = array.as_primitive::<IntervalMonthDayNanoType>();
            each(
                array,
                template,
                |text| Ok(Template::parse(text)),
                |t, row| {
                    let value = values.value(row);
                    let parts =
                        Parts::of_interval(i64::from(value.months), i64::from(value.days), value.nanoseconds / 1_000);
                    t.write(&parts)
                },
            )?
        }
        DataType::Duration(_) | DataType::Time32(_) | DataType::Time64(_) => {
            let unit = if matches!(array.data_type(), DataType::Duration(_)) {
                DataType::Duration(TimeUnit::Microsecond)
            } else {
                DataType::Time64(TimeUnit::Microsecond)
            };
            let micros = strict_cast(&strict_cast(array, &unit)?, &DataType::Int64)?;
            let values = micros.as_primitive::<Int64Type>();
            each(
                array,
                template,
                |text| Ok(Template::parse(text)),
                |t, row| t.write(&Parts::of_interval(0, 0, values.value(row))),
            )?
        }
        other => {
            let has_zone = matches!(other, DataType::Timestamp(_, Some(_)));
            let micros = strict_cast(array, &DataType::Timestamp(TimeUnit::Microsecond, None))?;
            let values = micros.as_primitive::<TimestampMicrosecondType>();
            each(
                array,
                template,
                |text| Ok(Template::parse(text)),
                |t, row| t.write(&Parts::of_time(values.value(row), has_zone)),
            )?
        }
    };
    Ok(Arc::new(texts))
}

/// Applies templates, of which the last is remembered.
fn each<'t, T>(
    array: &ArrayRef,
    template: impl Fn(usize) -> Option<&'t str>,
    parse: impl Fn(&str) -> std::result::Result<T, &'static str>,
    write: impl Fn(&T, usize) -> std::result::Result<String, &'static str>,
) -> Result<StringArray> {
    let refused = |text: &str, why: &str| {
        datafusion_error(ArrayError::argument(format!("`{text}` is no template for this value: {why}")))
    };
    let mut last: Option<(&str, T)> = None;
    let mut texts = Vec::with_capacity(array.len());
    for row in 0..array.len() {
        let Some(text) = template(row).filter(|_| array.is_valid(row)) else {
            texts.push(None);
            continue;
        };
        let known = match last.take() {
            Some((known, parsed)) if known == text => parsed,
            _ => parse(text).map_err(|why| refused(text, why))?,
        };
        texts.push(Some(write(&known, row).map_err(|why| refused(text, why))?));
        last = Some((text, known));
    }
    Ok(StringArray::from(texts))
}
