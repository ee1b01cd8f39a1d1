//! `weighted_avg(x, weight)`: the mean of values that do not all count the same.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Float64Array, UInt64Array};
use datafusion::arrow::buffer::NullBuffer;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Float64Type, UInt64Type};
use datafusion::common::{Result, ScalarValue, internal_err, not_impl_err, plan_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::{AggregateOrderSensitivity, format_state_name};
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, Documentation, EmitTo, GroupsAccumulator, Signature, Volatility,
};

use super::counted::counted;
use super::reference::{AGGREGATES, Reference};

const NAME: &str = "weighted_avg";

/// `weighted_avg(x, weight)`: `sum(x * weight) / sum(weight)` over the rows in which both are there, in `DOUBLE`.
///
/// NULL where there is no such row, and where the weights add up to 0.
pub fn udf() -> Arc<AggregateUDF> {
    let documentation = Reference {
        section: AGGREGATES,
        syntax: "weighted_avg(x, weight)",
        description: "The mean of `x`, each value counted by its weight: `sum(x * weight) / sum(weight)` over the rows in \
                      which both are there. NULL where the weights add up to 0.",
        arguments: &[("x", "The values."), ("weight", "How much each value counts.")],
        example: "SELECT time, weighted_avg(sst, cos(radians(lat))) AS sst FROM ersst GROUP BY time ORDER BY time LIMIT 3;",
        xarray: "`ds.sst.weighted(np.cos(np.deg2rad(ds.lat))).mean([\"lat\", \"lon\"])`",
    }
    .documentation();
    Arc::new(AggregateUDF::from(WeightedAvg {
        signature: Signature::user_defined(Volatility::Immutable),
        documentation,
    }))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct WeightedAvg {
    signature: Signature,
    documentation: Documentation,
}

impl AggregateUDFImpl for WeightedAvg {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        // What is no number is refused below, in one line, which DataFusion would wrap here.
        let is_number = |t: &DataType| t.is_numeric() || t.is_null();
        Ok(arg_types.iter().map(|t| if is_number(t) { DataType::Float64 } else { t.clone() }).collect())
    }

    fn return_type(&self, arg_types: &[DataType]) -> Result<DataType> {
        if arg_types.len() != 2 {
            return plan_err!("{NAME} expected two arguments, got {}; hint: `{NAME}(x, weight)`", arg_types.len());
        }
        match arg_types.iter().find(|t| **t != DataType::Float64) {
            Some(other) => plan_err!("{NAME} expected numbers, got a value of type `{other}`"),
            None => Ok(DataType::Float64),
        }
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let field = |name: &str, data_type| Arc::new(Field::new(format_state_name(args.name, name), data_type, true));
        Ok(vec![
            field("count", DataType::UInt64),
            field("products", DataType::Float64),
            field("weights", DataType::Float64),
        ])
    }

    fn accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        refuse_distinct(&args)?;
        Ok(Box::new(Sums::default()))
    }

    fn groups_accumulator_supported(&self, args: AccumulatorArgs) -> bool {
        !args.is_distinct
    }

    fn create_groups_accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn GroupsAccumulator>> {
        refuse_distinct(&args)?;
        Ok(Box::new(Groups::default()))
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        AggregateOrderSensitivity::Insensitive
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(&self.documentation)
    }
}

fn refuse_distinct(args: &AccumulatorArgs<'_>) -> Result<()> {
    if args.is_distinct {
        return not_impl_err!("{NAME} takes no DISTINCT; hint: select distinct rows in a subquery");
    }
    Ok(())
}

/// What is known of a group.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
struct Sums {
    count: u64,
    products: f64,
    weights: f64,
}

impl Sums {
    fn add(&mut self, value: f64, weight: f64) {
        self.count += 1;
        self.products += value * weight;
        self.weights += weight;
    }

    fn merge(&mut self, other: Self) {
        self.count += other.count;
        self.products += other.products;
        self.weights += other.weights;
    }

    fn mean(&self) -> Option<f64> {
        (self.count > 0 && self.weights != 0.0).then(|| self.products / self.weights)
    }
}

