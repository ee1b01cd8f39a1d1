//! [`FlightSql`]: what Flight SQL asks of a server.

use std::sync::Arc;

use arrow_flight::flight_service_server::FlightService;
use arrow_flight::sql::server::{FlightSqlService, PeekableFlightDataStream};
use arrow_flight::sql::{
    ActionBeginTransactionRequest, ActionBeginTransactionResult, ActionCancelQueryRequest, ActionCancelQueryResult,
    ActionClosePreparedStatementRequest, ActionCreatePreparedStatementRequest, ActionCreatePreparedStatementResult,
    ActionEndTransactionRequest, Any, Command, CommandGetCatalogs, CommandGetCrossReference, CommandGetDbSchemas,
    CommandGetExportedKeys, CommandGetImportedKeys, CommandGetPrimaryKeys, CommandGetSqlInfo, CommandGetTableTypes,
    CommandGetTables, CommandGetXdbcTypeInfo, CommandPreparedStatementQuery, CommandPreparedStatementUpdate,
    CommandStatementIngest, CommandStatementQuery, CommandStatementUpdate, DoPutPreparedStatementResult,
    ProstMessageExt, SqlInfo, TicketStatementQuery,
};
use arrow_flight::{
    Action, BasicAuth, FlightDescriptor, FlightEndpoint, FlightInfo, HandshakeRequest, HandshakeResponse, IpcMessage,
    SchemaAsIpc, Ticket,
};
use bytes::Bytes;
use futures::{Stream, StreamExt};
use hyperslab::QueryResult;
use hyperslab::datafusion::arrow::array::RecordBatch;
use hyperslab::datafusion::arrow::datatypes::{Schema, SchemaRef};
use hyperslab::datafusion::arrow::ipc::writer::IpcWriteOptions;
use prost::Message;
use tonic::{Request, Response, Status, Streaming};

use super::client::{Busy, Client};
use super::clients::{AUTHORIZATION, Clients, Login, basic_login};
use super::connection::Connection;
use super::options::FlightOptions;
use super::prepared::Prepared;
use super::statement::{self, Planned};
use super::tickets::{Running, Tickets};
use super::{actions, encode, metadata, put, settings, status};
use crate::auth::Users;
use crate::core::Hub;
use crate::error::{ServerError, code};

/// The service, for all connections.
#[derive(Debug)]
pub(super) struct FlightSql {
    clients: Clients,
    tickets: Arc<Tickets>,
    options: FlightOptions,
}

type DoGet = Response<<FlightSql as FlightService>::DoGetStream>;

impl FlightSql {
    pub fn new(hub: Arc<Hub>, users: Arc<Users>, options: FlightOptions) -> Self {
        Self { clients: Clients::new(hub, users), tickets: Arc::default(), options }
    }

    pub fn tickets(&self) -> &Tickets {
        &self.tickets
    }

    /// Ends a session with all that it has.
    pub fn close(&self, client: &Arc<Client>) {
        self.clients.close(client);
        self.tickets.forget(client);
    }

    /// Forgets what nobody came back for.
    pub fn sweep(&self) {
        self.tickets.sweep(self.options.ticket_lifetime);
        self.clients.sweep(&self.options);
    }

    /// Who makes a call.
    ///
    /// # Errors
    /// When the caller is not let in.
    pub async fn caller<T>(&self, request: &Request<T>) -> Result<Busy, Status> {
        let caller = self.clients.caller(request.metadata(), &connection(request)?).await;
        caller.map_err(|e| status::status(&e))
    }

