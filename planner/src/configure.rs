//! Puts Hyperslab's part of planning into a DataFusion session: functions, rules and options.

use std::sync::Arc;

use datafusion::execution::{SessionStateBuilder, SessionStateDefaults};

use datafusion::optimizer::Analyzer;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::prelude::SessionConfig;
use hyperslab_exec::{Options, functions};

use crate::options::{PlannerOptions, SECTION};
use crate::regrid::RegridPlanner;
use crate::rules::{ExtractPlanner, GroupingSets, IntervalPlanner, analyzer_rules, chunk_rules};

/// Adds the functions, the analyzer rules and the options to `builder`, each once.
///
/// Call it after [`SessionStateBuilder::with_default_features`]: `date_part`, `to_char` and others take the
/// place of DataFusion's own, and what is registered last stays.
///
/// ```
/// use datafusion::execution::SessionStateBuilder;
/// use datafusion::prelude::SessionContext;
///
/// let builder = SessionStateBuilder::new().with_default_features();
/// let ctx = SessionContext::new_with_state(hyperslab_planner::configure(builder).build());
/// assert!(ctx.state().scalar_functions().contains_key("nearest"));
/// ```
pub fn configure(mut builder: SessionStateBuilder) -> SessionStateBuilder {
    let config = builder.config().take().unwrap_or_default();
    *builder.config() = Some(with_options(config));

    builder.scalar_functions().get_or_insert_default().extend(functions::all());
    builder.aggregate_functions().get_or_insert_default().extend(functions::aggregates());

    let planners = builder.expr_planners().get_or_insert_with(SessionStateDefaults::default_expr_planners);
    // The first planner that knows an expression plans it.
    planners.insert(0, Arc::new(ExtractPlanner));
    planners.insert(1, Arc::new(IntervalPlanner));

    let relations = builder.relation_planners().get_or_insert_default();
    if relations.iter().all(|planner| format!("{planner:?}") != format!("{RegridPlanner:?}")) {
        relations.insert(0, Arc::new(RegridPlanner));
    }

    let analyzer = builder.analyzer().get_or_insert_default();
    install_rules(analyzer);

    let physical = builder.physical_optimizers().get_or_insert_default();
    // First: the rules after it trust what a plan says of its order.
    physical.rules.retain(|rule| rule.name() != GroupingSets.name());
    physical.rules.insert(0, Arc::new(GroupingSets));
    let on_chunks = chunk_rules();
    physical.rules.retain(|rule| on_chunks.iter().all(|own| own.name() != rule.name()));
    // What statistics answer needs no chunk; what comes after it distributes the plan.
    let statistics = physical.rules.iter().position(|rule| rule.name() == "aggregate_statistics");
    let at = statistics.map_or(1, |at| at + 1);
    physical.rules.splice(at..at, on_chunks);
    builder
}

/// The options of Hyperslab in `config`, those that are set already untouched.
fn with_options(mut config: SessionConfig) -> SessionConfig {
    let options = Options::of(config.options()).cloned().unwrap_or_default();
    let options = match options.section::<PlannerOptions>(SECTION) {
        Some(_) => options,
        None => options.with_section(SECTION, PlannerOptions::default()),
    };
    config.options_mut().extensions.insert(options);
    config
}

/// Ours come first: once DataFusion's type coercion has run, a literal's own type is hidden in casts.
fn install_rules(analyzer: &mut Analyzer) {
    let ours = analyzer_rules();
    analyzer.rules.retain(|rule| ours.iter().all(|own| own.name() != rule.name()));
    analyzer.rules.splice(0..0, ours);
}
