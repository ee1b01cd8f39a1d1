//! Templates on their own. What PostgreSQL answers is in the tests of the server, which ask it of all templates.
#![allow(clippy::unwrap_used)]

use hyperslab_array::civil::{date_of, days_of};
use proptest::prelude::*;

use super::number::NumberTemplate;
use super::write::Parts;
use super::{DAY, SECOND, Template, iso_week};

/// 2024-03-05 14:07:09.123456.
const MOMENT: i64 = 19_787 * DAY + (14 * 3_600 + 7 * 60 + 9) * SECOND + 123_456;

fn written(template: &str) -> String {
    Template::parse(template).write(&Parts::of_time(MOMENT, false)).unwrap()
}

#[test]
fn a_time_is_written_after_its_template() {
    assert_eq!(written("YYYY-MM-DD HH24:MI:SS.US"), "2024-03-05 14:07:09.123456");
    assert_eq!(written("FMDay, FMDDth FMMonth"), "Tuesday, 5th March");
    assert_eq!(written("IYYY-\"W\"IW-ID"), "2024-W10-2");
}

#[test]
fn an_interval_has_no_weekday() {
    assert!(Template::parse("Day").write(&Parts::of_interval(1, 2, 3)).is_err());
}

#[test]
fn a_text_that_ends_early_leaves_the_rest_at_its_first_value() {
    assert_eq!(Template::parse("YYYY-MM-DD HH24:MI").read("2024-03-05"), Ok(19_787 * DAY));
}

#[test]
fn a_day_that_is_not_there_is_refused() {
    assert!(Template::parse("YYYY-MM-DD").read("2023-02-29").is_err());
    assert!(Template::parse("YYYY-MM-DD").read("2023-13-01").is_err());
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(micros in -60_000_000_000_000_000i64..250_000_000_000_000_000) {
        let template = Template::parse("YYYY-MM-DD HH24:MI:SS.US");
        let text = template.write(&Parts::of_time(micros, false)).unwrap();
        prop_assert_eq!(template.read(&text), Ok(micros));
        let weeks = Template::parse("IYYY-IW-ID");
        let text = weeks.write(&Parts::of_time(micros, false)).unwrap();
        prop_assert_eq!(weeks.read(&text), Ok(micros.div_euclid(DAY) * DAY));
    }

    #[test]
    fn a_day_and_its_date_belong_together(days in -2_000_000i64..100_000_000) {
        let (year, month, day) = date_of(days);
        prop_assert_eq!(days_of(year, month, day), days);
        prop_assert!((1..=53).contains(&iso_week(days).1));
    }

    #[test]
    fn no_template_ends_in_a_panic(template in "\\PC{0,24}", text in "\\PC{0,24}", micros: i64, number: f64, whole: i64) {
        let parsed = Template::parse(&template);
        let _ = parsed.write(&Parts::of_time(micros, true));
        let _ = parsed.write(&Parts::of_interval(micros % 1_000_000, whole % 1_000_000, micros));
        let _ = parsed.read(&text);
        if let Ok(parsed) = NumberTemplate::parse(&template) {
            parsed.write_float(number);
            parsed.write_integer(whole);
        }
    }

    #[test]
    fn no_template_of_fields_ends_in_a_panic(
        parts in proptest::collection::vec(
            prop::sample::select(vec![
                "YYYY", "Y,YYY", "IYYY", "MM", "Month", "DD", "DDD", "HH12", "HH24", "MI", "SS", "MS", "US", "TZH", "TZM", "J", "RM", "CC",
                "W", "WW", "IW", "FM", "TH", " ", "-", "AM", "BC", "9", "0", ",", ".", "S", "MI", "PR", "V", "EEEE", "RN", "th", "L",
            ]),
            0..10,
        ),
        text in "[-0-9:. ,+a-zA-Z]{0,30}",
        micros: i64,
        number: f64,
        whole: i64,
    ) {
        let template = parts.concat();
        let parsed = Template::parse(&template);
        let _ = parsed.write(&Parts::of_time(micros, true));
        let _ = parsed.read(&text);
        if let Ok(parsed) = NumberTemplate::parse(&template) {
            parsed.write_float(number);
            parsed.write_integer(whole);
        }
    }
}
