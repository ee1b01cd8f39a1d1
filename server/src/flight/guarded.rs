//! [`Guarded`]: the service as gRPC sees it: the calls that Flight SQL leaves out, and no panic gets past it.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;

use arrow_flight::flight_service_server::FlightService;
use arrow_flight::{
    Action, ActionType, Criteria, Empty, FlightData, FlightDescriptor, FlightInfo, HandshakeRequest, HandshakeResponse,
    PollInfo, PutResult, SchemaAsIpc, SchemaResult, Ticket,
};
use futures::{FutureExt, Stream, StreamExt};
use hyperslab::datafusion::arrow::ipc::writer::IpcWriteOptions;
use tonic::{Request, Response, Status, Streaming};

use super::service::{FlightSql, command, connection};
use super::{actions, status};
use crate::error::{ServerError, code};

type Boxed<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send + 'static>>;

/// The service with a guard before it.
#[derive(Debug, Clone)]
pub(super) struct Guarded(pub Arc<FlightSql>);

/// Answers a call, also when it panics: that is a fault of ours, and only of this call.
async fn guarded<T>(call: impl Future<Output = Result<T, Status>>) -> Result<T, Status> {
    AssertUnwindSafe(call).catch_unwind().await.unwrap_or_else(|panic| Err(panicked(panic.as_ref())))
}

/// As [`guarded`], for what follows.
fn guarded_stream<T: Send + 'static>(response: Response<Boxed<T>>) -> Response<Boxed<T>> {
    response.map(|stream| {
        let stream = AssertUnwindSafe(stream).catch_unwind();
        let stream: Boxed<T> = stream.map(|next| next.unwrap_or_else(|panic| Err(panicked(panic.as_ref())))).boxed();
        stream
    })
}

fn panicked(panic: &(dyn Any + Send)) -> Status {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
    tracing::error!(panic = text, "a request panicked");
    status::status(
        &ServerError::new(code::INTERNAL_ERROR, format!("the server has a fault: {text}"))
            .hint("please report it, with the request"),
    )
}

#[tonic::async_trait]
impl FlightService for Guarded {
    type HandshakeStream = Boxed<HandshakeResponse>;
    type ListFlightsStream = Boxed<FlightInfo>;
    type DoGetStream = Boxed<FlightData>;
    type DoPutStream = Boxed<PutResult>;
    type DoActionStream = Boxed<arrow_flight::Result>;
    type ListActionsStream = Boxed<ActionType>;
    type DoExchangeStream = Boxed<FlightData>;

    async fn handshake(
        &self,
        request: Request<Streaming<HandshakeRequest>>,
    ) -> Result<Response<Self::HandshakeStream>, Status> {
        guarded(self.0.handshake(request)).await
    }

    async fn list_flights(&self, request: Request<Criteria>) -> Result<Response<Self::ListFlightsStream>, Status> {
        guarded(self.0.caller(&request)).await?;
        // Tables are found by the commands of Flight SQL; nothing is listed here.
        Ok(Response::new(futures::stream::empty().boxed()))
    }

    async fn get_flight_info(&self, request: Request<FlightDescriptor>) -> Result<Response<FlightInfo>, Status> {
        command(&request.get_ref().cmd, "the command")?;
        guarded(self.0.get_flight_info(request)).await
    }

    async fn poll_flight_info(&self, request: Request<FlightDescriptor>) -> Result<Response<PollInfo>, Status> {
        // There is nothing to wait for: rows are made while they are fetched.
        let info = self.get_flight_info(request).await?;
        Ok(info.map(|info| PollInfo {
            info: Some(info),
            flight_descriptor: None,
            progress: Some(1.0),
            ..PollInfo::new()
        }))
    }

    async fn get_schema(&self, request: Request<FlightDescriptor>) -> Result<Response<SchemaResult>, Status> {
        let schema = guarded(self.0.schema(&request)).await?;
        let options = IpcWriteOptions::default();
        let result = SchemaAsIpc::new(&schema, &options).try_into().map_err(status::of_arrow)?;
        Ok(Response::new(result))
    }

    async fn do_get(&self, request: Request<Ticket>) -> Result<Response<Self::DoGetStream>, Status> {
        command(&request.get_ref().ticket, "the ticket")?;
        guarded(self.0.do_get(request)).await.map(guarded_stream)
    }

    async fn do_put(&self, request: Request<Streaming<FlightData>>) -> Result<Response<Self::DoPutStream>, Status> {
        guarded(self.0.do_put(request)).await
    }

    async fn do_action(&self, request: Request<Action>) -> Result<Response<Self::DoActionStream>, Status> {
        guarded(self.0.do_action(request)).await
    }

    async fn list_actions(&self, request: Request<Empty>) -> Result<Response<Self::ListActionsStream>, Status> {
        connection(&request)?;
        Ok(Response::new(futures::stream::iter(actions::all().into_iter().map(Ok)).boxed()))
    }

    async fn do_exchange(
        &self,
        request: Request<Streaming<FlightData>>,
    ) -> Result<Response<Self::DoExchangeStream>, Status> {
        guarded(self.0.caller(&request)).await?;
        Err(status::status(&ServerError::new(code::FEATURE_NOT_SUPPORTED, "`DoExchange` does not exist here")))
    }
}
