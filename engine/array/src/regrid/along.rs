//! The weights along one dimension: known at once, or once the bounds of cells have been read.

use std::sync::Arc;

use futures::lock::Mutex;

use super::cells::{Cells, overlap};
use super::read::read_whole;
use super::weights::Weights;
use crate::{Result, Variable};

/// The weights along one dimension.
#[derive(Debug)]
pub(super) struct Along {
    /// What midpoints between labels give. Where bounds are to be read, the output is cut by these all the same.
    planned: Arc<Weights>,
    bounds: Option<Bounds>,
    /// From the bounds.
    read: Mutex<Option<Arc<Weights>>>,
}

/// The cells of both sides, those from midpoints, and the variables that know better.
#[derive(Debug)]
pub(super) struct Bounds {
    /// The source's cells.
    pub source: Cells,
    /// The targets' cells.
    pub target: Cells,
    /// The first index of the source that is used.
    pub first: usize,
    /// The bounds of the source.
    pub source_bounds: Option<Arc<Variable>>,
    /// The bounds of the targets.
    pub target_bounds: Option<Arc<Variable>>,
}

impl Along {
    pub fn known(weights: Weights) -> Self {
        Self { planned: Arc::new(weights), bounds: None, read: Mutex::default() }
    }

    /// Each target takes the cells that it overlaps.
    pub fn cells(bounds: Bounds) -> Self {
        let planned = Arc::new(bounds.weights());
        let is_exact = bounds.source_bounds.is_none() && bounds.target_bounds.is_none();
        Self { planned, bounds: Some(bounds).filter(|_| !is_exact), read: Mutex::default() }
    }

    /// Whether [`Self::planned`] are the weights.
    pub fn is_known(&self) -> bool {
        self.bounds.is_none()
    }

    /// The weights by which the output is cut.
    pub fn planned(&self) -> &Weights {
        &self.planned
    }

    /// The weights.
    ///
    /// # Errors
    /// When bounds cannot be read, or are no cells.
    pub async fn weights(&self) -> Result<Arc<Weights>> {
        let Some(bounds) = &self.bounds else { return Ok(Arc::clone(&self.planned)) };
        let mut read = self.read.lock().await;
        if let Some(weights) = read.as_ref() {
            return Ok(Arc::clone(weights));
        }
        let weights = Arc::new(bounds.read().await?);
        *read = Some(Arc::clone(&weights));
        Ok(weights)
    }
}

impl Bounds {
    fn weights(&self) -> Weights {
        overlap(&self.source, &self.target).shifted(self.first)
    }

    /// The same with the bounds that the variables hold.
    async fn read(&self) -> Result<Weights> {
        let mut source = self.source.clone();
        if let Some(variable) = &self.source_bounds {
            let from = self.first * 2;
            let bounds = read_whole(variable).await?;
            let used = bounds.get(from..from + source.len() * 2);
            source = source.with_bounds(&variable.name, used.unwrap_or_default())?;
        }
        let mut target = self.target.clone();
        if let Some(variable) = &self.target_bounds {
            target = target.with_bounds(&variable.name, &read_whole(variable).await?)?;
        }
        Ok(overlap(&source, &target).shifted(self.first))
    }
}
