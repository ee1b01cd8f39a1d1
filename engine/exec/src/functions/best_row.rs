//! What `arg_max` and `arg_min` share: of each group, the row that comes first by `by` and then by `x`.
//!
//! Both columns of a row are encoded as one text of bytes whose order is that of the rows, so that any types do, and a
//! comparison is one of bytes. The state of a group is its first row, decoded.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, BooleanArray, new_null_array};
use datafusion::arrow::compute::SortOptions;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::arrow::row::{RowConverter, SortField};
use datafusion::common::{Result, ScalarValue, internal_err, plan_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::{AggregateOrderSensitivity, format_state_name};
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, Documentation, EmitTo, GroupsAccumulator, Signature, Volatility,
};

use super::counted::{comparable, counted};
use super::reference::{AGGREGATES, Reference};

/// Which `by` is best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Best {
    Greatest,
    Least,
}

impl Best {
    fn name(self) -> &'static str {
        match self {
            Self::Greatest => "arg_max",
            Self::Least => "arg_min",
        }
    }

    /// How rows of `by` and `x` are sorted so that the best comes first.
    fn sort_fields(self, by: &DataType, x: &DataType) -> Vec<SortField> {
        let options = |descending| SortOptions { descending, nulls_first: false };
        vec![
            SortField::new_with_options(by.clone(), options(self == Self::Greatest)),
            SortField::new_with_options(x.clone(), options(false)),
        ]
    }
}

/// The function for the best row, with the text that `information_schema` shows for it.
pub(super) fn udf(best: Best, description: &str, example: &str, xarray: &str) -> Arc<AggregateUDF> {
    let documentation = Reference {
        section: AGGREGATES,
        syntax: &format!("{}(x, by)", best.name()),
        description,
        arguments: &[
            ("x", "What is asked for; of any type."),
            ("by", "What is compared; of any type that has an order."),
        ],
        example,
        xarray,
    }
    .documentation();
    Arc::new(AggregateUDF::from(BestRow {
        best,
        signature: Signature::user_defined(Volatility::Immutable),
        documentation,
    }))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct BestRow {
    best: Best,
    signature: Signature,
    documentation: Documentation,
}

impl AggregateUDFImpl for BestRow {
    fn name(&self) -> &str {
        self.best.name()
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        let plain = |t: &DataType| match t {
            DataType::Dictionary(_, values) => values.as_ref().clone(),
            other => other.clone(),
        };
        Ok(arg_types.iter().map(plain).collect())
    }

    fn return_type(&self, arg_types: &[DataType]) -> Result<DataType> {
        let name = self.name();
        let [x, by] = arg_types else {
            return plan_err!("{name} expected two arguments, got {}; hint: `{name}(x, by)`", arg_types.len());
        };
        for (what, data_type) in [("x", x), ("by", by)] {
            if !RowConverter::supports_fields(&[SortField::new(data_type.clone())]) {
                return plan_err!("{name} expected types that have an order, got `{data_type}` as `{what}`");
            }
        }
        Ok(x.clone())
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let [x, by] = args.input_fields else {
            return internal_err!("{} is called with {} arguments", self.name(), args.input_fields.len());
        };
        let field = |name: &str, of: &FieldRef| {
            Arc::new(Field::new(format_state_name(args.name, name), of.data_type().clone(), true))
        };
        Ok(vec![field("x", x), field("by", by)])
    }

    fn accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(Whole(Groups::try_new(self.best, &args)?)))
    }

    fn groups_accumulator_supported(&self, _args: AccumulatorArgs) -> bool {
        true
    }

    fn create_groups_accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(Groups::try_new(self.best, &args)?))
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        AggregateOrderSensitivity::Insensitive
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(&self.documentation)
    }
}

/// The best row of each group.
#[derive(Debug)]
struct Groups {
    converter: RowConverter,
    /// A row of NULLs, for groups without a row.
    nothing: Vec<u8>,
    /// Encoded; without bytes where there is none yet.
    rows: Vec<Vec<u8>>,
    /// Bytes that `rows` point to.
    held: usize,
}

