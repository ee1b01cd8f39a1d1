//! The addresses of a listener.

use std::net::{SocketAddr, ToSocketAddrs};

use super::file::{File, unfit};
use crate::error::ServerError;

/// Where a section listens; nowhere when it is off.
///
/// # Errors
/// When a port is none, or a host has no address.
pub(super) fn addresses(file: &File, section: &str, default: Option<u16>) -> Result<Vec<SocketAddr>, ServerError> {
    let port = file.read(&[section, "port"], "a port from 0 to 65535, or `off`", |text| match text {
        "off" => Some(None),
        text => text.parse().ok().map(Some),
    })?;
    let Some(port) = port.unwrap_or(default) else { return Ok(Vec::new()) };
    let own = [section, "host"];
    let path: &[&str] = if file.has(&own) { &own } else { &["host"] };
    let expected = "an address such as `127.0.0.1`, a name of this machine, or a list of these";
    let hosts = file.texts(path, expected)?.unwrap_or_else(|| vec!["127.0.0.1".into()]);
    if hosts.is_empty() {
        return Err(unfit(path, "[]", expected));
    }
    let mut addresses = Vec::new();
    for host in &hosts {
        // `[::1]` as in a URL.
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let found = (bare, port).to_socket_addrs().map_err(|_| unfit(path, host, expected))?;
        for address in found {
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
    }
    Ok(addresses)
}
