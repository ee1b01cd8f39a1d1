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
pub use read_only::is_read;
pub use run::{Run, Watch};
pub use session::Session;
pub use settings::{check_setting, settable};
