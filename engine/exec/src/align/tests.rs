//! Blocks are the same as cell by cell, whatever the maps and pieces.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, BooleanArray, Float32Array, Int16Array, Int64Array, StringArray, UInt8Array, UInt32Array,
};
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::{DataType, Field};
use hyperslab_array::{DimensionChunks, IndexRanges, Region, Selection};

use super::gather::{Along, Gathered, Piece, gather};
use super::map::{NOWHERE, PositionMap};
use crate::derived::CellValues;
use crate::testing::Random;

fn field(data_type: &DataType, nullable: bool) -> Field {
    Field::new("v", data_type.clone(), nullable)
}

/// The values of a variable, by type; some are missing.
fn values(random: &mut Random, cells: u64) -> ArrayRef {
    let with_nulls = random.chance(50);
    let mut number = |n: u64| (!with_nulls || random.chance(80)).then_some(n);
    let all: Vec<Option<u64>> = (0..cells).map(&mut number).collect();
    match random.below(6) {
        0 => Arc::new(all.iter().map(|v| v.map(|v| v as f32)).collect::<Float32Array>()),
        1 => Arc::new(all.iter().map(|v| v.map(|v| v as i64)).collect::<Int64Array>()),
        2 => Arc::new(all.iter().map(|v| v.map(|v| v as i16)).collect::<Int16Array>()),
        3 => Arc::new(all.iter().map(|v| v.map(|v| v as u8)).collect::<UInt8Array>()),
        4 => Arc::new(all.iter().map(|v| v.map(|v| v % 3 == 0)).collect::<BooleanArray>()),
        _ => Arc::new(all.iter().map(|v| v.map(|v| format!("v{v}"))).collect::<StringArray>()),
    }
}

/// A map of `cells` indices of the outer side to `size` of the inner one.
fn positions(random: &mut Random, cells: u64, size: u64) -> Vec<u32> {
    let shift = random.below(5) as i64 - 2;
    let kind = random.below(5);
    let at = |random: &mut Random, i: i64| match kind {
        0 => i + shift,
        1 => size as i64 - 1 - i + shift,
        2 => 2 * i,
        3 if random.chance(20) => -1,
        _ => random.below(size) as i64,
    };
    (0..cells as i64)
        .map(|i| at(random, i))
        .map(|p| if (0..size as i64).contains(&p) { p as u32 } else { NOWHERE })
        .collect()
}

