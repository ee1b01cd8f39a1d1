//! A client of PostgreSQL's protocol that shows every message as it came: what libraries make of it is hidden from
//! their users.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// A column of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    pub table: u32,
    pub type_oid: u32,
    pub typlen: i16,
    pub typmod: i32,
}

/// What `COPY … TO STDOUT` sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Copied {
    pub is_binary: bool,
    pub columns: usize,
    pub bytes: Vec<u8>,
}

/// One answer of a message, which may have several.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    pub tag: Option<String>,
    /// The fields of an error, by their letters: `C` the code, `M` the message.
    pub error: Option<HashMap<char, String>>,
    pub columns: Option<Vec<Column>>,
    pub rows: Vec<Vec<Option<String>>>,
    pub copied: Option<Copied>,
}

/// A connection.
#[derive(Debug)]
pub struct Frontend {
    socket: TcpStream,
}

impl Frontend {
    /// Logs in where no password is asked for.
    pub fn connect(address: SocketAddr, user: &str, database: &str) -> Self {
        let socket = TcpStream::connect(address).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let mut body = 196_608_u32.to_be_bytes().to_vec();
        for text in ["user", user, "database", database] {
            body.extend(text.bytes());
            body.push(0);
        }
        body.push(0);
        let mut frontend = Self { socket };
        let mut message = (body.len() as u32 + 4).to_be_bytes().to_vec();
        message.extend(body);
        frontend.socket.write_all(&message).unwrap();
        let answers = frontend.answers();
        assert!(answers.iter().all(|a| a.error.is_none()), "{answers:?}");
        frontend
    }

    /// A simple query.
    pub fn simple(&mut self, sql: &str) -> Vec<Answer> {
        let mut body = sql.as_bytes().to_vec();
        body.push(0);
        self.send(b'Q', &body);
        self.answers()
    }

    /// A query with parameters, which are sent as text and whose types the server finds.
    pub fn extended(&mut self, sql: &str, values: &[Option<&str>]) -> Vec<Answer> {
        let mut parse = vec![0];
        parse.extend(sql.bytes());
        parse.extend([0, 0, 0]);
        self.send(b'P', &parse);
        let mut bind = vec![0, 0, 0, 0];
        bind.extend((values.len() as u16).to_be_bytes());
        for value in values {
            match value {
                Some(text) => {
                    bind.extend((text.len() as u32).to_be_bytes());
                    bind.extend(text.bytes());
                }
                None => bind.extend((-1_i32).to_be_bytes()),
            }
        }
        bind.extend([0, 0]);
        self.send(b'B', &bind);
        self.send(b'D', b"P\0");
        self.send(b'E', &[0, 0, 0, 0, 0]);
        self.send(b'S', &[]);
        self.answers()
    }

    fn send(&mut self, kind: u8, body: &[u8]) {
        let mut message = vec![kind];
        message.extend((body.len() as u32 + 4).to_be_bytes());
        message.extend(body);
        self.socket.write_all(&message).unwrap();
    }

    fn message(&mut self) -> (u8, Vec<u8>) {
        let mut head = [0; 5];
        self.socket.read_exact(&mut head).unwrap();
        let length = u32::from_be_bytes(head[1..].try_into().unwrap()) as usize - 4;
        let mut body = vec![0; length];
        self.socket.read_exact(&mut body).unwrap();
        (head[0], body)
    }

    /// Reads until the server is ready for the next query.
    fn answers(&mut self) -> Vec<Answer> {
        let mut answers = Vec::new();
        let mut answer = Answer::default();
        loop {
            let (kind, body) = self.message();
            match kind {
                b'Z' => return answers,
                b'T' => answer.columns = Some(columns(&body)),
                b'D' => answer.rows.push(row(&body)),
                b'H' => {
                    let columns = u16::from_be_bytes([body[1], body[2]]).into();
                    answer.copied = Some(Copied { is_binary: body[0] == 1, columns, bytes: Vec::new() });
                }
                b'd' => answer.copied.as_mut().unwrap().bytes.extend(body),
                b'C' => {
                    answer.tag = Some(text(&body));
                    answers.push(std::mem::take(&mut answer));
                }
                b'I' => {
                    answer.tag = Some(String::new());
                    answers.push(std::mem::take(&mut answer));
                }
                b'E' => {
                    answer.error = Some(fields(&body));
                    answers.push(std::mem::take(&mut answer));
                }
                _ => {}
            }
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.split(|b| *b == 0).next().unwrap().to_vec()).unwrap()
}

fn columns(body: &[u8]) -> Vec<Column> {
    let count = u16::from_be_bytes([body[0], body[1]]);
    let mut rest = &body[2..];
    let columns = (0..count).map(|_| {
        let name = text(rest);
        let after = &rest[name.len() + 1..];
        let number = |at: usize| u32::from_be_bytes(after[at..at + 4].try_into().unwrap());
        let column = Column {
            name,
            table: number(0),
            type_oid: number(6),
            typlen: i16::from_be_bytes([after[10], after[11]]),
            typmod: number(12).cast_signed(),
        };
        rest = &after[18..];
        column
    });
    columns.collect()
}

fn row(body: &[u8]) -> Vec<Option<String>> {
    let count = u16::from_be_bytes([body[0], body[1]]);
    let mut rest = &body[2..];
    let cells = (0..count).map(|_| {
        let length = i32::from_be_bytes(rest[..4].try_into().unwrap());
        rest = &rest[4..];
        let length = usize::try_from(length).ok()?;
        let (cell, after) = rest.split_at(length);
        rest = after;
        Some(String::from_utf8(cell.to_vec()).unwrap())
    });
    cells.collect()
}

fn fields(body: &[u8]) -> HashMap<char, String> {
    let parts = body.split(|b| *b == 0).filter(|part| !part.is_empty());
    parts.map(|part| (part[0] as char, String::from_utf8(part[1..].to_vec()).unwrap())).collect()
}
