//! What a random query selects, with what bounds its rounding.

use super::compare::Check;

/// An expression, and where it rounds, another that says how large the values are that it was computed from.
#[derive(Debug, Clone)]
pub struct Item {
    pub sql: String,
    pub bound: Bound,
}

/// How far two answers may be apart.
#[derive(Debug, Clone)]
pub enum Bound {
    /// Not at all.
    Exact,
    /// By a share of the larger, or of what another expression says.
    Near { magnitude: String, relative: f64, absolute: f64 },
    /// By a number.
    Within(f64),
}

impl Item {
    pub fn same(sql: impl Into<String>) -> Self {
        Self { sql: sql.into(), bound: Bound::Exact }
    }

    pub fn near(sql: String, magnitude: String, relative: f64, absolute: f64) -> Self {
        Self { sql, bound: Bound::Near { magnitude, relative, absolute } }
    }

    pub fn within(sql: String, most: f64) -> Self {
        Self { sql, bound: Bound::Within(most) }
    }

    pub fn is_exact(&self) -> bool {
        matches!(self.bound, Bound::Exact)
    }

    /// The expression, and the magnitude where it has one.
    fn columns(&self) -> impl Iterator<Item = String> {
        let magnitude = match &self.bound {
            Bound::Near { magnitude, .. } => Some(magnitude.clone()),
            _ => None,
        };
        [Some(self.sql.clone()), magnitude].into_iter().flatten()
    }

    /// The checks of [`Self::columns`], the first of which is column `at`.
    fn checks(&self, at: usize) -> Vec<Check> {
        match &self.bound {
            Bound::Exact => vec![Check::Same],
            Bound::Within(most) => vec![Check::Within(*most)],
            Bound::Near { relative, absolute, .. } => {
                vec![Check::Near { relative: *relative, absolute: *absolute, magnitude: at + 1 }, Check::Magnitude]
            }
        }
    }
}

/// `SELECT` with keys and items, and how each column is compared.
pub fn select(keys: &[String], items: &[Item]) -> (String, Vec<Check>) {
    let mut columns = keys.to_vec();
    let mut checks = vec![Check::Same; keys.len()];
    for item in items {
        let at = columns.len();
        columns.extend(item.columns());
        checks.extend(item.checks(at));
    }
    (format!("SELECT {}", named(&columns)), checks)
}

/// Each with a name of its own: two may be the same.
pub fn named(items: &[String]) -> String {
    let named: Vec<String> = items.iter().enumerate().map(|(i, item)| format!("{item} AS c{i}")).collect();
    named.join(", ")
}
