//! Is this answer the one that came before, byte for byte?
//!
//! Most services under load answer most requests alike. What a parse of the same bytes from the same
//! state has led to is known; so an answer that came whole is compared before it is parsed.

use crate::failure::FailureKind;
use crate::response::{Fed, Response};

/// Longer answers cost more elsewhere than their heads do here.
const MAX_BYTES: usize = 1 << 10;

/// The last answer of a load thread that came whole in one read, and what it was parsed to.
pub(crate) struct Repeat {
    bytes: Vec<u8>,
    response: Response,
}

impl Repeat {
    pub(crate) fn new() -> Self {
        Self {
            bytes: Vec::with_capacity(MAX_BYTES),
            response: Response::new(false),
        }
    }

    /// The same as `response.feed`; all responses must be to the same request.
    #[inline]
    pub(crate) fn feed(
        &mut self,
        response: &mut Response,
        input: &[u8],
        spill: &mut Vec<u8>,
    ) -> Result<Fed, FailureKind> {
        if response.has_bytes() || input.is_empty() {
            return response.feed(input, spill);
        }
        if self.bytes == input {
            *response = self.response;
            return Ok(Fed::Complete { used: input.len() });
        }
        self.parse(response, input, spill)
    }

    #[inline(never)]
    fn parse(
        &mut self,
        response: &mut Response,
        input: &[u8],
        spill: &mut Vec<u8>,
    ) -> Result<Fed, FailureKind> {
        let fed = response.feed(input, spill)?;
        if fed == (Fed::Complete { used: input.len() }) && input.len() <= MAX_BYTES {
            self.bytes.clear();
            self.bytes.extend_from_slice(input);
            self.response = *response;
        }
        Ok(fed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &[u8] = b"HTTP/1.1 200 OK\r\nKeep-Alive: timeout=9\r\nContent-Length: 2\r\n\r\nok";

    /// The same results and states with and without the memory, answer by answer.
    fn assert_equal(repeat: &mut Repeat, answer: &[u8], is_head: bool) -> Result<Fed, FailureKind> {
        let [mut plain, mut remembered] = [Response::new(is_head); 2];
        let [mut plain_spill, mut remembered_spill] = [Vec::new(), Vec::new()];
        let expected = plain.feed(answer, &mut plain_spill);
        let actual = repeat.feed(&mut remembered, answer, &mut remembered_spill);
        assert_eq!(expected, actual, "{}", answer.escape_ascii());
        assert_eq!(plain, remembered, "{}", answer.escape_ascii());
        assert_eq!(plain_spill, remembered_spill);
        actual
    }

    #[test]
    fn a_byte_more_less_or_other_is_parsed_anew() {
        let mut repeat = Repeat::new();
        let whole = Ok(Fed::Complete { used: FIRST.len() });
        assert_eq!(whole, assert_equal(&mut repeat, FIRST, false));
        for place in 0..FIRST.len() {
            for other in [0, b' ', b'0', b'3', b'\n', b'x', 0x80] {
                let mut answer = FIRST.to_vec();
                answer[place] = other;
                let _ = assert_equal(&mut repeat, &answer, false);
                let _ = assert_equal(&mut repeat, &answer, false);
                assert_eq!(whole, assert_equal(&mut repeat, FIRST, false));
            }
            let _ = assert_equal(&mut repeat, &FIRST[..place], false);
            assert_eq!(whole, assert_equal(&mut repeat, FIRST, false));
        }
        let mut extra = FIRST.to_vec();
        extra.extend_from_slice(FIRST);
        assert_eq!(whole, assert_equal(&mut repeat, &extra, false), "pipelined");
        extra.truncate(FIRST.len() + 1);
        assert_eq!(
            whole,
            assert_equal(&mut repeat, &extra, false),
            "one byte more"
        );
    }

    #[test]
    fn every_framing_is_remembered_as_it_was_parsed() {
        let mut repeat = Repeat::new();
        for answer in [
            FIRST,
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
            b"HTTP/1.1 503 No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
            b"HTTP/1.0 200 OK\r\n\r\nuntil the end",
            b"HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Len",
            b"HTTP/9.1 200 OK\r\n\r\n",
        ] {
            for _ in 0..3 {
                let _ = assert_equal(&mut repeat, answer, false);
            }
        }
        let mut heads = Repeat::new();
        let head = &FIRST[..FIRST.len() - 2];
        for _ in 0..3 {
            assert_eq!(
                Ok(Fed::Complete { used: head.len() }),
                assert_equal(&mut heads, head, true)
            );
        }
    }

    #[test]
    fn only_the_start_of_a_response_is_compared() {
        let body = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        let mut repeat = Repeat::new();
        assert!(assert_equal(&mut repeat, body, false).is_ok());
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n",
            2 * body.len()
        );
        let (mut response, mut spill) = (Response::new(false), Vec::new());
        for (input, fed) in [
            (head.as_bytes(), Fed::More),
            (body, Fed::More),
            (body, Fed::Complete { used: body.len() }),
        ] {
            assert_eq!(Ok(fed), repeat.feed(&mut response, input, &mut spill));
        }
    }

    #[test]
    fn long_answers_are_not_remembered() {
        let body = vec![b'x'; MAX_BYTES];
        let mut answer =
            format!("HTTP/1.1 200 OK\r\nContent-Length: {MAX_BYTES}\r\n\r\n").into_bytes();
        answer.extend_from_slice(&body);
        let mut repeat = Repeat::new();
        assert!(assert_equal(&mut repeat, &answer, false).is_ok());
        assert!(repeat.bytes.is_empty());
    }
}
