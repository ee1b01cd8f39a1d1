//! Draws one picture of each kind into the folder that is given: `cargo run -p hyperslab-plot --example gallery -- DIR`.

use std::error::Error;
use std::f64::consts::TAU;
use std::path::Path;

use hyperslab_plot::{Dimension, Format, Grid, Labels, Line, Map, Mesh, Movie, Picture, Quantity, Series, Style, draw};

const DAY: i64 = 86_400_000_000;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("expected a folder")?;
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder)?;
    for (name, picture, options) in pictures() {
        let mut style = Style::default();
        for (key, value) in options {
            style.set(key, value)?;
        }
        let formats: &[(&str, Format)] = match picture {
            Picture::Movie(_) => &[("gif", Format::Gif), ("apng", Format::Apng)],
            _ => &[("png", Format::Png), ("svg", Format::Svg)],
        };
        for (ending, format) in formats {
            std::fs::write(folder.join(format!("{name}.{ending}")), draw(&picture, &style, *format)?)?;
        }
    }
    Ok(())
}

type Options = &'static [(&'static str, &'static str)];

fn pictures() -> Vec<(&'static str, Picture, Options)> {
    vec![
        ("line", lines(2), &[("title", "El Niño and La Niña")]),
        ("ensemble", lines(30), &[]),
        ("hours", hours(), &[("width", "640"), ("height", "320")]),
        ("profile", profile(), &[("width", "420"), ("height", "560"), ("yincrease", "false")]),
        ("categories", categories(), &[]),
        ("world", Picture::Map(world(0.0)), &[]),
        (
            "world_large",
            Picture::Map(world(0.0)),
            &[("width", "1600"), ("title", "Sea surface, 1982"), ("cmap", "turbo")],
        ),
        ("world_small", Picture::Map(world(0.0)), &[("width", "300"), ("height", "200"), ("cmap", "inferno")]),
        ("hovmoeller", hovmoeller(), &[("height", "640")]),
        ("mesh", mesh(), &[("cmap", "cividis"), ("title", "A turned grid across the date line")]),
        ("movie", movie(), &[("width", "600"), ("fps", "4")]),
    ]
}

fn sst() -> Quantity {
    Quantity::new("sst").with_label("sea surface temperature").with_units("degC")
}

fn months(count: i64) -> Labels {
    Labels::Times((0..count).map(|m| (4383 * DAY) + (m as f64 * 30.4375) as i64 * DAY).collect())
}

fn lines(count: usize) -> Picture {
    let series = (0..count)
        .map(|s| {
            let values = (0..120).map(|m| {
                let t = f64::from(m) / 12.0;
                let value = 26.0 + (t * TAU).sin() * (1.0 + 0.1 * s as f64) + (t * 1.7 + s as f64 * 0.4).sin() * 0.8;
                if s == 1 && (40..48).contains(&m) { f64::NAN } else { value }
            });
            Series { name: format!("Niño {}", s + 3), values: values.collect() }
        })
        .collect();
    let dimension = Dimension::new(Quantity::new("time"), months(120));
    Picture::Line(Line { dimension, series, value: sst(), profile: false })
}

fn hours() -> Picture {
    let times = (0..60).map(|h| 4596 * DAY + h * DAY / 24).collect();
    let values = (0..60).map(|h| 2e-5 * (f64::from(h) / 5.0).sin().max(0.0)).collect();
    Picture::Line(Line {
        dimension: Dimension::new(Quantity::new("time"), Labels::Times(times)),
        series: vec![Series { name: "rain".into(), values }],
        value: Quantity::new("pr").with_label("precipitation flux").with_units("kg m-2 s-1"),
        profile: false,
    })
}

fn profile() -> Picture {
    let levels = vec![0.0, 10.0, 20.0, 30.0, 50.0, 75.0, 100.0, 125.0, 150.0, 200.0, 250.0, 300.0, 400.0, 500.0];
    let values = levels.iter().map(|z: &f64| 4.0 + 24.0 / (1.0 + ((z - 110.0) / 40.0).exp())).collect();
    Picture::Line(Line {
        dimension: Dimension::new(Quantity::new("depth").with_units("m"), Labels::Numbers(levels)),
        series: vec![Series { name: "t".into(), values }],
        value: Quantity::new("t").with_label("temperature").with_units("degC"),
        profile: true,
    })
}

