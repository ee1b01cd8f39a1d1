//! From the text of a message to its statements, as tokens with their places.

use std::ops::Range;

use hyperslab::datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use hyperslab::datafusion::sql::sqlparser::tokenizer::{Location, Token, Tokenizer, TokenizerError};

use crate::error::{ServerError, code};

/// A token and the bytes of the text that it is.
#[derive(Debug, Clone)]
pub(super) struct Lexed {
    pub token: Token,
    pub range: Range<usize>,
}

/// One statement of a text.
#[derive(Debug)]
pub(in crate::postgres) struct Piece<'a> {
    pub text: &'a str,
    /// Where it begins, in characters of the whole text.
    pub offset: usize,
    pub(super) tokens: Vec<Lexed>,
    /// Where it begins, in bytes of the whole text.
    pub(super) from: usize,
}

/// The statements of a text, without the empty ones.
///
/// # Errors
/// When it is no SQL at all, such as a string without an end.
pub(in crate::postgres) fn split(text: &str) -> Result<Vec<Piece<'_>>, ServerError> {
    let places = Places::of(text);
    let tokens = Tokenizer::new(&PostgreSqlDialect {}, text)
        .tokenize_with_location()
        .map_err(|e| syntax_error(&places, text, &e))?;
    let lexed = tokens.into_iter().map(|t| Lexed { range: places.bytes(t.span.start, t.span.end), token: t.token });
    let lexed: Vec<Lexed> = lexed.filter(|t| !matches!(t.token, Token::Whitespace(_) | Token::EOF)).collect();
    let pieces = lexed.split(|t| t.token == Token::SemiColon).filter(|tokens| !tokens.is_empty());
    Ok(pieces
        .map(|tokens| {
            let from = tokens.first().map_or(0, |t| t.range.start);
            let to = tokens.last().map_or(from, |t| t.range.end);
            let offset = text.get(..from).map_or(0, |before| before.chars().count());
            Piece { text: text.get(from..to).unwrap_or_default(), offset, tokens: tokens.to_vec(), from }
        })
        .collect())
}

fn syntax_error(places: &Places, text: &str, error: &TokenizerError) -> ServerError {
    let at = places.byte(error.location);
    let position = text.get(..at).map(|before| before.chars().count() + 1);
    let mut error = ServerError::new(code::SYNTAX_ERROR, error.message.to_lowercase());
    error.position = position;
    error
}

/// From lines and columns to bytes.
struct Places {
    /// For each line, the byte where each of its characters begins.
    lines: Vec<Vec<usize>>,
    end: usize,
}

impl Places {
    fn of(text: &str) -> Self {
        let mut lines = vec![Vec::new()];
        for (at, c) in text.char_indices() {
            if let Some(line) = lines.last_mut() {
                line.push(at);
            }
            if c == '\n' {
                lines.push(Vec::new());
            }
        }
        Self { lines, end: text.len() }
    }

    fn byte(&self, location: Location) -> usize {
        let (line, column) = (location.line.saturating_sub(1) as usize, location.column.saturating_sub(1) as usize);
        let Some(characters) = self.lines.get(line) else { return self.end };
        let next_line = || self.lines.get(line + 1).and_then(|l| l.first()).copied().unwrap_or(self.end);
        characters.get(column).copied().unwrap_or_else(next_line)
    }

    fn bytes(&self, from: Location, to: Location) -> Range<usize> {
        self.byte(from)..self.byte(to)
    }
}

/// Reads the tokens of a statement from front to back.
pub(super) struct Cursor<'a> {
    piece: &'a Piece<'a>,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub fn new(piece: &'a Piece<'a>) -> Self {
        Self { piece, at: 0 }
    }

    pub fn peek(&self) -> Option<&'a Token> {
        self.piece.tokens.get(self.at).map(|t| &t.token)
    }

    pub fn next(&mut self) -> Option<&'a Token> {
        let next = self.peek();
        self.at += 1;
        next
    }

    /// The bare word that comes next, in upper case.
    pub fn word(&self) -> Option<String> {
        match self.peek() {
            Some(Token::Word(word)) if word.quote_style.is_none() => Some(word.value.to_ascii_uppercase()),
            _ => None,
        }
    }

    /// Takes these words, if they come next.
    pub fn take(&mut self, words: &[&str]) -> bool {
        let before = self.at;
        for word in words {
            if self.word().as_deref() != Some(word) {
                self.at = before;
                return false;
            }
            self.at += 1;
        }
        true
    }

    /// Takes a token, if it comes next.
    pub fn take_token(&mut self, token: &Token) -> bool {
        let is = self.peek() == Some(token);
        self.at += usize::from(is);
        is
    }

    /// A name: bare ones in lower case.
    pub fn name(&mut self) -> Result<String, ServerError> {
        match self.peek() {
            Some(Token::Word(word)) => {
                self.at += 1;
                Ok(match word.quote_style {
                    None => word.value.to_lowercase(),
                    Some(_) => word.value.clone(),
                })
            }
            _ => Err(self.unexpected()),
        }
    }

    /// The text of a string.
    pub fn string(&mut self) -> Result<String, ServerError> {
        match self.peek() {
            Some(Token::SingleQuotedString(text) | Token::EscapedStringLiteral(text)) => {
                self.at += 1;
                Ok(text.clone())
            }
            Some(Token::DollarQuotedString(text)) => {
                self.at += 1;
                Ok(text.value.clone())
            }
            _ => Err(self.unexpected()),
        }
    }

    /// The text from here to the end of the statement.
    pub fn rest(&self) -> &'a str {
        let from = self.piece.tokens.get(self.at).map_or(self.piece.text.len(), |t| t.range.start - self.piece.from);
        self.piece.text.get(from..).unwrap_or_default()
    }

    /// Where the rest begins, in characters of the whole text.
    pub fn offset(&self) -> usize {
        let before = self.piece.text.len() - self.rest().len();
        self.piece.offset + self.piece.text.get(..before).map_or(0, |text| text.chars().count())
    }

    /// The text in parentheses that comes next.
    pub fn parenthesised(&mut self) -> Result<&'a str, ServerError> {
        let from = self.at + 1;
        if !self.take_token(&Token::LParen) {
            return Err(self.unexpected());
        }
        let mut depth = 1_usize;
        while let Some(token) = self.next() {
            match token {
                Token::LParen => depth += 1,
                Token::RParen => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                let place = |at: usize| self.piece.tokens.get(at).map(|t| t.range.start - self.piece.from);
                let inside = place(from).zip(place(self.at - 1)).and_then(|(a, b)| self.piece.text.get(a..b));
                return Ok(inside.unwrap_or_default().trim_end());
            }
        }
        Err(self.unexpected())
    }

    /// Nothing may be left.
    pub fn end(&self) -> Result<(), ServerError> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.unexpected()),
        }
    }

    /// That what comes next does not belong there.
    pub fn unexpected(&self) -> ServerError {
        let mut error = match self.peek() {
            Some(token) => ServerError::new(code::SYNTAX_ERROR, format!("syntax error at or near \"{token}\"")),
            None => ServerError::new(code::SYNTAX_ERROR, "syntax error at end of input"),
        };
        error.position = Some(self.offset() + 1);
        error
    }
}
