//! From rows in any order to chunks.

use hyperslab_array::{Attributes, ChunkGrid, DataType, Encoding, Region, Role, Values};
use proptest::prelude::*;

use crate::export::assemble::{Assembler, Refused};
use crate::export::spill::Spill;

fn encoding(data_type: DataType) -> Encoding {
    Encoding::try_new(data_type, &Attributes::new(), Role::Data).unwrap()
}

fn assembler(shape: &[u64], chunks: &[u64], most_bytes: usize) -> Assembler {
    let grid = ChunkGrid::regular(shape, chunks).unwrap();
    Assembler::new(grid, vec![encoding(DataType::Int64), encoding(DataType::String)], most_bytes, Spill::default())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn rows_in_any_order_and_any_memory_give_the_array_that_they_are(
        shape in prop::collection::vec(1u64..6, 1..4),
        lengths in prop::collection::vec(1u64..4, 3),
        most_bytes in prop::sample::select(vec![0usize, 200, 1 << 20]),
        batch in 1usize..9,
        seed in any::<u64>(),
    ) {
        let lengths: Vec<u64> = lengths.iter().take(shape.len()).copied().collect();
        let whole = Region::full(&shape);
        let cells = whole.cells().unwrap();
        let strides = whole.strides();
        let mut order: Vec<usize> = (0..cells).collect();
        order.sort_by_key(|i| (*i as u64 + 1).wrapping_mul(seed | 1).rotate_left(17));
        if seed % 3 == 0 {
            order.sort_unstable();
        }
        let mut assembler = assembler(&shape, &lengths, most_bytes);
        let mut whole_chunks = Vec::new();
        for rows in order.chunks(batch) {
            let positions: Vec<Vec<u32>> = shape
                .iter()
                .zip(&strides)
                .map(|(size, stride)| rows.iter().map(|i| (i / stride) as u32 % *size as u32).collect())
                .collect();
            let columns = [
                Values::Int64(rows.iter().map(|i| *i as i64).collect()),
                Values::String(rows.iter().map(|i| i.to_string()).collect()),
            ];
            whole_chunks.extend(assembler.add(rows.len(), &positions, &columns).unwrap());
        }
        prop_assert!(assembler.next_unfinished().unwrap().is_none());
        prop_assert!(!assembler.has_unwritten());
        let grid = ChunkGrid::regular(&shape, &lengths).unwrap();
        prop_assert_eq!(whole_chunks.len() as u64, grid.chunk_count());
        let all = Values::Int64((0..cells as i64).collect());
        for chunk in whole_chunks {
            let expected = all.region(&shape, &grid.region(&chunk.chunk)).unwrap();
            prop_assert_eq!(&chunk.values[0], &expected);
            prop_assert!(!chunk.has_gaps);
        }
    }
}

#[test]
fn a_cell_that_is_there_twice_is_told_by_its_position() {
    let mut assembler = assembler(&[2, 3], &[2, 2], 1 << 20);
    let columns = |n: i64| [Values::Int64((0..n).collect()), Values::String((0..n).map(|i| i.to_string()).collect())];
    assembler.add(3, &[vec![0, 0, 0], vec![0, 1, 2]], &columns(3)).unwrap();
    let Err(Refused::Twice(cell)) = assembler.add(2, &[vec![1, 0], vec![1, 1]], &columns(2)) else { panic!() };
    assert_eq!(cell, [0, 1]);
    let unfinished = assembler.next_unfinished().unwrap().unwrap();
    assert!(unfinished.has_gaps);
}
