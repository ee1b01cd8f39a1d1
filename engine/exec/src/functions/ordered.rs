//! `mode()` and `percentile_disc(p)`: aggregates of values in an order, each of which answers with one of the values.

use std::mem::size_of_val;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::array::{Array, ArrayRef, AsArray, new_empty_array};
use datafusion::arrow::compute::{SortOptions, concat, filter, is_not_null, partition, sort};
use datafusion::arrow::datatypes::Schema;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, ScalarValue, internal_err, plan_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::{AggregateOrderSensitivity, format_state_name};
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, ColumnarValue, Documentation, Signature, Volatility,
};
use hyperslab_array::ArrayError;

use super::reference::{AGGREGATES, Reference};
use crate::error::datafusion_error;

/// `mode() WITHIN GROUP (ORDER BY x)`: the value that is there most often; of several, the first in the order.
pub fn mode() -> Arc<AggregateUDF> {
    let documentation = Reference {
        section: AGGREGATES,
        syntax: "mode() WITHIN GROUP (ORDER BY x)",
        description: "The value that is there most often; of several, the first in the order. It keeps all values.",
        arguments: &[("x", "Of any type that has an order.")],
        example: "SELECT mode() WITHIN GROUP (ORDER BY round(sst)) AS sst FROM ersst;",
        xarray: "`scipy.stats.mode(ds.sst.round())`",
    };
    aggregate(Which::Mode, documentation.documentation())
}

/// `percentile_disc(p) WITHIN GROUP (ORDER BY x)`: the first value that at least the share `p` of all is not beyond.
pub fn percentile_disc() -> Arc<AggregateUDF> {
    let documentation = Reference {
        section: AGGREGATES,
        syntax: "percentile_disc(p) WITHIN GROUP (ORDER BY x)",
        description: "The first value in the order up to which there is at least the share `p` of all values: one that is \
                      there, where `percentile_cont` may answer between two. It keeps all values.",
        arguments: &[("p", "A constant from 0 to 1."), ("x", "Of any type that has an order.")],
        example: "SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY sst) AS median FROM ersst;",
        xarray: "`ds.sst.quantile(0.5, method=\"inverted_cdf\")`",
    };
    aggregate(Which::Percentile, documentation.documentation())
}

fn aggregate(which: Which, documentation: Documentation) -> Arc<AggregateUDF> {
    Arc::new(AggregateUDF::from(Ordered {
        which,
        signature: Signature::user_defined(Volatility::Immutable),
        documentation,
    }))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Which {
    Mode,
    Percentile,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Ordered {
    which: Which,
    signature: Signature,
    documentation: Documentation,
}

impl AggregateUDFImpl for Ordered {
    fn name(&self) -> &str {
        match self.which {
            Which::Mode => "mode",
            Which::Percentile => "percentile_disc",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        let plain = |t: &DataType| match t {
            DataType::Dictionary(_, values) => values.as_ref().clone(),
            other => other.clone(),
        };
        match (self.which, arg_types) {
            (Which::Mode, [x]) => Ok(vec![plain(x)]),
            (Which::Percentile, [x, _]) => Ok(vec![plain(x), DataType::Float64]),
            _ => plan_err!("{} expected `{}`", self.name(), self.documentation.syntax_example),
        }
    }

    fn return_type(&self, arg_types: &[DataType]) -> Result<DataType> {
        match arg_types.first() {
            Some(x) => Ok(x.clone()),
            None => plan_err!("{} expected `{}`", self.name(), self.documentation.syntax_example),
        }
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let Some(x) = args.input_fields.first() else { return internal_err!("{} has no argument", self.name()) };
        let item = Field::new_list_field(x.data_type().clone(), true);
        Ok(vec![Arc::new(Field::new_list(format_state_name(args.name, "values"), item, true))])
    }

    fn accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        let Some(field) = args.expr_fields.first() else { return internal_err!("{} has no argument", self.name()) };
        let take = match self.which {
            Which::Mode => Take::MostFrequent,
            Which::Percentile => Take::Share(share(&args)?),
        };
        let descending = args.order_bys.first().is_some_and(|sort| sort.options.descending);
        Ok(Box::new(Values { take, descending, data_type: field.data_type().clone(), arrays: Vec::new() }))
    }

    fn supports_within_group_clause(&self) -> bool {
        true
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        AggregateOrderSensitivity::Insensitive
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(&self.documentation)
    }
}

/// The constant share of a `percentile_disc`.
fn share(args: &AccumulatorArgs) -> Result<f64> {
    let refused = |what: String| {
        datafusion_error(ArrayError::argument(format!("percentile_disc of {what}, expected a constant from 0 to 1")))
    };
    let Some(expr) = args.exprs.get(1) else { return Err(refused("nothing".to_string())) };
    let value = expr.evaluate(&RecordBatch::new_empty(Arc::new(Schema::empty())));
    match value {
        Ok(ColumnarValue::Scalar(ScalarValue::Float64(Some(share)))) if (0.0..=1.0).contains(&share) => Ok(share),
        Ok(ColumnarValue::Scalar(other)) => Err(refused(format!("`{other}`"))),
        _ => Err(refused(format!("`{expr}`"))),
    }
}

/// Which of the values is the answer.
#[derive(Debug, Clone, Copy)]
enum Take {
    MostFrequent,
    Share(f64),
}

/// All values of a group.
#[derive(Debug)]
struct Values {
    take: Take,
    descending: bool,
    data_type: DataType,
    arrays: Vec<ArrayRef>,
}

impl Values {
    fn push(&mut self, array: &ArrayRef) -> Result<()> {
        let known = filter(array, &is_not_null(array)?)?;
        if !known.is_empty() {
            self.arrays.push(known);
        }
        Ok(())
    }

    fn all(&self) -> Result<ArrayRef> {
        let arrays: Vec<&dyn Array> = self.arrays.iter().map(AsRef::as_ref).collect();
        match arrays.is_empty() {
            true => Ok(new_empty_array(&self.data_type)),
            false => Ok(concat(&arrays)?),
        }
    }
}

impl Accumulator for Values {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        match values.first() {
            Some(values) => self.push(values),
            None => Ok(()),
        }
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let Some(states) = states.first() else { return Ok(()) };
        states.as_list::<i32>().iter().flatten().try_for_each(|values| self.push(&values))
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let list = datafusion::common::utils::SingleRowListArrayBuilder::new(self.all()?).build_list_scalar();
        Ok(vec![list])
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let options = SortOptions { descending: self.descending, nulls_first: false };
        let sorted = sort(&self.all()?, Some(options))?;
        if sorted.is_empty() {
            return ScalarValue::try_from(&self.data_type);
        }
        let row = match self.take {
            Take::Share(share) => {
                let at = (share * sorted.len() as f64).ceil() as usize;
                at.saturating_sub(1).min(sorted.len() - 1)
            }
            Take::MostFrequent => {
                let ranges = partition(&[Arc::clone(&sorted)])?.ranges();
                // Of several of one length, the last in this order is the first of the values.
                let most = ranges.iter().rev().max_by_key(|range| range.len());
                most.map_or(0, |range| range.start)
            }
        };
        ScalarValue::try_from_array(&sorted, row)
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.arrays.iter().map(|array| array.get_array_memory_size()).sum::<usize>()
    }
}
