//! Answers as pictures: what is drawn, and what is refused. How it looks is tested where it is drawn.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use hyperslab_plot::{Format, Grid, Labels, Picture};

use super::PictureOptions;
use super::arrays::picture;
use crate::tests::{context, error, rows};

/// What is drawn of an answer, and its title.
async fn drawn(sql: &str, options: &[(&str, &str)]) -> (Picture, Option<String>) {
    let answer = context().await.sql(sql).await.unwrap();
    let roles = PictureOptions::try_new(options.iter().copied()).unwrap().roles.completed(&answer).unwrap();
    let names: Vec<&str> = roles.dimensions.iter().map(String::as_str).collect();
    let dataset = answer.to_dataset_by(&names).await.unwrap();
    picture(&dataset, &roles).unwrap()
}

#[tokio::test]
async fn one_dimension_is_a_line_and_several_columns_or_labels_are_several() {
    let sql = "SELECT time, avg(sst) AS sst, max(sst) AS most FROM ersst GROUP BY time";
    let (Picture::Line(line), None) = drawn(sql, &[]).await else { panic!() };
    assert_eq!(line.dimension.labels, Labels::Times(vec![946_684_800_000_000, 946_771_200_000_000]));
    assert_eq!(line.series.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(), ["sst", "most"]);
    assert_eq!(line.series[1].values, [4.0, 11.0]);
    let sql = "SELECT time, lat, avg(sst) AS sst FROM ersst GROUP BY 1, 2";
    let (Picture::Line(line), None) = drawn(sql, &[("series", "lat")]).await else { panic!() };
    assert_eq!(line.series.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(), ["-10", "0", "10"]);
    assert_eq!(line.series[1].values, [2.5, 8.5]);
    let sql = "SELECT lat, avg(sst) AS sst, max(sst) AS most FROM ersst GROUP BY lat";
    let (Picture::Line(line), _) = drawn(sql, &[("y", "lat"), ("value", "sst")]).await else { panic!() };
    assert!(line.profile);
    let (Picture::Line(same), _) = drawn(sql, &[("y", "lat"), ("x", "sst")]).await else { panic!() };
    assert_eq!(same, line);
    let (Picture::Line(line), _) = drawn(sql, &[("x", "lat"), ("y", "most")]).await else { panic!() };
    assert_eq!((line.profile, line.value.name.as_str()), (false, "most"));
}

#[tokio::test]
async fn two_dimensions_are_a_map_and_one_label_is_a_title() {
    let sql = "SELECT time, lat, lon, sst FROM ersst WHERE time = '2000-01-01'";
    let (Picture::Map(map), title) = drawn(sql, &[]).await else { panic!() };
    assert_eq!(title.as_deref(), Some("time = 2000-01-01"));
    assert_eq!((map.x.quantity.name.as_str(), map.y.quantity.label.as_str()), ("lon", "latitude"));
    assert_eq!(map.value.units.as_deref(), Some("degree_C"));
    assert_eq!(map.y.labels, Labels::Numbers(vec![10.0, 0.0, -10.0]));
    assert_eq!(map.values[..5], [0.0, 1.0, 2.0, 3.0, 4.0]);
    assert!(map.values[5].is_nan());
    let (Picture::Map(turned), _) = drawn(sql, &[("x", "lat"), ("value", "sst")]).await else { panic!() };
    assert_eq!((turned.x.quantity.name.as_str(), turned.values[..3].to_vec()), ("lat", vec![0.0, 2.0, 4.0]));
}

#[tokio::test]
async fn three_dimensions_are_a_movie() {
    let (Picture::Movie(movie), None) = drawn("SELECT time, lat, lon, sst FROM ersst", &[]).await else { panic!() };
    assert_eq!((movie.frames.quantity.name.as_str(), movie.values.len()), ("time", 2));
    assert_eq!(movie.values[1][0], 6.0);
    let (Picture::Movie(movie), _) = drawn("SELECT time, lat, lon, sst FROM ersst", &[("frames", "lon")]).await else {
        panic!()
    };
    assert_eq!((movie.values.len(), movie.values[1][1]), (2, 3.0));
}

