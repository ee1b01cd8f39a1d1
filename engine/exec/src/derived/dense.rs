//! Values that are put to their places as they come, so that no row waits for the last one.

use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::arrow::array::{Array, ArrayData, ArrayRef, RecordBatch, make_array};
use datafusion::arrow::buffer::{Buffer, NullBuffer};
use datafusion::arrow::datatypes::{ArrowNativeType, FieldRef};
use datafusion::common::runtime::JoinSet;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::execution::memory_pool::MemoryReservation;
use datafusion::physical_plan::ExecutionPlan;
use futures::TryStreamExt;

use crate::aggregate::bits;
use crate::error::internal;

/// Columns of numbers, dense over places.
#[derive(Debug)]
pub(super) struct Dense {
    columns: Vec<Box<dyn Places>>,
}

impl Dense {
    /// `count` places for each of `fields`; `None` where one is no number.
    ///
    /// # Errors
    /// When the pool has no memory for them.
    pub fn try_new(fields: &[FieldRef], count: usize, memory: &MemoryReservation) -> Result<Option<Self>> {
        let mut columns = Vec::with_capacity(fields.len());
        for field in fields {
            let Some(width) = field.data_type().primitive_width() else { return Ok(None) };
            memory.try_grow(count.saturating_mul(width + 1))?;
            let Some(column) = places_of(field, count) else { return Ok(None) };
            columns.push(column);
        }
        Ok(Some(Self { columns }))
    }

    /// Puts the rows of `plan`, of which `split` tells places and values. Its partitions run at the same time.
    ///
    /// # Errors
    /// When the plan fails, or two columns do not fit.
    pub async fn fill(
        self,
        plan: &Arc<dyn ExecutionPlan>,
        context: &Arc<TaskContext>,
        split: impl Fn(&RecordBatch) -> Result<(Vec<u32>, Vec<ArrayRef>)> + Send + Sync + 'static,
    ) -> Result<Vec<ArrayRef>> {
        let (shared, split) = (Arc::new(Mutex::new(self)), Arc::new(split));
        let mut running = JoinSet::new();
        for partition in 0..plan.properties().output_partitioning().partition_count() {
            let mut stream = plan.execute(partition, Arc::clone(context))?;
            let (shared, split) = (Arc::clone(&shared), Arc::clone(&split));
            running.spawn(async move {
                while let Some(batch) = stream.try_next().await? {
                    let (places, values) = split(&batch)?;
                    shared.lock().unwrap_or_else(PoisonError::into_inner).put(&places, &values)?;
                }
                Ok::<_, DataFusionError>(())
            });
        }
        while let Some(done) = running.join_next().await {
            done.map_err(|e| DataFusionError::ExecutionJoin(Box::new(e)))??;
        }
        let mut this = shared.lock().unwrap_or_else(PoisonError::into_inner);
        this.columns.drain(..).map(Places::finish).collect()
    }

    fn put(&mut self, places: &[u32], values: &[ArrayRef]) -> Result<()> {
        if values.len() != self.columns.len() {
            return Err(internal(format!("{} columns of values, expected {}", values.len(), self.columns.len())));
        }
        self.columns.iter_mut().zip(values).try_for_each(|(column, values)| column.put(places, values))
    }
}

/// One column. A place without a value is NULL, or zero where the field is not nullable.
trait Places: Debug + Send {
    /// Puts values to their places.
    fn put(&mut self, places: &[u32], values: &ArrayRef) -> Result<()>;

    /// All places.
    ///
    /// # Errors
    /// When they are no array of their type.
    fn finish(self: Box<Self>) -> Result<ArrayRef>;
}

/// Values of the width of `N`.
#[derive(Debug)]
struct Numbers<N> {
    values: Vec<N>,
    is_there: Vec<bool>,
    field: FieldRef,
}

