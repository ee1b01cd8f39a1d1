//! The aggregates of a random query, with what bounds the rounding of each.

use super::asker::Asker;
use super::dataset::{Along, Column};
use super::item::Item;

impl Asker<'_> {
    pub fn aggregates(&mut self, keys: &[String]) -> Vec<Item> {
        let count = *self.random.pick(&[1, 1, 2, 2, 3, 4]);
        (0..count).map(|_| self.aggregate(keys)).collect()
    }

    fn aggregate(&mut self, keys: &[String]) -> Item {
        let filter = match self.random.chance(20) {
            true => format!(" FILTER (WHERE {})", self.predicate(1)),
            false => String::new(),
        };
        let column = self.column(|_| true);
        let number = self.column(|c| c.is_number());
        match self.random.below(20) {
            0 => Item::same(format!("count(*){filter}")),
            1 | 2 => Item::same(format!("count({}){filter}", self.value(&column))),
            3..=5 => Item::same(format!("{}({}){filter}", self.random.pick(&["min", "max"]), self.value(&column))),
            6 => {
                let predicate = self.predicate(1);
                Item::same(format!("{}({predicate}){filter}", self.random.pick(&["bool_and", "bool_or"])))
            }
            7 => {
                let by = self.column(|_| true);
                Item::same(format!(
                    "{}({}, {}){filter}",
                    self.random.pick(&["arg_min", "arg_max"]),
                    column.name,
                    by.name
                ))
            }
            8 if self.random.chance(50) => Item::same(format!("count(DISTINCT {}){filter}", column.name)),
            8 | 9 => match self.order_in_group(keys) {
                Some(order) => {
                    let function = self.random.pick(&["first_value", "last_value"]);
                    Item::same(format!("{function}({} ORDER BY {order}){filter}", column.name))
                }
                None => Item::same(format!("count(*){filter}")),
            },
            _ if !number.is_number() => Item::same(format!("count({}){filter}", column.name)),
            10 if self.random.chance(30) => Item::same(format!("median({}){filter}", number.name)),
            10..=13 => self.sum(&number, &filter),
            14 | 15 => self.mean(&number, &filter),
            16 | 17 => self.deviation(&number, &filter),
            18 => self.weighted(&number, &filter),
            _ => self.relation(&filter),
        }
    }

    /// An element-wise expression of a column.
    pub fn value(&mut self, column: &Column) -> String {
        let name = column.name.clone();
        if !column.is_number() || self.random.chance(50) {
            return name;
        }
        let n = self.random.below(4);
        let other = self.column(|c| c.is_number() && c.along != Along::Cells);
        let variable = self.column(|c| c.is_number() && c.along == Along::Cells);
        match self.random.below(8) {
            0 => format!("CAST({name} AS DOUBLE)"),
            1 => format!("{name} * {n} + 1"),
            2 => format!("CASE WHEN {name} > {n} THEN {name} END"),
            3 => format!("coalesce({name}, {n})"),
            4 if other.is_number() => format!("CAST({name} AS DOUBLE) - {}", other.name),
            5 if variable.is_number() => format!("CAST({name} AS DOUBLE) + {}", variable.name),
            6 if column.is_signed() => format!("abs({name})"),
            7 => format!("CASE WHEN {} IS NULL THEN 0 ELSE {name} END", variable.name),
            _ => format!("{name} / 2"),
        }
    }

    fn sum(&mut self, number: &Column, filter: &str) -> Item {
        let x = self.value(number);
        let magnitude = format!("sum(abs(CAST({x} AS DOUBLE))){filter}");
        Item::near(format!("sum({x}){filter}"), magnitude, 0.0, 1e-12)
    }

    fn mean(&mut self, number: &Column, filter: &str) -> Item {
        let x = self.value(number);
        let magnitude = format!("avg(abs(CAST({x} AS DOUBLE))){filter}");
        Item::near(format!("avg({x}){filter}"), magnitude, 0.0, 1e-12)
    }

    fn deviation(&mut self, number: &Column, filter: &str) -> Item {
        let x = self.value(number);
        let function = *self.random.pick(&["stddev", "stddev_pop", "var", "var_pop"]);
        // Where all values are nearly the same, a variance is as exact as their squares, a deviation as its root.
        let (magnitude, absolute) = match function.starts_with("var") {
            true => (format!("max(power(CAST({x} AS DOUBLE), 2)){filter}"), 1e-12),
            false => (format!("max(abs(CAST({x} AS DOUBLE))){filter}"), 1e-6),
        };
        Item::near(format!("{function}({x}){filter}"), magnitude, 1e-9, absolute)
    }

    fn weighted(&mut self, number: &Column, filter: &str) -> Item {
        let x = self.value(number);
        let weight = self.column(|c| c.is_number() && c.is_tame);
        let weight = match weight.is_number() && weight.is_tame {
            true => format!("abs(CAST({} AS DOUBLE))", weight.name),
            false => format!("CASE WHEN {} THEN 0.5 ELSE 2 END", self.predicate(1)),
        };
        let magnitude = format!("max(abs(CAST({x} AS DOUBLE))){filter}");
        Item::near(format!("weighted_avg({x}, {weight}){filter}"), magnitude, 1e-12, 1e-12)
    }

    /// Of two columns whose numbers are few, so that a variance is either 0 or far from it.
    fn relation(&mut self, filter: &str) -> Item {
        let (y, x) = (self.column(|c| c.is_number() && c.is_tame), self.column(|c| c.is_number() && c.is_tame));
        if !(x.is_number() && x.is_tame && y.is_number() && y.is_tame) {
            return Item::same(format!("count(*){filter}"));
        }
        let functions =
            ["corr", "covar_samp", "covar_pop", "regr_slope", "regr_intercept", "regr_r2", "regr_count", "regr_avgx"];
        let function = *self.random.pick(&functions);
        let (y, x) = (y.name, x.name);
        let magnitude = format!("max(1 + power(CAST({y} AS DOUBLE), 2) + power(CAST({x} AS DOUBLE), 2)){filter}");
        Item::near(format!("{function}({y}, {x}){filter}"), magnitude, 1e-9, 1e-10)
    }

    /// What orders the rows of each group without ties: a dimension whose position is known for each that no key fixes.
    fn order_in_group(&mut self, keys: &[String]) -> Option<String> {
        let mut order = Vec::new();
        for d in 0..self.rank {
            let is_order = |c: &&Column| c.along == Along::Dimension(d) && c.is_unique && !c.has_holes;
            let unique: Vec<String> = self.columns.iter().filter(is_order).map(|c| c.name.clone()).collect();
            if unique.iter().any(|name| keys.contains(name)) {
                continue;
            }
            let name = if unique.is_empty() { return None } else { self.random.pick(&unique).clone() };
            order.push(format!("{name}{}", self.random.pick(&["", " DESC"])));
        }
        self.random.shuffle(&mut order);
        (!order.is_empty()).then(|| order.join(", "))
    }
}