    /// The columns of a command, as they are sent.
    ///
    /// # Errors
    /// When it cannot be planned.
    pub async fn schema(&self, request: &Request<FlightDescriptor>) -> Result<Schema, Status> {
        let caller = self.caller(request).await?;
        let command = command(&request.get_ref().cmd, "the command")?;
        match command {
            Command::CommandStatementQuery(query) => {
                let timeout = timeout(&caller, request)?;
                let prepared = Prepared::new(&caller, &query.query, timeout).await.map_err(|e| status::status(&e))?;
                Ok(prepared_schema(&caller, &prepared))
            }
            Command::CommandPreparedStatementQuery(query) => {
                let (owner, prepared) = self.prepared(&query.prepared_statement_handle, &caller)?;
                Ok(prepared_schema(&owner, &prepared))
            }
            command => Ok(self.metadata(command, &caller).await?.schema().as_ref().clone()),
        }
    }

    /// The answer to a command that asks for metadata.
    async fn metadata(&self, command: Command, caller: &Busy) -> Result<RecordBatch, Status> {
        let context = caller.session().context().session();
        match command {
            Command::CommandGetCatalogs(query) => metadata::catalogs(query, context),
            Command::CommandGetDbSchemas(query) => metadata::schemas(query, context),
            Command::CommandGetTables(query) => metadata::tables(query, context).await,
            Command::CommandGetTableTypes(_) => metadata::table_types(),
            Command::CommandGetSqlInfo(query) => {
                let info = metadata::sql_info(context, caller.session().rights())?;
                info.record_batch(query.info).map_err(status::of_flight)
            }
            Command::CommandGetPrimaryKeys(_) => Ok(metadata::primary_keys()),
            Command::CommandGetExportedKeys(_)
            | Command::CommandGetImportedKeys(_)
            | Command::CommandGetCrossReference(_) => Ok(metadata::foreign_keys()),
            Command::CommandGetXdbcTypeInfo(query) => metadata::type_info(query),
            other => Err(unsupported(other.type_url())),
        }
    }

    /// How to fetch the answer to a command that asks for metadata: the command is its ticket.
    async fn metadata_info(
        &self,
        command: Command,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        let caller = self.caller(&request).await?;
        let descriptor = request.into_inner();
        let schema = self.metadata(command, &caller).await?.schema();
        info(&schema, descriptor.cmd.clone(), descriptor)
    }

    async fn metadata_rows(&self, command: Command, request: Request<Ticket>) -> Result<DoGet, Status> {
        let caller = self.caller(&request).await?;
        let batch = self.metadata(command, &caller).await?;
        let messages = encode::one_batch(&batch, self.options.batch_bytes)?;
        Ok(Response::new(futures::stream::iter(messages.into_iter().map(Ok)).boxed()))
    }

    /// How to fetch the rows of a planned statement.
    fn planned_info(
        &self,
        client: &Busy,
        planned: Planned,
        descriptor: FlightDescriptor,
    ) -> Result<Response<FlightInfo>, Status> {
        let schema = sent_schema(client, planned.schema(), planned.result());
        let ticket = self.tickets.issue(client.client(), planned, self.options.tickets);
        let handle = ticket.map_err(|e| status::status(&e))?.to_vec();
        let ticket = TicketStatementQuery { statement_handle: handle.into() };
        info(&schema, ticket.as_any().encode_to_vec().into(), descriptor)
    }

    async fn rows(&self, client: Busy, planned: Planned, running: Option<Running>) -> Result<DoGet, Status> {
        let schema = sent_schema(&client, planned.schema(), planned.result());
        let batches = planned.run(client, running).await?;
        Ok(Response::new(encode::messages(batches, schema, self.options.batch_bytes).boxed()))
    }

    fn prepared(&self, handle: &[u8], caller: &Busy) -> Result<(Busy, Arc<Prepared>), Status> {
        self.clients.prepared(handle, caller).map_err(|e| status::status(&e))
    }

    async fn plan(
        &self,
        caller: &Busy,
        text: &str,
        transaction: Option<&[u8]>,
        timeout: Option<std::time::Duration>,
    ) -> Result<Planned, Status> {
        let planned = async {
            caller.check_transaction(transaction)?;
            let statement = statement::parse(caller.session().context(), text)?;
            Planned::of(caller, text, statement, timeout).await
        };
        planned.await.map_err(|e| status::status(&e))
    }
}

