//! CF's rules for what a variable is: other variables' attributes say, by name.

use std::collections::HashSet;

use super::RawVariable;
use crate::{Attributes, Role};

/// The names that each attribute gives.
#[derive(Debug, Default)]
struct Mentioned<'a> {
    coordinates: HashSet<&'a str>,
    bounds: HashSet<&'a str>,
    mappings: HashSet<&'a str>,
    /// Areas and volumes of cells, and what the height of levels is computed from.
    auxiliary: HashSet<&'a str>,
}

/// The role of each variable. `global` are the attributes of the dataset.
pub(super) fn of_variables(variables: &[RawVariable], global: &Attributes) -> Vec<Role> {
    let mut mentioned = Mentioned::default();
    for attributes in variables.iter().map(|v| &v.attributes).chain([global]) {
        mentioned.add(attributes);
    }
    variables.iter().map(|v| mentioned.role(v)).collect()
}

impl<'a> Mentioned<'a> {
    fn add(&mut self, attributes: &'a Attributes) {
        let text = |name: &str| attributes.text(name).unwrap_or_default();
        self.coordinates.extend(text("coordinates").split_whitespace());
        self.bounds.extend(text("bounds").split_whitespace().chain(text("climatology").split_whitespace()));
        // Either a name, or `mapping: coordinate coordinate mapping: …`.
        let mapping = text("grid_mapping");
        for word in mapping.split_whitespace() {
            match word.strip_suffix(':') {
                Some(name) => self.mappings.insert(name),
                None if mapping.contains(':') => self.coordinates.insert(word),
                None => self.mappings.insert(word),
            };
        }
        for terms in [text("formula_terms"), text("cell_measures")] {
            self.auxiliary.extend(terms.split_whitespace().filter(|word| !word.ends_with(':')));
        }
    }

    fn role(&self, variable: &RawVariable) -> Role {
        let name = variable.name.as_str();
        let attributes = &variable.attributes;
        let is_scalar = variable.dimensions.is_empty();
        let is_reference_system = is_scalar && ["crs_wkt", "spatial_ref"].iter().any(|a| attributes.text(a).is_some());
        if self.bounds.contains(name) {
            Role::Bounds
        } else if variable.dimensions == [name] {
            Role::Dimension
        } else if self.mappings.contains(name) || attributes.text("grid_mapping_name").is_some() || is_reference_system
        {
            Role::GridMapping
        // A term of more dimensions, such as the surface pressure at all times, is data in its own right.
        } else if self.coordinates.contains(name) || (self.auxiliary.contains(name) && variable.dimensions.len() <= 2) {
            Role::Coordinate
        } else {
            Role::Data
        }
    }
}
