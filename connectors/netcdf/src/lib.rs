//! NetCDF classic files (CDF-1, CDF-2, CDF-5) as labelled datasets, and a writer of them.

mod format;
mod layout;
pub mod writer;
