//! What the cache keeps, what it lets go, and what it never answers.

use std::sync::atomic::AtomicUsize;

use object_store::memory::InMemory;
use object_store::{GetRange, ObjectStoreExt};

use super::*;
use crate::RecordingStore;

async fn recorded(objects: &[(&str, &[u8])]) -> (RecordingStore, Arc<dyn ObjectStore>) {
    let inner = InMemory::new();
    for (path, bytes) in objects {
        inner.put(&Path::from(*path), PutPayload::from(bytes.to_vec())).await.unwrap();
    }
    let store = RecordingStore::new(Arc::new(inner));
    (store.clone(), Arc::new(store))
}

async fn read(store: &Arc<dyn ObjectStore>, path: &str) -> Vec<u8> {
    store.get(&Path::from(path)).await.unwrap().bytes().await.unwrap().to_vec()
}

#[tokio::test]
async fn a_chunk_is_fetched_once_an_opening() {
    let (log, store) = recorded(&[("a/0", b"0123456789")]).await;
    let cache = ChunkCache::new(1 << 20);
    let cached = cache.over(Arc::clone(&store));
    for _ in 0..3 {
        assert_eq!(read(&cached, "a/0").await, b"0123456789");
        assert_eq!(cached.get_range(&Path::from("a/0"), 2..4).await.unwrap().as_ref(), b"23");
        let last = GetOptions { range: Some(GetRange::Suffix(3)), ..GetOptions::default() };
        let result = cached.get_opts(&Path::from("a/0"), last).await.unwrap();
        assert_eq!((result.range.clone(), result.meta.size), (7..10, 10));
        assert_eq!(result.bytes().await.unwrap().as_ref(), b"789");
    }
    assert_eq!(log.take(), ["GET a/0", "GET a/0 2-4", "GET a/0 last 3"]);
    assert_eq!(cache.hits_and_misses(), (6, 3));
    let opened_again = cache.over(store);
    assert_eq!(read(&opened_again, "a/0").await, b"0123456789");
    assert_eq!(log.take(), ["GET a/0"]);
}

#[tokio::test]
async fn several_ranges_ask_only_for_those_that_are_not_known() {
    let (log, store) = recorded(&[("a", b"0123456789")]).await;
    let cached = ChunkCache::new(1 << 20).over(store);
    let path = Path::from("a");
    assert_eq!(cached.get_ranges(&path, &[0..1, 4..6]).await.unwrap(), [&b"0"[..], b"45"]);
    assert_eq!(cached.get_ranges(&path, &[4..6, 8..9, 0..1]).await.unwrap(), [&b"45"[..], b"8", b"0"]);
    assert_eq!(log.take(), ["GET a 0-1", "GET a 4-6", "GET a 8-9"]);
}

#[tokio::test]
async fn what_is_not_there_is_asked_for_once() {
    let (log, store) = recorded(&[]).await;
    let cached = ChunkCache::new(1 << 20).over(store);
    for _ in 0..2 {
        assert!(matches!(cached.get(&Path::from("a")).await, Err(Error::NotFound { .. })));
    }
    assert_eq!(log.take(), ["GET a"]);
}

#[tokio::test]
async fn the_least_recently_used_goes_first_and_the_limit_holds() {
    let thousand = [7_u8; 1000];
    let objects: Vec<(String, &[u8])> = (0..10).map(|i| (i.to_string(), &thousand[..])).collect();
    let objects: Vec<(&str, &[u8])> = objects.iter().map(|(path, bytes)| (path.as_str(), *bytes)).collect();
    let (log, store) = recorded(&objects).await;
    let cache = ChunkCache::new(3 * (1000 + ENTRY_BYTES));
    let cached = cache.over(store);
    for path in ["0", "1", "2", "0", "3", "0", "1"] {
        read(&cached, path).await;
        assert!(cache.bytes() <= cache.limit());
    }
    assert_eq!(log.take(), ["GET 0", "GET 1", "GET 2", "GET 3", "GET 1"]);
    assert_eq!(cache.bytes(), cache.limit());
}

/// Memory that somebody else may take.
#[derive(Debug, Clone)]
struct Left(Arc<AtomicUsize>);

impl CacheMemory for Left {
    fn try_grow(&self, bytes: usize) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes)).is_ok()
    }

    fn shrink(&self, bytes: usize) {
        self.0.fetch_add(bytes, Ordering::Relaxed);
    }
}

#[tokio::test]
async fn no_more_is_kept_than_there_is_memory() {
    let objects: Vec<(String, Vec<u8>)> = (0..4).map(|i| (i.to_string(), vec![i; 1000])).collect();
    let objects: Vec<(&str, &[u8])> = objects.iter().map(|(path, bytes)| (path.as_str(), &bytes[..])).collect();
    let (log, store) = recorded(&objects).await;
    let all = 2 * (1000 + ENTRY_BYTES);
    let left = Left(Arc::new(AtomicUsize::new(all)));
    let cache = ChunkCache::within(1 << 20, left.clone());
    let cached = cache.over(store);
    for path in ["0", "1", "2", "1", "0"] {
        read(&cached, path).await;
        assert_eq!(cache.bytes() + left.0.load(Ordering::Relaxed), all);
    }
    assert_eq!(log.take(), ["GET 0", "GET 1", "GET 2", "GET 0"]);
    // Somebody takes what is left, and all that would come free.
    left.0.store(0, Ordering::Relaxed);
    let nothing = ChunkCache::within(1 << 20, left.clone());
    let cached = nothing.over(recorded(&objects).await.1);
    assert_eq!(read(&cached, "3").await, vec![3; 1000]);
    assert_eq!((nothing.bytes(), left.0.load(Ordering::Relaxed)), (0, 0));
}

#[tokio::test]
async fn an_object_over_the_limit_is_answered_and_not_kept() {
    let (log, store) = recorded(&[("a", &[1; 5000])]).await;
    let cache = ChunkCache::new(1000);
    let cached = cache.over(store);
    for _ in 0..2 {
        assert_eq!(read(&cached, "a").await.len(), 5000);
    }
    assert_eq!((log.take().len(), cache.bytes()), (2, 0));
}

#[tokio::test]
async fn many_who_want_the_same_wait_for_the_first() {
    let (log, store) = recorded(&[("a", b"1234")]).await;
    let cached = ChunkCache::new(1 << 20).over(store);
    let reads = (0..50).map(|_| read(&cached, "a"));
    assert!(futures::future::join_all(reads).await.iter().all(|bytes| bytes == b"1234"));
    assert_eq!(log.take(), ["GET a"]);
}

#[tokio::test]
async fn conditions_and_heads_go_to_the_store() {
    let (log, store) = recorded(&[("a", b"1234")]).await;
    let cached = ChunkCache::new(1 << 20).over(store);
    for _ in 0..2 {
        cached.head(&Path::from("a")).await.unwrap();
        let options = GetOptions { if_none_match: Some("no such tag".into()), ..GetOptions::default() };
        cached.get_opts(&Path::from("a"), options).await.unwrap();
    }
    assert_eq!(log.take().len(), 4);
}