/// The connection that a request came through.
pub(super) fn connection<T>(request: &Request<T>) -> Result<Arc<Connection>, Status> {
    request.extensions().get::<Arc<Connection>>().cloned().ok_or_else(|| status::internal("a request from nowhere"))
}

/// The command in some bytes.
///
/// # Errors
/// When they hold none.
pub(super) fn command(bytes: &[u8], what: &str) -> Result<Command, Status> {
    let any = Any::decode(bytes).map_err(|e| status::malformed(what, e))?;
    Command::try_from(any).map_err(|e| status::malformed(what, e))
}

fn timeout<T>(client: &Client, request: &Request<T>) -> Result<Option<std::time::Duration>, Status> {
    settings::timeout(client, request.metadata()).map_err(|e| status::status(&e))
}

/// The columns of an answer as they are sent.
fn sent_schema(client: &Client, schema: &Schema, query: Option<&QueryResult>) -> SchemaRef {
    let context = client.session().context().session();
    Arc::new(metadata::described(schema, query, context, client.settings().views))
}

fn prepared_schema(client: &Client, prepared: &Prepared) -> Schema {
    let schema = prepared.schema().unwrap_or_else(|| Arc::new(Schema::empty()));
    sent_schema(client, &schema, prepared.query()).as_ref().clone()
}

fn info(schema: &Schema, ticket: Bytes, descriptor: FlightDescriptor) -> Result<Response<FlightInfo>, Status> {
    let endpoint = FlightEndpoint::new().with_ticket(Ticket { ticket });
    let info = FlightInfo::new().try_with_schema(schema).map_err(status::of_arrow)?;
    Ok(Response::new(info.with_descriptor(descriptor).with_endpoint(endpoint).with_ordered(true)))
}

fn ipc_schema(schema: &Schema) -> Result<Bytes, Status> {
    let options = IpcWriteOptions::default();
    let IpcMessage(bytes) = SchemaAsIpc::new(schema, &options).try_into().map_err(status::of_arrow)?;
    Ok(bytes)
}

fn unsupported(what: &str) -> Status {
    let name = what.rsplit(['.', '/']).next().unwrap_or(what);
    status::status(&ServerError::new(code::FEATURE_NOT_SUPPORTED, format!("`{name}` does not exist here")))
}

/// User and password of a handshake: in the header, or, with older clients, in the body.
async fn login(request: Request<Streaming<HandshakeRequest>>) -> Result<Option<Login>, Status> {
    if let Some(login) = basic_login(request.metadata()).map_err(|e| status::status(&e))? {
        return Ok(Some(login));
    }
    let Some(first) = request.into_inner().message().await? else { return Ok(None) };
    if first.payload.is_empty() {
        return Ok(None);
    }
    let auth = BasicAuth::decode(first.payload.as_ref()).map_err(|e| status::malformed("the handshake", e))?;
    Ok(Some(Login { user: auth.username, password: auth.password }))
}

#[tonic::async_trait]
impl FlightSqlService for FlightSql {
    type FlightService = Self;

    async fn do_handshake(
        &self,
        request: Request<Streaming<HandshakeRequest>>,
    ) -> Result<Response<std::pin::Pin<Box<dyn Stream<Item = Result<HandshakeResponse, Status>> + Send>>>, Status> {
        let connection = connection(&request)?;
        let login = login(request).await?;
        let token = self.clients.log_in(login, &connection).await.map_err(|e| status::status(&e))?;
        let payload = Bytes::from(token.clone());
        let answer = futures::stream::iter([Ok(HandshakeResponse { protocol_version: 0, payload })]);
        let mut response = Response::new(answer.boxed());
        let header = format!("Bearer {token}").parse().map_err(status::internal)?;
        response.metadata_mut().insert(AUTHORIZATION, header);
        Ok(response)
    }

