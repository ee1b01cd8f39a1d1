//! Whole pictures, decoded again: what is where, in which colour, and what is refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::layout::Frame;

const DAY: i64 = 86_400_000_000;

struct Pixels {
    width: usize,
    data: Vec<u8>,
}

impl Pixels {
    fn at(&self, x: u32, y: u32) -> [u8; 4] {
        let start = (y as usize * self.width + x as usize) * 4;
        self.data[start..start + 4].try_into().unwrap()
    }

    /// The pixel at a part of the frame, from the left and from the top.
    fn inside(&self, frame: Frame, right: f64, down: f64) -> [u8; 4] {
        let x = frame.left + (right * f64::from(frame.width)) as u32;
        self.at(x, frame.top + (down * f64::from(frame.height)) as u32)
    }

    fn count(&self, colour: [u8; 4]) -> usize {
        self.data.chunks(4).filter(|p| *p == colour).count()
    }
}

fn png_frames(bytes: &[u8]) -> (Pixels, u32) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
    let mut data = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut data).unwrap();
    let frames = reader.info().animation_control().map_or(1, |a| a.num_frames);
    (Pixels { width: info.width as usize, data }, frames)
}

/// All frames of a GIF as a viewer shows them, and the time that each is shown.
fn gif_frames(bytes: &[u8]) -> Vec<(Pixels, u16)> {
    let mut options = gif::DecodeOptions::new();
    options.set_color_output(gif::ColorOutput::RGBA);
    let mut decoder = options.read_info(bytes).unwrap();
    let width = usize::from(decoder.width());
    let mut canvas = vec![0; width * usize::from(decoder.height()) * 4];
    let mut frames = Vec::new();
    while let Some(frame) = decoder.read_next_frame().unwrap() {
        let row = usize::from(frame.width) * 4;
        for (i, pixels) in frame.buffer.chunks(row).enumerate() {
            let start = ((usize::from(frame.top) + i) * width + usize::from(frame.left)) * 4;
            canvas[start..start + row].copy_from_slice(pixels);
        }
        frames.push((Pixels { width, data: canvas.clone() }, frame.delay));
    }
    frames
}

fn numbers(name: &str, units: &str, labels: &[f64]) -> Dimension {
    Dimension::new(Quantity::new(name).with_units(units), Labels::Numbers(labels.to_vec()))
}

fn map(x: &[f64], y: &[f64], values: &[f64]) -> Map {
    Map {
        x: numbers("lon", "degrees_east", x),
        y: numbers("lat", "degrees_north", y),
        values: values.to_vec(),
        value: Quantity::new("sst").with_label("sea surface temperature").with_units("degC"),
    }
}

fn style(options: &[(&str, &str)]) -> Style {
    let mut style = Style::default();
    for (name, value) in options {
        style.set(name, value).unwrap();
    }
    style
}

/// The decoded PNG and the place of its data.
fn drawn(map: &Map, options: &[(&str, &str)]) -> (Pixels, Frame) {
    let style = style(options);
    let font = Font::new().unwrap();
    let frame = Plan::new(Source::Map(map), &[&map.values], false, 1, &style, &font).unwrap().frame;
    (png_frames(&draw(&Picture::Map(map.clone()), &style, Format::Png).unwrap()).0, frame)
}

fn failure(picture: &Picture, format: Format) -> String {
    draw(picture, &Style::default(), format).unwrap_err().to_string()
}

/// The ends of matplotlib's `viridis`.
const LOW: [u8; 4] = [0x44, 0x01, 0x54, 255];
const HIGH: [u8; 4] = [0xfd, 0xe7, 0x25, 255];

#[test]
fn north_is_up_for_ascending_and_descending_latitude() {
    let (descending, frame) = drawn(&map(&[0.0, 10.0], &[50.0, 40.0], &[9.0, 5.0, 5.0, 1.0]), &[]);
    let (ascending, _) = drawn(&map(&[0.0, 10.0], &[40.0, 50.0], &[5.0, 1.0, 9.0, 5.0]), &[]);
    assert_eq!(descending.data, ascending.data);
    assert_eq!(descending.inside(frame, 0.25, 0.25), HIGH, "north west");
    assert_eq!(descending.inside(frame, 0.75, 0.75), LOW, "south east");
    let (turned, _) = drawn(&map(&[10.0, 0.0], &[50.0, 40.0], &[5.0, 9.0, 1.0, 5.0]), &[]);
    assert_eq!(descending.data, turned.data, "east is right for descending longitude as well");
    let (inverted, _) = drawn(&map(&[0.0, 10.0], &[50.0, 40.0], &[9.0, 5.0, 5.0, 1.0]), &[("yincrease", "false")]);
    assert_eq!(inverted.inside(frame, 0.25, 0.75), HIGH, "unless the style turns it around");
}

