//! Colours: the published tables, and the rule that chooses ends and map.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;

/// Every 15th of the 256 colours of matplotlib 3 and cmocean 4.
const PUBLISHED: &[(&str, [u32; 18])] = &[
    (
        "viridis",
        [
            0x440154, 0x481769, 0x472a7a, 0x433d84, 0x3d4e8a, 0x355e8d, 0x2e6d8e, 0x297b8e, 0x23898e, 0x1f978b,
            0x21a585, 0x2eb37c, 0x46c06f, 0x65cb5e, 0x89d548, 0xb0dd2f, 0xd8e219, 0xfde725,
        ],
    ),
    (
        "magma",
        [
            0x000004, 0x090720, 0x1a1042, 0x311165, 0x4a1079, 0x621980, 0x792282, 0x912b81, 0xaa337d, 0xc23b75,
            0xd9466b, 0xec5860, 0xf7725c, 0xfc8e64, 0xfeaa74, 0xfec68a, 0xfde2a3, 0xfcfdbf,
        ],
    ),
    (
        "plasma",
        [
            0x0d0887, 0x2f0596, 0x4903a0, 0x6100a7, 0x7801a8, 0x8e0ca4, 0xa21d9a, 0xb42e8d, 0xc43e7f, 0xd24f71,
            0xde6164, 0xe97257, 0xf3854b, 0xf99a3e, 0xfdaf31, 0xfdc627, 0xf8df25, 0xf0f921,
        ],
    ),
    (
        "inferno",
        [
            0x000004, 0x0a0722, 0x1e0c45, 0x380962, 0x510e6c, 0x69166e, 0x801f6c, 0x982766, 0xb0315b, 0xc63d4d,
            0xd94d3d, 0xe9612b, 0xf47918, 0xfa9407, 0xfcb014, 0xf8cd37, 0xf2ea69, 0xfcffa4,
        ],
    ),
    (
        "cividis",
        [
            0x00224e, 0x002d68, 0x163770, 0x2e416d, 0x3f4c6c, 0x4e566c, 0x5c616e, 0x696b71, 0x767676, 0x838179,
            0x928c78, 0xa09875, 0xafa471, 0xbfb06b, 0xcfbd62, 0xdfca57, 0xf0d846, 0xfee838,
        ],
    ),
    (
        "turbo",
        [
            0x30123b, 0x3f3e9c, 0x4666dd, 0x458cfd, 0x2fb2f4, 0x1ad4d0, 0x22ebaa, 0x52fa7a, 0x8bff4b, 0xb7f735,
            0xdbe236, 0xf5c53a, 0xfea130, 0xf9751d, 0xe84b0c, 0xce2d04, 0xa91601, 0x7a0403,
        ],
    ),
    (
        "coolwarm",
        [
            0x3b4cc0, 0x4c66d6, 0x5f7fe8, 0x7396f5, 0x88abfd, 0x9dbdff, 0xb1cbfc, 0xc4d5f3, 0xd5dbe5, 0xe4d9d2,
            0xf0cdbb, 0xf6bea4, 0xf7aa8c, 0xf39475, 0xe97a5f, 0xdc5d4a, 0xca3b37, 0xb40426,
        ],
    ),
    (
        "RdBu",
        [
            0x67001f, 0x930e26, 0xb82531, 0xce4f45, 0xe17860, 0xf2a17f, 0xf9c2a7, 0xfcdecd, 0xf9efe9, 0xecf2f5,
            0xd5e7f1, 0xb3d6e8, 0x8dc2dc, 0x5fa5cd, 0x3b88be, 0x276eb0, 0x15508d, 0x053061,
        ],
    ),
    (
        "BrBG",
        [
            0x543005, 0x754308, 0x955910, 0xb37625, 0xca9849, 0xddbe78, 0xebd6a2, 0xf6eac9, 0xf5f1e6, 0xe7f2f0,
            0xccebe7, 0xa6dcd4, 0x7ccabe, 0x4faaa1, 0x298b83, 0x0a6f67, 0x01554b, 0x003c30,
        ],
    ),
    (
        "RdYlBu",
        [
            0xa50026, 0xc21c27, 0xdc3b2c, 0xed5f3c, 0xf7844e, 0xfcaa5f, 0xfec87a, 0xfee496, 0xfff6b1, 0xf6fbd0,
            0xe4f4f1, 0xc7e7f1, 0xa8d6e8, 0x87bdd9, 0x69a0ca, 0x4d7fb9, 0x3d5ba7, 0x313695,
        ],
    ),
    (
        "Spectral",
        [
            0x9e0142, 0xbe254a, 0xda464d, 0xed6246, 0xf7844e, 0xfcaa5f, 0xfec877, 0xfee491, 0xfff6b0, 0xf8fcb4,
            0xe9f69d, 0xcaea9e, 0xa7dba4, 0x7ecca5, 0x5ab4ab, 0x3b92b9, 0x4471b2, 0x5e4fa2,
        ],
    ),
    (
        "Blues",
        [
            0xf7fbff, 0xebf3fb, 0xdfecf7, 0xd4e4f4, 0xc9ddf0, 0xb8d5ea, 0xa5cde3, 0x8fc2de, 0x77b5d9, 0x61a7d2,
            0x4e9acb, 0x3c8cc3, 0x2d7dbb, 0x1e6db2, 0x125ea6, 0x084f99, 0x084082, 0x08306b,
        ],
    ),
    (
        "Greens",
        [
            0xf7fcf5, 0xeff9eb, 0xe6f5e1, 0xd9f0d3, 0xcbeac4, 0xbae3b3, 0xa8dca2, 0x94d390, 0x7fc97f, 0x68be70,
            0x50b264, 0x3ca559, 0x2e964d, 0x1f8742, 0x0e7936, 0x006b2b, 0x005723, 0x00441b,
        ],
    ),
    (
        "Reds",
        [
            0xfff5f0, 0xffebe2, 0xfee1d4, 0xfdd1be, 0xfcbfa7, 0xfcad90, 0xfc997a, 0xfc8666, 0xfb7353, 0xf85f43,
            0xf34935, 0xe93529, 0xd82422, 0xc7171c, 0xb51318, 0xa10e15, 0x840711, 0x67000d,
        ],
    ),
    (
        "YlOrRd",
        [
            0xffffcc, 0xfff7b7, 0xffeea3, 0xffe58f, 0xfedb7b, 0xfecb67, 0xfeb953, 0xfea747, 0xfd9640, 0xfd7e38,
            0xfc612f, 0xf84528, 0xec2c21, 0xdf171d, 0xcd0b22, 0xb90026, 0x9d0026, 0x800026,
        ],
    ),
    (
        "grey",
        [
            0x000000, 0x0f0f0f, 0x1e1e1e, 0x2d2d2d, 0x3c3c3c, 0x4b4b4b, 0x5a5a5a, 0x696969, 0x787878, 0x878787,
            0x969696, 0xa5a5a5, 0xb4b4b4, 0xc3c3c3, 0xd2d2d2, 0xe1e1e1, 0xf0f0f0, 0xffffff,
        ],
    ),
    (
        "thermal",
        [
            0x042333, 0x082d52, 0x163377, 0x33339b, 0x50399e, 0x664397, 0x7a4c91, 0x8f548c, 0xa55c86, 0xbb627d,
            0xd16a6f, 0xe5745e, 0xf3834c, 0xfa983f, 0xfcaf3c, 0xf9c842, 0xf2e14d, 0xe8fa5b,
        ],
    ),
];

