//! Ticks of numbers, with the labels that a person would write.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;

fn texts(low: f64, high: f64, most: usize, notation: Notation) -> Vec<String> {
    ticks(low, high, most, notation, false).0.into_iter().map(|t| t.text).collect()
}

#[test]
fn steps_are_round_and_labels_have_no_rounding_errors() {
    assert_eq!(texts(0.0, 0.7, 8, Notation::Plain), ["0.0", "0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7"]);
    assert_eq!(texts(-1.3, 1.2, 6, Notation::Plain), ["−1.0", "−0.5", "0.0", "0.5", "1.0"]);
    assert_eq!(texts(0.0, 1.0, 5, Notation::Plain), ["0.00", "0.25", "0.50", "0.75", "1.00"]);
    assert_eq!(texts(1000.0, 100.0, 5, Notation::Plain), Vec::<String>::new());
    assert_eq!(texts(100.0, 1000.0, 5, Notation::Plain), ["250", "500", "750", "1000"]);
}

#[test]
fn whole_labels_have_whole_ticks() {
    let texts = |low, high| ticks(low, high, 8, Notation::Plain, true).0.into_iter().map(|t| t.text);
    assert!(texts(0.5, 3.5).eq(["1", "2", "3"]));
    assert!(texts(4.5, 5.5).eq(["5"]));
}

#[test]
fn latitudes_and_longitudes_have_their_letters() {
    assert_eq!(texts(-90.0, 90.0, 7, Notation::Latitude), ["90°S", "60°S", "30°S", "0°", "30°N", "60°N", "90°N"]);
    assert_eq!(texts(0.0, 360.0, 5, Notation::Longitude), ["0°", "90°E", "180°", "90°W", "0°"]);
    assert_eq!(texts(-180.0, 180.0, 5, Notation::Longitude), ["180°", "90°W", "0°", "90°E", "180°"]);
    assert_eq!(texts(50.1, 50.4, 4, Notation::Latitude), ["50.1°N", "50.2°N", "50.3°N", "50.4°N"]);
    for units in ["degrees_north", "degree_north", "degrees_N", "degreeN"] {
        assert_eq!(Notation::of(Some(units)), Notation::Latitude, "{units}");
    }
    assert_eq!(Notation::of(Some("degrees_east")), Notation::Longitude);
    assert_eq!(Notation::of(Some("degrees")), Notation::Plain);
    assert_eq!(Notation::of(None), Notation::Plain);
}

#[test]
fn very_large_and_very_small_numbers_leave_out_a_power_of_ten() {
    let (small, exponent) = ticks(0.0, 4e-5, 5, Notation::Plain, false);
    assert_eq!((small[1].text.as_str(), exponent), ("1", -5));
    assert!((small[1].at - 1e-5).abs() < 1e-18);
    let (large, exponent) = ticks(0.0, 3e7, 4, Notation::Plain, false);
    assert_eq!((large[3].text.as_str(), exponent), ("3", 7));
    assert_eq!(power_of_ten(-15), "10⁻¹⁵");
    assert_eq!(power_of_ten(302), "10³⁰²");
}

#[test]
fn no_range_makes_many_ticks() {
    for size in [1e-290, 1e-9, 1.0, 1e9, 1e300] {
        for (low, high) in [(0.0, 1.0), (-1.0, 1.0), (1.0, 1.0 + 1e-8), (-0.37, 0.11)] {
            for most in 2..12 {
                for notation in [Notation::Plain, Notation::Longitude] {
                    let (list, _) = ticks(low * size, high * size, most, notation, false);
                    assert!(list.len() <= most + 1, "{} ticks from {low} to {high} times {size}", list.len());
                }
            }
        }
    }
}

#[test]
fn a_number_by_itself_is_short() {
    assert_eq!(short(0.1 + 0.2), "0.3");
    assert_eq!(short(f64::from(0.1f32)), "0.1");
    assert_eq!(short(-2.5), "−2.5");
    assert_eq!(short(12_345_678.0), "12345678");
    assert_eq!(short(1.5e-20), "1.5e−20");
}