#[test]
fn a_cell_reaches_half_way_to_its_irregular_neighbours() {
    // Bounds are -0.5, 0.5, 5.5 and 14.5.
    let (pixels, frame) = drawn(&map(&[0.0, 1.0, 10.0], &[0.0], &[1.0, 9.0, 1.0]), &[("cmap", "grey")]);
    let white = |x: f64| pixels.inside(frame, (x + 0.5) / 15.0, 0.5) == [255; 4];
    assert_eq!([0.3, 0.7, 5.3, 5.7, 14.0].map(white), [false, true, true, false, false]);
}

#[test]
fn missing_cells_are_transparent_as_png_and_grey_as_gif() {
    for missing in [f64::NAN, f64::INFINITY] {
        let map = map(&[0.0, 10.0], &[50.0, 40.0], &[missing, 5.0, 5.0, 1.0]);
        let (pixels, frame) = drawn(&map, &[]);
        assert_eq!(pixels.inside(frame, 0.25, 0.25), [0; 4]);
        let quarters = [frame.width * frame.height / 4, frame.width.div_ceil(2) * frame.height.div_ceil(2)];
        let count = pixels.count([0; 4]) as u32;
        assert!((quarters[0] - 500..=quarters[1]).contains(&count), "nothing else is: {count}, not {quarters:?}");
        assert_eq!(pixels.at(0, 0), [255; 4]);
        let gif = draw(&Picture::Map(map), &Style::default(), Format::Gif).unwrap();
        assert_eq!(gif_frames(&gif)[0].0.inside(frame, 0.25, 0.25), [0xdc, 0xdc, 0xdc, 255]);
    }
}

#[test]
fn the_colour_bar_is_as_high_as_the_map_and_ends_in_its_end_colours() {
    let (pixels, frame) = drawn(&map(&[0.0, 10.0], &[50.0, 40.0], &[1.0, 2.0, 3.0, 4.0]), &[]);
    let x = frame.left + frame.width + 16 + 7;
    assert_eq!(pixels.at(x, frame.top), HIGH);
    assert_eq!(pixels.at(x, frame.top + frame.height - 1), LOW);
    assert_ne!(pixels.at(x, frame.top - 2), HIGH);
    let middle = pixels.at(x, frame.top + frame.height / 2);
    // matplotlib's `viridis(0.5)`.
    assert!(middle.iter().zip([0x21, 0x91, 0x8c, 255]).all(|(a, b)| a.abs_diff(b) <= 2), "{middle:?}");
}

#[test]
fn an_svg_has_the_words_as_text_and_the_map_as_one_image() {
    let map = map(&[0.0, 120.0, 240.0], &[-60.0, 0.0, 60.0], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]);
    let svg = draw(&Picture::Map(map), &style(&[("title", "<El Niño> & more")]), Format::Svg).unwrap();
    let svg = String::from_utf8(svg).unwrap();
    for text in [">sea surface temperature [degC]<", ">60°S<", ">90°W<", ">&lt;El Niño&gt; &amp; more<", ">lat<"] {
        assert!(svg.contains(text), "{text}");
    }
    assert_eq!(svg.matches("<image").count(), 2, "the map and the colour bar");
    assert!(svg.len() < 30_000);
}

fn line(labels: Labels, series: &[&[f64]]) -> Line {
    Line {
        dimension: Dimension::new(Quantity::new("time"), labels),
        series: series
            .iter()
            .enumerate()
            .map(|(i, v)| Series { name: format!("series {i}"), values: v.to_vec() })
            .collect(),
        value: Quantity::new("sst").with_label("sea surface temperature").with_units("degC"),
        profile: false,
    }
}

fn svg(line: Line, options: &[(&str, &str)]) -> String {
    String::from_utf8(draw(&Picture::Line(line), &style(options), Format::Svg).unwrap()).unwrap()
}

#[test]
fn a_line_over_time_has_dates_units_and_a_legend() {
    let months = Labels::Times((0..4).map(|m| (4383 + m * 31) * DAY).collect());
    let svg = svg(line(months, &[&[1.0, 2.0, 3.0, 4.0], &[4.0, 3.0, 2.0, 1.0]]), &[]);
    for text in [">1982-01<", ">1982-03<", ">sea surface temperature [degC]<", ">time<", ">series 0<", ">series 1<"] {
        assert!(svg.contains(text), "{text}");
    }
    assert_eq!(svg.matches("<polyline").count(), 4, "two lines, and two entries of the legend");
}

