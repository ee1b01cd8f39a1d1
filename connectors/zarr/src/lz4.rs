//! Decoding of LZ4 blocks as numcodecs stores them: the decoded length in four bytes, then one block.

/// Makes `out` the bytes in `stored`; `None` where they are not a block of at most `limit` bytes.
pub(crate) fn decode(stored: &[u8], limit: usize, out: &mut Vec<u8>) -> Option<()> {
    let (length, mut rest) = stored.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok().filter(|n| *n <= limit)?;
    out.clear();
    out.reserve_exact(length);
    while let Some((&token, tail)) = rest.split_first() {
        rest = tail;
        let literals = run_length(usize::from(token >> 4), &mut rest)?;
        let (text, tail) = rest.split_at_checked(literals)?;
        out.extend_from_slice(text);
        rest = tail;
        if rest.is_empty() {
            break;
        }
        let (offset, tail) = rest.split_first_chunk::<2>()?;
        rest = tail;
        let offset = usize::from(u16::from_le_bytes(*offset));
        let copied = run_length(usize::from(token & 15), &mut rest)?.checked_add(4)?;
        let mut from = out.len().checked_sub(offset).filter(|_| offset > 0)?;
        if copied > length.checked_sub(out.len())? {
            return None;
        }
        // A match may reach into the bytes it makes: copy what is there, again and again.
        let end = out.len() + copied;
        while out.len() < end {
            let step = (out.len() - from).min(end - out.len());
            out.extend_from_within(from..from + step);
            from += step;
        }
    }
    (out.len() == length).then_some(())
}

/// A length of four bits that goes on in further bytes where it is 15.
fn run_length(nibble: usize, rest: &mut &[u8]) -> Option<usize> {
    let mut length = nibble;
    if nibble == 15 {
        loop {
            let (&more, tail) = rest.split_first()?;
            *rest = tail;
            length = length.checked_add(usize::from(more))?;
            if more != 255 {
                break;
            }
        }
    }
    Some(length)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    fn decode(stored: &[u8], limit: usize) -> Option<Vec<u8>> {
        let mut out = vec![7; 3];
        super::decode(stored, limit, &mut out).map(|()| out)
    }

    #[test]
    fn literals_and_overlapping_matches_decode() {
        // "ab", then 4 + 15 + 3 bytes from two bytes back, then the literal "c".
        let block = [25, 0, 0, 0, 0x2f, b'a', b'b', 2, 0, 3, 0x10, b'c'];
        let text = decode(&block, 100).unwrap();
        assert_eq!(text, [b"ab".repeat(12).as_slice(), b"c"].concat());
    }

    #[test]
    fn a_block_that_lies_is_refused() {
        assert_eq!(decode(&[255, 255, 255, 255, 0x10, b'a'], 100), None, "longer than the limit");
        assert_eq!(decode(&[2, 0, 0, 0, 0x10, b'a'], 100), None, "shorter than it says");
        assert_eq!(decode(&[9, 0, 0, 0, 0x10, b'a', 7, 0, 0], 100), None, "a match before the start");
        assert_eq!(decode(&[9, 0, 0, 0, 0x10, b'a', 0, 0, 0], 100), None, "a match of itself");
        assert_eq!(decode(&[9, 0, 0, 0, 0xf0, 255], 100), None, "cut short");
    }
}
