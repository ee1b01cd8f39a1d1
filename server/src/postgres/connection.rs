//! [`Connection`]: the loop of one client, and what it keeps between messages.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use super::Server;
use super::backend::{Backend, Notice, Severity};
use super::channel::{Channel, Peer};
use super::execute::Portal;
use super::frontend::{self, Frontend};
use super::plan::Prepared;
use super::settings::{REPORTED, Settings};
use super::transaction::Transaction;
use crate::core::Session;
use crate::dialect;
use crate::error::{ServerError, code};

/// What a client is served with.
pub(super) struct Connection {
    pub server: Arc<Server>,
    pub session: Arc<Session>,
    pub channel: Channel,
    pub settings: Settings,
    pub transaction: Transaction,
    /// Prepared statements; the unnamed one under the empty name.
    pub statements: HashMap<String, Arc<Prepared>>,
    /// Portals and cursors, which share their names.
    pub portals: HashMap<String, Portal>,
    /// Counts portals, so that a savepoint can tell those made after it.
    pub portals_made: u64,
    /// When the connection began, in microseconds since 2000.
    pub began: i64,
    /// When the open transaction began.
    pub transaction_began: Option<i64>,
    /// The client's address, and the one it came to.
    pub addresses: (SocketAddr, Option<SocketAddr>),
    /// What the client has been told of its settings.
    reported: BTreeMap<&'static str, String>,
    /// After an error: nothing is answered before the next `Sync`.
    skipping: bool,
}

/// Why a message could not be answered.
#[derive(Debug)]
pub(super) enum Fault {
    /// The statement failed; the connection goes on.
    Statement(ServerError),
    /// The connection cannot go on.
    Fatal(ServerError),
    /// There is nobody to answer.
    Gone,
}

impl From<ServerError> for Fault {
    fn from(error: ServerError) -> Self {
        Self::Statement(error)
    }
}

impl From<io::Error> for Fault {
    fn from(_: io::Error) -> Self {
        Self::Gone
    }
}

impl Connection {
    /// A connection that is logged in, with its greeting in the channel.
    pub fn begin(
        server: Arc<Server>,
        session: Arc<Session>,
        mut channel: Channel,
        settings: Settings,
        secret: i32,
        addresses: (SocketAddr, Option<SocketAddr>),
    ) -> Self {
        channel.longest = server.options.message_bytes;
        let mut connection = Self {
            server,
            session,
            channel,
            settings,
            transaction: Transaction::default(),
            statements: HashMap::new(),
            portals: HashMap::new(),
            portals_made: 0,
            began: Self::moment(),
            transaction_began: None,
            addresses,
            reported: BTreeMap::new(),
            skipping: false,
        };
        if let Err(error) = dialect::register(connection.session.context().session()) {
            tracing::error!(%error, "functions of PostgreSQL are missing");
        }
        connection.apply_settings();
        connection.report_settings();
        connection.channel.output.backend_key(connection.session.id(), secret);
        connection.channel.output.ready(connection.transaction.status());
        connection
    }

    /// Answers messages until the client or the server ends.
    pub async fn serve(mut self, peer: Peer) {
        let shutdown = self.server.hub.shutdown().clone();
        let grace = self.server.options.shutdown_grace;
        let id = self.session.id();
        let ending = async {
            shutdown.cancelled().await;
            tokio::time::sleep(grace).await;
        };
        tokio::pin!(ending);
        tokio::select! {
            () = self.answer_all(&peer) => {}
            // A client that does not take the end of its answer.
            () = &mut ending => {}
        }
        self.server.secrets.forget(id);
    }

    async fn answer_all(&mut self, peer: &Peer) {
        let shutdown = self.server.hub.shutdown().clone();
        if self.channel.flush().await.is_err() {
            return;
        }
        loop {
            let next = tokio::select! {
                biased;
                () = shutdown.cancelled() => {
                    let error = ServerError::new(code::ADMIN_SHUTDOWN, "the server stops");
                    return self.say_goodbye(&error).await;
                }
                next = self.channel.next() => next,
            };
            let frame = match next {
                Ok(Some(Ok(frame))) => frame,
                Ok(Some(Err(error))) => return self.say_goodbye(&error).await,
                Ok(None) | Err(_) => return,
            };
            let answered = tokio::select! {
                answered = self.answer(frame) => answered,
                () = peer.gone() => {
                    // What ran is dropped with the connection, which stops its reads.
                    tracing::debug!(session = self.session.id(), "the client went away in its statement");
                    return;
                }
            };
            self.session.rest();
            self.transaction_began = match self.transaction.is_open() {
                true => self.transaction_began.or_else(|| Some(Self::moment())),
                false => None,
            };
            match answered {
                Ok(true) => {}
                Ok(false) | Err(Fault::Gone) => return,
                Err(Fault::Statement(error) | Fault::Fatal(error)) => return self.say_goodbye(&error).await,
            }
        }
    }

