//! From an accepted socket to a session: encryption, the first message, the login.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::{Buf, Bytes, BytesMut};
use pgwire::messages::startup::Authentication;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::backend::{Backend, Severity};
use super::channel::{Channel, Peer, Stream};
use super::connection::Connection;
use super::frontend::{Reader, checked_length, utf8};
use super::settings::Settings;
use super::{Server, frontend};
use crate::config::Rights;
use crate::core::Protocol;
use crate::error::{ServerError, code};

/// The longest first message, as PostgreSQL has it.
const LONGEST_START: usize = 10_000;
/// The longest message of a login.
const LONGEST_LOGIN: usize = 65_536;
const CANCEL: i32 = 80_877_102;
const SSL: i32 = 80_877_103;
const GSS: i32 = 80_877_104;
/// The first byte of TLS without a request for it.
const TLS_HANDSHAKE: u8 = 0x16;

/// Why a connection ends before it has a session.
enum Ended {
    /// The client is told.
    Refused(ServerError, Box<Channel>),
    /// There is nobody to tell, or nothing to say.
    Silent,
}

impl From<io::Error> for Ended {
    fn from(_: io::Error) -> Self {
        Self::Silent
    }
}

/// What the first message says.
struct Start {
    minor: u16,
    parameters: BTreeMap<String, String>,
}

/// Serves one connection from its first byte to its last.
pub(super) async fn connect(server: Arc<Server>, stream: TcpStream, address: SocketAddr) {
    let _ = stream.set_nodelay(true);
    let (Ok(peer), local) = (Peer::of(&stream), stream.local_addr().ok()) else { return };
    let begun = tokio::select! {
        begun = tokio::time::timeout(server.options.startup_timeout, begin(&server, stream, address, local)) => begun,
        () = server.hub.shutdown().cancelled() => return,
    };
    match begun {
        Ok(Ok(connection)) => connection.serve(peer).await,
        Ok(Err(Ended::Refused(error, mut channel))) => {
            tracing::info!(%address, code = error.code, %error, "a connection was refused");
            channel.output.error(Severity::Fatal, &error);
            let _ = tokio::time::timeout(server.options.startup_timeout, channel.close()).await;
        }
        Ok(Err(Ended::Silent)) => {}
        Err(_) => tracing::info!(%address, "a connection was not logged in in time"),
    }
}

async fn begin(
    server: &Arc<Server>,
    stream: TcpStream,
    address: SocketAddr,
    local: Option<SocketAddr>,
) -> Result<Connection, Ended> {
    let (mut channel, encrypted, start) = first_message(server, stream).await?;
    match logged_in(server, &mut channel, encrypted, start, (address, local)).await {
        Ok(Login { user, rights, settings, minor, unsupported }) => {
            let refused = |error, channel| Ended::Refused(error, Box::new(channel));
            let session = match server.hub.connect(&user, rights, Protocol::Postgres) {
                Ok(session) => session,
                Err(error) => return Err(refused(error, channel)),
            };
            if minor > 0 || !unsupported.is_empty() {
                channel.output.negotiate(unsupported);
            }
            channel.output.authentication(&Authentication::Ok);
            let secret = match server.secrets.issue(session.id()) {
                Ok(secret) => secret,
                Err(error) => return Err(refused(error, channel)),
            };
            Ok(Connection::begin(Arc::clone(server), session, channel, settings, secret, (address, local)))
        }
        Err(Fault::Refused(error)) => Err(Ended::Refused(error, Box::new(channel))),
        Err(Fault::Gone) => Err(Ended::Silent),
    }
}

