//! A second dataset, whose dimensions have labels of the first: the same, other ones, in another order, of another type.

use std::fmt::Write;
use std::sync::Arc;

use hyperslab::array::{ArrayError, DatasetBuilder, MemorySource, RawVariable, Values};

use crate::generated::dataset::{self, HUNDREDS, Made, NAMES, chunks};
use crate::generated::source::Holey;
use crate::generated::{Along, Column, Labels, of_variable, unknown};
use crate::random::Random;

/// A dataset that can be joined with `first`; the same for the same numbers.
pub async fn make(first: &Made, random: &mut Random) -> Result<Made, ArrayError> {
    if random.chance(10) {
        let mut other = dataset::make(random, &HUNDREDS).await?;
        other.words.insert_str(0, "of its own, ");
        return Ok(other);
    }
    let mut builder = DatasetBuilder::new("e", "memory", "MEMORY");
    let (mut columns, mut words) = (Vec::new(), String::new());
    let (mut kept, mut sizes, mut coordinates) = (Vec::new(), Vec::new(), Vec::new());
    for (d, name) in NAMES.iter().enumerate().take(first.rank) {
        if random.chance(20) {
            continue;
        }
        let own = first.coordinates.iter().find(|(n, _)| n == name).map(|(_, labels)| labels);
        let size = match own {
            Some(labels) => {
                let labels = changed(labels, random);
                let size = labels.values.len() as u64;
                let column = Column { is_unique: labels.is_unique, has_holes: labels.has_holes, ..unknown() };
                columns.push(Column { name: name.to_string(), along: Along::Dimension(kept.len()), ..column });
                let _ = write!(words, "\n  {name} {:?} {:?}", labels.attributes, labels.values);
                let source = MemorySource::try_new(labels.values.clone(), chunks(random, &[size]))?;
                let attributes = labels.attributes.clone();
                let dimensions = vec![name.to_string()];
                let raw = RawVariable { name: name.to_string(), dimensions, attributes, source: Arc::new(source) };
                builder = builder.variable(raw);
                coordinates.push((name.to_string(), labels));
                size
            }
            None => {
                let column = Column { is_unique: true, is_tame: true, ..unknown() };
                columns.push(Column { name: name.to_string(), along: Along::Dimension(kept.len()), ..column });
                1 + random.below(HUNDREDS[first.rank]) as u64
            }
        };
        kept.push(d);
        sizes.push(size);
    }
    for v in 0..1 + random.below(2) {
        let mut order: Vec<usize> = (0..kept.len()).collect();
        if random.chance(40) {
            random.shuffle(&mut order);
        }
        let shape: Vec<u64> = order.iter().map(|i| sizes[*i]).collect();
        let raw = of_variable(random, shape.iter().product::<u64>() as usize);
        let name = format!("w{v}");
        let column = Column { is_tame: raw.is_tame, is_finite: raw.is_finite, ..unknown() };
        columns.push(Column { name: name.clone(), along: Along::Cells, ..column });
        let grid = chunks(random, &shape);
        let _ =
            write!(words, "\n  {name} {shape:?} {:?} in chunks of {:?}", raw.values.data_type(), grid.chunk_shape());
        let share = *random.pick(&[0, 20, 100]);
        let dimensions = order.iter().map(|i| NAMES[kept[*i]].to_string()).collect();
        let source = Holey::new(raw.values, grid, raw.fill, share, random);
        let raw = RawVariable { name, dimensions, attributes: raw.attributes, source: Arc::new(source) };
        builder = builder.variable(raw);
    }
    let dataset = builder.build().await?;
    assert!(dataset.skipped.is_empty(), "{:?}\n{words}", dataset.skipped);
    Ok(Made { dataset: Arc::new(dataset), columns, rank: kept.len(), words: format!("{sizes:?}{words}"), coordinates })
}

/// Labels made of others.
fn changed(labels: &Labels, random: &mut Random) -> Labels {
    let n = labels.values.len();
    let mut at: Vec<usize> = (0..n).collect();
    let mut is_unique = labels.is_unique;
    match random.below(14) {
        0 | 1 => at.reverse(),
        2 | 3 if n > 1 => {
            let start = random.below(n - 1);
            let end = start + 1 + random.below(n - start);
            at = at[start..end.min(n)].to_vec();
        }
        4 => random.shuffle(&mut at),
        5 => {
            at = (0..n).map(|_| random.below(n)).collect();
            is_unique = false;
        }
        6 => at.retain(|i| i % 2 == 0),
        7 if random.chance(30) => at.clear(),
        _ => {}
    }
    let mut values = Values::with_capacity(labels.values.data_type(), at.len());
    for i in &at {
        values.extend_from(&labels.values, *i, 1).unwrap();
    }
    if random.chance(20) {
        values = shifted(values, 1 + random.below(3) as i64);
    }
    let mut has_holes = labels.has_holes;
    let values = match values {
        Values::Float32(v) if random.chance(40) => match random.chance(60) {
            // The same digits, or the same number.
            true => Values::Float64(v.iter().map(|x| x.to_string().parse().unwrap_or(0.0)).collect()),
            false => Values::Float64(v.iter().map(|x| f64::from(*x)).collect()),
        },
        Values::Float64(mut v) if random.chance(15) => {
            v.iter_mut().for_each(|x| *x = if random.chance(20) { f64::NAN } else { *x });
            has_holes = true;
            Values::Float64(v)
        }
        Values::Float64(v) if random.chance(30) => Values::Float32(v.iter().map(|x| *x as f32).collect()),
        Values::UInt16(v) if random.chance(50) => Values::Int32(v.iter().map(|x| i32::from(*x)).collect()),
        values => values,
    };
    Labels { values, attributes: labels.attributes.clone(), is_unique, has_holes }
}

/// Labels farther on by some steps.
fn shifted(values: Values, steps: i64) -> Values {
    match values {
        Values::Float32(v) => Values::Float32(v.iter().map(|x| ((x * 10.0).round() + steps as f32) / 10.0).collect()),
        Values::Float64(v) => Values::Float64(v.iter().map(|x| x + steps as f64 * 2.5).collect()),
        Values::Int32(v) => Values::Int32(v.iter().map(|x| x + steps as i32).collect()),
        Values::Timestamp(v) => Values::Timestamp(v.iter().map(|x| x + steps * 86_400_000_000).collect()),
        values => values,
    }
}