    /// Answers one message; false for the end of the connection.
    async fn answer(&mut self, (kind, body): (u8, bytes::Bytes)) -> Result<bool, Fault> {
        let message = match frontend::decode(kind, body) {
            Ok(message) => message,
            // Text that is no UTF-8 is a statement's fault; all else is a client that does not speak the protocol.
            Err(error) if error.code != code::PROTOCOL_VIOLATION => {
                if !self.skipping {
                    self.fail(&error);
                    match kind {
                        b'Q' => self.ready().await?,
                        _ => self.skipping = true,
                    }
                }
                return Ok(true);
            }
            Err(error) => return Err(Fault::Fatal(error)),
        };
        match message {
            Frontend::Terminate => return Ok(false),
            Frontend::Sync => {
                self.skipping = false;
                self.sync();
                self.ready().await?;
            }
            _ if self.skipping => {}
            Frontend::Query(text) => {
                self.simple(&text).await?;
                self.ready().await?;
            }
            Frontend::Flush => self.channel.flush().await?,
            // Left over from a copy that the client thought was open.
            Frontend::Copy => {}
            Frontend::FunctionCall => {
                let error = ServerError::new(code::FEATURE_NOT_SUPPORTED, "function calls by number are not supported")
                    .hint("call the function in a statement");
                self.fail(&error);
                self.ready().await?;
            }
            Frontend::Password(_) => {
                return Err(Fault::Fatal(ServerError::new(code::PROTOCOL_VIOLATION, "a password outside of a login")));
            }
            extended => match self.extended(extended).await {
                Ok(()) => {
                    if self.channel.output.len() > FLUSH_BYTES {
                        self.channel.flush().await?;
                    }
                }
                Err(Fault::Statement(error)) => {
                    self.fail(&error);
                    self.skipping = true;
                    self.channel.flush().await?;
                }
                Err(other) => return Err(other),
            },
        }
        Ok(true)
    }

    /// Tells the client of an error of its statement.
    pub fn fail(&mut self, error: &ServerError) {
        self.channel.output.error(Severity::Error, error);
        self.transaction.fail();
    }

    /// Tells the client something beside the answer.
    pub fn warn(&mut self, code: &'static str, message: impl Into<String>) {
        self.channel.output.notice(&Notice { severity: Severity::Warning, code, message: message.into() });
    }

    /// Says that the next message may come.
    pub async fn ready(&mut self) -> Result<(), Fault> {
        self.report_settings();
        self.channel.output.ready(self.transaction.status());
        if !self.channel.has_more() || self.channel.output.len() > FLUSH_BYTES {
            self.channel.flush().await?;
        }
        Ok(())
    }

    /// Makes the query engine follow the settings that it knows.
    pub fn apply_settings(&mut self) {
        let zone = self.settings.get("TimeZone").unwrap_or_default();
        let state = self.session.context().session().state_ref();
        let mut state = state.write();
        let options = state.config_mut().options_mut();
        if options.execution.time_zone.as_deref() != Some(zone.as_str()) {
            options.execution.time_zone = Some(zone);
        }
    }

    fn report_settings(&mut self) {
        for name in REPORTED {
            let value = self.settings.show(name).unwrap_or_default();
            if self.reported.get(name) != Some(&value) {
                self.channel.output.parameter_status(name, &value);
                self.reported.insert(name, value);
            }
        }
    }

    async fn say_goodbye(&mut self, error: &ServerError) {
        self.channel.output.error(Severity::Fatal, error);
        let _ = tokio::time::timeout(self.server.options.shutdown_grace, self.channel.close()).await;
    }
}

/// How many bytes may wait before they are sent.
pub(super) const FLUSH_BYTES: usize = 128 << 10;
