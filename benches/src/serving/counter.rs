//! [`Counter`]: a client of PostgreSQL's protocol that looks at no value, so that what is measured is the server.

use std::net::SocketAddr;

use bytes::{Buf, BufMut, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::Failure;

/// Bytes that are asked of the socket at a time.
const READ: usize = 256 << 10;

/// A connection.
#[derive(Debug)]
pub struct Counter {
    stream: TcpStream,
    input: BytesMut,
}

impl Counter {
    /// Connects to a server that asks for no password.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn connect(address: SocketAddr, database: &str) -> Result<Self, Failure> {
        let mut client = Self { stream: TcpStream::connect(address).await?, input: BytesMut::new() };
        let mut body = BytesMut::new();
        body.put_i32(196_608);
        for text in ["user", "bench", "database", database, ""] {
            body.put_slice(text.as_bytes());
            body.put_u8(0);
        }
        client.stream.write_i32(i32::try_from(body.len() + 4)?).await?;
        client.stream.write_all(&body).await?;
        client.count_until_ready().await?;
        Ok(client)
    }

    /// How many rows a query gives, or a `COPY … TO STDOUT`, all columns in binary.
    ///
    /// # Errors
    /// When the query fails.
    pub async fn rows(&mut self, sql: &str) -> Result<u64, Failure> {
        let mut out = BytesMut::new();
        // Parse, Bind with all results in binary, Execute, Sync; statement and portal without names.
        message(&mut out, b'P', &[&[0], sql.as_bytes(), &[0, 0, 0]].concat())?;
        message(&mut out, b'B', &[0, 0, 0, 0, 0, 0, 0, 1, 0, 1])?;
        message(&mut out, b'E', &[0, 0, 0, 0, 0])?;
        message(&mut out, b'S', &[])?;
        self.stream.write_all(&out).await?;
        self.count_until_ready().await
    }

    /// Passes over messages up to `ReadyForQuery`: how many rows were among them.
    async fn count_until_ready(&mut self) -> Result<u64, Failure> {
        let (mut rows, mut left) = (0, 0);
        loop {
            if left > 0 {
                let passed = left.min(self.input.len());
                self.input.advance(passed);
                left -= passed;
            }
            if let (0, Some(&[kind, a, b, c, d])) = (left, self.input.first_chunk::<5>()) {
                left = usize::try_from(u32::from_be_bytes([a, b, c, d]))? + 1;
                match kind {
                    b'D' | b'd' => rows += 1,
                    b'E' => return Err(self.refusal().into()),
                    b'Z' => {
                        while self.input.len() < left {
                            self.fill().await?;
                        }
                        self.input.advance(left);
                        return Ok(rows);
                    }
                    _ => {}
                }
                continue;
            }
            self.fill().await?;
        }
    }

    async fn fill(&mut self) -> Result<(), Failure> {
        self.input.reserve(READ);
        match self.stream.read_buf(&mut self.input).await? {
            0 => Err("the server has closed the connection".into()),
            _ => Ok(()),
        }
    }

    /// What is known of an error: its fields, as far as they have come.
    fn refusal(&self) -> String {
        String::from_utf8_lossy(self.input.get(5..).unwrap_or_default()).replace('\0', " ")
    }
}

fn message(out: &mut BytesMut, kind: u8, body: &[u8]) -> Result<(), Failure> {
    out.put_u8(kind);
    out.put_i32(i32::try_from(body.len() + 4)?);
    out.put_slice(body);
    Ok(())
}
