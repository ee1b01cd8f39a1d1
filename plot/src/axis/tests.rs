//! Cells between labels, and the words beside an axis.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;

fn numbers(units: &str, labels: &[f64]) -> Dimension {
    Dimension::new(Quantity::new("y").with_units(units), Labels::Numbers(labels.to_vec()))
}

#[test]
fn bounds_lie_between_labels_also_where_they_are_irregular_or_descend() {
    let cells = Cells::new(&numbers("m", &[0.0, 1.0, 10.0])).unwrap();
    assert_eq!(cells.bounds, [-0.5, 0.5, 5.5, 14.5]);
    assert_eq!([0.4, 0.6, 5.6, 14.4].map(|v| cells.find(v)), [Some(0), Some(1), Some(2), Some(2)]);
    assert_eq!([-0.6, 14.6].map(|v| cells.find(v)), [None, None]);
    let turned = Cells::new(&numbers("m", &[10.0, 1.0, 0.0])).unwrap();
    assert_eq!(turned.bounds, cells.bounds);
    assert_eq!([0.4, 0.6, 5.6].map(|v| turned.find(v)), [Some(2), Some(1), Some(0)]);
}

#[test]
fn a_latitude_ends_at_the_poles() {
    assert_eq!(Cells::new(&numbers("degrees_north", &[-90.0, 0.0, 90.0])).unwrap().bounds, [-90.0, -45.0, 45.0, 90.0]);
    assert_eq!(Cells::new(&numbers("m", &[-90.0, 0.0, 90.0])).unwrap().bounds[0], -135.0);
}

#[test]
fn one_label_is_one_cell() {
    assert_eq!(Cells::new(&numbers("m", &[3.0])).unwrap().bounds, [2.5, 3.5]);
    let day = Dimension::new(Quantity::new("time"), Labels::Times(vec![0]));
    assert_eq!(Cells::new(&day).unwrap().bounds, [-DAY / 2.0, DAY / 2.0]);
}

#[test]
fn a_label_that_comes_twice_is_refused() {
    let error = Cells::new(&numbers("m", &[1.0, 2.0, 1.0])).err().unwrap().to_string();
    assert!(error.starts_with("`y` has the label `1` twice, expected each label once"), "{error}");
    let times = Dimension::new(Quantity::new("time"), Labels::Times(vec![0, 0]));
    let error = Cells::new(&times).err().unwrap().to_string();
    assert!(error.starts_with("`time` has the label `1970-01-01` twice"), "{error}");
}

#[test]
fn titles_have_units_and_powers_of_ten() {
    let quantity = Quantity::new("pr").with_label("precipitation").with_units("kg m-2 s-1");
    let axis = Axis::of_numbers(&quantity, 0.0, 1.0).unwrap();
    let font = Font::new().unwrap();
    let title = |axis: &Axis, exponent| axis.title(exponent).within(&font, 10.0, 1000.0);
    assert_eq!(axis.title(-5).within(&font, 10.0, 150.0), "preci…tion [10⁻⁵ kg m-2 s-1]", "units are not cut");
    assert_eq!(title(&axis, 0), "precipitation [kg m-2 s-1]");
    assert_eq!(title(&axis, -5), "precipitation [10⁻⁵ kg m-2 s-1]");
    assert_eq!(title(&axis.styled(Some(&"rain".to_string()), None), -5), "rain [10⁻⁵]");
    let latitude = Axis::of_numbers(&Quantity::new("lat").with_units("degrees_north"), 0.0, 1.0).unwrap();
    assert_eq!(title(&latitude, 0), "lat", "the ticks have the degrees");
}

#[test]
fn an_inverted_axis_runs_the_other_way() {
    let axis = Axis::of_numbers(&Quantity::new("depth"), 0.0, 100.0).unwrap().styled(None, Some(false));
    assert_eq!((axis.part(0.0), axis.part(100.0), axis.value(1.0)), (1.0, 0.0, 0.0));
}
