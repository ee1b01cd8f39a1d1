//! Scans of random datasets against the same rows made the obvious way.

use hyperslab_array::{ChunkGrid, Values};

use crate::testing::{Maker, Random, naive_table, random_dataset, rows, session, sorted_rows, table_of};

#[tokio::test]
async fn any_projection_of_a_random_dataset_equals_the_naive_rows() {
    for seed in 0..40 {
        let sample = random_dataset(seed).await;
        let mut random = Random::new(seed + 1_000_000);
        let table = table_of(&sample);
        let names: Vec<String> =
            datafusion::catalog::TableProvider::schema(&table).fields().iter().map(|f| f.name().clone()).collect();
        let naive = session(naive_table(&sample), &[]);
        for partitions in ["1", "2", "5"] {
            let batch_size = random.pick(&["1", "3", "8192"]).to_string();
            let settings = [
                ("datafusion.execution.target_partitions", partitions),
                ("datafusion.execution.batch_size", &batch_size),
            ];
            let ctx = session(table.clone(), &settings);
            let chosen: Vec<&str> = names.iter().filter(|_| random.chance(50)).map(String::as_str).collect();
            let columns = if chosen.is_empty() { "*".to_string() } else { chosen.join(", ") };
            for sql in [format!("SELECT {columns} FROM t"), "SELECT * FROM t".into(), "SELECT 1 FROM t".into()] {
                let expected = sorted_rows(&naive, &sql).await.unwrap();
                let got = sorted_rows(&ctx, &sql).await.unwrap();
                assert_eq!(got, expected, "seed {seed}, {partitions} partitions, batches of {batch_size}: {sql}");
            }
            let count = rows(&ctx, "SELECT count(*) FROM t").await.unwrap();
            assert_eq!(count, rows(&naive, "SELECT count(*) FROM t").await.unwrap(), "seed {seed}");
        }
    }
}

#[tokio::test]
async fn a_grid_without_dimensions_is_one_row() {
    let mut maker = Maker::new();
    maker.add("depth", &[], Values::Int32(vec![7]), ChunkGrid::regular(&[], &[]).unwrap());
    let ctx = session(table_of(&maker.make().await), &[]);
    assert_eq!(rows(&ctx, "SELECT depth FROM t").await.unwrap(), ["7"]);
    assert_eq!(rows(&ctx, "SELECT count(*) FROM t").await.unwrap(), ["1"]);
}

#[tokio::test]
async fn one_partition_gives_rows_in_c_order_of_the_units() {
    let mut maker = Maker::new();
    let grid = ChunkGrid::regular(&[2, 4], &[2, 2]).unwrap();
    maker.add("v", &["y", "x"], Values::Int64((0..8).collect()), grid);
    let ctx = session(table_of(&maker.make().await), &[]);
    let expected = ["0|0|0", "0|1|1", "1|0|4", "1|1|5", "0|2|2", "0|3|3", "1|2|6", "1|3|7"];
    assert_eq!(rows(&ctx, "SELECT * FROM t").await.unwrap(), expected);
    assert_eq!(rows(&ctx, "SELECT * FROM t LIMIT 3").await.unwrap(), &expected[..3]);
}
