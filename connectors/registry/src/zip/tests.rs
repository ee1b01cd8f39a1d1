//! Archives: what is read of them, and what is refused.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{Cursor, Write};

use ::zip::write::SimpleFileOptions;
use ::zip::{CompressionMethod, ZipWriter};
use object_store::GetRange;
use object_store::memory::InMemory;

use super::*;
use crate::RecordingStore;

fn archive(files: &[(&str, &[u8], CompressionMethod)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes, method) in files {
        writer.start_file(*name, SimpleFileOptions::default().compression_method(*method)).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

async fn open(bytes: Vec<u8>) -> hyperslab_array::Result<(ZipStore, RecordingStore)> {
    let inner = InMemory::new();
    inner.put(&Path::from("x.zarr.zip"), bytes.into()).await.unwrap();
    let recorded = RecordingStore::new(Arc::new(inner));
    let store = ZipStore::open(Arc::new(recorded.clone()), Path::from("x.zarr.zip")).await?;
    recorded.take();
    Ok((store, recorded))
}

async fn text(store: &ZipStore, key: &str) -> String {
    let bytes = store.get(&Path::from(key)).await.unwrap().bytes().await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn stored_and_deflated_entries_are_read() {
    let long = "abc".repeat(1000);
    let bytes = archive(&[
        ("zarr.json", b"{}", CompressionMethod::Stored),
        ("sst/zarr.json", long.as_bytes(), CompressionMethod::Deflated),
        ("sst/c/0/0", b"0123456789", CompressionMethod::Stored),
        ("sst/c/0/1", b"", CompressionMethod::Stored),
    ]);
    let (store, recorded) = open(bytes).await.unwrap();
    assert_eq!(text(&store, "zarr.json").await, "{}");
    assert_eq!(text(&store, "sst/zarr.json").await, long);
    assert_eq!(text(&store, "sst/c/0/1").await, "");
    recorded.take();
    assert_eq!(text(&store, "sst/c/0/0").await, "0123456789");
    assert_eq!(recorded.take().len(), 1, "a whole entry is one request");
    assert!(matches!(store.get(&Path::from("sst/c/9/9")).await, Err(Error::NotFound { .. })));
    assert_eq!(store.head(&Path::from("sst/zarr.json")).await.unwrap().size, 3000);
}

#[tokio::test]
async fn a_range_of_a_stored_entry_reads_only_that_range() {
    let bytes = archive(&[
        ("a", b"0123456789", CompressionMethod::Stored),
        ("b", b"0123456789abcdefghij", CompressionMethod::Deflated),
    ]);
    let (store, recorded) = open(bytes).await.unwrap();
    let key = Path::from("a");
    assert_eq!(store.get_range(&key, 2..5).await.unwrap(), "234");
    let last = GetOptions { range: Some(GetRange::Suffix(3)), ..Default::default() };
    assert_eq!(store.get_opts(&key, last).await.unwrap().bytes().await.unwrap(), "789");
    // The local header once, then each range.
    let requests = recorded.take();
    let sizes: Vec<u64> = requests
        .iter()
        .map(|r| r.rsplit_once(' ').unwrap().1.split_once('-').unwrap())
        .map(|(start, end)| end.parse::<u64>().unwrap() - start.parse::<u64>().unwrap())
        .collect();
    assert_eq!(sizes, [30, 3, 3], "{requests:?}");
    assert_eq!(store.get_range(&Path::from("b"), 18..20).await.unwrap(), "ij");
    assert_eq!(store.get_ranges(&key, &[0..1, 9..10]).await.unwrap(), ["0", "9"]);
    assert!(store.get_range(&key, 10..12).await.is_err());
}

#[tokio::test]
async fn listing_shows_entries_below_a_prefix() {
    let bytes = archive(&[
        ("zarr.json", b"{}", CompressionMethod::Stored),
        ("sst/zarr.json", b"{}", CompressionMethod::Stored),
        ("sst/c/0", b"x", CompressionMethod::Stored),
        ("sst2/zarr.json", b"{}", CompressionMethod::Stored),
    ]);
    let (store, _) = open(bytes).await.unwrap();
    let listing = store.list_with_delimiter(None).await.unwrap();
    assert_eq!(listing.common_prefixes, [Path::from("sst"), Path::from("sst2")]);
    assert_eq!(listing.objects.len(), 1);
    let listing = store.list_with_delimiter(Some(&Path::from("sst"))).await.unwrap();
    assert_eq!(listing.common_prefixes, [Path::from("sst/c")]);
    let all: Vec<_> = store.list(Some(&Path::from("sst"))).map(|m| m.unwrap().location.to_string()).collect().await;
    assert_eq!(all, ["sst/c/0", "sst/zarr.json"]);
}

#[tokio::test]
async fn a_directory_that_holds_everything_is_the_root() {
    let files: &[(&str, &[u8], CompressionMethod)] =
        &[("x.zarr/zarr.json", b"{}", CompressionMethod::Stored), ("x.zarr/sst/c/0", b"1", CompressionMethod::Stored)];
    let (store, _) = open(archive(files)).await.unwrap();
    assert_eq!(text(&store, "sst/c/0").await, "1");
    // A single array without metadata of the group stays where it is.
    let (store, _) = open(archive(&[("sst/.zarray", b"{}", CompressionMethod::Stored)])).await.unwrap();
    assert_eq!(text(&store, "sst/.zarray").await, "{}");
}

#[tokio::test]
async fn names_that_leave_the_archive_are_left_out() {
    let bytes = archive(&[
        ("zarr.json", b"{}", CompressionMethod::Stored),
        ("../secret", b"x", CompressionMethod::Stored),
        ("a/../../b", b"x", CompressionMethod::Stored),
    ]);
    let (store, _) = open(bytes).await.unwrap();
    let all: Vec<_> = store.list(None).map(|m| m.unwrap().location.to_string()).collect().await;
    assert_eq!(all, ["zarr.json"]);
}

#[tokio::test]
async fn a_long_directory_is_read_in_a_few_requests() {
    let names: Vec<String> = (0..20_000).map(|i| format!("temperature/c/{i}/0/0")).collect();
    let files: Vec<_> = names.iter().map(|n| (n.as_str(), b"7".as_slice(), CompressionMethod::Stored)).collect();
    let inner = InMemory::new();
    inner.put(&Path::from("x.zip"), archive(&files).into()).await.unwrap();
    let recorded = RecordingStore::new(Arc::new(inner));
    let store = ZipStore::open(Arc::new(recorded.clone()), Path::from("x.zip")).await.unwrap();
    let requests = recorded.take();
    assert!(requests.len() <= 4, "{requests:?}");
    assert_eq!(text(&store, "temperature/c/19999/0/0").await, "7");
}

#[tokio::test]
async fn an_archive_cut_short_is_an_error() {
    let bytes = archive(&[("zarr.json", &[b'x'; 500], CompressionMethod::Stored)]);
    for keep in [0, 1, 21, 100, bytes.len() - 30, bytes.len() - 1] {
        let error = open(bytes[..keep].to_vec()).await.unwrap_err().to_string();
        assert!(error.contains("zip archive"), "{error}");
    }
    // The start is missing: the offsets lead nowhere.
    assert!(
        open(bytes[200..].to_vec()).await.is_err() || {
            let (store, _) = open(bytes[200..].to_vec()).await.unwrap();
            store.get(&Path::from("zarr.json")).await.is_err()
        }
    );
}

#[tokio::test]
async fn damaged_data_is_an_error() {
    let mut bytes = archive(&[("a", &[b'x'; 500], CompressionMethod::Stored)]);
    bytes[200] = b'y';
    let (store, _) = open(bytes).await.unwrap();
    let error = store.get(&Path::from("a")).await.unwrap_err().to_string();
    assert!(error.contains("entry `a` is not valid"), "{error}");
}

#[tokio::test]
async fn a_size_that_deflate_cannot_reach_is_refused_before_it_is_allocated() {
    let mut bytes = archive(&[("a", b"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", CompressionMethod::Deflated)]);
    let entry = bytes.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
    bytes[entry + 24..entry + 28].copy_from_slice(&0x7000_0000u32.to_le_bytes());
    let (store, _) = open(bytes).await.unwrap();
    let error = store.get(&Path::from("a")).await.unwrap_err().to_string();
    assert!(error.contains("cannot unpack to 1879048192"), "{error}");
}

#[tokio::test]
async fn entries_that_overlap_are_refused() {
    let mut bytes =
        archive(&[("a", b"0123456789", CompressionMethod::Stored), ("b", b"0123456789", CompressionMethod::Stored)]);
    let entry = bytes.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
    bytes[entry + 20..entry + 24].copy_from_slice(&60u32.to_le_bytes());
    let error = open(bytes).await.unwrap_err().to_string();
    assert!(error.contains("entry `a` has 60 bytes"), "{error}");
}
