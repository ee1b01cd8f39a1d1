//! Names in every place of a statement, each planned by DataFusion after they were resolved.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use datafusion::arrow::array::{Float64Array, RecordBatch};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::catalog::{MemorySchemaProvider, SchemaProvider};
use datafusion::datasource::MemTable;
use datafusion::prelude::SessionContext;

use super::resolve;
use crate::statements::{Statement, parse};

fn table(columns: &[&str]) -> Arc<MemTable> {
    let fields: Vec<Field> = columns.iter().map(|c| Field::new(*c, DataType::Float64, true)).collect();
    let schema = Arc::new(Schema::new(fields));
    let values = columns.iter().map(|_| Arc::new(Float64Array::from(vec![1.0, 2.0])) as _).collect();
    let batch = RecordBatch::try_new(Arc::clone(&schema), values).unwrap();
    Arc::new(MemTable::try_new(schema, vec![vec![batch]]).unwrap())
}

/// `pop(nlat, TLAT, SST)`, `both(SST, sst, x)`, `Mixed(a)`, `ersst.time_lat(time, SST)`, `lower(sst, lat)`.
fn context() -> SessionContext {
    let context = SessionContext::new();
    for (name, columns) in [
        ("pop", &["nlat", "TLAT", "SST"][..]),
        ("both", &["SST", "sst", "x"]),
        ("Mixed", &["a"]),
        ("lower", &["sst", "lat"]),
    ] {
        context.register_table(datafusion::common::TableReference::bare(name), table(columns)).unwrap();
    }
    let schema = MemorySchemaProvider::new();
    schema.register_table("time_lat".into(), table(&["time", "SST"])).unwrap();
    context.catalog("datafusion").unwrap().register_schema("ersst", Arc::new(schema)).unwrap();
    context
}

async fn plan(sql: &str) -> datafusion::error::Result<Vec<String>> {
    let context = context();
    let state = context.state();
    let mut statements = parse(sql, &state)?;
    let Statement::Sql(mut statement) = statements.remove(0) else { panic!("{sql}") };
    resolve(&mut statement, &state).await?;
    let plan = state.statement_to_plan(*statement).await?;
    Ok(plan.schema().fields().iter().map(|f| f.name().clone()).collect())
}

async fn columns(sql: &str) -> String {
    plan(sql).await.unwrap_or_else(|e| panic!("{sql}: {e}")).join(" ")
}

#[tokio::test]
async fn a_column_in_any_case_gets_its_real_name() {
    assert_eq!(columns("select sst, tlat, NLAT from pop").await, "SST TLAT nlat");
    assert_eq!(columns("select Sst from lower where LAT > 1").await, "sst");
    assert_eq!(columns("select a from mixed").await, "a");
    assert_eq!(columns("select A from MIXED m where M.A > 1").await, "a");
}

#[tokio::test]
async fn an_exact_name_goes_before_one_in_another_case() {
    assert_eq!(columns("select SST from both").await, "SST");
    assert_eq!(columns("select sst from both").await, "sst");
}

#[tokio::test]
async fn a_name_that_could_be_two_is_an_error_that_lists_them() {
    let error = plan("select Sst from both").await.unwrap_err().to_string();
    assert!(error.contains("column `Sst` is ambiguous") && error.contains("`\"SST\"`, `\"sst\"`"), "{error}");
}

#[tokio::test]
async fn a_quoted_name_is_taken_as_it_is() {
    assert!(plan("select \"tlat\" from pop").await.is_err());
    assert_eq!(columns("select \"TLAT\" from \"pop\"").await, "TLAT");
}

#[tokio::test]
async fn qualifiers_are_aliases_tables_or_schemas() {
    assert_eq!(columns("select p.sst from POP p where TLat > 3").await, "SST");
    assert_eq!(columns("select Pop.sst, pop.TLAT from pop").await, "SST TLAT");
    assert_eq!(columns("select sst from ERSST.Time_Lat").await, "SST");
    assert_eq!(columns("select Time_Lat.sst from ERSST.time_lat").await, "SST");
    assert_eq!(columns("select Ersst.Time_Lat.sst from ERSST.time_lat").await, "SST");
    assert_eq!(columns("select P.* from pop as P").await, "nlat TLAT SST");
    assert_eq!(columns("select sst from datafusion.ERSST.time_lat").await, "SST");
}

#[tokio::test]
async fn joins_see_both_sides() {
    assert_eq!(columns("select a.tlat, b.X from pop a join both b on A.tlat = B.x").await, "TLAT x");
    assert_eq!(columns("select tlat from pop join (select TLAT from pop) q using (tlat)").await, "TLAT");
    assert_eq!(columns("select tlat, Lat from pop, lower").await, "TLAT lat");
}

