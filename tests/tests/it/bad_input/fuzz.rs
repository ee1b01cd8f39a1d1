//! Bytes of small stores are changed at random, the same way each time: an error or an answer, never a panic.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Spoiled;
use crate::random::Random;

/// How often each store is changed; `HYPERSLAB_FUZZ_ROUNDS` asks for more.
fn rounds() -> u64 {
    std::env::var("HYPERSLAB_FUZZ_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(100)
}

fn files(dir: &Path, out: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() { files(&path, out) } else { out.push(path) }
    }
}

fn change(bytes: &mut Vec<u8>, random: &mut Random) {
    match random.below(6) {
        0 => bytes.truncate(random.below(bytes.len())),
        1 if !bytes.is_empty() => {
            let at = random.below(bytes.len());
            bytes[at] ^= 1 << random.below(8);
        }
        2 if !bytes.is_empty() => {
            let at = random.below(bytes.len());
            bytes[at] = random.below(256) as u8;
        }
        3 => {
            let at = random.below(bytes.len() + 1);
            bytes.insert(at, b"0129-[]{}\",x"[random.below(12)]);
        }
        4 if bytes.len() > 2 => {
            let start = random.below(bytes.len());
            let end = (start + 1 + random.below(8)).min(bytes.len());
            bytes.drain(start..end);
        }
        // Digits are where sizes are.
        _ => {
            let digits: Vec<usize> = (0..bytes.len()).filter(|i| bytes[*i].is_ascii_digit()).collect();
            if let Some(&at) = digits.get(random.below(digits.len())) {
                bytes[at] = b'0' + random.below(10) as u8;
                for _ in 0..random.below(3) * 6 {
                    bytes.insert(at, b'9');
                }
            }
        }
    }
}

async fn survive(store: &str, seed: u64) {
    let spoiled = std::sync::Arc::new(Spoiled::copy_of(store));
    let mut all = Vec::new();
    files(&spoiled.path(), &mut all);
    let mut random = Random::new(seed);
    for round in 0..rounds() {
        let path = &all[random.below(all.len())];
        let whole = std::fs::read(path).unwrap();
        let mut bytes = whole.clone();
        for _ in 0..=random.below(2) {
            change(&mut bytes, &mut random);
        }
        std::fs::write(path, &bytes).unwrap();
        let name = path.strip_prefix(spoiled.path()).unwrap().display();
        for sql in ["SELECT * FROM d LIMIT 2000", "SELECT count(*) FROM d"] {
            let asked = std::sync::Arc::clone(&spoiled);
            let task = tokio::spawn(async move { asked.ask(sql).await });
            match tokio::time::timeout(Duration::from_secs(60), task).await {
                Err(_) => panic!("round {round} of {store}: `{sql}` does not end with `{name}` changed"),
                Ok(Err(e)) => panic!("round {round} of {store}: `{sql}` with `{name}` changed: {e}"),
                Ok(Ok(Err(message))) => {
                    assert!(
                        !message.contains('\n'),
                        "round {round} of {store}, `{name}`: more than one line: {message}"
                    );
                }
                Ok(Ok(Ok(_))) => {}
            }
        }
        std::fs::write(path, whole).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_bytes_of_a_consolidated_v3_store_never_panic() {
    survive("packed.zarr", 0x9e37_79b9_7f4a_7c15).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_bytes_of_a_listed_v2_store_never_panic() {
    survive("listed_v2.zarr", 0xbf58_476d_1ce4_e5b9).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_bytes_of_shards_never_panic() {
    survive("unwritten.zarr", 0x94d0_49bb_1331_11eb).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_bytes_of_text_and_times_never_panic() {
    survive("types.zarr", 0x2545_f491_4f6c_dd1d).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_bytes_of_a_tree_never_panic() {
    survive("tree.zarr", 0xd6e8_feb8_6659_fd93).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_bytes_of_every_codec_never_panic() {
    survive("codecs.zarr", 0xa076_1d64_78bd_642f).await;
    survive("codecs_v2.zarr", 0xe703_7ed1_a0b4_28db).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_bytes_of_old_calendars_never_panic() {
    survive("sloppy_times.zarr", 0x8ebc_6af0_9c88_c6e3).await;
    survive("calendar_julian.zarr", 0x5899_65cc_7537_4cc3).await;
}