impl Groups {
    fn try_new(best: Best, args: &AccumulatorArgs<'_>) -> Result<Self> {
        let [x, by] = args.expr_fields else {
            return internal_err!("{} is called with {} arguments", best.name(), args.expr_fields.len());
        };
        let converter = RowConverter::new(best.sort_fields(by.data_type(), x.data_type()))?;
        let nulls = [new_null_array(by.data_type(), 1), new_null_array(x.data_type(), 1)];
        let nothing = converter.convert_columns(&nulls)?.row(0).data().to_vec();
        Ok(Self { converter, nothing, rows: Vec::new(), held: 0 })
    }

    /// Takes in the rows that count, each for the group that `group_of` names.
    fn take_in(
        &mut self,
        values: &[ArrayRef],
        filter: Option<&BooleanArray>,
        group_of: impl Fn(usize) -> Option<usize>,
    ) -> Result<()> {
        let [x, by] = values else { return internal_err!("a row has {} values, expected 2", values.len()) };
        let there = counted(comparable(by).as_ref(), filter);
        if there.as_ref().is_some_and(|t| t.null_count() == by.len()) {
            return Ok(());
        }
        let rows = self.converter.convert_columns(&[Arc::clone(by), Arc::clone(x)])?;
        for (i, row) in rows.iter().enumerate() {
            if there.as_ref().is_some_and(|t| t.is_null(i)) {
                continue;
            }
            let Some(best) = group_of(i).and_then(|g| self.rows.get_mut(g)) else { continue };
            if best.is_empty() || row.data() < best.as_slice() {
                let before = best.capacity();
                best.clear();
                best.extend_from_slice(row.data());
                self.held += best.capacity() - before;
            }
        }
        Ok(())
    }

    /// `x` and `by` of encoded rows.
    fn decode(&self, rows: &[Vec<u8>]) -> Result<Vec<ArrayRef>> {
        let parser = self.converter.parser();
        let encoded = rows.iter().map(|row| parser.parse(if row.is_empty() { &self.nothing } else { row }));
        let mut columns = self.converter.convert_rows(encoded)?;
        columns.reverse();
        Ok(columns)
    }

    fn emit(&mut self, emit: EmitTo) -> Result<Vec<ArrayRef>> {
        let rows = emit.take_needed(&mut self.rows);
        self.held = self.held.saturating_sub(rows.iter().map(Vec::capacity).sum());
        self.decode(&rows)
    }

    fn memory(&self) -> usize {
        self.held + self.rows.capacity() * size_of::<Vec<u8>>() + self.converter.size()
    }
}

fn x_of(columns: Vec<ArrayRef>) -> Result<ArrayRef> {
    match columns.into_iter().next() {
        Some(x) => Ok(x),
        None => internal_err!("a row without columns"),
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
        self.rows.resize(total, Vec::new());
        self.take_in(values, filter, |row| groups.get(row).copied())
    }

    fn evaluate(&mut self, emit: EmitTo) -> Result<ArrayRef> {
        x_of(self.emit(emit)?)
    }

    fn state(&mut self, emit: EmitTo) -> Result<Vec<ArrayRef>> {
        self.emit(emit)
    }

    fn merge_batch(&mut self, states: &[ArrayRef], groups: &[usize], total: usize) -> Result<()> {
        self.update_batch(states, groups, None, total)
    }

    fn convert_to_state(&self, values: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let [x, by] = values else { return internal_err!("a row has {} values, expected 2", values.len()) };
        let Some(there) = counted(by.logical_nulls().as_ref(), filter) else { return Ok(values.to_vec()) };
        // What does not count has no `by`.
        let gone = BooleanArray::new(!there.inner(), None);
        Ok(vec![Arc::clone(x), datafusion::arrow::compute::nullif(by, &gone)?])
    }

    fn size(&self) -> usize {
        self.memory()
    }
}

/// The best row of all.
#[derive(Debug)]
struct Whole(Groups);

impl Accumulator for Whole {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.0.rows.resize(1, Vec::new());
        self.0.take_in(values, None, |_| Some(0))
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        match self.state()?.into_iter().next() {
            Some(x) => Ok(x),
            None => internal_err!("a row without columns"),
        }
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        self.0.rows.resize(1, Vec::new());
        self.0.decode(&self.0.rows)?.iter().map(|column| ScalarValue::try_from_array(column, 0)).collect()
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.update_batch(states)
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.0.memory()
    }
}
