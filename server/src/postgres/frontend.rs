//! What a client sends: messages taken out of bytes, each checked to its last byte.
//!
//! The decoders of `pgwire` trust the lengths inside a message and panic where one is too short, so that those of the
//! client's messages are here.

use bytes::{Buf, Bytes, BytesMut};

use crate::error::{ServerError, code};

/// A message of a client that has come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Frontend {
    /// Statements in one text.
    Query(String),
    /// A statement to prepare, with the types of its parameters where the client knows them.
    Parse {
        name: String,
        text: String,
        types: Vec<u32>,
    },
    /// Values for a prepared statement.
    Bind(Bind),
    /// What a statement or portal answers with.
    Describe(Target),
    /// The end of a statement or portal.
    Close(Target),
    /// Rows of a portal; 0 for all.
    Execute {
        portal: String,
        most: i32,
    },
    Flush,
    Sync,
    Terminate,
    /// An answer in an authentication.
    Password(Bytes),
    /// Something of a `COPY FROM`, which is never open here.
    Copy,
    /// A call of a function by its number, which nobody uses.
    FunctionCall,
}

/// Values for a prepared statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bind {
    pub portal: String,
    pub statement: String,
    /// Of the parameters: none for text, one for all, or one each.
    pub formats: Vec<i16>,
    /// `None` for NULL.
    pub values: Vec<Option<Bytes>>,
    /// Of the columns of the answer, as `formats`.
    pub results: Vec<i16>,
}

/// What a message is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    Statement(String),
    Portal(String),
}

/// Takes the next whole message out of `buffer`, as its kind and body; `None` when more bytes are needed.
///
/// # Errors
/// When its length is impossible, or over `most`.
pub(super) fn next_frame(buffer: &mut BytesMut, most: usize) -> Result<Option<(u8, Bytes)>, ServerError> {
    let Some((&kind, rest)) = buffer.split_first() else { return Ok(None) };
    if !b"QPBDCEHSXpdcfF".contains(&kind) {
        return Err(ServerError::new(code::PROTOCOL_VIOLATION, format!("invalid frontend message type {kind}")));
    }
    let Some(length) = rest.first_chunk::<4>().map(|l| i32::from_be_bytes(*l)) else { return Ok(None) };
    let body = checked_length(length, most)?;
    let whole = body + 5;
    if buffer.len() < whole {
        // Room for what is known to come, but not more than a client can make good on soon.
        buffer.reserve((whole - buffer.len()).min(1 << 20));
        return Ok(None);
    }
    let mut frame = buffer.split_to(whole);
    frame.advance(5);
    Ok(Some((kind, frame.freeze())))
}

/// The bytes of a body whose length field says `length`.
pub(super) fn checked_length(length: i32, most: usize) -> Result<usize, ServerError> {
    match usize::try_from(length).ok().and_then(|l| l.checked_sub(4)) {
        Some(body) if body <= most => Ok(body),
        Some(body) => Err(ServerError::new(
            code::PROTOCOL_VIOLATION,
            format!("a message of {body} bytes is too long, expected at most {most}"),
        )),
        None => Err(ServerError::new(code::PROTOCOL_VIOLATION, format!("invalid message length {length}"))),
    }
}

/// Makes a message of its kind and body.
///
/// # Errors
/// When the body is not one of that kind.
pub(super) fn decode(kind: u8, body: Bytes) -> Result<Frontend, ServerError> {
    let mut reader = Reader { body };
    let message = match kind {
        b'Q' => Frontend::Query(reader.text()?),
        b'P' => {
            let (name, text) = (reader.text()?, reader.text()?);
            let count = reader.count()?;
            Frontend::Parse { name, text, types: reader.many(count, Reader::u32)? }
        }
        b'B' => Frontend::Bind(reader.bind()?),
        b'D' => Frontend::Describe(reader.target()?),
        b'C' => Frontend::Close(reader.target()?),
        b'E' => Frontend::Execute { portal: reader.text()?, most: reader.i32()? },
        b'H' => Frontend::Flush,
        b'S' => Frontend::Sync,
        b'X' => Frontend::Terminate,
        b'p' => return Ok(Frontend::Password(reader.body)),
        b'd' | b'c' | b'f' => return Ok(Frontend::Copy),
        b'F' => return Ok(Frontend::FunctionCall),
        other => {
            return Err(ServerError::new(code::PROTOCOL_VIOLATION, format!("invalid frontend message type {other}")));
        }
    };
    match reader.body.is_empty() {
        true => Ok(message),
        false => Err(ServerError::new(code::PROTOCOL_VIOLATION, "invalid message format: bytes are left over")),
    }
}

/// Takes a body apart, front to back.
pub(super) struct Reader {
    pub body: Bytes,
}

impl Reader {
    fn short() -> ServerError {
        ServerError::new(code::PROTOCOL_VIOLATION, "invalid message format: insufficient data left in message")
    }

