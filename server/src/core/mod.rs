//! What both protocols stand on: the hub that all connections share, the session of each, and a statement that runs.

mod grant;
mod hub;
mod log;
mod memory;
mod read_only;
mod run;
mod session;
mod settings;

pub(crate) use grant::check_prefix;
pub use hub::{Hub, HubOptions, Protocol};
pub use memory::UserPool;
pub use run::{Run, StopReason, Watch};
pub use session::Session;
pub use settings::{check_setting, settable};
