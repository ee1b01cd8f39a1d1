//! What files say about themselves: versions, texts, records, attributes, and files that are none.

use hyperslab_array::{Connector, DataType, ErrorKind, Role, Scalar, Values};
use serde_json::json;

use super::store::{File, all, checked_in, data, error_of, open, spec, written};
use crate::NetcdfConnector;
use crate::writer::Version;

#[test]
fn names_of_files_are_recognised() {
    for name in ["a/x.nc", "x.NC", "s3://b/x.nc3", "https://h/x.cdf?sig=a/b.zarr", "x.nc#y"] {
        assert!(NetcdfConnector.recognizes(name), "{name}");
    }
    for name in ["x.zarr", "nc", "x.nc/y", "x.ncml", "https://h/x?file=x.nc", ""] {
        assert!(!NetcdfConnector.recognizes(name), "{name}");
    }
}

#[tokio::test]
async fn a_file_of_the_library_has_its_attributes_dimensions_and_roles() {
    let dataset = open(&File::of(data("tas.nc")).await).await.unwrap();
    assert_eq!(dataset.attributes.get("title"), Some(&json!("made up")));
    assert_eq!(dataset.attributes.get("version_number"), Some(&json!(3)));
    assert_eq!(dataset.attributes.get("levels"), Some(&json!([1.5, 2.5])));
    assert!(dataset.skipped.is_empty(), "{:?}", dataset.skipped);
    let tas = dataset.variable("tas").unwrap();
    assert_eq!(
        (tas.shape(), tas.dimensions.clone()),
        (vec![14, 6, 8], vec!["time".into(), "lat".into(), "lon".into()])
    );
    assert_eq!((tas.encoding.stored_type(), tas.encoding.data_type()), (DataType::Int16, DataType::Float64));
    assert_eq!(dataset.variable("time_bnds").unwrap().role, Role::Bounds);
    // A float32 is the number that it is, not the shortest that is read as it.
    let fill = dataset.variable("pr").unwrap().attributes.get("_FillValue").unwrap().as_f64();
    assert_eq!(fill, Some(f64::from(1e20f32)));
}

#[tokio::test]
async fn texts_lose_the_zeros_at_their_end_and_keep_the_blanks() {
    let dataset = open(&File::of(data("texts.nc")).await).await.unwrap();
    let expected = ["Reykjavík", "", "Oslo", "São Paulo  "].map(String::from).to_vec();
    assert_eq!(all(&dataset, "name").await, Values::String(expected));
    assert_eq!(all(&dataset, "note").await, Values::String(vec!["all of them".into()]));
    assert_eq!(dataset.variable("code").unwrap().dimensions, ["station", "pair"]);
    // Numbers have the dimension `station` too, so it does not count characters.
    assert_eq!(all(&dataset, "grade").await, Values::String(["A", "B", "C", "A"].map(String::from).to_vec()));
}

#[tokio::test]
async fn latin_1_is_read_where_a_text_is_not_utf_8() {
    let bytes = written(
        Version::Offset64,
        &[("x", 1)],
        &[(spec("v", &["x"], DataType::String), Values::String(vec!["5~C".into()]))],
    );
    let bytes: Vec<u8> = bytes.into_iter().map(|b| if b == b'~' { 0xb0 } else { b }).collect();
    let dataset = open(&File::of(bytes).await).await.unwrap();
    assert_eq!(all(&dataset, "v").await, Values::String(vec!["5°C".into()]));
}

#[tokio::test]
async fn the_number_of_records_follows_from_the_size_where_the_header_does_not_say() {
    for name in ["records.nc", "one_record.nc", "tas.nc"] {
        let mut bytes = data(name);
        let whole = open(&File::of(bytes.clone()).await).await.unwrap();
        bytes[4..8].fill(0xff);
        let streamed = open(&File::of(bytes).await).await.unwrap();
        assert_eq!(streamed.dimensions, whole.dimensions, "{name}");
        for variable in whole.variables.keys() {
            let (a, b) = (all(&streamed, variable).await, all(&whole, variable).await);
            assert_eq!(format!("{a:?}"), format!("{b:?}"), "{name} {variable}");
        }
    }
}