#[test]
fn a_missing_value_is_a_gap_and_a_lonely_one_a_dot() {
    let nan = f64::NAN;
    let x = || Labels::Numbers((0..7).map(f64::from).collect());
    let svg = svg(line(x(), &[&[1.0, 2.0, nan, 3.0, f64::INFINITY, 5.0, 6.0]]), &[]);
    assert_eq!(svg.matches("<polyline").count(), 2);
    assert_eq!(svg.matches("<circle").count(), 1);
    assert!(!svg.contains("series 0"), "one line needs no legend");
}

#[test]
fn a_line_stays_between_vmin_and_vmax() {
    let x = Labels::Numbers((0..5).map(f64::from).collect());
    let line = line(x, &[&[0.0, 10.0, 0.0, 10.0, 5.0]]);
    let options = [("vmin", "4"), ("vmax", "6")];
    let svg = svg(line.clone(), &options);
    assert_eq!(svg.matches("<polyline").count(), 4, "each crossing by itself");
    let (pixels, _) = png_frames(&draw(&Picture::Line(line), &style(&options), Format::Png).unwrap());
    let blue = |row: u32| (0..800).filter(|x| pixels.at(*x, row)[..3] == [0x1f, 0x77, 0xb4]).count();
    assert!(blue(5) == 0 && blue(495) == 0 && blue(250) > 0);
}

#[test]
fn a_profile_has_its_dimension_upwards_and_its_surface_on_top_when_asked() {
    let profile = Line {
        dimension: numbers("depth", "m", &[0.0, 50.0, 100.0]),
        profile: true,
        ..line(Labels::Numbers(vec![]), &[&[20.0, 15.0, 5.0]])
    };
    let svg = svg(profile, &[("yincrease", "false")]);
    let height = |text: &str| -> f64 {
        let line = svg.lines().find(|l| l.ends_with(&format!(">{text}</text>"))).expect(text);
        line.split('"').nth(3).unwrap().parse().unwrap()
    };
    assert!(height("0") < height("100"));
    assert!(svg.contains(">depth [m]<"));
}

#[test]
fn many_lines_have_a_legend_that_says_how_many_there_are() {
    let values: Vec<Vec<f64>> = (0..40).map(|s| vec![f64::from(s), 1.0]).collect();
    let series: Vec<&[f64]> = values.iter().map(Vec::as_slice).collect();
    let svg = svg(line(Labels::Numbers(vec![0.0, 1.0]), &series), &[]);
    assert!(svg.contains(">series 0<") && svg.contains(">series 39<") && svg.contains(">12 of 40<"));
}

#[test]
fn a_long_line_is_quick_and_keeps_its_outermost_values() {
    let mut values: Vec<f64> = (0..1_000_000).map(|i| f64::from(i % 7)).collect();
    values[123_456] = 100.0;
    let x = Labels::Numbers((0..1_000_000).map(f64::from).collect());
    let svg = svg(line(x, &[&values]), &[]);
    assert!(svg.len() < 100_000, "{} bytes", svg.len());
    assert!(svg.contains(">100<"));
    let top = svg.split(['"', ' ']).filter_map(|p| p.split_once(',')?.1.parse::<f64>().ok()).fold(999.0, f64::min);
    assert!(top < 50.0, "the outlier is drawn, at {top}");
}

fn movie() -> Movie {
    Movie {
        frames: Dimension::new(Quantity::new("time"), Labels::Times(vec![4595 * DAY, 4626 * DAY, 4656 * DAY])),
        grid: Grid::Map(map(&[0.0, 10.0], &[50.0, 40.0], &[])),
        values: vec![vec![1.0, 2.0, 2.0, 2.0], vec![2.0, f64::NAN, 2.0, 9.0], vec![9.0, 2.0, 2.0, 2.0]],
    }
}

