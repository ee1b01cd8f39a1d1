//! Ten thousand messages that make no sense: each gets an answer or a closed connection, and nobody else is disturbed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use arrow_flight::encode::FlightDataEncoderBuilder;
use arrow_flight::flight_service_client::FlightServiceClient;
use arrow_flight::sql::{
    ActionBeginTransactionRequest, ActionCancelQueryRequest, ActionClosePreparedStatementRequest,
    ActionCreatePreparedStatementRequest, ActionCreatePreparedStatementResult, ActionEndTransactionRequest, Any,
    CommandGetCatalogs, CommandGetDbSchemas, CommandGetSqlInfo, CommandGetTables, CommandGetXdbcTypeInfo,
    CommandPreparedStatementQuery, CommandPreparedStatementUpdate, CommandStatementQuery, CommandStatementUpdate,
    ProstMessageExt,
};
use arrow_flight::{
    Action, BasicAuth, CancelFlightInfoRequest, FlightData, FlightDescriptor, FlightInfo, HandshakeRequest, Ticket,
};
use futures::{StreamExt, TryStreamExt, stream};
use hyperslab::datafusion::arrow::array::{ArrayRef, Int64Array, ListArray, RecordBatch, StringArray};
use hyperslab::datafusion::arrow::datatypes::Int32Type;
use prost::Message;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tonic::transport::Channel;
use tonic::{Code, Status};

use super::{Server, act, query};

const REQUESTS: u64 = 9_500;
const SOCKETS: u64 = 500;
const CONNECTIONS: u64 = 8;
/// The longest that one answer may take.
const ANSWER: Duration = Duration::from_secs(10);

/// Random numbers, the same in each run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    fn bytes(&mut self, most: usize) -> Vec<u8> {
        (0..self.below(most)).map(|_| self.next() as u8).collect()
    }

    /// Something like `bytes`, and not the same.
    fn spoil(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        for _ in 0..1 + self.below(4) {
            let at = self.below(bytes.len());
            match self.below(6) {
                0 => bytes.truncate(at),
                1 => bytes.extend(self.bytes(20)),
                2 => bytes.splice(at..at, self.bytes(8)).for_each(drop),
                3 if !bytes.is_empty() => drop(bytes.remove(at)),
                4 if !bytes.is_empty() => bytes[at] = *self.pick(&[0, 1, 0x7f, 0x80, 0xff]),
                _ if !bytes.is_empty() => bytes[at] ^= 1 << self.below(8),
                _ => bytes = self.bytes(40),
            }
        }
        bytes
    }
}

