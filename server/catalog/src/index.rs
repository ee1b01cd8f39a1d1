//! A catalog with its relations by name, shared by all connections until the datasets change.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use crate::lookup::Lookups;
use crate::model::Catalog;
use crate::relation::{Relation, Row, RowSource};
use crate::relations::objects::Objects;
use crate::session::Session;

/// A [`Catalog`] that statements are prepared against.
#[derive(Debug)]
pub struct CatalogIndex {
    catalog: Catalog,
    objects: Objects,
    relations: Vec<Relation>,
    rows: Vec<OnceLock<Arc<Vec<Row>>>>,
    by_name: HashMap<String, Vec<usize>>,
    lookups: Lookups,
}

impl Catalog {
    /// Makes the relations of this catalog; their rows are made when they are first asked for.
    pub fn index(self) -> CatalogIndex {
        CatalogIndex::new(self, crate::relations::all())
    }
}

impl CatalogIndex {
    pub(crate) fn new(catalog: Catalog, relations: Vec<Relation>) -> Self {
        let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, relation) in relations.iter().enumerate() {
            by_name.entry(relation.name.clone()).or_default().push(at);
        }
        let rows = relations.iter().map(|_| OnceLock::new()).collect();
        let objects = Objects::new(&catalog);
        Self { catalog, objects, relations, rows, by_name, lookups: Lookups::default() }
    }

    /// What the relations are made from.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The numbers of what is in the catalog.
    pub(crate) fn numbers(&self) -> &Objects {
        &self.objects
    }

    /// All relations, in no special order.
    pub fn relations(&self) -> &[Relation] {
        &self.relations
    }

    pub(crate) fn lookups(&self) -> &Lookups {
        &self.lookups
    }

    /// The number of a relation in [`Self::relations`].
    pub fn find(&self, schema: &str, name: &str) -> Option<usize> {
        let found = self.by_name.get(name)?;
        found.iter().copied().find(|at| self.relations.get(*at).is_some_and(|r| r.schema == schema))
    }

    /// The rows of a relation, made now if they were not yet.
    pub fn rows(&self, relation: usize, session: &Session) -> Arc<Vec<Row>> {
        let (Some(of), Some(rows)) = (self.relations.get(relation), self.rows.get(relation)) else {
            return Arc::default();
        };
        match &of.rows {
            RowSource::Shared(make) => Arc::clone(rows.get_or_init(|| Arc::new(make(self)))),
            RowSource::Session(make) => Arc::new(make(self, session)),
        }
    }
}
