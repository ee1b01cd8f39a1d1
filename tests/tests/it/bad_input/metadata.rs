//! Metadata that is well formed and absurd, or asks for what this build does not have.

use std::time::Instant;

use serde_json::{Value, json};

use super::Spoiled;

/// The metadata of a `float64` array without a compressor.
fn array(dimensions: &[&str], shape: &[u64], chunks: &[u64]) -> Value {
    json!({
        "zarr_format": 3, "node_type": "array", "shape": shape, "data_type": "float64",
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": chunks}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": 0.0, "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}],
        "attributes": {}, "dimension_names": dimensions,
    })
}

fn with(mut metadata: Value, field: &str, value: Value) -> Value {
    metadata[field] = value;
    metadata
}

#[tokio::test]
async fn an_absurd_shape_is_counted_and_limited_but_not_listed() {
    let spoiled = Spoiled::of_arrays([("v", array(&["x"], &[1 << 60], &[10]))]);
    let start = Instant::now();
    assert_eq!(spoiled.ask("SELECT count(*) FROM d").await, Ok(1));
    assert_eq!(spoiled.ask("SELECT x, v FROM d LIMIT 25").await, Ok(25));
    assert_eq!(spoiled.ask("SELECT x, v FROM d WHERE x IN (5, 1152921504606846975)").await, Ok(2));
    // More rows than SQL can count.
    let spoiled = Spoiled::of_arrays([("v", array(&["x"], &[u64::MAX], &[10]))]);
    assert_eq!(spoiled.ask("SELECT x, v FROM d LIMIT 25").await, Ok(25));
    assert!(start.elapsed().as_secs() < 10, "took {:?}", start.elapsed());
}

#[tokio::test]
async fn a_chunk_of_a_terabyte_is_refused_before_it_is_allocated() {
    let spoiled = Spoiled::of_arrays([("v", array(&["x"], &[1 << 40], &[1 << 40]))]);
    spoiled.error("SELECT sum(v) FROM d", &["`d`", "`v`"]).await;
    // A product that overflows 64 bits.
    let side = [1 << 40, 1 << 40];
    let spoiled = Spoiled::of_arrays([("v", array(&["y", "x"], &side, &side))]);
    spoiled.error("SELECT y, x, v FROM d LIMIT 1", &["`d`", "`v`"]).await;
}

#[tokio::test]
async fn a_coordinate_of_too_many_labels_is_refused() {
    let spoiled =
        Spoiled::of_arrays([("v", array(&["x"], &[1 << 50], &[10])), ("x", array(&["x"], &[1 << 50], &[1000]))]);
    spoiled.error("SELECT count(*) FROM d", &["`d`", "`x`"]).await;
}

#[tokio::test]
async fn a_chunk_length_of_zero_is_refused() {
    let spoiled = Spoiled::of_arrays([("v", array(&["x"], &[10], &[0]))]);
    spoiled.error("SELECT v FROM d", &["`d`", "`v`"]).await;
}

#[tokio::test]
async fn a_shape_of_the_wrong_rank_or_type_is_refused() {
    for (field, value) in [
        ("shape", json!([10, 10])),
        ("shape", json!([-1])),
        ("shape", json!("10")),
        ("shape", json!([1.5])),
        ("dimension_names", json!(["x", "y"])),
        ("chunk_grid", json!({"name": "regular", "configuration": {"chunk_shape": [5, 5]}})),
        ("chunk_grid", json!({"name": "hexagonal"})),
        ("fill_value", json!("abc")),
        ("data_type", json!("float80")),
        ("data_type", json!({"name": "numpy.datetime64", "configuration": {"unit": "fortnight", "scale_factor": 1}})),
        ("codecs", json!([])),
        ("codecs", json!([{"name": "zstd"}])),
        ("zarr_format", json!(4)),
        ("node_type", json!("tree")),
        ("secret_extension", json!({"name": "x", "must_understand": true})),
    ] {
        let spoiled = Spoiled::of_arrays([("v", with(array(&["x"], &[10], &[5]), field, value.clone()))]);
        spoiled.error("SELECT v FROM d", &["`v`"]).await;
    }
}