#[tokio::test]
async fn coordinates_of_two_dimensions_are_a_mesh() {
    let sql = "SELECT nlat, nlon, \"TLONG\", \"TLAT\", \"SST\" FROM pop.nlat_nlon";
    for options in [&[][..], &[("x", "TLONG"), ("y", "TLAT")][..]] {
        let (Picture::Mesh(mesh), None) = drawn(sql, options).await else { panic!() };
        assert_eq!((mesh.shape, mesh.x.as_slice()), ((2, 2), [5.0, 6.0, 7.0, 8.0].as_slice()));
        assert_eq!((mesh.values[3], mesh.value.name.as_str()), (40.0, "SST"));
    }
    let sql = "SELECT t.column1 AS step, nlat, nlon, \"TLONG\", \"TLAT\", \"SST\" + t.column1 AS sst \
               FROM pop.nlat_nlon CROSS JOIN (VALUES (1), (2)) t";
    let (Picture::Movie(movie), _) = drawn(sql, &[("frames", "step")]).await else { panic!() };
    assert!(matches!(movie.grid, Grid::Mesh(_)));
    assert_eq!(movie.values[1], [12.0, 22.0, 32.0, 42.0]);
}

#[tokio::test]
async fn a_copy_writes_the_file_and_says_how_many_bytes() {
    let context = context().await;
    let folder = tempfile::tempdir().unwrap();
    let map = "(SELECT lat, lon, sst FROM ersst WHERE time = '2000-01-01')";
    for (name, start) in
        [("a.png", b"\x89PNG".as_slice()), ("a.svg", b"<svg"), ("a.gif", b"GIF89a"), ("a.apng", b"\x89PNG")]
    {
        let path = folder.path().join(name);
        let bytes = rows(&context, &format!("COPY {map} TO '{}' OPTIONS ('cmap' 'magma')", path.display())).await;
        let written = std::fs::read(&path).unwrap();
        assert!(written.starts_with(start), "{name}: {:?}", &written[..20.min(written.len())]);
        assert_eq!(bytes, [written.len().to_string()]);
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 4);
    let answer = context.sql("SELECT lat, avg(sst) AS sst FROM ersst GROUP BY lat").await.unwrap();
    assert!(answer.to_picture(Format::Png, &[("width", "200")]).await.unwrap().starts_with(b"\x89PNG"));
}

#[tokio::test]
async fn what_cannot_be_drawn_is_refused_in_one_line() {
    let context = context().await;
    let folder = tempfile::tempdir().unwrap();
    for (query, options, expected) in [
        ("SELECT lat, lon, sst FROM ersst", "", "two rows of the result are the cell"),
        (
            "SELECT lat, 'a' AS text FROM ersst.lat_lon",
            "'value' 'texts'",
            "no column `texts` to draw; hint: did you mean `text`?",
        ),
        ("SELECT 'a' AS text, 'b' AS other", "", "no column of the answer is a number to draw"),
        ("SELECT * FROM ersst", "'colour' 'red'", "unknown option `colour` of a picture"),
        ("SELECT time, sst FROM ersst WHERE lat = 0 AND lon = 0", "'width' '9'", "expected 100 to 8000 pixels"),
        ("SELECT time, lat, lon, sst FROM ersst", "", "does not fit into a still picture"),
    ] {
        let options = if options.is_empty() { String::new() } else { format!("OPTIONS ({options})") };
        let path = folder.path().join("x.png");
        let message = error(&context, &format!("COPY ({query}) TO '{}' {options}", path.display())).await;
        assert!(message.contains(expected), "{query}: {message}");
        assert!(!path.exists());
    }
}
