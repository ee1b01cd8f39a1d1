//! `hyperslab.planner.*`: an off switch for every rule.

use datafusion::common::config::ConfigOptions;
use datafusion::common::extensions_options;
use hyperslab_exec::Options;

extensions_options! {
    /// How SQL becomes an array plan: `hyperslab.planner.*`.
    pub struct PlannerOptions {
        /// Let `nearest`, `pad`, `backfill` and `dim_index` look among the labels of the coordinate that they name; when off, they are errors.
        pub bind_lookups: bool, default = true

        /// Find the calendar of text behind `min`, `max`, `CASE` and the like, for functions of times; when off, such text is read in the proleptic Gregorian calendar.
        pub calendars: bool, default = true

        /// Aggregate chunks by position where the groups follow from the coordinates; when off, make rows and aggregate them.
        pub chunk_aggregate: bool, default = true

        /// Find the cells of points that are joined with a grid by position, and read each chunk once; when off, make rows of all cells and join them.
        pub chunk_gather: bool, default = true

        /// Join arrays by position where the keys follow from the coordinates of both sides; when off, join rows.
        pub chunk_join: bool, default = true

        /// Find the rows of a join that are keyed by functions of dimensions (a climatology, a mask, a table of names) by position; when off, make rows and join them.
        pub chunk_lookup: bool, default = true

        /// Aggregate a join with a table of regions (`e.lat BETWEEN r.lat_min AND r.lat_max`) by region on chunks; when off, join rows.
        pub chunk_regions: bool, default = true

        /// Find the first rows in the order of a variable (`ORDER BY t2m DESC LIMIT 10`) in its chunks; when off, make rows and sort them.
        pub chunk_top_k: bool, default = true

        /// Answer windows (`avg(sst) OVER (PARTITION BY month(time), lat, lon)`) by position where the partitions follow from the coordinates; when off, sort rows.
        pub chunk_window: bool, default = true

        /// Compare `float32` labels with constants in `float32`, so that `lat = 0.1` finds the label 0.1; when off, compare as SQL does.
        pub float_labels: bool, default = true

        /// Assume no order of the rows that `ROLLUP`, `CUBE` and `GROUPING SETS` give; when off, DataFusion 55 may give wrong answers.
        pub grouping_sets: bool, default = true

        /// Keep the metadata of a join's schema when its sides are swapped by their size; when off, DataFusion 55 refuses such joins of two datasets.
        pub join_metadata: bool, default = true

        /// Read text that is compared with a time as a date or a part of one (`'1990'`), in the time's calendar; when off, compare as SQL does.
        pub time_labels: bool, default = true
    }
}

/// The name of the section in [`Options`].
pub(crate) const SECTION: &str = "planner";

impl PlannerOptions {
    /// The options of a session; the defaults where the session has none of ours.
    pub fn of(config: &ConfigOptions) -> Self {
        Options::of(config).and_then(|o| o.section::<Self>(SECTION)).cloned().unwrap_or_default()
    }
}
