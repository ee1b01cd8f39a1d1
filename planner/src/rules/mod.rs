//! The rules that give SQL the meaning that labels have, each with a switch in [`crate::PlannerOptions`].
//!
//! ```text
//!  plan ─→ bind_lookups ─→ calendars ─────────→ float_labels ─→ time_labels ─→ DataFusion's type coercion, optimizer
//!          nearest(lat, 5)  dayofyear(max(time))  lat = 0.1       time >= '1990'  constants fold to literals, which prune
//! ```
//!
//! They run before DataFusion's type coercion, on expressions as they were written. More rules run on the
//! physical plan: `grouping_sets` and `join_metadata`, which keep DataFusion right about array tables, `by_position` for
//! joins and windows, and `chunk_aggregate` and `chunk_top_k`, which hand whole aggregates and the first rows of an order
//! to the chunks.

mod bind_lookups;
mod by_position;
mod calendars;
mod chunk_aggregate;
mod chunk_gather;
mod chunk_join;
mod chunk_lookup;
mod chunk_regions;
mod chunk_top_k;
mod chunk_window;
mod chunk_window_slide;
mod comparison;
mod extract;
mod float_labels;
mod grouping_sets;
mod input;
mod intervals;
mod join_metadata;
mod lineage;
mod reasons;
mod time_constant;
mod time_labels;
mod trace;
mod walk;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use datafusion::optimizer::AnalyzerRule;
use datafusion::physical_optimizer::PhysicalOptimizerRule;

pub(crate) use extract::ExtractPlanner;
pub(crate) use grouping_sets::GroupingSets;
pub(crate) use intervals::IntervalPlanner;
pub use trace::{Source, datasets_of, source_of};

/// The analyzer rules, in the order in which they must run.
pub fn analyzer_rules() -> Vec<Arc<dyn AnalyzerRule + Send + Sync>> {
    vec![
        Arc::new(bind_lookups::BindLookups),
        Arc::new(calendars::Calendars),
        Arc::new(float_labels::FloatLabels),
        Arc::new(time_labels::TimeLabels),
    ]
}

/// The physical rules that hand work to the chunks, in the order in which they must run: each sees what those before it
/// left.
pub(crate) fn chunk_rules() -> Vec<Arc<dyn PhysicalOptimizerRule + Send + Sync>> {
    // Regions come first, because with duplicates a lookup falls back to rows, and once more, for scans that have derived
    // columns by then.
    vec![
        Arc::new(chunk_regions::ChunkRegions),
        Arc::new(by_position::ByPosition),
        Arc::new(chunk_regions::ChunkRegions),
        Arc::new(chunk_aggregate::ChunkAggregate),
        Arc::new(chunk_top_k::ChunkTopK),
        Arc::new(join_metadata::JoinMetadata),
    ]
}
