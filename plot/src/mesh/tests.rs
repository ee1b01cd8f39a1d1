//! Meshes: cells around their middles, seams at the date line, and a regular mesh as the map that it is.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::picture::Quantity;

const NONE: u32 = u32::MAX;

fn mesh(shape: (usize, usize), x: Vec<f64>, y: Vec<f64>, units: [&str; 2]) -> Mesh {
    Mesh {
        shape,
        x,
        y,
        x_quantity: Quantity::new("x").with_units(units[0]),
        y_quantity: Quantity::new("y").with_units(units[1]),
        values: vec![1.0; shape.0 * shape.1],
        value: Quantity::new("t"),
    }
}

fn pixels(mesh: &Mesh, width: u32, height: u32) -> (Axis, Axis, Vec<u32>) {
    let cells = Cells::new(mesh);
    let (x, y) = cells.axes().unwrap();
    let frame = Frame { left: 0, top: 0, width, height };
    let pixels = cells.pixels(&x, &y, frame, NONE);
    (x, y, pixels)
}

#[test]
fn a_regular_mesh_covers_the_same_pixels_as_a_map() {
    // Rows go up, so the first is at the bottom of the picture.
    let mesh = mesh((2, 3), vec![0.0, 1.0, 2.0, 0.0, 1.0, 2.0], vec![0.0, 0.0, 0.0, 1.0, 1.0, 1.0], ["m", "m"]);
    let (x, y, pixels) = pixels(&mesh, 6, 2);
    assert_eq!((x.low, x.high, y.low, y.high), (-0.5, 2.5, -0.5, 1.5));
    assert_eq!(pixels, [3, 3, 4, 4, 5, 5, 0, 0, 1, 1, 2, 2]);
}

#[test]
fn a_turned_mesh_has_turned_cells() {
    // The middles of a square that stands on its corner.
    let mesh = mesh((2, 2), vec![0.0, 1.0, -1.0, 0.0], vec![0.0, 1.0, 1.0, 2.0], ["m", "m"]);
    let (x, y, pixels) = pixels(&mesh, 40, 40);
    assert_eq!((x.low, x.high, y.low, y.high), (-2.0, 2.0, -1.0, 3.0));
    let at = |column: usize, row: usize| pixels[row * 40 + column];
    assert_eq!([at(20, 5), at(5, 20), at(35, 20), at(20, 35)], [3, 2, 1, 0], "up, left, right, down");
    assert_eq!([at(1, 1), at(38, 1), at(1, 38), at(38, 38)], [NONE; 4], "the corners of the picture are outside");
}

#[test]
fn cells_across_the_date_line_are_where_they_belong_and_no_wider() {
    let x = vec![170.0, 175.0, 180.0, -175.0, -170.0];
    let mesh = mesh((1, 5), x, vec![0.0; 5], ["degrees_east", "degrees_north"]);
    let (x, _, pixels) = pixels(&mesh, 5, 1);
    assert_eq!((x.low, x.high), (167.5, 192.5));
    assert_eq!(pixels, [0, 1, 2, 3, 4]);
}

#[test]
fn a_mesh_around_the_world_is_closed_and_smears_nothing() {
    for start in [-180.0, 0.0, 74.0] {
        let middles: Vec<f64> = (0..36).map(|i| start + f64::from(i) * 10.0).collect();
        // As models write it: one turn, wherever the grid begins.
        let wrapped: Vec<f64> = middles.iter().map(|x| (x + 180.0).rem_euclid(360.0) - 180.0).collect();
        let mesh = mesh((1, 36), wrapped.clone(), vec![0.0; 36], ["degrees_east", "degrees_north"]);
        let (x, _, pixels) = pixels(&mesh, 360, 1);
        assert!((x.high - x.low - 360.0).abs() < 1e-9, "{start}: {} to {}", x.low, x.high);
        for (i, cell) in pixels.iter().enumerate() {
            assert_ne!(*cell, NONE, "{start}: pixel {i}");
            let off = (x.value((i as f64 + 0.5) / 360.0) - wrapped[*cell as usize]).rem_euclid(360.0);
            assert!(off.min(360.0 - off) <= 5.5, "{start}: pixel {i} is {off} from its cell");
        }
    }
}

#[test]
fn cells_without_a_place_are_skipped() {
    let (nan, inf) = (f64::NAN, f64::INFINITY);
    let mesh = mesh((2, 2), vec![0.0, nan, 0.0, 1.0], vec![0.0, 0.0, inf, 1.0], ["m", "m"]);
    let (.., pixels) = pixels(&mesh, 20, 20);
    assert!(pixels.contains(&0) && pixels.contains(&3));
    assert!(!pixels.contains(&1) && !pixels.contains(&2));
    let nowhere = super::Mesh { x: vec![nan; 4], ..mesh };
    let error = Cells::new(&nowhere).axes().unwrap_err().to_string();
    assert_eq!(error, "no cell of `t` has a place, expected finite `x` and `y`");
}

#[test]
fn far_away_coordinates_end() {
    for far in [1e4, 1e15, 1e300, f64::MAX] {
        for units in ["degrees_east", "m"] {
            let mesh = mesh((2, 2), vec![0.0, far, -far, 1.0], vec![0.0, far, 1.0, -far], [units, "m"]);
            let cells = Cells::new(&mesh);
            if let Ok((x, y)) = cells.axes() {
                let frame = Frame { left: 0, top: 0, width: 10, height: 10 };
                assert_eq!(cells.pixels(&x, &y, frame, NONE).len(), 100);
            }
        }
    }
}