/// Answers the requests that come before the first message proper, and takes that.
async fn first_message(server: &Server, stream: TcpStream) -> Result<(Channel, bool, Start), Ended> {
    let mut stream: Box<dyn Stream> = Box::new(stream);
    let mut input = BytesMut::new();
    let mut encrypted = false;
    loop {
        let refuse = |stream, error| Ended::Refused(error, Box::new(Channel::new(stream, BytesMut::new(), 0)));
        if !fill(&mut stream, &mut input, 1).await? {
            return Err(Ended::Silent);
        }
        if !encrypted && input.first() == Some(&TLS_HANDSHAKE) {
            // Whoever speaks TLS without asking must also name the protocol, which rustls checks.
            stream = encrypt(server, stream, input.split()).await?;
            encrypted = true;
            continue;
        }
        if !fill(&mut stream, &mut input, 8).await? {
            return Err(Ended::Silent);
        }
        let mut head = input.get(..8).unwrap_or_default();
        let (length, request) = (head.get_i32(), head.get_i32());
        let body = match checked_length(length, LONGEST_START) {
            Ok(body @ 4..) => body,
            Ok(_) => return Err(refuse(stream, invalid("invalid length of startup packet"))),
            Err(error) => return Err(refuse(stream, error)),
        };
        if !fill(&mut stream, &mut input, body + 4).await? {
            return Err(Ended::Silent);
        }
        let mut message = input.split_to(body + 4).freeze();
        message.advance(8);
        match request {
            SSL if !encrypted => {
                if !input.is_empty() {
                    // What came in plain text must not be taken for something that was encrypted.
                    return Err(refuse(stream, invalid("received unencrypted data after SSL request")));
                }
                match server.tls {
                    Some(_) => {
                        stream.write_all(b"S").await?;
                        stream.flush().await?;
                        stream = encrypt(server, stream, BytesMut::new()).await?;
                        encrypted = true;
                    }
                    None => stream.write_all(b"N").await?,
                }
            }
            GSS if !encrypted => {
                if !input.is_empty() {
                    return Err(refuse(stream, invalid("received unencrypted data after GSSAPI encryption request")));
                }
                stream.write_all(b"N").await?;
            }
            CANCEL => {
                if let (Ok(id), Ok(secret)) = (message.try_get_i32(), message.try_get_i32()) {
                    server.secrets.cancel(&server.hub, id, secret);
                }
                return Err(Ended::Silent);
            }
            version if version >> 16 == 3 => {
                return match parameters(message) {
                    Ok(parameters) => {
                        let channel = Channel::new(stream, input, LONGEST_LOGIN);
                        Ok((channel, encrypted, Start { minor: (version & 0xffff) as u16, parameters }))
                    }
                    Err(error) => Err(refuse(stream, error)),
                };
            }
            other => {
                let (major, minor) = ((other >> 16) as u16, other as u16);
                return Err(refuse(
                    stream,
                    ServerError::new(
                        code::FEATURE_NOT_SUPPORTED,
                        format!("unsupported frontend protocol {major}.{minor}: server supports 3.0 to 3.0"),
                    ),
                ));
            }
        }
    }
}