    async fn get_flight_info_statement(
        &self,
        query: CommandStatementQuery,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        let caller = self.caller(&request).await?;
        let timeout = timeout(&caller, &request)?;
        let planned = self.plan(&caller, &query.query, query.transaction_id.as_deref(), timeout).await?;
        self.planned_info(&caller, planned, request.into_inner())
    }

    async fn get_flight_info_prepared_statement(
        &self,
        query: CommandPreparedStatementQuery,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        let caller = self.caller(&request).await?;
        let (owner, prepared) = self.prepared(&query.prepared_statement_handle, &caller)?;
        let timeout = timeout(&owner, &request)?;
        let planned = prepared.plan(&owner, timeout).await.map_err(|e| status::status(&e))?;
        self.planned_info(&owner, planned, request.into_inner())
    }

    async fn get_flight_info_catalogs(
        &self,
        query: CommandGetCatalogs,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        self.metadata_info(Command::CommandGetCatalogs(query), request).await
    }

    async fn get_flight_info_schemas(
        &self,
        query: CommandGetDbSchemas,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        self.metadata_info(Command::CommandGetDbSchemas(query), request).await
    }

    async fn get_flight_info_tables(
        &self,
        query: CommandGetTables,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        self.metadata_info(Command::CommandGetTables(query), request).await
    }

    async fn get_flight_info_table_types(
        &self,
        query: CommandGetTableTypes,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        self.metadata_info(Command::CommandGetTableTypes(query), request).await
    }

    async fn get_flight_info_sql_info(
        &self,
        query: CommandGetSqlInfo,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        self.metadata_info(Command::CommandGetSqlInfo(query), request).await
    }

    async fn get_flight_info_primary_keys(
        &self,
        query: CommandGetPrimaryKeys,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        self.metadata_info(Command::CommandGetPrimaryKeys(query), request).await
    }

    async fn get_flight_info_exported_keys(
        &self,
        query: CommandGetExportedKeys,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        self.metadata_info(Command::CommandGetExportedKeys(query), request).await
    }

    async fn get_flight_info_imported_keys(
        &self,
        query: CommandGetImportedKeys,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        self.metadata_info(Command::CommandGetImportedKeys(query), request).await
    }

    async fn get_flight_info_cross_reference(
        &self,
        query: CommandGetCrossReference,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        self.metadata_info(Command::CommandGetCrossReference(query), request).await
    }

    async fn get_flight_info_xdbc_type_info(
        &self,
        query: CommandGetXdbcTypeInfo,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        self.metadata_info(Command::CommandGetXdbcTypeInfo(query), request).await
    }

    async fn get_flight_info_fallback(
        &self,
        command: Command,
        _: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        Err(unsupported(command.type_url()))
    }

    async fn do_get_statement(&self, ticket: TicketStatementQuery, request: Request<Ticket>) -> Result<DoGet, Status> {
        let caller = self.caller(&request).await?;
        let redeemed = self.tickets.redeem(&ticket.statement_handle, caller.user());
        let (waiting, running) = redeemed.map_err(|e| status::status(&e))?;
        self.rows(Busy::new(waiting.client), waiting.planned, Some(running)).await
    }

    async fn do_get_prepared_statement(
        &self,
        query: CommandPreparedStatementQuery,
        request: Request<Ticket>,
    ) -> Result<DoGet, Status> {
        let caller = self.caller(&request).await?;
        let (owner, prepared) = self.prepared(&query.prepared_statement_handle, &caller)?;
        let timeout = timeout(&owner, &request)?;
        let planned = prepared.plan(&owner, timeout).await.map_err(|e| status::status(&e))?;
        self.rows(owner, planned, None).await
    }

    async fn do_get_catalogs(&self, query: CommandGetCatalogs, request: Request<Ticket>) -> Result<DoGet, Status> {
        self.metadata_rows(Command::CommandGetCatalogs(query), request).await
    }

