//! The datasets of the benchmarks, and what is measured on them.
//!
//! A [`Recipe`] says what a dataset looks like and what each of its chunks holds, by arithmetic from a seed. It can be
//! written to a directory ([`generate`]) or served without being anywhere ([`SyntheticStore`]).
//!
//! ```text
//! Recipe ─┬─→ generate       ─→ files    ─┐
//!         └─→ SyntheticStore ─→ requests ─┴─→ Registry ─→ Dataset, SQL ─→ measure
//! ```
//!
//! [`queries`] are the questions that `era` and `ersst` are asked, [`tables`] what some of them join, [`limit`] is what
//! `zarrs` alone takes to decode what they need, [`compare`] asks everybody in turn, and [`serving`] asks through the
//! server.

pub mod compare;
pub mod generate;
pub mod limit;
pub mod measure;
mod noise;
pub mod queries;
pub mod recipe;
pub mod serving;
mod synthetic;
pub mod tables;

pub use recipe::Recipe;
pub use synthetic::SyntheticStore;
