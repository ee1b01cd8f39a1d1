//! [`Session`]: one user's connection, and the statements it runs.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyperslab::datafusion::error::DataFusionError;
use hyperslab::datafusion::sql::parser::Statement as SqlStatement;
use hyperslab::{Access, Context, QueryResult, Statement};
use tokio_util::sync::CancellationToken;

use super::grant::Grant;
use super::hub::{Hub, Protocol};
use super::run::{Run, Watch};
use crate::config::Rights;
use crate::error::{ServerError, code};

/// One user's connection. It ends when it is dropped.
#[derive(Debug)]
pub struct Session {
    hub: Arc<Hub>,
    id: i32,
    user: String,
    rights: Arc<Rights>,
    protocol: Protocol,
    context: Context,
    /// Ends the statement that runs now; a new one for each.
    current: Mutex<CancellationToken>,
}

impl Session {
    pub(super) fn try_new(
        hub: Arc<Hub>,
        id: i32,
        user: &str,
        rights: Arc<Rights>,
        protocol: Protocol,
    ) -> Result<Self, ServerError> {
        let access = Arc::new(Granted::new(&rights, hub.folder()));
        let context = hub.context().new_session(access, hub.memory_of(user, &rights))?;
        let current = Mutex::new(hub.shutdown().child_token());
        Ok(Self { hub, id, user: user.to_string(), rights, protocol, context, current })
    }

    /// What all sessions share.
    pub fn hub(&self) -> &Arc<Hub> {
        &self.hub
    }

    /// The number of this session: PostgreSQL's backend process.
    pub fn id(&self) -> i32 {
        self.id
    }

    /// Who it is.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// What the user may do.
    pub fn rights(&self) -> &Arc<Rights> {
        &self.rights
    }

    /// What the connection speaks.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// The session of the query engine.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// Stops what runs now, from any task.
    pub fn cancel(&self) {
        self.token().cancel();
    }

    /// The watch of a statement that begins now: its token, its deadline, its limits, its line in the log. `timeout` is
    /// the client's own wish; the user's limit holds beside it.
    pub fn watch(self: &Arc<Self>, text: &str, timeout: Option<Duration>) -> Watch {
        let token = self.hub.shutdown().child_token();
        self.make_current(token.clone());
        let timeout = match (timeout, self.rights.statement_timeout) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        Watch::new(Arc::clone(self), text, token, timeout)
    }

    /// Says that nothing runs: until the next watch, [`Self::cancel`] stops nothing.
    pub fn rest(&self) {
        self.make_current(self.hub.shutdown().child_token());
    }

    pub(super) fn make_current(&self, token: CancellationToken) {
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = token;
    }

    /// Plans one statement of the query engine under a watch; a statement that changes something has run after it.
    ///
    /// # Errors
    /// When it is refused, cannot be planned, or was stopped.
    pub async fn plan(&self, watch: &Watch, statement: Statement) -> Result<QueryResult, ServerError> {
        self.refuse_writes(&statement)?;
        // A `COPY` reads while it is executed. An option that is set is to stay in the session.
        let context = match writes_files(&statement) {
            true => watch.counted(&self.context),
            false => self.context.clone(),
        };
        watch.guard(async { Ok(context.execute(statement).await?) }).await
    }

    /// An answer to be read under the watch of its statement.
    pub fn run(&self, watch: Watch, result: QueryResult) -> Run {
        Run::new(watch, result)
    }

    fn refuse_writes(&self, statement: &Statement) -> Result<(), ServerError> {
        super::read_only::check(statement, &self.rights)
    }

    fn token(&self) -> CancellationToken {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn writes_files(statement: &Statement) -> bool {
    matches!(statement, Statement::Sql(sql) if matches!(sql.as_ref(), SqlStatement::CopyTo(_)))
}

/// The locations that a user may name.
#[derive(Debug)]
struct Granted {
    rights: Arc<Rights>,
    read: Grant,
    write: Grant,
}

impl Granted {
    fn new(rights: &Arc<Rights>, folder: &Path) -> Self {
        Self {
            rights: Arc::clone(rights),
            read: Grant::new(&rights.read, folder),
            write: Grant::new(&rights.write, folder),
        }
    }
}

impl Access for Granted {
    fn read(&self, location: &str) -> Result<(), DataFusionError> {
        allowed(&self.read, &self.rights.read, location, "read")
    }

    fn write(&self, location: &str) -> Result<(), DataFusionError> {
        allowed(&self.write, &self.rights.write, location, "write")
    }

    fn open_option(&self, name: &str) -> Result<(), DataFusionError> {
        // Not to sign a request leads nowhere else.
        let name = name.trim().to_ascii_lowercase();
        if ["anonymous", "skip_signature"].contains(&name.rsplit('.').next().unwrap_or_default()) {
            return Ok(());
        }
        Err(refused(
            format!("this user may not set option `{name}` of a location"),
            "the configuration of the server sets the options of stores".into(),
        ))
    }
}

fn allowed(grant: &Grant, prefixes: &[String], location: &str, what: &str) -> Result<(), DataFusionError> {
    let hint = match prefixes {
        [] => format!("no location is granted to {what}"),
        _ => format!("granted to {what}: {}", prefixes.join(", ")),
    };
    // A signature in a URL is a secret.
    let shown = location.split(['?', '#']).next().unwrap_or(location);
    match grant.allows(location) {
        Ok(true) => Ok(()),
        Ok(false) => Err(refused(format!("this user may not {what} `{shown}`"), hint)),
        Err(why) => Err(refused(format!("this user may not {what} `{}`: {why}", shown.escape_debug()), hint)),
    }
}

fn refused(message: String, hint: String) -> DataFusionError {
    DataFusionError::External(Box::new(ServerError::new(code::INSUFFICIENT_PRIVILEGE, message).hint(hint)))
}
