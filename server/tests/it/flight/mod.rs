//! Arrow Flight SQL, asked by the client of arrow-flight.

mod fuzz;
mod logins;
mod metadata;
mod prepared;
mod queries;
mod refusals;
mod settings;
mod slow;
mod stopping;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arrow_flight::error::FlightError;
use arrow_flight::sql::ProstMessageExt;
use arrow_flight::sql::client::FlightSqlServiceClient;
use arrow_flight::{Action, FlightDescriptor, FlightInfo};
use bytes::Bytes;
use futures::TryStreamExt;
use hyperslab::Context;
use hyperslab::datafusion::arrow::array::RecordBatch;
use hyperslab::datafusion::arrow::util::pretty::pretty_format_batches;
use hyperslab_server::auth::Users;
use hyperslab_server::config::Rights;
use hyperslab_server::core::{Hub, HubOptions};
use hyperslab_server::flight::{self, FlightOptions};
use hyperslab_server::tls::Tls;
use prost::Message;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tonic::transport::{Channel, Endpoint};
use tonic::{IntoRequest, Request, Status};

type Client = FlightSqlServiceClient<Channel>;

/// A server with the datasets `era` and `types` of the checked-in data, and `slow`, whose chunks take their time.
struct Server {
    address: SocketAddr,
    hub: Arc<Hub>,
    /// The reads of `slow`.
    reads: slow::Reads,
    task: JoinHandle<std::io::Result<()>>,
}

fn data(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/data").join(name).canonicalize().unwrap()
}

/// Everybody on this machine, with these rights.
fn trusted(rights: Rights) -> Users {
    Users::trusting(HashMap::new(), rights).unwrap()
}

impl Server {
    /// A server that trusts this machine.
    async fn start() -> Self {
        Self::with(trusted(Rights::default()), None, FlightOptions::default()).await
    }

    async fn with(users: Users, tls: Option<Tls>, options: FlightOptions) -> Self {
        let context = Context::builder().build().unwrap();
        for name in ["era", "types"] {
            let location = data(&format!("{name}.zarr"));
            context.register(name, location.to_str().unwrap()).await.unwrap();
        }
        let reads = slow::register(&context).await;
        let hub = Hub::new(context, HubOptions::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(flight::serve(listener, Arc::clone(&hub), Arc::new(users), tls, options));
        Self { address, hub, reads, task }
    }

    async fn channel(&self) -> Channel {
        Endpoint::from_shared(format!("http://{}", self.address)).unwrap().connect().await.unwrap()
    }

    /// A client on a connection of its own.
    async fn client(&self) -> Client {
        Client::new(self.channel().await)
    }

    /// Stops; the server has ended when this returns.
    async fn stop(self) {
        self.hub.shutdown().cancel();
        tokio::time::timeout(Duration::from_secs(10), self.task).await.unwrap().unwrap().unwrap();
    }
}

/// The rows that a `FlightInfo` leads to.
async fn fetch(client: &mut Client, info: FlightInfo) -> Result<Vec<RecordBatch>, FlightError> {
    let mut batches = Vec::new();
    for endpoint in info.endpoint {
        let stream = client.do_get(endpoint.ticket.unwrap()).await?;
        batches.extend(stream.try_collect::<Vec<_>>().await?);
    }
    Ok(batches)
}

async fn query(client: &mut Client, sql: &str) -> Result<Vec<RecordBatch>, FlightError> {
    let info = client.execute(sql.to_string(), None).await?;
    fetch(client, info).await
}

/// The answer as a table.
async fn table(client: &mut Client, sql: &str) -> String {
    let batches = query(client, sql).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
    shown(&batches)
}

fn shown(batches: &[RecordBatch]) -> String {
    pretty_format_batches(batches).unwrap().to_string()
}

/// The status with which a statement fails, wherever it does.
async fn refusal(client: &mut Client, sql: &str) -> Status {
    status(query(client, sql).await.map(|batches| shown(&batches)).unwrap_err())
}

fn status(error: FlightError) -> Status {
    match error {
        FlightError::Tonic(status) => *status,
        other => panic!("no status: {other}"),
    }
}

/// How to fetch the answer to a command.
async fn info_of(client: &mut Client, command: impl ProstMessageExt) -> Result<FlightInfo, Status> {
    let request = FlightDescriptor::new_cmd(command.as_any().encode_to_vec()).into_request();
    let request = with_token(client, request);
    Ok(client.inner_mut().get_flight_info(request).await?.into_inner())
}

/// The answer to an action; nothing where there is none.
async fn act(client: &mut Client, action: &str, body: Vec<u8>) -> Result<Bytes, Status> {
    let request = with_token(client, Action::new(action, body).into_request());
    let mut answer = client.inner_mut().do_action(request).await?.into_inner();
    Ok(answer.message().await?.map(|r| r.body).unwrap_or_default())
}

fn with_token<T>(client: &Client, mut request: Request<T>) -> Request<T> {
    if let Some(token) = client.token() {
        request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    }
    request
}
