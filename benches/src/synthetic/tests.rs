//! The synthetic stores: cheap to open whatever their size, and the same bytes each time.

use std::time::Instant;

use hyperslab_array::{Dataset, Region, Values};
use hyperslab_connectors::{OpenOptions, Registry};
use object_store::ObjectStoreExt;

use super::*;
use crate::recipe::{Arco, Pop};

async fn open(name: &str, store: &Arc<SyntheticStore>) -> Dataset {
    let location = format!("synthetic://{name}.zarr");
    let registry = Registry::default().with_store(&location, Arc::clone(store) as Arc<dyn ObjectStore>);
    registry.open(name, &location, None, &OpenOptions::new()).await.unwrap()
}

#[tokio::test]
async fn arco_opens_without_a_thought_of_its_chunks() {
    let store = Arc::new(SyntheticStore::try_new(Arco).unwrap());
    let start = Instant::now();
    let dataset = open("arco", &store).await;
    assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
    assert_eq!(dataset.variables.len(), 277);
    assert_eq!(dataset.dimension("time").unwrap().size, 1_323_648);
    assert_eq!(store.chunk_requests(), 4, "one for each coordinate");
    assert!(store.requests() <= 12, "{} requests", store.requests());
}

#[tokio::test]
async fn a_chunk_of_arco_holds_the_values_of_its_month() {
    let store = Arc::new(SyntheticStore::try_new(Arco).unwrap());
    let dataset = open("arco", &store).await;
    let variable = dataset.variable("2m_temperature").unwrap();
    let hour = 1_000_000;
    let read = variable.read_chunk(&[hour, 0, 0], &Region::new(vec![0, 100, 200], vec![1, 2, 3])).await.unwrap();
    let month = Arco.month(hour);
    let expected: Vec<f32> = [(100, 200), (100, 201), (100, 202), (101, 200), (101, 201), (101, 202)]
        .map(|(y, x)| Arco.value(month, None, y, x))
        .to_vec();
    assert_eq!(read.values, Values::Float32(expected));
}

#[tokio::test]
async fn pop_opens_with_its_curvilinear_coordinates() {
    let pop = Pop::default().with_shape([730, 24, 36]);
    let store = Arc::new(SyntheticStore::try_new(pop.clone()).unwrap());
    let dataset = open("pop", &store).await;
    assert_eq!(dataset.grids().len(), 1);
    assert_eq!(dataset.grids()[0].coordinates.len(), 2);
    let sst = dataset.variable("SST").unwrap();
    let read = sst.read_chunk(&[400, 0, 0], &Region::full(&[1, 24, 36])).await.unwrap();
    let Values::Float32(values) = &read.values else { panic!("{read:?}") };
    let expected = pop.sst(1, 10, 20);
    assert!(values[10 * 36 + 20] == expected || values[10 * 36 + 20].is_nan() && expected.is_nan());
    let land = values.iter().filter(|v| v.is_nan()).count();
    assert!((50..400).contains(&land), "{land} cells of land");
}

async fn whole(store: &SyntheticStore, key: &str) -> Bytes {
    store.get(&Path::from(key)).await.unwrap().bytes().await.unwrap()
}

#[tokio::test]
async fn chunks_are_the_same_bytes_each_time_and_in_ranges() {
    let pop = Pop::default().with_shape([730, 24, 36]);
    let stores = [0, 1].map(|_| SyntheticStore::try_new(pop.clone()).unwrap());
    let first = whole(&stores[0], "SST/c/400/0/0").await;
    assert_eq!(first, whole(&stores[1], "SST/c/400/0/0").await);
    assert_eq!(first, whole(&stores[1], "SST/c/35/0/0").await, "a day of the same month");
    assert_ne!(first, whole(&stores[1], "SST/c/0/0/0").await);
    let part = stores[0].get_range(&Path::from("SST/c/400/0/0"), 3..7).await.unwrap();
    assert_eq!(part, first.slice(3..7));
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let store = SyntheticStore::try_new(Pop::default()).unwrap();
    for key in ["SST/c/14965/0/0", "SST/c/0/1/0", "SST/c/0/0", "SST/c/x/0/0", "nothing/c/0", ".zgroup", "SST/.zarray"] {
        assert!(matches!(store.get(&Path::from(key)).await, Err(Error::NotFound { .. })), "{key}");
    }
}
