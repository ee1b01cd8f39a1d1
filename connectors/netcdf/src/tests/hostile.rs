//! Every byte of headers replaced by nonsense, files cut anywhere, counts that no file can hold: an error or values,
//! never a panic and never more memory than the file is worth.

use std::sync::Arc;

use hyperslab_array::Region;

use super::store::{File, data, error_of, open, read, small};

/// Opens the file and reads the first chunk of every variable.
async fn try_all(bytes: Vec<u8>) {
    let file: Arc<File> = File::of(bytes).await;
    match open(&file).await {
        Ok(dataset) => {
            for (name, variable) in &dataset.variables {
                let grid = variable.source.chunk_grid();
                let chunk = vec![0; grid.rank()];
                let shape = grid.region(&chunk).shape;
                let _ = read(&dataset, name, &chunk, &Region::full(&shape)).await;
                let _ = variable.source.stored_bytes(&chunk).await;
            }
        }
        Err(e) => assert_eq!(e.to_string().lines().count(), 1, "{e}"),
    }
}

#[tokio::test]
async fn nonsense_in_any_byte_does_no_harm() {
    for (_, bytes) in small() {
        for i in 0..bytes.len().min(1500) {
            for byte in [0, 1, 0x7f, 0x80, 0xff, bytes[i] ^ 0x10] {
                let mut changed = bytes.clone();
                changed[i] = byte;
                try_all(changed).await;
            }
        }
    }
}

#[tokio::test]
async fn nonsense_in_any_number_does_no_harm() {
    let numbers: [&[u8]; 7] = [
        &[0xff; 4],
        &[0x7f, 0xff, 0xff, 0xff],
        &[0x80, 0, 0, 0],
        &[0, 0, 0, 0],
        &[0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        &[0xff; 8],
        &[0, 0, 0, 1, 0, 0, 0, 0],
    ];
    for (_, bytes) in small() {
        for i in (4..bytes.len().min(1500)).step_by(4) {
            for number in numbers {
                let mut changed = bytes.clone();
                let end = bytes.len().min(i + number.len());
                changed[i..end].copy_from_slice(&number[..end - i]);
                try_all(changed).await;
            }
        }
    }
}

#[tokio::test]
async fn a_file_that_ends_anywhere_does_no_harm() {
    for (_, bytes) in small() {
        for end in 0..bytes.len() {
            try_all(bytes[..end].to_vec()).await;
        }
    }
}

/// A header of CDF-1: its number of records, and what follows.
fn header(rest: &[&[u8]]) -> Vec<u8> {
    [b"CDF\x01\0\0\0\0".as_slice(), &rest.concat()].concat()
}

const NONE: &[u8] = &[0; 8];

#[tokio::test]
async fn counts_beyond_the_file_are_refused_before_anything_is_allocated() {
    let most = [0x7f, 0xff, 0xff, 0xff];
    for (bytes, expected) in [
        (header(&[&[0, 0, 0, 10], &most]), "the header has 2147483647 dimensions at 8, more than a file of 16 bytes"),
        (header(&[&[0, 0, 0, 11], &most]), "the list of dimensions at 8 has the tag `11`, expected `10`"),
        (header(&[NONE, &[0, 0, 0, 12], &most]), "the header has 2147483647 attributes at 16"),
        (header(&[NONE, NONE, &[0, 0, 0, 11], &most]), "the header has 2147483647 variables at 24"),
        (
            header(&[&[0, 0, 0, 10, 0, 0, 0, 1], &most, &[0; 40]]),
            "the name at 16 has 2147483647 bytes, expected at most 256",
        ),
        (
            header(&[NONE, &[0, 0, 0, 12, 0, 0, 0, 1, 0, 0, 0, 1, b'a', 0, 0, 0, 0, 0, 0, 2], &most, &[0; 20]]),
            "the header asks for 2147483647 bytes at 40 of a file of 60 bytes",
        ),
        (
            header(&[NONE, &[0, 0, 0, 12, 0, 0, 0, 1, 0, 0, 0, 1, b'a', 0, 0, 0, 0, 0, 0, 6], &most, &[0; 20]]),
            "attribute `a` at 36 has 2147483647 numbers, expected at most 1048576 in a header",
        ),
        (
            header(&[NONE, &[0, 0, 0, 12, 0, 0, 0, 1, 0, 0, 0, 1, b'a', 0, 0, 0, 0, 0, 0, 7], &[0; 20]]),
            "the type at 32 is `7`, expected 1 to 6",
        ),
    ] {
        let error = error_of(&bytes).await;
        assert!(error.contains(expected), "{error}");
    }
}

#[tokio::test]
async fn variables_outside_of_the_file_are_refused() {
    let mut bytes = data("one_record.nc");
    let begin = |offset: u32| offset.to_be_bytes();
    let at = bytes.windows(4).position(|w| w == begin(132)).unwrap();
    for outside in [210, u32::MAX] {
        bytes[at..at + 4].copy_from_slice(&begin(outside));
        let error = error_of(&bytes).await;
        assert!(error.contains("the file has 212 bytes, a variable ends at"), "{error}");
    }
    // A small file that asks for the same bytes many times over would ask for much memory.
    let mut bytes = data("one_record.nc");
    let records = bytes.windows(4).position(|w| w == begin(144)).unwrap();
    bytes[records..records + 4].copy_from_slice(&begin(0));
    bytes[4..8].copy_from_slice(&begin(35));
    assert!(error_of(&bytes).await.contains("the file has 212 bytes, expected 222 or more for its variables"));
    // More records than the file has.
    let mut bytes = data("records.nc");
    bytes[4..8].copy_from_slice(&[0x7f, 0xff, 0xff, 0xff]);
    assert!(error_of(&bytes).await.contains("the file may be cut short"));
}
