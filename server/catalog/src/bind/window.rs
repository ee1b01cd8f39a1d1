//! `OVER`: partitions, order and frames.

use sqlparser::ast::{
    Ident, NamedWindowDefinition, NamedWindowExpr, WindowFrame, WindowFrameBound, WindowFrameUnits, WindowSpec,
    WindowType,
};

use super::query::direction;
use super::scope::{Clause, folded};
use super::{Bind, Binder};
use crate::cast::Context;
use crate::error::PgError;
use crate::plan::{self, Expr, FrameUnit, SortExpr};
use crate::types;

/// A window: who is together, in what order, and who is seen.
#[derive(Debug, Clone)]
pub(super) struct Spec {
    pub partition: Vec<Expr>,
    pub sort: Vec<SortExpr>,
    pub frame: plan::Frame,
}

impl Binder<'_> {
    pub(super) fn named_windows(&mut self, windows: &[NamedWindowDefinition]) -> Bind<()> {
        for NamedWindowDefinition(name, window) in windows {
            self.clause(Clause::Window);
            let spec = match window {
                NamedWindowExpr::NamedWindow(other) => self.named_window(other)?,
                NamedWindowExpr::WindowSpec(spec) => self.window_spec(spec)?,
            };
            let name = folded(name);
            self.frame().named_windows.push((name, spec));
        }
        Ok(())
    }

    pub(super) fn window_type(&mut self, window: &WindowType) -> Bind<Spec> {
        match window {
            WindowType::NamedWindow(name) => self.named_window(name),
            WindowType::WindowSpec(spec) => self.window_spec(spec),
        }
    }

    fn named_window(&mut self, ident: &Ident) -> Bind<Spec> {
        let name = folded(ident);
        let found = self.frame().named_windows.iter().find(|(n, _)| *n == name).map(|(_, s)| s.clone());
        let at = self.start(ident.span);
        found.ok_or_else(|| PgError::new("42704", format!("window \"{name}\" does not exist")).at(at).into())
    }

    fn window_spec(&mut self, spec: &WindowSpec) -> Bind<Spec> {
        let base = spec.window_name.as_ref().map(|name| self.named_window(name)).transpose()?;
        let mut partition = Vec::new();
        for expr in &spec.partition_by {
            let bound = self.expr(expr)?;
            partition.push(self.settled(bound)?.expr);
        }
        let mut sort = Vec::new();
        for o in &spec.order_by {
            let bound = self.expr(&o.expr)?;
            let (descending, nulls_first) = direction(o);
            sort.push(SortExpr { expr: self.settled(bound)?.expr, descending, nulls_first });
        }
        let frame = match &spec.window_frame {
            Some(frame) => self.window_frame(frame)?,
            None => plan::Frame { unit: FrameUnit::Range, start: plan::Bound::Unbounded, end: plan::Bound::Current },
        };
        Ok(match base {
            Some(base) => {
                let sort = if sort.is_empty() { base.sort } else { sort };
                Spec { partition: base.partition, sort, frame }
            }
            None => Spec { partition, sort, frame },
        })
    }

    fn window_frame(&mut self, frame: &WindowFrame) -> Bind<plan::Frame> {
        let unit = match frame.units {
            WindowFrameUnits::Rows => FrameUnit::Rows,
            WindowFrameUnits::Range => FrameUnit::Range,
            WindowFrameUnits::Groups => FrameUnit::Groups,
        };
        let start = self.window_bound(&frame.start_bound, unit)?;
        let end = match &frame.end_bound {
            Some(end) => self.window_bound(end, unit)?,
            None => plan::Bound::Current,
        };
        Ok(plan::Frame { unit, start, end })
    }

    fn window_bound(&mut self, bound: &WindowFrameBound, unit: FrameUnit) -> Bind<plan::Bound> {
        let (offset, back) = match bound {
            WindowFrameBound::CurrentRow => return Ok(plan::Bound::Current),
            WindowFrameBound::Preceding(None) | WindowFrameBound::Following(None) => return Ok(plan::Bound::Unbounded),
            WindowFrameBound::Preceding(Some(e)) => (e, true),
            WindowFrameBound::Following(Some(e)) => (e, false),
        };
        if unit == FrameUnit::Range {
            return Err(super::unsupported("`RANGE` with an offset"));
        }
        let bound = self.expr(offset)?;
        let expr = self.coerce(bound, types::INT8, -1, Context::Assignment)?.expr;
        Ok(if back { plan::Bound::Preceding(expr) } else { plan::Bound::Following(expr) })
    }
}
