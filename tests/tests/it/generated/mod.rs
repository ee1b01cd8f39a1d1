//! What tests on random questions share: datasets, conditions, aggregates, and when two answers are the same.
//!
//! ```text
//! dataset: values, source ─→ asker, aggregate, item: a question ─→ ways: asked by rows and on arrays ─→ compare
//! ```
//!
//! `HYPERSLAB_DATASETS` asks for more datasets, `HYPERSLAB_SEED` for others: a difference is shown with the seed of its
//! dataset, and `HYPERSLAB_SEED=17 HYPERSLAB_DATASETS=1` asks the same again.

mod aggregate;
mod asker;
mod compare;
pub mod dataset;
mod item;
pub mod source;
mod values;
mod ways;

pub use asker::{Asker, Question};
pub use compare::Check;
pub use dataset::{Along, Column, unknown};
pub use item::{Bound, Item, named, select};
pub use values::{Labels, of_variable};
pub use ways::{Operator, Outcome, Ways, ask_all};