#[test]
fn a_movie_has_a_frame_for_each_label_and_one_colour_scale() {
    let (movie, style) = (movie(), style(&[("fps", "4")]));
    let font = Font::new().unwrap();
    let values: Vec<&[f64]> = movie.values.iter().map(Vec::as_slice).collect();
    let frame = Plan::new(Source::from(&movie.grid), &values, true, 1, &style, &font).unwrap().frame;
    let gif = gif_frames(&draw(&Picture::Movie(movie.clone()), &style, Format::Gif).unwrap());
    assert_eq!(gif.iter().map(|f| f.1).collect::<Vec<_>>(), [25, 25, 25]);
    assert_eq!(gif[0].0.inside(frame, 0.25, 0.25), LOW, "the least of all frames");
    assert_eq!(gif[2].0.inside(frame, 0.25, 0.25), HIGH, "the greatest of all frames");
    assert_eq!(gif[1].0.inside(frame, 0.75, 0.25), [0xdc, 0xdc, 0xdc, 255]);
    let same = gif[0].0.inside(frame, 0.75, 0.75);
    assert_eq!(gif[2].0.inside(frame, 0.75, 0.75), same, "a cell that changes back is drawn again");
    let title = |f: usize| gif[f].0.data[..gif[f].0.width * frame.top as usize * 4].to_vec();
    assert_ne!(title(0), title(1));

    let apng = draw(&Picture::Movie(movie.clone()), &style, Format::Apng).unwrap();
    let (first, frames) = png_frames(&apng);
    assert_eq!(frames, 3);
    assert_eq!(first.inside(frame, 0.25, 0.25), LOW);

    let error = failure(&Picture::Movie(movie.clone()), Format::Png);
    assert_eq!(
        error,
        "a movie of `3` frames does not fit into a still picture; hint: use GIF or APNG, or choose one label of `time`"
    );
    let one = Movie {
        frames: Dimension::new(Quantity::new("time"), Labels::Times(vec![4595 * DAY])),
        values: movie.values[..1].to_vec(),
        ..movie
    };
    let svg = draw(&Picture::Movie(one), &style, Format::Svg).unwrap();
    assert!(String::from_utf8(svg).unwrap().contains(">time = 1982-08-01<"));
}

#[test]
fn the_same_picture_has_the_same_bytes() {
    for format in [Format::Gif, Format::Apng] {
        let draw = || draw(&Picture::Movie(movie()), &Style::default(), format).unwrap();
        assert_eq!(draw(), draw());
    }
}

#[test]
fn a_map_of_the_earth_has_the_shape_of_the_earth() {
    let lon: Vec<f64> = (0..36).map(|i| f64::from(i) * 10.0 + 5.0).collect();
    let lat: Vec<f64> = (0..18).map(|i| f64::from(i) * 10.0 - 85.0).collect();
    let values: Vec<f64> = (0..36 * 18).map(f64::from).collect();
    let (_, frame) = drawn(&map(&lon, &lat, &values), &[]);
    assert!((f64::from(frame.width) / f64::from(frame.height) - 2.0).abs() < 0.02, "{frame:?}");
    let (pixels, _) = drawn(&map(&lon, &lat, &values), &[("width", "400"), ("height", "333")]);
    assert_eq!(pixels.data.len(), 400 * 333 * 4, "a size that is given is kept");
}

#[test]
fn what_cannot_be_drawn_is_an_error_that_says_why() {
    let nan = f64::NAN;
    let one = |labels| Picture::Line(line(labels, &[&[1.0]]));
    let cases = [
        (Picture::Map(map(&[], &[1.0], &[])), "`lon` has no labels, expected at least one; hint: "),
        (Picture::Map(map(&[1.0], &[1.0], &[])), "`sst` has `0` values, expected 1, one for each label"),
        (Picture::Map(map(&[1.0], &[1.0], &[nan])), "all values of `sst` are missing, expected at least one to draw"),
        (Picture::Map(map(&[nan], &[1.0], &[1.0])), "the label of `lon` at `0` is missing, expected a place to draw"),
        (
            Picture::Map(map(&[1.0, 1.0], &[1.0], &[1.0, 2.0])),
            "`lon` has the label `1` twice, expected each label once",
        ),
        (one(Labels::Numbers(vec![])), "`time` has no labels"),
        (one(Labels::Numbers(vec![1.0, 2.0])), "`series 0` has `1` values, expected 2"),
        (one(Labels::Times(vec![i64::MIN])), "the label of `time` at `0` is missing"),
        (Picture::Line(line(Labels::Numbers(vec![1.0]), &[])), "`sst` has no series, expected at least one line"),
        (Picture::Line(line(Labels::Numbers(vec![1.0]), &[&[nan]])), "all values of `sst` are missing"),
        (Picture::Movie(Movie { values: vec![], ..movie() }), "`sst` has `0` frames, expected 3, one for each label"),
        (Picture::Movie(Movie { values: vec![vec![1.0]; 3], ..movie() }), "`sst` has `1` values, expected 4"),
    ];
    for (picture, expected) in cases {
        for format in [Format::Gif, Format::Svg] {
            let error = failure(&picture, format);
            let still = format == Format::Svg && matches!(picture, Picture::Movie(_));
            assert!(error.starts_with(expected) || still, "{error}\nexpected: {expected}");
        }
    }
    let mesh = Mesh {
        shape: (usize::MAX, 2),
        x: vec![],
        y: vec![],
        x_quantity: Quantity::new("x"),
        y_quantity: Quantity::new("y"),
        values: vec![],
        value: Quantity::new("t"),
    };
    assert!(failure(&Picture::Mesh(mesh.clone()), Format::Png).contains("cells, expected less than"));
    assert!(failure(&Picture::Mesh(Mesh { shape: (0, 9), ..mesh }), Format::Png).starts_with("`t` has no cells"));
}

