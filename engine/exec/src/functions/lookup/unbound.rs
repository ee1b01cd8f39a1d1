//! `nearest`, `pad` and `backfill` as SQL names them. They know no labels: the planner puts a bound function in their place.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, internal_err, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, Documentation, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use hyperslab_array::Method;

use super::name_of;
use crate::functions::reference::{LABELS, Reference};

#[derive(Debug)]
struct Unbound {
    method: Method,
    signature: Signature,
    documentation: Documentation,
}

impl PartialEq for Unbound {
    fn eq(&self, other: &Self) -> bool {
        self.method == other.method
    }
}

impl Eq for Unbound {}

impl Hash for Unbound {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.method.hash(state);
    }
}

/// The function of `method`, with the text that `information_schema` shows for it.
pub(crate) fn udf(method: Method, description: &str, example: &str, xarray: &str) -> Arc<ScalarUDF> {
    let documentation = Reference {
        section: LABELS,
        syntax: &format!("{}(dimension, value [, tolerance])", name_of(method)),
        description,
        arguments: &[
            ("dimension", "A column of labels: a dimension coordinate, or another 1-D or scalar coordinate."),
            ("value", "What to look for: a constant, or a value for each row."),
            ("tolerance", "How far the label may be from the value: a number, or for times an interval."),
        ],
        example,
        xarray,
    }
    .documentation();
    Arc::new(ScalarUDF::from(Unbound {
        method,
        signature: Signature::user_defined(Volatility::Immutable),
        documentation,
    }))
}

/// The method of a function that this file made.
pub(super) fn method_of(function: &ScalarUDF) -> Option<Method> {
    function.inner().downcast_ref::<Unbound>().map(|f| f.method)
}

/// What is wrong with a call of `count` arguments.
pub(super) fn wrong_count(method: Method, count: usize) -> String {
    let name = name_of(method);
    format!("{name} expected two or three arguments, got {count}; hint: `{name}(dimension, value [, tolerance])`")
}

impl ScalarUDFImpl for Unbound {
    fn name(&self) -> &str {
        name_of(self.method)
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        // The function that takes this one's place says what is wrong with them.
        Ok(arg_types.to_vec())
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        internal_err!("the type of {} is that of its first argument", self.name())
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        match args.arg_fields.first() {
            Some(labels) => Ok(Arc::new(
                Field::new(self.name(), labels.data_type().clone(), true).with_metadata(labels.metadata().clone()),
            )),
            None => plan_err!("{}", wrong_count(self.method, 0)),
        }
    }

    fn invoke_with_args(&self, _args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let name = self.name();
        plan_err!(
            "{name} expected a coordinate of an array table as its first argument; hint: `{name}(time, '1982-08-07')`, \
             in a session that has Hyperslab's rules"
        )
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(&self.documentation)
    }
}
