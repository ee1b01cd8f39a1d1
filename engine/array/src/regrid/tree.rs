//! The nearest of many points on the sphere: a k-d tree over unit vectors.

/// The mean radius of the earth in metres.
const RADIUS: f64 = 6_371_008.8;

/// A point as a unit vector.
type Vector = [f64; 3];

/// From degrees.
fn vector(lat: f64, lon: f64) -> Vector {
    let ((sin_lat, cos_lat), (sin_lon, cos_lon)) = (lat.to_radians().sin_cos(), lon.to_radians().sin_cos());
    [cos_lat * cos_lon, cos_lat * sin_lon, sin_lat]
}

/// Points of numbers, in the order of a balanced tree: the middle of each slice divides it by one of its coordinates,
/// which alternate from level to level.
#[derive(Debug)]
pub(super) struct Tree {
    points: Vec<(Vector, u32)>,
}

impl Tree {
    /// The points of these latitudes and longitudes in degrees, numbered in their order; one that is missing is left out.
    pub fn new(lat: &[f64], lon: &[f64]) -> Self {
        let is_there = |(_, (lat, lon)): &(u32, (&f64, &f64))| lat.is_finite() && lon.is_finite();
        let numbered = (0u32..).zip(lat.iter().zip(lon)).filter(is_there);
        let mut points: Vec<(Vector, u32)> = numbered.map(|(i, (lat, lon))| (vector(*lat, *lon), i)).collect();
        divide(&mut points, 0);
        Self { points }
    }

    /// The number of the point that is nearest, and how far away it is in metres; of several at the same distance the
    /// first. `None` where there is no point.
    pub fn nearest(&self, lat: f64, lon: f64) -> Option<(u32, f64)> {
        let mut best = (f64::INFINITY, u32::MAX);
        search(&self.points, 0, &vector(lat, lon), &mut best);
        let (square, number) = best;
        square.is_finite().then(|| (number, 2.0 * RADIUS * (square.sqrt() / 2.0).min(1.0).asin()))
    }
}

fn divide(points: &mut [(Vector, u32)], level: usize) {
    let middle = points.len() / 2;
    if points.len() < 2 {
        return;
    }
    points.select_nth_unstable_by(middle, |(a, _), (b, _)| a[level].total_cmp(&b[level]));
    let (before, after) = points.split_at_mut(middle);
    divide(before, (level + 1) % 3);
    divide(after.get_mut(1..).unwrap_or_default(), (level + 1) % 3);
}

fn search(points: &[(Vector, u32)], level: usize, wanted: &Vector, best: &mut (f64, u32)) {
    let (before, rest) = points.split_at(points.len() / 2);
    let Some(((point, number), after)) = rest.split_first() else { return };
    let square: f64 = point.iter().zip(wanted).map(|(a, b)| (a - b) * (a - b)).sum();
    if (square, *number) < *best {
        *best = (square, *number);
    }
    let ahead = wanted[level] - point[level];
    let (near, far) = if ahead < 0.0 { (before, after) } else { (after, before) };
    search(near, (level + 1) % 3, wanted, best);
    if ahead * ahead <= best.0 {
        search(far, (level + 1) % 3, wanted, best);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_nearest_of_all_is_found(
            points in prop::collection::vec((-90i32..=90, -180i32..=180), 1..200),
            (lat, lon) in (-90.0f64..90.0, -400.0f64..400.0),
        ) {
            let (lats, lons): (Vec<f64>, Vec<f64>) = points.iter().map(|(a, b)| (f64::from(*a), f64::from(*b))).unzip();
            let wanted = vector(lat, lon);
            let square = |i: usize| vector(lats[i], lons[i]).iter().zip(&wanted).map(|(a, b)| (a - b) * (a - b)).sum::<f64>();
            let expected = (0..points.len()).min_by(|a, b| square(*a).total_cmp(&square(*b))).unwrap();
            prop_assert_eq!(Tree::new(&lats, &lons).nearest(lat, lon).unwrap().0 as usize, expected);
        }
    }

    #[test]
    fn distances_are_metres_along_the_sphere() {
        let tree = Tree::new(&[0.0, f64::NAN, 89.0], &[179.0, 0.0, 0.0]);
        let (number, distance) = tree.nearest(0.0, -179.0).unwrap();
        assert_eq!(number, 0);
        assert!((distance - 222_390.1).abs() < 0.1, "{distance}");
        assert_eq!(tree.nearest(90.0, 77.0).unwrap().0, 2);
        assert_eq!(Tree::new(&[f64::NAN], &[0.0]).nearest(0.0, 0.0), None);
    }
}