impl<N: ArrowNativeType> Places for Numbers<N> {
    fn put(&mut self, places: &[u32], values: &ArrayRef) -> Result<()> {
        if values.len() != places.len() || values.data_type() != self.field.data_type() {
            return Err(internal("values do not fit their places"));
        }
        let data = values.to_data();
        let nulls = data.nulls().filter(|nulls| nulls.null_count() > 0);
        for (row, (place, value)) in places.iter().zip(data.buffer::<N>(0)).enumerate() {
            let slot = self.values.get_mut(*place as usize).zip(self.is_there.get_mut(*place as usize));
            let (slot, is_there) = slot.ok_or_else(|| internal(format!("no place {place}")))?;
            if nulls.is_none_or(|nulls| nulls.is_valid(row)) {
                (*slot, *is_there) = (*value, true);
            }
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<ArrayRef> {
        let nulls = self.field.is_nullable().then(|| NullBuffer::new(bits(&self.is_there, |is| is)));
        let nulls = nulls.filter(|nulls| nulls.null_count() > 0);
        let data = ArrayData::builder(self.field.data_type().clone()).len(self.values.len()).nulls(nulls);
        Ok(make_array(data.add_buffer(Buffer::from_vec(self.values)).build()?))
    }
}

fn places_of(field: &FieldRef, count: usize) -> Option<Box<dyn Places>> {
    fn of<N: ArrowNativeType>(field: &FieldRef, count: usize) -> Box<dyn Places> {
        let (values, is_there) = (vec![N::default(); count], vec![false; count]);
        Box::new(Numbers { values, is_there, field: Arc::clone(field) })
    }
    Some(match field.data_type().primitive_width()? {
        1 => of::<u8>(field, count),
        2 => of::<u16>(field, count),
        4 => of::<u32>(field, count),
        8 => of::<u64>(field, count),
        16 => of::<i128>(field, count),
        _ => return None,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use datafusion::arrow::array::{Decimal128Array, Int64Array, StringArray, TimestampMicrosecondArray};
    use datafusion::arrow::datatypes::{DataType, Field, TimeUnit};
    use datafusion::execution::memory_pool::{MemoryConsumer, MemoryPool, UnboundedMemoryPool};

    use super::*;

    fn dense(fields: &[FieldRef], count: usize) -> Option<Dense> {
        let pool: Arc<dyn MemoryPool> = Arc::new(UnboundedMemoryPool::default());
        Dense::try_new(fields, count, &MemoryConsumer::new("test").register(&pool)).unwrap()
    }

    fn field(data_type: DataType, nullable: bool) -> FieldRef {
        Arc::new(Field::new("v", data_type, nullable))
    }

    #[test]
    fn values_come_in_any_order_and_keep_their_type() {
        let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        let fields =
            [field(DataType::Int64, true), field(DataType::Decimal128(9, 2), true), field(time.clone(), false)];
        let mut dense = dense(&fields, 4).unwrap();
        let batch = |first: i64, decimal: Option<i128>| -> Vec<ArrayRef> {
            vec![
                Arc::new(Int64Array::from(vec![first, first + 1])),
                Arc::new(Decimal128Array::from(vec![decimal, Some(7)]).with_data_type(fields[1].data_type().clone())),
                Arc::new(TimestampMicrosecondArray::from(vec![5, 6]).with_timezone("UTC")),
            ]
        };
        dense.put(&[3, 0], &batch(10, None)).unwrap();
        dense.put(&[1, 3], &batch(20, Some(4))).unwrap();
        assert!(dense.put(&[1, 4], &batch(20, Some(4))).is_err());
        assert!(dense.put(&[1], &batch(20, Some(4))).is_err());
        let all: Vec<ArrayRef> = dense.columns.drain(..).map(|column| column.finish().unwrap()).collect();
        let expected: [ArrayRef; 3] = [
            Arc::new(Int64Array::from(vec![Some(11), Some(20), None, Some(21)])),
            Arc::new(
                Decimal128Array::from(vec![Some(7), Some(4), None, Some(7)])
                    .with_data_type(fields[1].data_type().clone()),
            ),
            Arc::new(TimestampMicrosecondArray::from(vec![6, 5, 0, 6]).with_timezone("UTC")),
        ];
        assert_eq!(all, expected);
    }

    #[test]
    fn texts_have_no_places() {
        assert!(dense(&[field(DataType::Utf8, true)], 4).is_none());
        let mut numbers = dense(&[field(DataType::Int64, true)], 4).unwrap();
        assert!(numbers.put(&[0], &[Arc::new(StringArray::from(vec!["a"])) as ArrayRef]).is_err());
    }
}