#[tokio::test]
async fn a_codec_that_is_not_built_in_is_named() {
    let codecs = json!([{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "warp9"}]);
    let spoiled = Spoiled::of_arrays([("v", with(array(&["x"], &[10], &[5]), "codecs", codecs))]);
    spoiled.error("SELECT v FROM d", &["`v`", "warp9"]).await;
    let spoiled = Spoiled::copy_of("listed_v2.zarr");
    let text = String::from_utf8(spoiled.read("a/.zarray")).unwrap().replace("\"blosc\"", "\"warp9\"");
    spoiled.write("a/.zarray", text.as_bytes());
    spoiled.error("SELECT a FROM d", &["`a`", "warp9"]).await;
    assert_eq!(spoiled.ask("SELECT b FROM d LIMIT 3").await, Ok(3), "the other variable can be read");
}

#[tokio::test]
async fn dimensions_that_disagree_are_named() {
    let spoiled =
        Spoiled::of_arrays([("v", array(&["x"], &[10], &[5])), ("w", array(&["y", "x"], &[3, 11], &[3, 11]))]);
    spoiled.error("SELECT v FROM d", &["`d`", "`x`", "10", "11"]).await;
}

#[tokio::test]
async fn one_dimension_twice_in_a_variable_does_not_give_a_wrong_answer() {
    let spoiled = Spoiled::of_arrays([("v", array(&["x", "x"], &[4, 4], &[4, 4]))]);
    spoiled.error("SELECT v FROM d", &["`v`", "`x`"]).await;
}

#[tokio::test]
async fn a_name_that_leads_out_of_the_store_is_not_followed() {
    let spoiled = Spoiled::of_arrays([]);
    let outside = spoiled.path().parent().unwrap().join("secret");
    std::fs::create_dir_all(outside.join("c")).unwrap();
    let secret = array(&["x"], &[1], &[1]);
    std::fs::write(outside.join("zarr.json"), secret.to_string()).unwrap();
    std::fs::write(outside.join("c/0"), 42f64.to_le_bytes()).unwrap();
    for name in ["../secret", "a/../../secret", "/secret", "./../secret", "a//b", "..", ""] {
        let group = json!({
            "zarr_format": 3, "node_type": "group", "attributes": {},
            "consolidated_metadata": {
                "kind": "inline", "must_understand": false,
                "metadata": {name: secret, "v": array(&["x"], &[1], &[1])},
            },
        });
        spoiled.write("zarr.json", group.to_string().as_bytes());
        // Refused, or left out; the value outside is never read.
        if spoiled.ask("SELECT v FROM d WHERE v = 0").await.is_ok() {
            spoiled.error(&format!("SELECT \"{name}\" FROM d"), &[]).await;
        }
    }
}

#[tokio::test]
async fn attributes_that_make_no_sense_are_refused_or_left_alone() {
    for (attributes, words) in [
        (json!({"scale_factor": "abc"}), Some(["`v`", "scale_factor"])),
        (json!({"units": "months since 2000-01-01"}), Some(["`v`", "months since 2000-01-01"])),
        (json!({"units": "days since yesterday"}), Some(["`v`", "days since yesterday"])),
        (json!({"units": "days since 2000-01-01", "calendar": "mayan"}), Some(["`v`", "mayan"])),
        (json!({"units": "days since 2000-01-01", "scale_factor": 1e300}), Some(["`v`", "out of range"])),
        (json!({"valid_range": [1]}), Some(["`v`", "valid_range"])),
        (json!({"coordinates": "nothing like this", "bounds": "neither", "grid_mapping": 3}), None),
        (json!({"units": 5, "calendar": []}), None),
    ] {
        let spoiled = Spoiled::of_arrays([("v", with(array(&["x"], &[10], &[5]), "attributes", attributes))]);
        for chunk in [0, 1] {
            let values: Vec<u8> = (1..6).flat_map(|i| f64::from(i).to_le_bytes()).collect();
            spoiled.write(&format!("v/c/{chunk}"), &values);
        }
        match words {
            Some(words) => _ = spoiled.error("SELECT v FROM d", &words).await,
            None => assert_eq!(spoiled.ask("SELECT v FROM d").await, Ok(10)),
        }
    }
}
