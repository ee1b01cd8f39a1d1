//! Where in the client's text an error is: the parser says line and column, PostgreSQL a count of characters.

use crate::error::ServerError;

/// The error with its position, where its message ends with a line and a column of `text`, which begins `offset`
/// characters into the text of the client.
pub(super) fn placed(mut error: ServerError, text: &str, offset: usize) -> ServerError {
    if let Some(position) = error.position {
        error.position = Some(position + offset);
        return error;
    }
    if error.message.ends_with("found: EOF") {
        error.position = Some(offset + text.chars().count() + 1);
        return error;
    }
    let Some((before, place)) = error.message.rsplit_once(" at Line: ") else { return error };
    let Some((line, column)) = place.split_once(", Column: ") else { return error };
    let digits = |text: &str| text.chars().take_while(char::is_ascii_digit).collect::<String>().parse::<usize>().ok();
    let (Some(line), Some(column)) = (digits(line), digits(column)) else { return error };
    let lines_before: usize =
        text.split_inclusive('\n').take(line.saturating_sub(1)).map(|line| line.chars().count()).sum();
    error.position = Some(offset + lines_before + column.max(1));
    error.message = before.to_string();
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_and_a_column_become_a_count_of_characters() {
        let error = ServerError::new("42601", "Expected: an expression, found: EOF at Line: 2, Column: 3");
        let placed = placed(error, "sélect\n1 +", 10);
        assert_eq!(placed.position, Some(20));
        assert_eq!(placed.message, "Expected: an expression, found: EOF");
    }
}