    pub fn bytes(&mut self, count: usize) -> Result<Bytes, ServerError> {
        match count <= self.body.len() {
            true => Ok(self.body.split_to(count)),
            false => Err(Self::short()),
        }
    }

    /// Text up to a zero byte.
    pub fn text(&mut self) -> Result<String, ServerError> {
        let end = self.body.iter().position(|b| *b == 0).ok_or_else(|| {
            ServerError::new(code::PROTOCOL_VIOLATION, "invalid message format: a string without an end")
        })?;
        let text = self.body.split_to(end);
        self.body.advance(1);
        utf8(&text).map(str::to_string)
    }

    pub fn i32(&mut self) -> Result<i32, ServerError> {
        self.body.try_get_i32().map_err(|_| Self::short())
    }

    fn u32(&mut self) -> Result<u32, ServerError> {
        self.body.try_get_u32().map_err(|_| Self::short())
    }

    fn i16(&mut self) -> Result<i16, ServerError> {
        self.body.try_get_i16().map_err(|_| Self::short())
    }

    fn count(&mut self) -> Result<usize, ServerError> {
        self.body.try_get_u16().map(usize::from).map_err(|_| Self::short())
    }

    fn many<T>(
        &mut self,
        count: usize,
        one: impl Fn(&mut Self) -> Result<T, ServerError>,
    ) -> Result<Vec<T>, ServerError> {
        (0..count).map(|_| one(self)).collect()
    }

    fn value(&mut self) -> Result<Option<Bytes>, ServerError> {
        match self.i32()? {
            -1 => Ok(None),
            length => match usize::try_from(length) {
                Ok(length) => self.bytes(length).map(Some),
                Err(_) => {
                    Err(ServerError::new(code::PROTOCOL_VIOLATION, format!("invalid length of a value: {length}")))
                }
            },
        }
    }

    fn bind(&mut self) -> Result<Bind, ServerError> {
        let (portal, statement) = (self.text()?, self.text()?);
        let count = self.count()?;
        let formats = self.many(count, Self::i16)?;
        let count = self.count()?;
        let values = self.many(count, Self::value)?;
        let count = self.count()?;
        let results = self.many(count, Self::i16)?;
        Ok(Bind { portal, statement, formats, values, results })
    }

    fn target(&mut self) -> Result<Target, ServerError> {
        let kind = self.bytes(1)?;
        let name = self.text()?;
        match kind.first() {
            Some(b'S') => Ok(Target::Statement(name)),
            Some(b'P') => Ok(Target::Portal(name)),
            other => Err(ServerError::new(
                code::PROTOCOL_VIOLATION,
                format!("invalid message format: subtype {}, expected `S` or `P`", other.copied().unwrap_or_default()),
            )),
        }
    }
}

/// Bytes as text.
///
/// # Errors
/// When they are not UTF-8.
pub(super) fn utf8(bytes: &[u8]) -> Result<&str, ServerError> {
    std::str::from_utf8(bytes).map_err(|e| {
        let wrong = bytes.get(e.valid_up_to()).copied().unwrap_or_default();
        ServerError::new("22021", format!("invalid byte sequence for encoding \"UTF8\": 0x{wrong:02x}"))
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn taken(bytes: &[u8]) -> Result<Option<Frontend>, ServerError> {
        let mut buffer = BytesMut::from(bytes);
        match next_frame(&mut buffer, 1 << 20)? {
            Some((kind, body)) => decode(kind, body).map(Some),
            None => Ok(None),
        }
    }

    #[test]
    fn a_message_is_taken_when_it_is_whole() {
        let query = b"Q\0\0\0\x0dselect 1\0";
        for cut in 0..query.len() {
            assert_eq!(taken(query.get(..cut).unwrap()), Ok(None));
        }
        assert_eq!(taken(query), Ok(Some(Frontend::Query("select 1".into()))));
    }

    #[test]
    fn what_is_inside_is_held_against_the_length_of_the_message() {
        for wrong in [
            &b"P\0\0\0\x08a\0b\0"[..],
            b"P\0\0\0\x0ca\0b\0\xff\xff\0\0",
            b"B\0\0\0\x0e\0\0\0\0\0\x01\x7f\xff\xff\xff",
            b"D\0\0\0\x06X\0",
            b"S\0\0\0\x05x",
            b"Q\0\0\0\x05x",
            b"Q\0\0\0\x03",
            b"Q\xff\xff\xff\xff",
            b"Q\x7f\xff\xff\xff",
            b"!\0\0\0\x04",
        ] {
            assert_eq!(taken(wrong).unwrap_err().code, code::PROTOCOL_VIOLATION, "{wrong:?}");
        }
        assert_eq!(taken(b"Q\0\0\0\x06\xff\0").unwrap_err().code, "22021");
    }
}