#[test]
fn a_movie_that_would_take_minutes_is_refused() {
    let frames = 20_000;
    let long = Movie {
        frames: Dimension::new(Quantity::new("run"), Labels::Numbers((0..frames).map(f64::from).collect())),
        grid: Grid::Map(map(&[0.0], &[0.0], &[])),
        values: vec![vec![1.0]; frames as usize],
    };
    let error = failure(&Picture::Movie(long), Format::Gif);
    assert!(error.starts_with("a movie of `20000` frames of 800"), "{error}");
}

#[test]
fn options_are_checked_and_unknown_ones_list_the_valid_ones() {
    let set = |name: &str, value: &str| Style::default().set(name, value).map_err(|e| e.to_string());
    assert_eq!(set("width", "99"), Err("`width` is `99`, expected 100 to 8000 pixels".into()));
    assert_eq!(set("height", "-1"), Err("`height` is `-1`, expected 100 to 8000 pixels".into()));
    assert_eq!(set("fps", "0"), Err("`fps` is `0`, expected 0.1 to 50 frames in a second".into()));
    assert_eq!(set("fps", "NaN"), Err("`fps` is `NaN`, expected 0.1 to 50 frames in a second".into()));
    assert_eq!(set("vmin", "inf"), Err("`vmin` is `inf`, expected a finite number".into()));
    assert_eq!(set("vmax", "hot"), Err("`vmax` is `hot`, expected a number".into()));
    assert_eq!(set("yincrease", "down"), Err("`yincrease` is `down`, expected `true` or `false`".into()));
    let error = set("titel", "x").unwrap_err();
    assert!(error.starts_with("unknown option `titel` of a picture; hint: did you mean `title`? valid: "), "{error}");
    let mut style = style(&[("vmin", "5")]);
    let error = style.set("vmax", "5").unwrap_err().to_string();
    assert!(error.starts_with("`vmin` is `5`, expected less than `vmax`, which is `5`"), "{error}");
    for name in Style::NAMES {
        let error = Style::default().set(name, "");
        assert!(error.is_ok() || !error.unwrap_err().to_string().contains("unknown option"), "{name}");
    }
    assert_eq!("PNG".parse::<Format>().unwrap(), Format::Png);
    assert!("jpeg".parse::<Format>().unwrap_err().to_string().starts_with("unknown format `jpeg` of a picture"));
}

#[test]
fn extreme_numbers_and_sizes_give_a_picture_or_an_error() {
    let extremes = [0.0, 1e-320, -1e-300, 1.0, 1e15, -1e300, f64::MAX];
    let sizes = [("100", "100"), ("100", "700"), ("900", "100")];
    for (i, a) in extremes.into_iter().enumerate() {
        for b in extremes {
            let (width, height) = sizes[i % 3];
            let style =
                style(&[("width", width), ("height", height), ("title", "a title\nthat is far too long for this")]);
            let values = [a, b, f64::NAN, b];
            let word = "a label that is far too long for any picture".to_string();
            let texts = Labels::Texts((0..2).map(|n| format!("{n} {word}")).collect());
            let pictures = [
                Picture::Map(map(&[0.0, 1.0], &[0.0, 1.0], &values)),
                Picture::Map(map(&[a, b], &[b, a], &values)),
                Picture::Map(Map {
                    x: Dimension::new(Quantity::new("x"), texts.clone()),
                    ..map(&[], &[0.0, 1.0], &values)
                }),
                Picture::Line(line(Labels::Numbers(vec![a, b]), &[&[a, b], &[b, a]])),
                Picture::Line(line(texts, &[&[a, b], &[b, a]])),
                Picture::Line(line(Labels::Times(vec![a as i64, b as i64]), &[&[a, f64::NAN]])),
            ];
            for picture in pictures {
                for format in [Format::Png, Format::Svg, Format::Gif] {
                    let _ = draw(&picture, &style, format);
                }
            }
        }
    }
}
