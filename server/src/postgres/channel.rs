//! [`Channel`]: the bytes of one connection, in and out, and whether the client is still there.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

use super::frontend;
use crate::error::ServerError;

/// How often a client that is being answered is looked for.
const LOOKS: Duration = Duration::from_millis(200);

/// A connection, whether or not it is encrypted.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// The bytes of one connection. Both directions may be given up at any await and taken up again.
pub(super) struct Channel {
    stream: Box<dyn Stream>,
    input: BytesMut,
    /// What is to be sent; messages are put at its end.
    pub output: BytesMut,
    /// The longest message that is taken.
    pub longest: usize,
}

impl Channel {
    /// A channel over `stream` that takes messages of `longest` bytes at most; `input` has come in already.
    pub fn new(stream: Box<dyn Stream>, input: BytesMut, longest: usize) -> Self {
        Self { stream, input, output: BytesMut::new(), longest }
    }

    /// The next message, as its kind and body; `None` at the end of the connection.
    ///
    /// # Errors
    /// Those of the network, and within them a message of an impossible length.
    pub async fn next(&mut self) -> io::Result<Option<Result<(u8, Bytes), ServerError>>> {
        loop {
            match frontend::next_frame(&mut self.input, self.longest) {
                Ok(Some(frame)) => return Ok(Some(Ok(frame))),
                Ok(None) => {}
                Err(error) => return Ok(Some(Err(error))),
            }
            if self.stream.read_buf(&mut self.input).await? == 0 {
                return Ok(None);
            }
        }
    }

    /// Whether another message has come in already.
    pub fn has_more(&self) -> bool {
        !self.input.is_empty()
    }

    /// Sends what is there. A slow client makes this wait, and nobody else.
    pub async fn flush(&mut self) -> io::Result<()> {
        while self.output.has_remaining() {
            if self.stream.write_buf(&mut self.output).await? == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
        }
        self.stream.flush().await
    }

    /// Sends what is there, and closes.
    pub async fn close(&mut self) -> io::Result<()> {
        self.flush().await?;
        self.stream.shutdown().await
    }
}

/// The other end of a connection, beside its bytes: a client that has gone is noticed while nothing is read or written.
pub(super) struct Peer {
    socket: OwnedFd,
}

impl Peer {
    pub fn of(stream: &TcpStream) -> io::Result<Self> {
        Ok(Self { socket: stream.as_fd().try_clone_to_owned()? })
    }

    /// Ends when the client has closed the connection, also with messages unread.
    pub async fn gone(&self) {
        while !self.is_gone() {
            tokio::time::sleep(LOOKS).await;
        }
    }

    fn is_gone(&self) -> bool {
        #[cfg(target_os = "linux")]
        let ends = PollFlags::RDHUP | PollFlags::HUP | PollFlags::ERR;
        #[cfg(not(target_os = "linux"))]
        let ends = PollFlags::HUP | PollFlags::ERR;
        let mut look = [PollFd::new(&self.socket, ends)];
        match poll(&mut look, Some(&Timespec::default())) {
            Ok(0) => false,
            Ok(_) => look.iter().any(|l| l.revents().intersects(ends)),
            // Interrupted, or out of kernel memory: the next look tells.
            Err(_) => false,
        }
    }
}