    async fn do_get_schemas(&self, query: CommandGetDbSchemas, request: Request<Ticket>) -> Result<DoGet, Status> {
        self.metadata_rows(Command::CommandGetDbSchemas(query), request).await
    }

    async fn do_get_tables(&self, query: CommandGetTables, request: Request<Ticket>) -> Result<DoGet, Status> {
        self.metadata_rows(Command::CommandGetTables(query), request).await
    }

    async fn do_get_table_types(&self, query: CommandGetTableTypes, request: Request<Ticket>) -> Result<DoGet, Status> {
        self.metadata_rows(Command::CommandGetTableTypes(query), request).await
    }

    async fn do_get_sql_info(&self, query: CommandGetSqlInfo, request: Request<Ticket>) -> Result<DoGet, Status> {
        self.metadata_rows(Command::CommandGetSqlInfo(query), request).await
    }

    async fn do_get_primary_keys(
        &self,
        query: CommandGetPrimaryKeys,
        request: Request<Ticket>,
    ) -> Result<DoGet, Status> {
        self.metadata_rows(Command::CommandGetPrimaryKeys(query), request).await
    }

    async fn do_get_exported_keys(
        &self,
        query: CommandGetExportedKeys,
        request: Request<Ticket>,
    ) -> Result<DoGet, Status> {
        self.metadata_rows(Command::CommandGetExportedKeys(query), request).await
    }

    async fn do_get_imported_keys(
        &self,
        query: CommandGetImportedKeys,
        request: Request<Ticket>,
    ) -> Result<DoGet, Status> {
        self.metadata_rows(Command::CommandGetImportedKeys(query), request).await
    }

    async fn do_get_cross_reference(
        &self,
        query: CommandGetCrossReference,
        request: Request<Ticket>,
    ) -> Result<DoGet, Status> {
        self.metadata_rows(Command::CommandGetCrossReference(query), request).await
    }

    async fn do_get_xdbc_type_info(
        &self,
        query: CommandGetXdbcTypeInfo,
        request: Request<Ticket>,
    ) -> Result<DoGet, Status> {
        self.metadata_rows(Command::CommandGetXdbcTypeInfo(query), request).await
    }

    async fn do_get_fallback(&self, _: Request<Ticket>, message: Any) -> Result<DoGet, Status> {
        Err(unsupported(&message.type_url))
    }

    async fn do_put_statement_update(
        &self,
        query: CommandStatementUpdate,
        request: Request<PeekableFlightDataStream>,
    ) -> Result<i64, Status> {
        let caller = self.caller(&request).await?;
        let timeout = timeout(&caller, &request)?;
        put::ignore_rows(request.into_inner()).await?;
        let planned = self.plan(&caller, &query.query, query.transaction_id.as_deref(), timeout).await?;
        planned.run(caller, None).await?.drain().await
    }

    async fn do_put_statement_ingest(
        &self,
        _: CommandStatementIngest,
        request: Request<PeekableFlightDataStream>,
    ) -> Result<i64, Status> {
        self.caller(&request).await?;
        Err(status::status(&ServerError::new(code::READ_ONLY, "cannot take in rows: this session only reads")))
    }

    async fn do_put_prepared_statement_query(
        &self,
        query: CommandPreparedStatementQuery,
        request: Request<PeekableFlightDataStream>,
    ) -> Result<DoPutPreparedStatementResult, Status> {
        let caller = self.caller(&request).await?;
        let (_owner, prepared) = self.prepared(&query.prepared_statement_handle, &caller)?;
        let rows = put::rows(request.into_inner()).await?;
        prepared.bind(rows).map_err(|e| status::status(&e))?;
        Ok(DoPutPreparedStatementResult { prepared_statement_handle: Some(query.prepared_statement_handle) })
    }

