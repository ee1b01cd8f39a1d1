//! What clients ask about the server and its tables.

use arrow_flight::IpcMessage;
use arrow_flight::sql::{
    CommandGetCatalogs, CommandGetCrossReference, CommandGetDbSchemas, CommandGetExportedKeys, CommandGetImportedKeys,
    CommandGetPrimaryKeys, CommandGetSqlInfo, CommandGetTableTypes, CommandGetTables, CommandGetXdbcTypeInfo,
    ProstMessageExt, SqlInfo,
};
use hyperslab::datafusion::arrow::array::{AsArray, RecordBatch};
use hyperslab::datafusion::arrow::compute::concat_batches;
use hyperslab::datafusion::arrow::datatypes::{Schema, UInt32Type};

use super::{Client, Server, fetch, info_of, shown};

async fn ask(client: &mut Client, command: impl ProstMessageExt) -> RecordBatch {
    let info = info_of(client, command).await.unwrap();
    let told = info.clone().try_decode_schema().unwrap();
    let batches = fetch(client, info).await.unwrap();
    let batch = concat_batches(&std::sync::Arc::new(told.clone()), &batches).unwrap();
    assert_eq!(batch.schema().as_ref(), &told);
    batch
}

fn texts(batch: &RecordBatch, column: &str) -> Vec<String> {
    batch.column_by_name(column).unwrap().as_string::<i32>().iter().map(|t| t.unwrap().to_string()).collect()
}

fn tables(schema: Option<&str>, table: Option<&str>, columns: bool) -> CommandGetTables {
    CommandGetTables {
        catalog: None,
        db_schema_filter_pattern: schema.map(String::from),
        table_name_filter_pattern: table.map(String::from),
        table_types: Vec::new(),
        include_schema: columns,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn catalogs_schemas_and_tables_are_those_of_the_session() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let catalogs = texts(&ask(&mut client, CommandGetCatalogs {}).await, "catalog_name");
    assert_eq!(catalogs.len(), 1, "{catalogs:?}");
    let schemas = ask(&mut client, CommandGetDbSchemas { catalog: None, db_schema_filter_pattern: None }).await;
    let schemas = texts(&schemas, "db_schema_name");
    for name in ["public", "era", "types", "slow"] {
        assert!(schemas.iter().any(|s| s == name), "{schemas:?}");
    }
    let some = CommandGetDbSchemas { catalog: None, db_schema_filter_pattern: Some("e%".into()) };
    assert_eq!(texts(&ask(&mut client, some).await, "db_schema_name"), ["era"]);
    let none = CommandGetDbSchemas { catalog: Some("elsewhere".into()), db_schema_filter_pattern: None };
    assert_eq!(ask(&mut client, none).await.num_rows(), 0);

    let all = ask(&mut client, tables(Some("public"), None, false)).await;
    assert_eq!(texts(&all, "table_name"), ["era", "slow", "types"]);
    assert!(texts(&all, "table_type").iter().all(|t| t == "TABLE"));
    let some = ask(&mut client, tables(Some("public"), Some("_r%"), false)).await;
    assert_eq!(texts(&some, "table_name"), ["era"]);
    let grids = ask(&mut client, tables(Some("era"), None, false)).await;
    assert!(texts(&grids, "table_name").contains(&"variables".to_string()), "{}", shown(&[grids]));
    let views = CommandGetTables { table_types: vec!["VIEW".into()], ..tables(Some("public"), None, false) };
    assert_eq!(ask(&mut client, views).await.num_rows(), 0);
    assert_eq!(server.reads.count(), 0);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_come_with_their_columns() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let batch = ask(&mut client, tables(Some("public"), Some("era"), true)).await;
    let bytes = batch.column_by_name("table_schema").unwrap().as_binary::<i32>().value(0).to_vec();
    let columns = Schema::try_from(IpcMessage(bytes.into())).unwrap();
    let names: Vec<&str> = columns.fields().iter().map(|f| f.name().as_str()).collect();
    assert_eq!(names, ["time", "lat", "lon", "t2m", "u10"]);
    let t2m = columns.field_with_name("t2m").unwrap().metadata();
    assert_eq!(t2m["ARROW:FLIGHT:SQL:TABLE_NAME"], "era");
    assert_eq!(t2m["ARROW:FLIGHT:SQL:IS_READ_ONLY"], "1");
    assert!(t2m.contains_key("ARROW:FLIGHT:SQL:TYPE_NAME"), "{t2m:?}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_tells_what_it_can_do() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let all = ask(&mut client, CommandGetSqlInfo { info: Vec::new() }).await;
    assert!(all.num_rows() > 80, "{}", all.num_rows());
    let some =
        CommandGetSqlInfo { info: vec![SqlInfo::FlightSqlServerName as u32, SqlInfo::SqlNumericFunctions as u32] };
    let some = ask(&mut client, some).await;
    assert_eq!(some.column(0).as_primitive::<UInt32Type>().values(), &[0, 509]);
    let text = shown(&[some]);
    assert!(text.contains("Hyperslab") && text.contains("sqrt"), "{text}");
    let types = ask(&mut client, CommandGetTableTypes {}).await;
    assert_eq!(texts(&types, "table_type"), ["LOCAL TEMPORARY", "TABLE", "VIEW"]);
    let types = ask(&mut client, CommandGetXdbcTypeInfo { data_type: None }).await;
    assert!(texts(&types, "type_name").contains(&"TIMESTAMP".to_string()));
    let one = ask(&mut client, CommandGetXdbcTypeInfo { data_type: Some(93) }).await;
    assert_eq!(texts(&one, "type_name"), ["TIMESTAMP"]);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn there_are_no_keys() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let table = "era".to_string();
    let primary = CommandGetPrimaryKeys { catalog: None, db_schema: None, table: table.clone() };
    let primary = ask(&mut client, primary).await;
    assert_eq!((primary.num_rows(), primary.num_columns()), (0, 6));
    let exported = CommandGetExportedKeys { catalog: None, db_schema: None, table: table.clone() };
    assert_eq!(ask(&mut client, exported).await.num_columns(), 13);
    let imported = CommandGetImportedKeys { catalog: None, db_schema: None, table: table.clone() };
    assert_eq!(ask(&mut client, imported).await.num_rows(), 0);
    let cross = CommandGetCrossReference { pk_table: table.clone(), fk_table: table, ..Default::default() };
    assert_eq!(ask(&mut client, cross).await.num_rows(), 0);
    server.stop().await;
}
