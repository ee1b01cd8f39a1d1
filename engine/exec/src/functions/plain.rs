//! A scalar function that is a table of types and a computation on columns.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::{
    ColumnarValue, Documentation, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

/// What a function is made of.
#[derive(Debug, Clone)]
pub(super) struct Plain {
    pub(super) name: &'static str,
    /// The types that arguments are cast to.
    pub(super) takes: fn(&[DataType]) -> Result<Vec<DataType>>,
    /// The type of the answer.
    pub(super) gives: fn(&[DataType]) -> Result<DataType>,
    /// The answer to columns of one length. NULL is its own affair.
    pub(super) run: fn(&[ArrayRef]) -> Result<ArrayRef>,
    pub(super) documentation: Option<Documentation>,
}

impl Plain {
    /// The function, which answers the same to the same.
    pub(super) fn udf(self) -> Arc<ScalarUDF> {
        self.of(Volatility::Immutable)
    }

    /// The function, which answers the same within a query.
    pub(super) fn of(self, volatility: Volatility) -> Arc<ScalarUDF> {
        Arc::new(ScalarUDF::from(Function { signature: Signature::user_defined(volatility), plain: self }))
    }
}

#[derive(Debug)]
struct Function {
    plain: Plain,
    signature: Signature,
}

impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        self.plain.name == other.plain.name
    }
}

impl Eq for Function {}

impl Hash for Function {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.plain.name.hash(state);
    }
}

impl ScalarUDFImpl for Function {
    fn name(&self) -> &str {
        self.plain.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        (self.plain.takes)(arg_types)
    }

    fn return_type(&self, arg_types: &[DataType]) -> Result<DataType> {
        (self.plain.gives)(arg_types)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let is_constant = args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
        let rows = if is_constant { 1 } else { args.number_rows };
        let columns: Vec<ArrayRef> = args.args.iter().map(|arg| arg.to_array(rows)).collect::<Result<_>>()?;
        let answer = (self.plain.run)(&columns)?;
        match is_constant {
            true => Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&answer, 0)?)),
            false => Ok(ColumnarValue::Array(answer)),
        }
    }

    fn documentation(&self) -> Option<&Documentation> {
        self.plain.documentation.as_ref()
    }
}
