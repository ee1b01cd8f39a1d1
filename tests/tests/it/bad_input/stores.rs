//! Missing locations, metadata cut short, chunks that do not decode.

use hyperslab::Context;

use super::{Spoiled, ask, one_line};

#[tokio::test]
async fn a_location_that_does_not_exist_is_named() {
    let context = Context::builder().build().unwrap();
    for sql in [
        "CREATE EXTERNAL TABLE d STORED AS ZARR LOCATION '/nowhere/at/all.zarr'",
        "SELECT * FROM '/nowhere/at/all.zarr'",
    ] {
        one_line(sql, ask(&context, sql).await, &["/nowhere/at/all.zarr"]);
    }
}

#[tokio::test]
async fn a_location_without_an_array_is_named() {
    let empty = Spoiled::of_arrays([]);
    empty.error("SELECT * FROM d", &["d"]).await;
    std::fs::remove_file(empty.path().join("zarr.json")).unwrap();
    empty.error("SELECT * FROM d", &["d.zarr"]).await;
    empty.write("README.md", b"nothing here");
    empty.error("SELECT * FROM d", &["d.zarr"]).await;
}

#[tokio::test]
async fn a_file_where_a_store_is_expected_is_named() {
    let spoiled = Spoiled::of_arrays([]);
    std::fs::remove_dir_all(spoiled.path()).unwrap();
    std::fs::write(spoiled.path(), b"not a store").unwrap();
    spoiled.error("SELECT * FROM d", &["d.zarr"]).await;
}

#[tokio::test]
async fn metadata_cut_short_is_named() {
    for (store, key) in [("steady.zarr", "zarr.json"), ("packed_v2.zarr", ".zmetadata"), ("listed.zarr", "a/zarr.json")]
    {
        let spoiled = Spoiled::copy_of(store);
        spoiled.cut(key);
        spoiled.error("SELECT a FROM d", &["`d`", key]).await;
    }
}

#[tokio::test]
async fn metadata_that_is_not_json_is_named() {
    for bytes in [&b""[..], b"\xff\xfe\x00", b"[]", b"42", b"{}", b"null"] {
        let spoiled = Spoiled::copy_of("listed.zarr");
        spoiled.write("zarr.json", bytes);
        spoiled.error("SELECT * FROM d", &["d"]).await;
    }
}

#[tokio::test]
async fn a_chunk_cut_short_is_named() {
    // Each of another codec: zstd, blosc, gzip in a shard, none.
    for (store, variable, key) in [
        ("tenths.zarr", "v", "v/c/0/0"),
        ("listed_v2.zarr", "a", "a/0.0.0"),
        ("codecs.zarr", "sharded_crc32c", "sharded_crc32c/c/0/0"),
        ("codecs.zarr", "none", "none/c/0/0"),
        ("codecs_v2.zarr", "bz2", "bz2/0.0"),
        ("codecs.zarr", "pcodec", "pcodec/c/0/0"),
    ] {
        let spoiled = Spoiled::copy_of(store);
        spoiled.cut(key);
        let sql = format!("SELECT sum({variable}) FROM d");
        spoiled.error(&sql, &["`d`", &format!("`{variable}`"), key]).await;
    }
}

#[tokio::test]
async fn a_chunk_of_garbage_or_of_nothing_is_named() {
    for bytes in [&[0x5a; 300][..], &[]] {
        for (store, variable, key) in [
            ("tenths.zarr", "v", "v/c/1/0"),
            ("codecs.zarr", "zstd_checksum", "zstd_checksum/c/1/1"),
            ("codecs.zarr", "sharded", "sharded/c/0/0"),
            ("codecs.zarr", "gzip", "gzip/c/0/0"),
            ("codecs_v2.zarr", "blosc_lz4_shuffle", "blosc_lz4_shuffle/0.0"),
            ("codecs_v2.zarr", "zlib", "zlib/0.0"),
        ] {
            let spoiled = Spoiled::copy_of(store);
            spoiled.write(key, bytes);
            spoiled.error(&format!("SELECT max({variable}) FROM d"), &["`d`", &format!("`{variable}`"), key]).await;
        }
    }
}

#[tokio::test]
async fn a_coordinate_that_does_not_decode_is_named() {
    let spoiled = Spoiled::copy_of("tenths.zarr");
    spoiled.cut("lat/c/0");
    spoiled.error("SELECT count(*) FROM d", &["`d`", "`lat`", "lat/c/0"]).await;
}

#[tokio::test]
async fn a_checksum_that_does_not_fit_is_named() {
    let spoiled = Spoiled::copy_of("codecs.zarr");
    let mut bytes = spoiled.read("crc32c/c/0/0");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    spoiled.write("crc32c/c/0/0", &bytes);
    spoiled.error("SELECT sum(crc32c) FROM d", &["`d`", "`crc32c`", "crc32c/c/0/0"]).await;
}

#[tokio::test]
async fn a_spoiled_chunk_does_not_harm_a_question_that_does_not_need_it() {
    let spoiled = Spoiled::copy_of("tenths.zarr");
    spoiled.write("v/c/1/0", b"garbage");
    assert_eq!(spoiled.ask("SELECT v FROM d WHERE lat < -0.25").await, Ok(8 * 8));
    assert_eq!(spoiled.ask("SELECT lat FROM d").await, Ok(21 * 8));
    spoiled.error("SELECT v FROM d LIMIT 100", &["v/c/1/0"]).await;
}

#[tokio::test]
async fn a_zstd_frame_that_unpacks_to_a_gigabyte_is_refused_and_not_unpacked() {
    let before = peak_memory();
    let spoiled = Spoiled::copy_of("tenths.zarr");
    // A frame without a content size, of 8192 blocks that each repeat one byte 131072 times.
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58];
    for block in 0..8192u32 {
        let header = u32::from(block == 8191) | 1 << 1 | 131_072 << 3;
        frame.extend_from_slice(&header.to_le_bytes()[..3]);
        frame.push(0);
    }
    spoiled.write("v/c/0/0", &frame);
    spoiled.error("SELECT sum(v) FROM d", &["`v`", "v/c/0/0"]).await;
    // A frame that claims 2^62 bytes.
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0xe0];
    frame.extend_from_slice(&(1u64 << 62).to_le_bytes());
    frame.extend_from_slice(&[0x03, 0x00, 0x00, 0x00]);
    spoiled.write("v/c/0/0", &frame);
    spoiled.error("SELECT sum(v) FROM d", &["`v`", "v/c/0/0"]).await;
    if let (Some(before), Some(after)) = (before, peak_memory()) {
        assert!(after.saturating_sub(before) < 700_000, "peak memory grew from {before} to {after} kB");
    }
}

#[tokio::test]
async fn a_blosc_header_that_claims_gigabytes_is_refused() {
    let spoiled = Spoiled::copy_of("codecs_v2.zarr");
    let mut bytes = spoiled.read("blosc_zstd_shuffle/0.0");
    bytes[4..8].copy_from_slice(&0x7fff_0000u32.to_le_bytes());
    spoiled.write("blosc_zstd_shuffle/0.0", &bytes);
    spoiled.error("SELECT sum(blosc_zstd_shuffle) FROM d", &["`blosc_zstd_shuffle`", "blosc_zstd_shuffle/0.0"]).await;
}

/// The most memory that this process ever had, in kB, where the system tells.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