    async fn do_put_prepared_statement_update(
        &self,
        query: CommandPreparedStatementUpdate,
        request: Request<PeekableFlightDataStream>,
    ) -> Result<i64, Status> {
        let caller = self.caller(&request).await?;
        let (owner, prepared) = self.prepared(&query.prepared_statement_handle, &caller)?;
        let timeout = timeout(&owner, &request)?;
        let rows = put::rows(request.into_inner()).await?;
        if !rows.is_empty() {
            prepared.bind(rows).map_err(|e| status::status(&e))?;
        }
        let planned = prepared.plan(&owner, timeout).await.map_err(|e| status::status(&e))?;
        planned.run(owner, None).await?.drain().await
    }

    async fn do_put_fallback(
        &self,
        _: Request<PeekableFlightDataStream>,
        message: Any,
    ) -> Result<Response<<Self as FlightService>::DoPutStream>, Status> {
        Err(unsupported(&message.type_url))
    }

    async fn do_action_create_prepared_statement(
        &self,
        query: ActionCreatePreparedStatementRequest,
        request: Request<Action>,
    ) -> Result<ActionCreatePreparedStatementResult, Status> {
        let caller = self.caller(&request).await?;
        let timeout = timeout(&caller, &request)?;
        let prepared = async {
            caller.check_transaction(query.transaction_id.as_deref())?;
            Prepared::new(&caller, &query.query, timeout).await
        };
        let prepared = prepared.await.map_err(|e| status::status(&e))?;
        let dataset_schema = match prepared.schema() {
            Some(_) => ipc_schema(&prepared_schema(&caller, &prepared))?,
            None => Bytes::new(),
        };
        let parameter_schema = ipc_schema(&prepared.parameter_schema())?;
        let handle = caller.prepare(prepared, self.options.prepared).map_err(|e| status::status(&e))?;
        Ok(ActionCreatePreparedStatementResult {
            prepared_statement_handle: handle.into(),
            dataset_schema,
            parameter_schema,
        })
    }

    async fn do_action_close_prepared_statement(
        &self,
        query: ActionClosePreparedStatementRequest,
        request: Request<Action>,
    ) -> Result<(), Status> {
        let caller = self.caller(&request).await?;
        let (owner, _) = self.prepared(&query.prepared_statement_handle, &caller)?;
        owner.close_prepared(&query.prepared_statement_handle);
        Ok(())
    }

    async fn do_action_begin_transaction(
        &self,
        _: ActionBeginTransactionRequest,
        request: Request<Action>,
    ) -> Result<ActionBeginTransactionResult, Status> {
        let caller = self.caller(&request).await?;
        let id = caller.begin().map_err(|e| status::status(&e))?;
        Ok(ActionBeginTransactionResult { transaction_id: id.into() })
    }

    async fn do_action_end_transaction(
        &self,
        query: ActionEndTransactionRequest,
        request: Request<Action>,
    ) -> Result<(), Status> {
        let caller = self.caller(&request).await?;
        caller.end(&query.transaction_id).map_err(|e| status::status(&e))
    }

    async fn do_action_cancel_query(
        &self,
        query: ActionCancelQueryRequest,
        request: Request<Action>,
    ) -> Result<ActionCancelQueryResult, Status> {
        let caller = self.caller(&request).await?;
        let info = FlightInfo::decode(query.info.as_ref()).map_err(|e| status::malformed("`info`", e))?;
        let result = actions::cancel(self, &caller, &info)?;
        // The numbers of both enumerations are the same.
        Ok(ActionCancelQueryResult { result: result as i32 })
    }

    async fn do_action_fallback(
        &self,
        request: Request<Action>,
    ) -> Result<Response<<Self as FlightService>::DoActionStream>, Status> {
        let caller = self.caller(&request).await?;
        let body = actions::act(self, &caller, request.get_ref()).await?;
        Ok(Response::new(futures::stream::iter([Ok(arrow_flight::Result { body })]).boxed()))
    }

    async fn register_sql_info(&self, _: i32, _: &SqlInfo) {}
}