/// The values, the weights, and the rows that count.
fn arguments<'a>(
    values: &'a [ArrayRef],
    filter: Option<&BooleanArray>,
) -> Result<(&'a Float64Array, &'a Float64Array, Option<NullBuffer>)> {
    let [x, weight] = values else { return internal_err!("{NAME} is called with {} arguments", values.len()) };
    match (x.as_primitive_opt::<Float64Type>(), weight.as_primitive_opt::<Float64Type>()) {
        (Some(x), Some(weight)) => {
            let both = NullBuffer::union(x.nulls(), weight.nulls());
            Ok((x, weight, counted(both.as_ref(), filter)))
        }
        _ => internal_err!("{NAME} is called with {} and {}", x.data_type(), weight.data_type()),
    }
}

/// States as [`AggregateUDFImpl::state_fields`] lays them out.
fn states(arrays: &[ArrayRef]) -> Result<impl Iterator<Item = Sums> + '_> {
    let [count, products, weights] = arrays else {
        return internal_err!("a state of {NAME} has {} columns", arrays.len());
    };
    let (count, products, weights) = (
        count.as_primitive::<UInt64Type>().values(),
        products.as_primitive::<Float64Type>().values(),
        weights.as_primitive::<Float64Type>().values(),
    );
    Ok(count.iter().zip(products).zip(weights).map(|((count, products), weights)| Sums {
        count: *count,
        products: *products,
        weights: *weights,
    }))
}

impl Accumulator for Sums {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let (x, weight, counted) = arguments(values, None)?;
        for row in 0..x.len() {
            if counted.as_ref().is_none_or(|c| c.is_valid(row)) {
                self.add(x.value(row), weight.value(row));
            }
        }
        Ok(())
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let mut gone = Self::default();
        gone.update_batch(values)?;
        self.count = self.count.saturating_sub(gone.count);
        self.products -= gone.products;
        self.weights -= gone.weights;
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        Ok(ScalarValue::Float64(self.mean()))
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![self.count.into(), self.products.into(), self.weights.into()])
    }

    fn merge_batch(&mut self, arrays: &[ArrayRef]) -> Result<()> {
        states(arrays)?.for_each(|state| self.merge(state));
        Ok(())
    }

    fn size(&self) -> usize {
        size_of_val(self)
    }
}

/// One state a group.
#[derive(Debug, Default)]
struct Groups(Vec<Sums>);

impl Groups {
    fn arrays(sums: &[Sums]) -> Vec<ArrayRef> {
        vec![
            Arc::new(sums.iter().map(|s| s.count).collect::<UInt64Array>()),
            Arc::new(sums.iter().map(|s| s.products).collect::<Float64Array>()),
            Arc::new(sums.iter().map(|s| s.weights).collect::<Float64Array>()),
        ]
    }
}

impl GroupsAccumulator for Groups {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        filter: Option<&BooleanArray>,
        total: usize,
    ) -> Result<()> {
        let (x, weight, counted) = arguments(values, filter)?;
        self.0.resize(total, Sums::default());
        for (row, group) in groups.iter().enumerate() {
            if counted.as_ref().is_none_or(|c| c.is_valid(row))
                && let Some(sums) = self.0.get_mut(*group)
            {
                sums.add(x.value(row), weight.value(row));
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit: EmitTo) -> Result<ArrayRef> {
        let sums = emit.take_needed(&mut self.0);
        Ok(Arc::new(sums.iter().map(Sums::mean).collect::<Float64Array>()))
    }

    fn state(&mut self, emit: EmitTo) -> Result<Vec<ArrayRef>> {
        Ok(Self::arrays(&emit.take_needed(&mut self.0)))
    }

    fn merge_batch(&mut self, arrays: &[ArrayRef], groups: &[usize], total: usize) -> Result<()> {
        self.0.resize(total, Sums::default());
        for (group, state) in groups.iter().zip(states(arrays)?) {
            if let Some(sums) = self.0.get_mut(*group) {
                sums.merge(state);
            }
        }
        Ok(())
    }

    fn convert_to_state(&self, values: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let mut each = Self::default();
        let rows = values.first().map_or(0, |x| x.len());
        each.update_batch(values, &(0..rows).collect::<Vec<_>>(), filter, rows)?;
        Ok(Self::arrays(&each.0))
    }

    fn size(&self) -> usize {
        self.0.capacity() * size_of::<Sums>()
    }
}
