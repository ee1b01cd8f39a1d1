//! The implementation behind `year`, `month`, `day`, `hour`, `minute`, `second`, `dayofyear` and `season`.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, Int32Array, StringArray};
use datafusion::arrow::compute::{DatePart, cast, date_part};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, TimeUnit};
use datafusion::common::cast::as_int32_array;
use datafusion::common::{Result, ScalarValue, exec_err, internal_err, plan_err};
use datafusion::logical_expr::preimage::PreimageResult;
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::logical_expr::{
    ColumnarValue, Documentation, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    Volatility, lit,
};
use hyperslab_array::{Calendar, DateTime};

use super::part::Part;
use super::reference::{Reference, TIME};
use super::times::{calendar_of, is_text, map_columnar, map_dates, text};
use crate::error::datafusion_error;

/// What a function answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Answer {
    /// A number: a part of the time.
    Number(Part),
    /// `DJF`, `MAM`, `JJA` or `SON`.
    Season,
}

/// A function of one time.
#[derive(Debug)]
struct TimePart {
    name: &'static str,
    answer: Answer,
    signature: Signature,
    documentation: Documentation,
}

/// The function `name` with the text that `information_schema` shows for it.
pub(crate) fn udf(
    name: &'static str,
    answer: Answer,
    description: &str,
    example: &str,
    xarray: &str,
) -> Arc<ScalarUDF> {
    let documentation = Reference {
        section: TIME,
        syntax: &format!("{name}(time)"),
        description,
        arguments: &[("time", "A timestamp, a date, or the ISO 8601 text of a time in a CF calendar.")],
        example,
        xarray,
    }
    .documentation();
    Arc::new(ScalarUDF::from(TimePart {
        name,
        answer,
        signature: Signature::user_defined(Volatility::Immutable),
        documentation,
    }))
}

/// Whether a function is one of this file's.
pub(super) fn is_time_part(function: &ScalarUDF) -> bool {
    function.inner().is::<TimePart>()
}

impl PartialEq for TimePart {
    fn eq(&self, other: &Self) -> bool {
        self.answer == other.answer
    }
}

impl Eq for TimePart {}

impl Hash for TimePart {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.answer.hash(state);
    }
}

impl ScalarUDFImpl for TimePart {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        // What fits nothing is left as it is, for `return_field_from_args` to refuse: an error from here comes with
        // lines about candidates.
        Ok(arg_types
            .iter()
            .map(|time| match time {
                DataType::Null => DataType::Timestamp(TimeUnit::Microsecond, None),
                DataType::Dictionary(_, value) if is_text(value) => DataType::Utf8,
                other => other.clone(),
            })
            .collect())
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(match self.answer {
            Answer::Number(_) => DataType::Int32,
            Answer::Season => DataType::Utf8,
        })
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        let [time] = args.arg_fields else {
            return plan_err!("{} expected one argument, a time, got {}", self.name, args.arg_fields.len());
        };
        let is_time = match time.data_type() {
            DataType::Timestamp(..) | DataType::Date32 | DataType::Date64 => true,
            DataType::Time32(_) | DataType::Time64(_) => self.is_of_a_day(),
            other => is_text(other),
        };
        if !is_time {
            return plan_err!(
                "{} expected a time, got `{}`; hint: a timestamp, a date, or a text such as `'1990-06-15'`",
                self.name,
                time.data_type()
            );
        }
        Ok(Arc::new(Field::new(self.name, self.return_type(&[])?, time.is_nullable())))
    }

    fn is_strict(&self) -> bool {
        true
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let ([time], [field]) = (args.args.as_slice(), args.arg_fields.as_slice()) else {
            return internal_err!("{} is called with {} arguments", self.name, args.args.len());
        };
        let calendar = calendar_of(field)?;
        map_columnar(time, |array| match self.answer {
            Answer::Number(part) => Ok(Arc::new(numbers(array, part, calendar)?) as ArrayRef),
            Answer::Season => {
                let months = numbers(array, Part::Month, calendar)?;
                Ok(Arc::new(months.iter().map(|m| m.map(season)).collect::<StringArray>()) as ArrayRef)
            }
        })
    }

    fn preimage(&self, args: &[Expr], value: &Expr, info: &SimplifyContext) -> Result<PreimageResult> {
        // A year is an interval of time; DataFusion knows which.
        match (self.answer, args) {
            (Answer::Number(Part::Year), [time]) => {
                datafusion::functions::datetime::date_part().preimage(&[lit("year"), time.clone()], value, info)
            }
            _ => Ok(PreimageResult::None),
        }
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(&self.documentation)
    }
}

impl TimePart {
    /// Whether a time of day without a date has the part.
    fn is_of_a_day(&self) -> bool {
        matches!(self.answer, Answer::Number(Part::Hour | Part::Minute | Part::Second))
    }
}

/// The meteorological season of a month.
fn season(month: i32) -> &'static str {
    match month {
        12 | 1 | 2 => "DJF",
        3..=5 => "MAM",
        6..=8 => "JJA",
        _ => "SON",
    }
}

/// The part of each time, as DataFusion's `date_part` numbers it.
pub(crate) fn numbers(array: &ArrayRef, part: Part, calendar: Option<Calendar>) -> Result<Int32Array> {
    if is_text(array.data_type()) {
        let values = map_dates(&text(array)?, |date| number(date, part, calendar))?;
        return Ok(Int32Array::from(values));
    }
    let part = match part {
        Part::Year => DatePart::Year,
        Part::Month => DatePart::Month,
        Part::Day => DatePart::Day,
        Part::Hour => DatePart::Hour,
        Part::Minute => DatePart::Minute,
        Part::Second => DatePart::Second,
        Part::DayOfYear => DatePart::DayOfYear,
        other => return internal_err!("no function of its own gives part `{}`", other.name()),
    };
    let numbers = as_int32_array(&date_part(array, part)?)?.clone();
    // Arrow answers NULL where a time is beyond the dates it can count.
    if let Some(row) = (0..array.len()).find(|&row| numbers.is_null(row) && array.is_valid(row)) {
        let time = ScalarValue::try_from_array(&cast(array, &DataType::Int64)?, row)?;
        return exec_err!("the time that is `{time}` since 1970-01-01 is outside of the years -262143 to 262142");
    }
    Ok(numbers)
}

/// The part of one date. A text without a calendar counts its days in the proleptic Gregorian one.
pub(crate) fn number(date: &DateTime, part: Part, calendar: Option<Calendar>) -> Result<i32> {
    if let Some(number) = part.of_fields(date) {
        return Ok(number);
    }
    let calendar = calendar.unwrap_or(Calendar::ProlepticGregorian);
    if part != Part::DayOfYear {
        return internal_err!("part `{}` does not follow from a date's fields", part.name());
    }
    // Asks whether the calendar has the date.
    calendar.micros(date).map_err(datafusion_error)?;
    Ok(i32::from(date.day_of_year(calendar)))
}