#[tokio::test]
async fn subqueries_and_ctes_hand_their_names_on() {
    assert_eq!(columns("select SST from (select Sst, tlat from pop) q order by Q.TLat").await, "SST");
    assert_eq!(columns("with c as (select sst as Warm from pop) select WARM from C").await, "warm");
    assert_eq!(columns("with c(A1) as (select sst from pop) select a1 from c").await, "a1");
    assert_eq!(columns("with \"C\" as (select 1 as x) select X from c").await, "x");
    assert_eq!(columns("with pop as (select 1 as y) select Y from Pop").await, "y");
    assert_eq!(columns("select * from (select * from pop) where tlat > 1").await, "nlat TLAT SST");
    assert_eq!(
        columns(
            "with recursive r as (select sst from pop union all select SST + 1 from R where sst < 9) select sst from r"
        )
        .await,
        "SST"
    );
}

#[tokio::test]
async fn a_correlated_subquery_sees_the_query_around_it() {
    assert_eq!(
        columns("select nlat from pop p where exists (select 1 from lower l where l.LAT = p.tlat)").await,
        "nlat"
    );
    assert_eq!(columns("select nlat from pop where tlat in (select Sst from lower)").await, "nlat");
    assert_eq!(columns("select (select max(lat) from lower where sst = tlat) as m from pop").await, "m");
}

#[tokio::test]
async fn order_by_takes_the_alias_and_group_by_the_column() {
    assert_eq!(columns("select max(sst) as SST from pop order by SST desc").await, "sst");
    assert_eq!(
        columns("select tlat, max(sst) as M from pop group by TLAT having m > 1 order by M, Tlat").await,
        "TLAT m"
    );
    assert_eq!(columns("select tlat + 1 as Up from pop group by UP").await, "up");
    assert_eq!(columns("select tlat from pop union all select sst from pop order by TLat").await, "TLAT");
}

#[tokio::test]
async fn windows_filters_and_star_options_are_walked() {
    assert_eq!(
        columns("select avg(sst) filter (where tlat > 1) over (partition by Tlat order by nlat) as x from pop").await,
        "x"
    );
    assert_eq!(columns("select sum(sst) over w as x from pop window w as (order by tlat)").await, "x");
    assert_eq!(columns("select * exclude (tlat, sst) from pop").await, "nlat");
    assert_eq!(columns("select * replace (sst + 1 as sst) from pop").await, "nlat TLAT SST");
    assert_eq!(columns("select distinct on (tlat) sst from pop").await, "SST");
    assert_eq!(
        columns("select case when tlat > 1 then sst end as c from pop qualify row_number() over (order by c) = 1")
            .await,
        "c"
    );
    assert_eq!(columns("from pop").await, "nlat TLAT SST");
}

#[tokio::test]
async fn explain_copy_and_create_hold_queries_too() {
    columns("explain select tlat from pop").await;
    columns("copy (select tlat from pop) to '/tmp/x.csv' stored as csv").await;
    columns("copy Mixed to '/tmp/x.csv' stored as csv").await;
    columns("create table t as select tlat from pop").await;
    columns("create view v as select tlat from pop").await;
    columns("drop table MIXED").await;
}

#[tokio::test]
async fn beside_columns_that_are_not_known_only_an_exact_name_is_taken() {
    assert_eq!(columns("select TLAT, value from pop, generate_series(1, 2)").await, "TLAT value");
    assert!(plan("select tlat from pop, generate_series(1, 2)").await.is_err());
    assert_eq!(columns("select tlat, V from pop, generate_series(1, 2) as g(v)").await, "TLAT v");
}

#[tokio::test]
async fn a_name_that_means_nothing_is_left_to_datafusion() {
    let error = plan("select tlatt from pop").await.unwrap_err().to_string();
    assert!(error.contains("tlatt"), "{error}");
    assert!(plan("select 1 from nowhere").await.unwrap_err().to_string().contains("nowhere"));
}

#[tokio::test]
async fn the_information_schema_is_found() {
    let context =
        SessionContext::new_with_config(datafusion::prelude::SessionConfig::new().with_information_schema(true));
    let state = context.state();
    let Statement::Sql(mut statement) =
        parse("select TABLE_NAME from Information_Schema.Tables", &state).unwrap().remove(0)
    else {
        panic!()
    };
    resolve(&mut statement, &state).await.unwrap();
    state.statement_to_plan(*statement).await.unwrap();
}