/// Reads until `count` bytes are there; false at the end of the connection.
async fn fill(stream: &mut Box<dyn Stream>, input: &mut BytesMut, count: usize) -> io::Result<bool> {
    while input.len() < count {
        if stream.read_buf(input).await? == 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Encrypts a connection. Where that fails there is no connection: never one in plain text.
async fn encrypt(server: &Server, stream: Box<dyn Stream>, begun: BytesMut) -> Result<Box<dyn Stream>, Ended> {
    let tls = server.tls.as_ref().ok_or(Ended::Silent)?;
    let direct = !begun.is_empty();
    let (read, write) = tokio::io::split(stream);
    let stream = tokio::io::join(AsyncReadExt::chain(io::Cursor::new(begun), read), write);
    let stream = TlsAcceptor::from(Arc::clone(&tls.config)).accept(stream).await.map_err(|error| {
        tracing::info!(%error, "a connection could not be encrypted");
        Ended::Silent
    })?;
    if direct && stream.get_ref().1.alpn_protocol() != Some(b"postgresql") {
        return Err(Ended::Silent);
    }
    Ok(Box::new(stream))
}

/// Names and values up to an empty name.
fn parameters(body: Bytes) -> Result<BTreeMap<String, String>, ServerError> {
    let mut reader = Reader { body };
    let mut parameters = BTreeMap::new();
    loop {
        let name =
            reader.text().map_err(|_| invalid("invalid startup packet layout: expected terminator as last byte"))?;
        if name.is_empty() {
            break;
        }
        parameters.insert(name, reader.text()?);
    }
    match reader.body.is_empty() {
        true => Ok(parameters),
        false => Err(invalid("invalid startup packet layout: expected terminator as last byte")),
    }
}

/// Why a login does not come to its end.
enum Fault {
    Refused(ServerError),
    Gone,
}

impl From<ServerError> for Fault {
    fn from(error: ServerError) -> Self {
        Self::Refused(error)
    }
}

impl From<io::Error> for Fault {
    fn from(_: io::Error) -> Self {
        Self::Gone
    }
}

/// Somebody who may come in.
struct Login {
    user: String,
    rights: Arc<Rights>,
    settings: Settings,
    minor: u16,
    /// Options of the protocol that this server does not know.
    unsupported: Vec<String>,
}

async fn logged_in(
    server: &Server,
    channel: &mut Channel,
    encrypted: bool,
    start: Start,
    (address, _): (SocketAddr, Option<SocketAddr>),
) -> Result<Login, Fault> {
    let required = server.tls.as_ref().is_some_and(|tls| tls.required);
    if required && !encrypted {
        return Err(ServerError::new(code::INVALID_AUTHORIZATION, "this server takes encrypted connections only")
            .hint("connect with `sslmode=require`")
            .into());
    }
    let Start { minor, mut parameters } = start;
    let user = parameters.remove("user").filter(|user| !user.is_empty()).ok_or_else(|| {
        ServerError::new(code::INVALID_AUTHORIZATION, "no PostgreSQL user name specified in startup packet")
    })?;
    let rights = match server.users.trusts(address) {
        true => server.users.rights(&user),
        false => {
            scram(server, channel, encrypted, &user).await?;
            server.users.rights(&user)
        }
    };
    let rights = rights
        .ok_or_else(|| ServerError::new(code::INVALID_AUTHORIZATION, format!("role \"{user}\" does not exist")))?;
    let database = parameters.remove("database").filter(|d| !d.is_empty());
    if let Some(database) = database.filter(|d| d != server.hub.database()) {
        return Err(ServerError::new(code::INVALID_CATALOG_NAME, format!("database \"{database}\" does not exist"))
            .hint(format!("connect to database `{}`", server.hub.database()))
            .into());
    }
    let replication = parameters.remove("replication").unwrap_or_default().to_ascii_lowercase();
    if !matches!(replication.as_str(), "" | "off" | "false" | "no" | "0") {
        return Err(ServerError::new(code::FEATURE_NOT_SUPPORTED, "this server has no replication").into());
    }
    let (unsupported, parameters): (Vec<_>, Vec<_>) =
        parameters.into_iter().partition(|(name, _)| name.starts_with("_pq_."));
    let mut settings = Settings::default();
    settings.begin_with("session_authorization", &user);
    settings.begin_with("is_superuser", "off");
    for (name, value) in parameters {
        match name.as_str() {
            "options" => {
                for (name, value) in switches(&value)? {
                    settings.start_with(&name, &value)?;
                }
            }
            _ => settings.start_with(&name, &value)?,
        }
    }
    let unsupported = unsupported.into_iter().map(|(name, _)| name).collect();
    Ok(Login { user, rights, settings, minor, unsupported })
}

/// The settings of `-c name=value --name=value`; a backslash keeps a space in a value.
fn switches(options: &str) -> Result<Vec<(String, String)>, ServerError> {
    let mut words = vec![String::new()];
    let mut characters = options.chars();
    while let Some(c) = characters.next() {
        match (c, words.last_mut()) {
            (' ' | '\t' | '\n', _) => words.push(String::new()),
            ('\\', Some(word)) => word.extend(characters.next()),
            (c, Some(word)) => word.push(c),
            (_, None) => {}
        }
    }
    let mut words = words.into_iter().filter(|w| !w.is_empty());
    let mut settings = Vec::new();
    while let Some(word) = words.next() {
        let assignment = match word.strip_prefix("--").or_else(|| word.strip_prefix("-c").filter(|w| !w.is_empty())) {
            Some(assignment) => Some(assignment.to_string()),
            None if word == "-c" => words.next(),
            None => None,
        };
        let pair = assignment.as_deref().and_then(|a| a.split_once('='));
        let (name, value) = pair.ok_or_else(|| {
            ServerError::new(code::SYNTAX_ERROR, format!("invalid command-line argument for server process: {word}"))
        })?;
        settings.push((name.replace('-', "_"), value.to_string()));
    }
    Ok(settings)
}

/// A login by SCRAM-SHA-256.
async fn scram(server: &Server, channel: &mut Channel, encrypted: bool, user: &str) -> Result<(), Fault> {
    let end_point = server.tls.as_ref().filter(|_| encrypted).and_then(|tls| tls.end_point());
    let mut exchange = server.users.scram(user).bound_to(end_point);
    let mechanisms = exchange.mechanisms().iter().map(|m| m.to_string()).collect();
    channel.output.authentication(&Authentication::SASL(mechanisms));
    channel.flush().await?;
    let mut reader = Reader { body: password(channel).await? };
    exchange.choose(&reader.text()?)?;
    let length = usize::try_from(reader.i32()?).map_err(|_| invalid("malformed SCRAM message: no initial response"))?;
    let first = reader.bytes(length)?;
    let challenge = exchange.first(utf8(&first)?)?;
    channel.output.authentication(&Authentication::SASLContinue(Bytes::from(challenge)));
    channel.flush().await?;
    let last = password(channel).await?;
    let proof = exchange.finish(utf8(&last)?)?;
    channel.output.authentication(&Authentication::SASLFinal(Bytes::from(proof)));
    Ok(())
}

/// The client's next message of a login.
async fn password(channel: &mut Channel) -> Result<Bytes, Fault> {
    let (kind, body) = channel.next().await?.ok_or(Fault::Gone)??;
    match frontend::decode(kind, body)? {
        frontend::Frontend::Password(body) => Ok(body),
        _ => Err(invalid(format!("expected SASL response, got message type {kind}")).into()),
    }
}

fn invalid(message: impl Into<String>) -> ServerError {
    ServerError::new(code::PROTOCOL_VIOLATION, message)
}