#[test]
fn each_map_is_within_two_of_the_published_colours() {
    assert_eq!(PUBLISHED.len(), ColourMap::names().count());
    for (name, colours) in PUBLISHED {
        let map: ColourMap = name.parse().unwrap();
        let reversed: ColourMap = format!("{name}_r").parse().unwrap();
        for (i, expected) in colours.iter().enumerate() {
            let t = (i * 15) as f64 / 255.0;
            let [_, r, g, b] = expected.to_be_bytes();
            for (channel, (found, expected)) in map.at(t).into_iter().zip([r, g, b]).enumerate() {
                assert!(found.abs_diff(expected) <= 2, "{name} at {t}, channel {channel}: {found}, not {expected}");
            }
            assert_eq!(map.at(t), reversed.at(1.0 - t), "{name}");
        }
    }
}

#[test]
fn a_name_is_found_in_any_case_and_a_wrong_one_lists_the_nearest() {
    assert_eq!("rdbu_R".parse::<ColourMap>().unwrap().to_string(), "RdBu_r");
    assert_eq!("gray".parse::<ColourMap>().unwrap().to_string(), "grey");
    let error = "virdis".parse::<ColourMap>().unwrap_err().to_string();
    assert!(
        error.starts_with("unknown colour map `virdis`; hint: did you mean `viridis`? valid: `viridis`, "),
        "{error}"
    );
}

fn scale(values: &[f64], options: &[(&str, &str)]) -> Result<Scale> {
    let mut style = Style::default();
    for (name, value) in options {
        style.set(name, value)?;
    }
    Scale::new(values, &Quantity::new("t"), &style)
}

#[test]
fn values_on_both_sides_of_zero_part_there_unless_the_style_says_otherwise() {
    let free = scale(&[-1.0, f64::NAN, 4.0], &[]).unwrap();
    assert_eq!((free.low, free.high), (-4.0, 4.0));
    assert_eq!(free.colour(-4.0), Some("RdBu".parse::<ColourMap>().unwrap().at(1.0)));
    for options in [[("vmin", "-2")], [("vmax", "5")], [("cmap", "viridis")]] {
        let given = scale(&[-1.0, 4.0], &options).unwrap();
        assert_eq!(given.colour(given.low), Some([0x44, 0x01, 0x54]), "{options:?}");
    }
    let one_sided = scale(&[0.0, 4.0], &[]).unwrap();
    assert_eq!((one_sided.low, one_sided.high), (0.0, 4.0));
}

#[test]
fn values_beyond_the_ends_take_the_colours_of_the_ends_and_missing_ones_none() {
    let scale = scale(&[0.0, 100.0], &[("vmin", "10"), ("vmax", "20")]).unwrap();
    assert!(scale.below && scale.above);
    assert_eq!(scale.colour(-5.0), scale.level(0));
    assert_eq!(scale.colour(1e300), scale.level(255));
    assert_eq!(scale.colour(f64::NAN), None);
    assert_eq!(scale.colour(f64::INFINITY), None);
}

#[test]
fn a_constant_has_a_scale_and_nothing_at_all_has_none() {
    let constant = scale(&[5.0, 5.0], &[]).unwrap();
    assert!(constant.low < 5.0 && constant.high > 5.0);
    let error = |values: &[f64], options: &[(&str, &str)]| scale(values, options).err().unwrap().to_string();
    assert_eq!(error(&[f64::NAN], &[]), "all values of `t` are missing, expected at least one to draw");
    assert_eq!(error(&[1.0, 2.0], &[("vmin", "9")]), "`vmin` is `9`, above all values of `t`");
    assert_eq!(error(&[1.0, 2.0], &[("vmax", "-9")]), "`vmax` is `-9`, below all values of `t`");
    assert!(error(&[-1e308, 1e308], &[]).starts_with("`t` reaches `-1e308`, expected numbers within ±1e300"));
}