fn categories() -> Picture {
    let names =
        ["North Atlantic", "South Atlantic", "North Pacific", "South Pacific", "Indian Ocean", "Southern Ocean"];
    Picture::Line(Line {
        dimension: Dimension::new(Quantity::new("basin"), Labels::Texts(names.map(String::from).to_vec())),
        series: vec![
            Series { name: "1982".into(), values: vec![20.1, 21.3, 22.5, 19.0, 25.2, 4.1] },
            Series { name: "2022".into(), values: vec![21.0, 21.9, 23.1, f64::NAN, 26.0, 4.3] },
        ],
        value: sst(),
        profile: false,
    })
}

fn is_land(lon: f64, lat: f64) -> bool {
    let blob = |x: f64, y: f64, w: f64, h: f64| ((lon - x) / w).powi(2) + ((lat - y) / h).powi(2) < 1.0;
    blob(20.0, 5.0, 22.0, 32.0)
        || blob(80.0, 50.0, 65.0, 24.0)
        || blob(262.0, 48.0, 36.0, 22.0)
        || blob(300.0, -15.0, 18.0, 32.0)
        || blob(134.0, -25.0, 19.0, 12.0)
        || lat < -72.0
}

fn world(phase: f64) -> Map {
    let lon: Vec<f64> = (0..180).map(|i| f64::from(i) * 2.0).collect();
    let lat: Vec<f64> = (0..89).map(|j| 88.0 - f64::from(j) * 2.0).collect();
    let values = lat.iter().flat_map(|lat| {
        lon.iter().map(move |lon| {
            let wave = (lon.to_radians() * 3.0 + phase).sin() * (lat.to_radians() * 2.0).cos();
            let value = 28.0 * lat.to_radians().cos().powf(1.6) + 1.5 * wave;
            if is_land(*lon, *lat) { f64::NAN } else { value }
        })
    });
    let values = values.collect();
    Map {
        x: Dimension::new(
            Quantity::new("lon").with_label("longitude").with_units("degrees_east"),
            Labels::Numbers(lon),
        ),
        y: Dimension::new(
            Quantity::new("lat").with_label("latitude").with_units("degrees_north"),
            Labels::Numbers(lat),
        ),
        values,
        value: sst(),
    }
}

fn hovmoeller() -> Picture {
    let lon: Vec<f64> = (0..81).map(|i| 120.0 + f64::from(i) * 2.0).collect();
    let values = (0..96).flat_map(|m| {
        (0..81).map(move |i| {
            let t = f64::from(m) / 12.0;
            2.2 * (t * 1.6 - f64::from(i) / 30.0).sin() * (0.4 + f64::from(i) / 100.0)
        })
    });
    Picture::Map(Map {
        values: values.collect(),
        x: Dimension::new(
            Quantity::new("lon").with_label("longitude").with_units("degrees_east"),
            Labels::Numbers(lon),
        ),
        y: Dimension::new(Quantity::new("time"), months(96)),
        value: Quantity::new("ssta").with_label("sea surface temperature anomaly").with_units("degC"),
    })
}

fn mesh() -> Picture {
    let (rows, columns) = (60, 90);
    let (mut x, mut y, mut values) = (Vec::new(), Vec::new(), Vec::new());
    for j in 0..rows {
        for i in 0..columns {
            let (u, v) = (f64::from(i) - 45.0, f64::from(j) - 30.0);
            let lon = 180.0 + 0.9 * u - 0.35 * v + 0.004 * u * v;
            x.push(if lon > 180.0 { lon - 360.0 } else { lon });
            y.push(20.0 + 0.7 * v + 0.25 * u - 0.004 * u * u);
            let inside = u.hypot(v) > 12.0;
            values.push(if inside { (u / 9.0).sin() + (v / 7.0).cos() + 20.0 } else { f64::NAN });
        }
    }
    Picture::Mesh(Mesh {
        shape: (rows as usize, columns as usize),
        x,
        y,
        x_quantity: Quantity::new("nav_lon").with_label("longitude").with_units("degrees_east"),
        y_quantity: Quantity::new("nav_lat").with_label("latitude").with_units("degrees_north"),
        values,
        value: sst(),
    })
}

fn movie() -> Picture {
    let frames = Dimension::new(Quantity::new("time"), months(12));
    let values = (0..12).map(|m| world(f64::from(m) / 12.0 * TAU).values).collect();
    Picture::Movie(Movie { frames, grid: Grid::Map(Map { values: Vec::new(), ..world(0.0) }), values })
}
