//! [`CopyWriter`]: rows as `COPY … TO STDOUT` gives them, in text, csv or binary.

use std::ops::Range;

use bytes::{BufMut, BytesMut};
use hyperslab_pg_catalog::Value;

use super::backend::{Format, begin, end};
use super::catalogue::{value_binary, value_text};
use super::command::{Copy, CopyFormat, ForceQuote};
use super::encode::{Frame, Style, Values, write_rows};
use super::rows::put_value;
use super::types::Column;
use crate::error::ServerError;

/// What a binary copy begins with: the signature, no flags, no extension.
const BINARY_HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// Writes rows as a copy.
#[derive(Debug)]
pub(super) struct CopyWriter {
    copy: Copy,
    /// Which columns have quotes around every value.
    forced: Vec<bool>,
}

impl CopyWriter {
    /// A writer of rows with these columns.
    pub fn new(copy: Copy, columns: &[Column]) -> Self {
        let forced = columns.iter().map(|c| match &copy.force_quote {
            ForceQuote::All => true,
            ForceQuote::Columns(names) => names.contains(&c.name),
        });
        Self { forced: forced.collect(), copy }
    }

    /// Of the whole copy.
    pub fn format(&self) -> Format {
        self.value_format()
    }

    /// Of the values in it.
    pub fn value_format(&self) -> Format {
        match self.copy.format {
            CopyFormat::Binary => Format::Binary,
            CopyFormat::Text | CopyFormat::Csv => Format::Text,
        }
    }

    /// What comes before the rows.
    pub fn head(&self, columns: &[Column], out: &mut BytesMut) {
        if self.copy.header {
            let at = begin(out, b'd');
            for (n, column) in columns.iter().enumerate() {
                if n > 0 {
                    out.put_u8(self.copy.delimiter);
                }
                let from = out.len();
                out.put_slice(column.name.as_bytes());
                self.escape(false, from, out);
            }
            out.put_u8(b'\n');
            end(out, at);
        }
    }

    /// Puts the first row, which `row` writes. In binary the signature is in front of it, in the same message: clients
    /// take one message for one row.
    ///
    /// # Errors
    /// Those of `row`.
    pub fn first(
        &self,
        out: &mut BytesMut,
        row: impl FnOnce(&mut BytesMut) -> Result<(), ServerError>,
    ) -> Result<(), ServerError> {
        if self.copy.format != CopyFormat::Binary {
            return row(out);
        }
        let mut first = BytesMut::new();
        row(&mut first)?;
        let at = begin(out, b'd');
        out.put_slice(BINARY_HEADER);
        out.put_slice(first.get(5..).unwrap_or_default());
        end(out, at);
        Ok(())
    }

    /// What comes after the rows; `empty` where there were none.
    pub fn tail(&self, empty: bool, out: &mut BytesMut) {
        if self.copy.format == CopyFormat::Binary {
            let at = begin(out, b'd');
            if empty {
                out.put_slice(BINARY_HEADER);
            }
            out.put_i16(-1);
            end(out, at);
        }
    }

    /// Writes rows of a batch, a message each.
    ///
    /// # Errors
    /// When a value does not fit PostgreSQL's type.
    pub fn write(
        &self,
        columns: &[(Values, Format)],
        rows: Range<usize>,
        style: &Style,
        out: &mut BytesMut,
    ) -> Result<(), ServerError> {
        if self.copy.format == CopyFormat::Binary {
            return write_rows(columns, rows, Frame::CopyData, style, out);
        }
        for row in rows {
            let at = begin(out, b'd');
            for (n, (values, _)) in columns.iter().enumerate() {
                if n > 0 {
                    out.put_u8(self.copy.delimiter);
                }
                if values.is_null(row) {
                    out.put_slice(self.copy.null.as_bytes());
                    continue;
                }
                let from = out.len();
                values.put_text(row, style, out)?;
                self.escape(self.forced.get(n).copied().unwrap_or_default(), from, out);
            }
            out.put_u8(b'\n');
            end(out, at);
        }
        Ok(())
    }

    /// Writes a row of values that are PostgreSQL's own.
    ///
    /// # Errors
    /// When a value is too long.
    pub fn write_values(&self, row: &[Value], columns: &[Column], out: &mut BytesMut) -> Result<(), ServerError> {
        let at = begin(out, b'd');
        if self.copy.format == CopyFormat::Binary {
            out.put_i16(i16::try_from(columns.len()).unwrap_or(i16::MAX));
            for (value, column) in row.iter().zip(columns) {
                put_value(value_binary(value, column.oid).as_deref(), out)?;
            }
        } else {
            for (n, (value, column)) in row.iter().zip(columns).enumerate() {
                if n > 0 {
                    out.put_u8(self.copy.delimiter);
                }
                match value_text(value, column.oid) {
                    None => out.put_slice(self.copy.null.as_bytes()),
                    Some(text) => {
                        let from = out.len();
                        out.put_slice(text.as_bytes());
                        self.escape(self.forced.get(n).copied().unwrap_or_default(), from, out);
                    }
                }
            }
            out.put_u8(b'\n');
        }
        end(out, at);
        Ok(())
    }

    /// Makes what was written from `from` on a value that can be told from delimiters, ends of lines and NULL.
    fn escape(&self, forced: bool, from: usize, out: &mut BytesMut) {
        let written = out.get(from..).unwrap_or_default();
        match self.copy.format {
            CopyFormat::Binary => {}
            CopyFormat::Text => {
                let special = |b: &u8| matches!(b, 8..=13 | b'\\') || *b == self.copy.delimiter;
                if written.iter().any(special) {
                    for byte in out.split_off(from) {
                        self.put_escaped(byte, out);
                    }
                }
            }
            CopyFormat::Csv => {
                let special = |b: &u8| matches!(b, b'\n' | b'\r') || *b == self.copy.delimiter || *b == self.copy.quote;
                let quote = forced
                    || written == self.copy.null.as_bytes()
                    || (written == b"\\." && self.forced.len() == 1)
                    || written.iter().any(special);
                if quote {
                    let written = out.split_off(from);
                    out.put_u8(self.copy.quote);
                    for byte in written {
                        if byte == self.copy.quote || byte == self.copy.escape {
                            out.put_u8(self.copy.escape);
                        }
                        out.put_u8(byte);
                    }
                    out.put_u8(self.copy.quote);
                }
            }
        }
    }

    fn put_escaped(&self, byte: u8, out: &mut BytesMut) {
        let letter = match byte {
            8 => b'b',
            9 => b't',
            10 => b'n',
            11 => b'v',
            12 => b'f',
            13 => b'r',
            b'\\' => b'\\',
            other if other == self.copy.delimiter => other,
            other => return out.put_u8(other),
        };
        out.put_u8(b'\\');
        out.put_u8(letter);
    }
}
