//! Where the sample has land: rough outlines of the continents, in whole degrees, so that the test is exact.

/// Corners as (longitude from -180 to 180, latitude), in order around the outline.
type Outline = &'static [(i32, i32)];

#[rustfmt::skip]
const AFRICA: Outline = &[
    (-17, 15), (-17, 21), (-10, 30), (-6, 36), (10, 37), (11, 33), (20, 31), (32, 31), (43, 12), (51, 12), (40, -3),
    (40, -15), (35, -24), (32, -29), (27, -34), (18, -35), (12, -17), (13, -6), (9, 1), (9, 4), (-8, 4), (-13, 8),
];

#[rustfmt::skip]
const EURASIA: Outline = &[
    (-9, 37), (-9, 43), (-1, 44), (-4, 48), (3, 51), (8, 54), (9, 57), (5, 59), (14, 67), (25, 71), (40, 67),
    (60, 69), (70, 73), (105, 78), (140, 73), (180, 70), (180, 64), (163, 60), (156, 51), (157, 59), (142, 59),
    (135, 54), (140, 48), (130, 43), (127, 39), (129, 35), (126, 35), (121, 40), (119, 37), (122, 31), (120, 26),
    (110, 20), (107, 17), (109, 11), (105, 9), (100, 13), (104, 2), (98, 8), (98, 16), (91, 22), (80, 15), (78, 8),
    (73, 17), (70, 22), (60, 25), (51, 25), (48, 30), (57, 24), (60, 22), (52, 16), (44, 12), (39, 20), (34, 28),
    (35, 36), (27, 37), (23, 38), (19, 42), (13, 45), (16, 40), (12, 43), (4, 43), (0, 40), (-2, 37),
];

#[rustfmt::skip]
const NORTH_AMERICA: Outline = &[
    (-168, 66), (-156, 71), (-128, 70), (-95, 68), (-82, 67), (-94, 60), (-80, 52), (-78, 62), (-65, 60), (-56, 52),
    (-66, 45), (-70, 42), (-76, 35), (-81, 31), (-80, 26), (-83, 29), (-90, 30), (-97, 27), (-97, 20), (-90, 19),
    (-87, 21), (-88, 16), (-83, 14), (-83, 10), (-78, 9), (-80, 7), (-87, 12), (-95, 16), (-105, 20), (-109, 26),
    (-114, 31), (-110, 23), (-117, 32), (-124, 40), (-124, 48), (-133, 56), (-145, 60), (-153, 58), (-163, 55),
    (-158, 59), (-166, 61),
];

#[rustfmt::skip]
const SOUTH_AMERICA: Outline = &[
    (-77, 8), (-72, 12), (-60, 10), (-50, 1), (-35, -6), (-39, -15), (-48, -27), (-57, -36), (-65, -42), (-67, -55),
    (-75, -50), (-73, -37), (-70, -18), (-81, -5), (-79, 2),
];

#[rustfmt::skip]
const AUSTRALIA: Outline = &[
    (114, -22), (122, -18), (130, -12), (136, -12), (140, -17), (142, -11), (146, -19), (153, -26), (150, -37),
    (140, -38), (131, -31), (115, -35),
];

#[rustfmt::skip]
const GREENLAND: Outline = &[
    (-72, 78), (-60, 82), (-30, 84), (-18, 78), (-22, 70), (-42, 60), (-50, 64), (-54, 70),
];

#[rustfmt::skip]
const ARCTIC_ARCHIPELAGO: Outline = &[
    (-125, 72), (-118, 76), (-95, 80), (-70, 83), (-76, 76), (-62, 67), (-68, 62), (-90, 70), (-115, 69),
];

#[rustfmt::skip]
const ANTARCTICA: Outline = &[
    (-180, -91), (-180, -78), (-160, -77), (-130, -74), (-100, -72), (-75, -72), (-62, -64), (-58, -64), (-62, -74),
    (-40, -78), (-20, -73), (0, -69), (40, -68), (60, -67), (100, -66), (145, -67), (168, -72), (165, -78),
    (180, -78), (180, -91),
];

const ISLANDS: &[Outline] = &[
    &[(43, -25), (50, -25), (50, -14), (43, -17)],
    &[(109, -3), (116, -4), (119, 5), (116, 7), (109, 2)],
    &[(132, -1), (141, -3), (150, -10), (138, -8)],
    &[(95, 6), (106, -6), (104, -6), (97, 1)],
    &[(130, 31), (136, 34), (141, 36), (145, 44), (140, 42), (137, 37)],
    &[(167, -46), (173, -44), (178, -38), (173, -35), (171, -42)],
    &[(-5, 50), (1, 51), (0, 54), (-3, 59), (-6, 56)],
    &[(-24, 65), (-14, 65), (-16, 67), (-22, 66)],
];

/// Whether the cell at `latitude` and `longitude`, from 0 to 360, is land.
fn is_land(latitude: i32, longitude: i32) -> bool {
    let longitude = if longitude >= 180 { longitude - 360 } else { longitude };
    [AFRICA, EURASIA, NORTH_AMERICA, SOUTH_AMERICA, AUSTRALIA, GREENLAND, ARCTIC_ARCHIPELAGO, ANTARCTICA]
        .iter()
        .chain(ISLANDS)
        .any(|outline| is_inside(outline, longitude, latitude))
}

/// Whether the place whose longitude is from 0 to 360 is land, to the nearest degree.
pub(super) fn is_land_near(latitude: f64, longitude: f64) -> bool {
    let degree = |v: f64| (v + 0.5).floor() as i32;
    is_land(degree(latitude), degree(longitude) % 360)
}

/// Counts the sides that a line to the east crosses; in whole numbers, so that no rounding decides.
fn is_inside(outline: Outline, x: i32, y: i32) -> bool {
    let sides = outline.iter().zip(outline.iter().cycle().skip(1));
    let crossed = sides.filter(|&(&(x1, y1), &(x2, y2))| {
        let (rise, run) = (y2 - y1, x2 - x1);
        let across = (x - x1) * rise - (y - y1) * run;
        (y1 > y) != (y2 > y) && if rise > 0 { across < 0 } else { across > 0 }
    });
    crossed.count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_that_everybody_knows_are_land_or_sea() {
        for (latitude, longitude, land) in [
            (0, 20, true),
            (50, 100, true),
            (40, 260, true),
            (-10, 300, true),
            (-25, 135, true),
            (-86, 0, true),
            (72, 320, true),
            (0, 220, false),
            (30, 320, false),
            (-30, 80, false),
            (88, 0, false),
            (-60, 200, false),
            (36, 18, false),
        ] {
            assert_eq!(is_land(latitude, longitude), land, "{latitude} {longitude}");
        }
    }
}
