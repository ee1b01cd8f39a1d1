//! The dialect against the answers of PostgreSQL, and each of its parts.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod reference;

use hyperslab::{Context, QueryResult};

use hyperslab_server::ServerError;
use hyperslab_server::dialect::{Who, parse, register, rewrite};

fn who() -> Who {
    Who {
        user: "ada".into(),
        database: "arrays".into(),
        schema: "public".into(),
        process: 7,
        version: "PostgreSQL 15.0".into(),
    }
}

/// A session as a client of PostgreSQL has it.
fn context() -> Context {
    let context = Context::builder().target_partitions(1).build().unwrap();
    register(context.session()).unwrap();
    context
}

/// The answer to a statement that comes from a client of PostgreSQL.
async fn ask(context: &Context, sql: &str) -> Result<QueryResult, ServerError> {
    let mut statements = parse(context, sql)?;
    let mut statement = statements.pop().unwrap();
    assert!(statements.is_empty(), "one statement in `{sql}`");
    rewrite(&mut statement, &who())?;
    Ok(context.execute(statement).await?)
}