#[tokio::test]
async fn records_of_odd_sizes_are_padded() {
    let dataset = open(&File::of(data("records.nc")).await).await.unwrap();
    assert_eq!(all(&dataset, "t").await, Values::Int32((0..7).map(|i| i * 10).collect()));
    assert_eq!(all(&dataset, "b").await, Values::Int8((-10..11).collect()));
    assert_eq!(all(&dataset, "s").await, Values::Int16((0..21).map(|i| i * 1000).collect()));
    assert_eq!(all(&dataset, "d").await, Values::Float64((0..105).map(|i| f64::from(i) / 8.0).collect()));
    assert_eq!(all(&dataset, "flag").await, Values::String("abcdefg".chars().map(String::from).collect()));
    let bytes = dataset.variable("u").unwrap().encoding.decode(all(&dataset, "u").await).unwrap();
    assert_eq!(bytes.values, Values::UInt8((0..35).map(|i| i * 7).collect()));
    assert_eq!((0..35).filter(|i| bytes.get(*i).is_none()).collect::<Vec<_>>(), [33]);
}

#[tokio::test]
async fn every_type_of_cdf_5_has_its_extremes() {
    let dataset = open(&File::of(data("types.nc")).await).await.unwrap();
    macro_rules! check {
        ($($name:literal $variant:ident $t:ty),*) => {$(
            let expected = vec![<$t>::MIN, <$t>::MAX, 0 as $t, 1 as $t, 100 as $t, 7 as $t];
            assert_eq!(all(&dataset, $name).await, Values::$variant(expected));
        )*};
    }
    check!("i1" Int8 i8, "u1" UInt8 u8, "i2" Int16 i16, "u2" UInt16 u16, "i4" Int32 i32, "u4" UInt32 u32);
    check!("i8" Int64 i64, "u8" UInt64 u64);
    assert_eq!(all(&dataset, "f4").await, Values::Float32(vec![0.5, -1.25, f32::MAX, f32::MIN, 0.1, 3.0]));
    assert_eq!(all(&dataset, "f8").await, Values::Float64(vec![0.5, -1.25, f64::MAX, f64::MIN, 0.1, 3.0]));
    assert_eq!(dataset.variable("u8").unwrap().attributes.get("list"), Some(&json!([1, 100, 7])));
    assert_eq!(dataset.variable("i8").unwrap().attributes.get("least"), Some(&json!(i64::MIN)));
    let filled = |name| dataset.variable(name).unwrap().encoding.decode_scalar(Scalar::UInt(100)).unwrap();
    assert_eq!((filled("u8"), filled("u8_filled")), (Some(Scalar::UInt(100)), None));
    // Nobody wrote it, and no attribute says what that looks like.
    assert_eq!(all(&dataset, "unwritten").await, Values::Float32(vec![f32::from_bits(0x7cf0_0000); 6]));
}

#[tokio::test]
async fn one_variable_of_records_is_not_padded() {
    let dataset = open(&File::of(data("one_record.nc")).await).await.unwrap();
    assert_eq!(all(&dataset, "s").await, Values::Int16((0..33).map(|i| i * 100).collect()));
}

#[tokio::test]
async fn a_file_without_records_has_none() {
    let bytes = written(
        Version::Offset64,
        &[("t", 0), ("x", 2)],
        &[(spec("v", &["t", "x"], DataType::Int16), Values::Int16(vec![]))],
    );
    let dataset = open(&File::of(bytes).await).await.unwrap();
    assert_eq!(dataset.variable("v").unwrap().shape(), [0, 2]);
}

#[tokio::test]
async fn hdf5_is_called_that() {
    let error = error_of(b"\x89HDF\r\n\x1a\n\0\0\0\0").await;
    assert_eq!(
        error,
        "the file is a netCDF-4 (HDF5) file, expected netCDF classic in dataset `test`; \
         hint: `nccopy -k cdf5 in.nc out.nc` converts it, as does writing it to Zarr with xarray"
    );
}

#[tokio::test]
async fn what_is_no_file_of_netcdf_may_be_one_of_another_format() {
    for (bytes, expected) in [
        (&b"<!DOCTYPE html>"[..], "it starts with `<!DOCTYP`, expected `CDF`"),
        (b"", "it starts with ``, expected `CDF`"),
        (b"CD", "it starts with `CD`, expected `CDF`"),
    ] {
        let error = open(&File::of(bytes).await).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(error.to_string().contains(expected), "{error}");
    }
    assert!(error_of(b"CDF\x03\0\0\0\0").await.contains("the file is of version `3`, expected 1, 2 or 5"));
}

#[tokio::test]
async fn a_file_that_is_cut_short_says_so() {
    for (name, bytes) in checked_in() {
        // Up to three bytes of padding stand at the end.
        let error = error_of(&bytes[..bytes.len() - 8]).await;
        assert!(error.contains("the file may be cut short, copy it again"), "{name}: {error}");
    }
}