/// What is spoilt.
struct Seeds {
    commands: Vec<Vec<u8>>,
    actions: Vec<(&'static str, Vec<u8>)>,
    rows: Vec<Vec<FlightData>>,
}

fn any(message: impl ProstMessageExt) -> Vec<u8> {
    message.as_any().encode_to_vec()
}

async fn seeds(client: &mut super::Client) -> Seeds {
    let text = |t: &str| Some(t.to_string());
    let create = ActionCreatePreparedStatementRequest { query: "SELECT $1 + 1, $2".into(), transaction_id: None };
    let created = act(client, "CreatePreparedStatement", any(create.clone())).await.unwrap();
    let created = Any::decode(created).unwrap().unpack::<ActionCreatePreparedStatementResult>().unwrap().unwrap();
    let handle = created.prepared_statement_handle;
    let info: FlightInfo = client.execute("SELECT 1".into(), None).await.unwrap();
    let commands = vec![
        any(CommandStatementQuery { query: "SELECT 1 AS n WHERE 'a' < 'b'".into(), transaction_id: None }),
        any(CommandStatementUpdate { query: "SET statement_timeout = 5000".into(), transaction_id: None }),
        any(CommandPreparedStatementQuery { prepared_statement_handle: handle.clone() }),
        any(CommandPreparedStatementUpdate { prepared_statement_handle: handle.clone() }),
        any(CommandGetCatalogs {}),
        any(CommandGetDbSchemas { catalog: text("x"), db_schema_filter_pattern: text("%_\\") }),
        any(CommandGetTables {
            catalog: None,
            db_schema_filter_pattern: text("public"),
            table_name_filter_pattern: text("e%"),
            table_types: vec!["TABLE".into()],
            include_schema: true,
        }),
        any(CommandGetSqlInfo { info: vec![0, 1, 500] }),
        any(CommandGetXdbcTypeInfo { data_type: Some(4) }),
        info.endpoint[0].ticket.clone().unwrap().ticket.to_vec(),
    ];
    let actions = vec![
        ("CreatePreparedStatement", any(create)),
        // Closing it for good would leave nothing to bind to.
        (
            "ClosePreparedStatement",
            any(ActionClosePreparedStatementRequest { prepared_statement_handle: vec![1].into() }),
        ),
        ("BeginTransaction", any(ActionBeginTransactionRequest {})),
        ("EndTransaction", any(ActionEndTransactionRequest { transaction_id: vec![1, 2].into(), action: 1 })),
        ("CancelQuery", any(ActionCancelQueryRequest { info: info.encode_to_vec().into() })),
        ("CancelFlightInfo", CancelFlightInfoRequest::new(info).encode_to_vec()),
        ("SetSessionOptions", vec![10, 20, 10, 5, b'o', b't', b'h', b'e', b'r', 18, 3, 10, 1, b'1']),
        ("GetSessionOptions", Vec::new()),
        ("Nothing", vec![1, 2, 3]),
    ];
    let lists = ListArray::from_iter_primitive::<Int32Type, _, _>([Some([Some(1), None]), None]);
    let batch = RecordBatch::try_from_iter_with_nullable([
        ("a", Arc::new(Int64Array::from(vec![Some(1), None])) as ArrayRef, true),
        ("b", Arc::new(StringArray::from(vec![Some("x"), Some("a longer text")])), true),
        ("c", Arc::new(lists), true),
    ])
    .unwrap();
    let mut rows = Vec::new();
    for command in [
        any(CommandPreparedStatementQuery { prepared_statement_handle: handle.clone() }),
        any(CommandPreparedStatementUpdate { prepared_statement_handle: handle }),
    ] {
        for batch in [batch.project(&[0, 1]).unwrap(), batch.clone()] {
            let data = FlightDataEncoderBuilder::new()
                .with_flight_descriptor(Some(FlightDescriptor::new_cmd(command.clone())))
                .build(stream::iter([Ok(batch)]));
            rows.push(data.try_collect().await.unwrap());
        }
    }
    Seeds { commands, actions, rows }
}

/// One request; its status.
async fn ask(client: &mut FlightServiceClient<Channel>, seeds: &Seeds, random: &mut Random) -> Result<(), Status> {
    match random.below(6) {
        0 => {
            let command = random.pick(&seeds.commands).clone();
            client.get_flight_info(FlightDescriptor::new_cmd(random.spoil(&command))).await.map(drop)
        }
        1 => {
            let command = random.pick(&seeds.commands).clone();
            let answer = client.do_get(Ticket::new(random.spoil(&command))).await?;
            answer.into_inner().try_for_each(|_| std::future::ready(Ok(()))).await
        }
        2 => {
            let (name, body) = random.pick(&seeds.actions).clone();
            let answer = client.do_action(Action::new(name, random.spoil(&body))).await?;
            answer.into_inner().try_for_each(|_| std::future::ready(Ok(()))).await
        }
        3 | 4 => {
            let mut data = random.pick(&seeds.rows).clone();
            let at = random.below(data.len());
            match random.below(4) {
                0 => data[at].data_header = random.spoil(&data[at].data_header).into(),
                1 => data[at].data_body = random.spoil(&data[at].data_body).into(),
                2 => {
                    let cmd = data[0].flight_descriptor.clone().unwrap_or_default().cmd;
                    data[0].flight_descriptor = Some(FlightDescriptor::new_cmd(random.spoil(&cmd)));
                }
                _ => {
                    let other = random.below(data.len());
                    data.swap(at, other);
                    data[at].data_header = random.spoil(&data[at].data_header).into();
                }
            }
            let answer = client.do_put(stream::iter(data)).await?;
            answer.into_inner().try_for_each(|_| std::future::ready(Ok(()))).await
        }
        _ => {
            let auth = BasicAuth { username: "fuzz".into(), password: "y".into() }.encode_to_vec();
            let request = HandshakeRequest { protocol_version: random.next(), payload: random.spoil(&auth).into() };
            let mut request = tonic::Request::new(stream::iter([request]));
            // A header that is refused, so that there are not thousands of sessions.
            let header = format!("Basic {}", String::from_utf8_lossy(&random.bytes(6)).escape_unicode());
            request.metadata_mut().insert("authorization", header.parse().unwrap());
            let answer = client.handshake(request).await?;
            answer.into_inner().try_for_each(|_| std::future::ready(Ok(()))).await
        }
    }
}

/// Garbage on a socket, at times after the greeting of HTTP/2.
async fn garbage(server: &Server, random: &mut Random) {
    let Ok(mut socket) = TcpStream::connect(server.address).await else { return };
    if random.below(2) == 0 {
        let _ = socket.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
        if random.below(2) == 0 {
            let _ = socket.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).await;
        }
    }
    let _ = socket.write_all(&random.bytes(300)).await;
    if random.below(2) == 0 {
        let _ = socket.shutdown().await;
        let mut answer = Vec::new();
        let _ = tokio::time::timeout(Duration::from_millis(50), socket.read_to_end(&mut answer)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_malformed_messages_disturb_nobody() {
    let server = Arc::new(Server::start().await);
    let (done, asked, faults) = (Arc::new(AtomicBool::new(false)), AtomicU64::new(0), Arc::new(AtomicU64::new(0)));
    let mut other = server.client().await;
    let bystander = tokio::spawn({
        let done = Arc::clone(&done);
        async move {
            let (mut answers, mut longest) = (0u64, Duration::ZERO);
            while !done.load(Ordering::SeqCst) {
                let start = Instant::now();
                let batches = query(&mut other, "SELECT count(*) AS n FROM era").await.unwrap();
                assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 1);
                longest = longest.max(start.elapsed());
                answers += 1;
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            (answers, longest)
        }
    });
    let seeds = Arc::new(seeds(&mut server.client().await).await);
    let started = Instant::now();
    let fuzzers = (0..CONNECTIONS).map(|number| {
        let (server, seeds, faults) = (Arc::clone(&server), Arc::clone(&seeds), Arc::clone(&faults));
        let asked = &asked;
        async move {
            let mut random = Random(0x9e37_79b9_7f4a_7c15 ^ (number + 1));
            let mut client = FlightServiceClient::new(server.channel().await);
            for _ in 0..REQUESTS.div_ceil(CONNECTIONS) {
                let answer = tokio::time::timeout(ANSWER, ask(&mut client, &seeds, &mut random)).await;
                let answer = answer.expect("no answer in time");
                if let Err(status) = &answer {
                    assert_ne!(status.code(), Code::Unavailable, "the connection broke: {status}");
                    assert_ne!(status.code(), Code::Cancelled, "the connection broke: {status}");
                    if status.code() == Code::Internal {
                        faults.fetch_add(1, Ordering::SeqCst);
                        if faults.load(Ordering::SeqCst) < 20 {
                            eprintln!("{status}");
                        }
                    }
                }
                asked.fetch_add(1, Ordering::SeqCst);
            }
            for _ in 0..SOCKETS.div_ceil(CONNECTIONS) {
                garbage(&server, &mut random).await;
                asked.fetch_add(1, Ordering::SeqCst);
            }
        }
    });
    stream::iter(fuzzers).for_each_concurrent(None, |fuzzer| fuzzer).await;
    let took = started.elapsed();
    done.store(true, Ordering::SeqCst);
    let (answers, longest) = bystander.await.unwrap();
    let asked = asked.load(Ordering::SeqCst);
    assert!(asked >= 10_000, "{asked}");
    assert!(answers > 20, "{answers} answers in {took:?}");
    assert!(longest < Duration::from_secs(3), "the longest answer took {longest:?}");
    assert!(took < Duration::from_secs(120), "{took:?}");
    assert_eq!(faults.load(Ordering::SeqCst), 0, "faults of ours");
    Arc::into_inner(server).unwrap().stop().await;
}