#[test]
fn a_block_holds_the_mapped_cells_of_any_map_and_any_chunks() {
    let mut made_of_slices = 0;
    for seed in 0..2000 {
        let mut random = Random::new(seed);
        let random = &mut random;
        let outer: Vec<u64> = (0..random.below(4)).map(|_| 1 + random.below(6)).collect();
        let rank = random.below(4) as usize;
        let sizes: Vec<u64> = (0..rank).map(|_| 1 + random.below(7)).collect();
        let maps: Vec<PositionMap> = sizes
            .iter()
            .map(|size| {
                let own: Vec<usize> = (0..outer.len()).filter(|_| random.chance(45)).collect();
                let shape: Vec<u64> = own.iter().map(|d| outer[*d]).collect();
                let all: Vec<IndexRanges> = shape.iter().map(|s| IndexRanges::all(*s)).collect();
                let found = positions(random, shape.iter().product(), *size);
                PositionMap::try_new(own, shape, &all.iter().collect::<Vec<_>>(), &found).unwrap()
            })
            .collect();
        let unit = Selection {
            dimensions: outer.iter().map(|s| IndexRanges::from_predicate(*s, |_| random.chance(75))).collect(),
        };
        let whole = Region::full(&sizes);
        let values = values(random, whole.cells().unwrap() as u64);

        let used: Vec<usize> = (0..outer.len()).filter(|d| maps.iter().any(|m| m.outer().contains(d))).collect();
        let shape: Vec<usize> = used.iter().map(|d| unit.dimensions[*d].len() as usize).collect();
        let along: Vec<Along> = maps
            .iter()
            .zip(&sizes)
            .map(|(map, &size)| {
                let mut mapped = map.over(&unit);
                mapped.outer.iter_mut().for_each(|d| *d = used.iter().position(|u| u == d).unwrap());
                let chunks = DimensionChunks::Regular { size, chunk: 1 + random.below(size) };
                let met = mapped.met();
                let part = |c| {
                    let own = met.within(chunks.range(c));
                    Some((own.first()?, own.last()? + 1))
                };
                let pieces = (0..size).filter(|c| chunks.range(*c).start < size).filter_map(part).collect();
                Along { mapped, pieces }
            })
            .collect();
        let mut regions = vec![Region::default()];
        for a in &along {
            let with = |r: &Region, (start, end): &(u64, u64)| {
                let mut r = r.clone();
                r.start.push(*start);
                r.shape.push(end - start);
                r
            };
            regions = regions.iter().flat_map(|r| a.pieces.iter().map(|p| with(r, p)).collect::<Vec<_>>()).collect();
        }
        let strides = whole.strides();
        let cells_of = |region: &Region| -> UInt32Array {
            (0..region.cells().unwrap())
                .map(|n| {
                    let own = region.strides();
                    let at = |d: usize| region.start[d] as usize + n / own[d] % region.shape[d] as usize;
                    (0..rank).map(|d| at(d) * strides[d]).sum::<usize>() as u32
                })
                .collect()
        };
        let pieces: Vec<Piece> = regions
            .into_iter()
            .map(|region| Piece { array: take(&values, &cells_of(&region), None).unwrap(), region })
            .collect();
        let block = gather(&field(values.data_type(), true), &shape, &along, &pieces).unwrap();

        let cells: usize = shape.iter().product();
        let at: UInt32Array = (0..cells)
            .map(|n| {
                let mut ordinals = vec![0; shape.len()];
                let mut rest = n;
                for d in (0..shape.len()).rev() {
                    (ordinals[d], rest) = (rest % shape[d], rest / shape[d]);
                }
                let position = |a: &Along| {
                    let at = a.mapped.outer.iter().fold(0, |n, d| n * shape[*d] + ordinals[*d]);
                    Some(a.mapped.positions[at]).filter(|p| *p != NOWHERE)
                };
                along.iter().zip(&strides).try_fold(0, |n, (a, stride)| Some(n + position(a)? * *stride as u32))
            })
            .collect();
        assert_eq!(&block, &take(&values, &at, None).unwrap(), "seed {seed}");

        let nullable = Arc::new(field(values.data_type(), true));
        let Some(lazy) = Gathered::try_new(&nullable, &shape, &along, &pieces, 1).unwrap() else { continue };
        made_of_slices += 1;
        for _ in 0..5 {
            let start = random.below(cells as u64) as usize;
            let part = start..start + 1 + random.below((cells - start) as u64) as usize;
            let expected = block.slice(part.start, part.len());
            assert_eq!(&lazy.slice(part.clone()).unwrap(), &expected, "seed {seed}, cells {part:?}");
        }
        assert!(lazy.slice(0..cells + 1).is_err());
    }
    assert!(made_of_slices > 300, "{made_of_slices} blocks were made of slices");
}

#[test]
fn pieces_that_do_not_fit_are_an_error() {
    let all = IndexRanges::all(2);
    let map = PositionMap::try_new(vec![0], vec![2], &[&all], &[0, 1]).unwrap();
    let along = [Along { mapped: map.over(&Selection::all(&[2])), pieces: vec![(0, 2)] }];
    let piece = |start, len: u64| Piece {
        array: Arc::new((0..len as i64).collect::<Int64Array>()),
        region: Region::new(vec![start], vec![len]),
    };
    let number = field(piece(0, 2).array.data_type(), true);
    assert!(gather(&number, &[2], &along, &[piece(0, 2)]).is_ok());
    assert!(gather(&number, &[2], &along, &[piece(1, 1)]).is_err());
    assert!(gather(&number, &[2], &along, &[piece(0, 2), piece(0, 2)]).is_err());
    assert!(gather(&number, &[3], &along, &[piece(0, 2)]).is_err());
    assert!(gather(&field(&DataType::Utf8, true), &[2], &along, &[piece(0, 2)]).is_err());
}

#[test]
fn what_must_not_be_null_is_anything_where_nothing_is_met() {
    let map = PositionMap::try_new(vec![0], vec![2], &[&IndexRanges::all(2)], &[NOWHERE, 1]).unwrap();
    let along = [Along { mapped: map.over(&Selection::all(&[2])), pieces: vec![(0, 2)] }];
    let arrays: [ArrayRef; 3] = [
        Arc::new(Int64Array::from(vec![5, 6])),
        Arc::new(StringArray::from(vec!["a", "b"])),
        Arc::new(BooleanArray::from(vec![true, true])),
    ];
    for array in arrays {
        let piece = Piece { array: Arc::clone(&array), region: Region::new(vec![0], vec![2]) };
        let block = gather(&field(array.data_type(), false), &[2], &along, std::slice::from_ref(&piece)).unwrap();
        assert_eq!((block.null_count(), &block.slice(1, 1)), (0, &array.slice(1, 1)));
        let block = gather(&field(array.data_type(), false), &[2], &along[..], &[]).unwrap();
        assert_eq!((block.len(), block.null_count()), (2, 0));
    }
}
