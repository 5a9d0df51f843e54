//! Where does an HTTP/1.x response end, and may its connection be used again?
//!
//! Pure: bytes in, progress out. Body bytes are skipped by count. Only a head that is split over
//! reads is kept, in a spill buffer that the caller lends. Strict where RFC 9112 says MUST, and
//! bounded everywhere.

use std::mem::MaybeUninit;

use httparse::{Error as HeadError, ParserConfig, Status};

use crate::chunked::{ChunkProgress, Chunked};
use crate::clock::NS_PER_S;
use crate::failure::FailureKind;
use crate::framing::{Framing, NO_IDLE_LIMIT};
use crate::spill::{MAX_HEAD_BYTES, has_end_of_head, keep, release};
use crate::warning::{WarningKind, Warnings};

const MAX_HEAD_FIELDS: usize = 256;
/// Body bytes on the wire, framing included.
pub(crate) const MAX_BODY_BYTES: u64 = 64 << 20;
/// The start of a head may show another protocol, whatever the splits.
const ALWAYS_PARSED_BYTES: usize = 8;
const MAX_INFORMATIONAL: u8 = 8;

/// Reset Content: its framing is read like any other, but it should hold nothing.
const STATUS_WITHOUT_CONTENT: u16 = 205;

/// What one piece of input led to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fed {
    /// The response goes on.
    More,
    /// The response ended after `used` bytes of this input.
    Complete { used: usize },
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Body {
    /// The final head is not complete yet.
    Head,
    Length(u64),
    Chunked(Chunked),
    UntilClose,
}

/// One response being read; reset by `Response::new` for each request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Response {
    body: Body,
    body_bytes: u64,
    /// Spill length at which the next parse of an incomplete head is worth its time.
    parse_again_at: u32,
    status: u16,
    /// How long the target will keep an idle connection, by its own word.
    idle_limit_s: u16,
    informational_count: u8,
    warnings: Warnings,
    is_keep_alive: bool,
    is_head_request: bool,
    has_bytes: bool,
}

impl Response {
    pub(crate) const fn new(is_head_request: bool) -> Self {
        Self {
            body: Body::Head,
            body_bytes: 0,
            parse_again_at: 0,
            status: 0,
            idle_limit_s: NO_IDLE_LIMIT,
            informational_count: 0,
            warnings: Warnings::none(),
            is_keep_alive: true,
            is_head_request,
            has_bytes: false,
        }
    }

    /// The final status, once the final head is complete.
    pub(crate) const fn status(&self) -> u16 {
        self.status
    }

    /// Whether the response allows another request on its connection.
    pub(crate) const fn is_keep_alive(&self) -> bool {
        self.is_keep_alive
    }

    /// The nanoseconds that the target will keep the connection without a request, if it said so.
    pub(crate) fn idle_limit_ns(&self) -> Option<u64> {
        (self.idle_limit_s != NO_IDLE_LIMIT).then(|| u64::from(self.idle_limit_s) * NS_PER_S)
    }

    /// What was odd about this response so far.
    pub(crate) const fn warnings(&self) -> Warnings {
        self.warnings
    }

    #[cold]
    pub(crate) fn warn(&mut self, kind: WarningKind) {
        self.warnings.add(kind);
    }

    /// Whether any byte has come.
    pub(crate) const fn has_bytes(&self) -> bool {
        self.has_bytes
    }

    /// Whether the final head is still incomplete.
    pub(crate) const fn is_in_head(&self) -> bool {
        matches!(self.body, Body::Head)
    }

    /// Whether only the end of the connection ends this response.
    pub(crate) const fn is_until_close(&self) -> bool {
        matches!(self.body, Body::UntilClose)
    }

    /// What a FIN in this state means; `None` when it is the proper end.
    pub(crate) fn failure_at_eof(&mut self, spill: &[u8]) -> Option<FailureKind> {
        match self.body {
            Body::Head if !self.has_bytes => Some(FailureKind::RespEofBeforeStatus),
            // A head in small pieces is not parsed at each of them, and a fault in it came first.
            Body::Head => Some(
                self.parse_head(spill)
                    .err()
                    .unwrap_or(FailureKind::RespEofHeaders),
            ),
            Body::UntilClose => None,
            _ => Some(FailureKind::RespEofBody),
        }
    }

    /// What an RST in this state means.
    pub(crate) const fn failure_at_reset(&self) -> FailureKind {
        match self.body {
            Body::Head if !self.has_bytes => FailureKind::RespResetBeforeStatus,
            Body::Head => FailureKind::RespResetHeaders,
            _ => FailureKind::RespResetBody,
        }
    }

    /// Take the next bytes from the wire; `spill` keeps a split head between calls.
    pub(crate) fn feed(&mut self, input: &[u8], spill: &mut Vec<u8>) -> Result<Fed, FailureKind> {
        self.has_bytes |= !input.is_empty();
        let mut used = 0;
        while self.is_in_head() {
            match self.feed_head(&input[used..], spill)? {
                Some(head_used) => used += head_used,
                None => return Ok(Fed::More),
            }
        }
        self.feed_body(&input[used..]).map(|fed| match fed {
            Fed::More => Fed::More,
            Fed::Complete { used: body_used } => Fed::Complete {
                used: used + body_used,
            },
        })
    }

    /// Bytes of `input` that belong to a head, `None` when the head goes on after `input`.
    fn feed_head(
        &mut self,
        input: &[u8],
        spill: &mut Vec<u8>,
    ) -> Result<Option<usize>, FailureKind> {
        let spilled_bytes = spill.len();
        // No more than the bound is ever looked at, so that splits change nothing about it.
        let taken = &input[..input.len().min(MAX_HEAD_BYTES - spilled_bytes)];
        let is_full = spilled_bytes + taken.len() == MAX_HEAD_BYTES;
        if spilled_bytes == 0 {
            if let Some(head_bytes) = self.parse_head(taken)? {
                return Ok(Some(head_bytes));
            }
            keep(taken, spill);
        } else {
            keep(taken, spill);
            // A head that drips in byte by byte is not parsed anew for each of them.
            let is_worth_parsing = is_full
                || spill.len() <= ALWAYS_PARSED_BYTES
                || spill.len() >= self.parse_again_at as usize
                || has_end_of_head(&spill[spilled_bytes.saturating_sub(4)..]);
            if is_worth_parsing && let Some(head_bytes) = self.parse_head(spill)? {
                release(spill);
                return Ok(Some(head_bytes.saturating_sub(spilled_bytes)));
            }
        }
        if is_full {
            return Err(FailureKind::ProtoHeaderTooLarge);
        }
        if spill.len() >= self.parse_again_at as usize {
            self.parse_again_at = u32::try_from(spill.len() * 2).unwrap_or(u32::MAX);
        }
        Ok(None)
    }

    /// Parse one head from the start of `bytes`; its length, or `None` while it is incomplete.
    fn parse_head(&mut self, bytes: &[u8]) -> Result<Option<usize>, FailureKind> {
        #[cfg(test)]
        tests::note_parse(bytes.len());
        match self.parse_lines(bytes, FoldedLines::Refused) {
            // A folded line looks like a field without a name.
            Err(FailureKind::ProtoHeader) => {
                let parsed = self.parse_lines(bytes, FoldedLines::Joined)?;
                if parsed.is_some() {
                    self.warn(WarningKind::ProtoObsFold);
                }
                Ok(parsed)
            }
            parsed => parsed,
        }
    }

    fn parse_lines(
        &mut self,
        bytes: &[u8],
        folded: FoldedLines,
    ) -> Result<Option<usize>, FailureKind> {
        let mut fields = [const { MaybeUninit::uninit() }; MAX_HEAD_FIELDS];
        let mut head = httparse::Response::new(&mut []);
        let parsed = ParserConfig::default()
            .allow_obsolete_multiline_headers_in_responses(folded == FoldedLines::Joined)
            .parse_response_with_uninit_headers(&mut head, bytes, &mut fields);
        let head_bytes = match parsed {
            Ok(Status::Partial) => return Ok(None),
            Ok(Status::Complete(head_bytes)) => head_bytes,
            Err(_) if may_be_tls_record(bytes) => return Ok(None),
            Err(error) => return Err(head_failure(error, bytes)),
        };
        let status = head.code.unwrap_or(0);
        self.parse_again_at = 0;
        match status {
            101 => return Err(FailureKind::ProtoUnexpected101),
            100..200 => {
                self.informational_count += 1;
                if self.informational_count > MAX_INFORMATIONAL {
                    return Err(FailureKind::ProtoTooMany1xx);
                }
                return Ok(Some(head_bytes));
            }
            200..600 => {}
            _ => return Err(FailureKind::ProtoStatus),
        }
        self.status = status;
        self.frame(&Framing::read(head.headers)?, head.version == Some(1))?;
        Ok(Some(head_bytes))
    }

    /// Choose the end of the body (RFC 9112, message body length).
    fn frame(&mut self, framing: &Framing, is_http_1_1: bool) -> Result<(), FailureKind> {
        self.is_keep_alive = if is_http_1_1 {
            !framing.asks_to_close
        } else {
            framing.asks_to_keep && !framing.asks_to_close
        };
        self.idle_limit_s = framing.idle_limit_s.unwrap_or(NO_IDLE_LIMIT);
        if self.is_head_request || self.status == 204 || self.status == 304 {
            self.body = Body::Length(0);
            return Ok(());
        }
        if framing.has_transfer_encoding {
            if !is_http_1_1 || !framing.is_chunked {
                return Err(FailureKind::ProtoTe);
            }
            // Both framings at once is how responses are smuggled: never use it again.
            if framing.has_content_length {
                self.is_keep_alive = false;
                self.warn(WarningKind::ProtoTeAndContentLength);
            }
            self.body = Body::Chunked(Chunked::new());
            return Ok(());
        }
        if framing.has_content_length {
            let length = framing
                .content_length
                .ok_or(FailureKind::ProtoContentLength)?;
            if length > MAX_BODY_BYTES {
                return Err(FailureKind::BodyTooLarge);
            }
            if length > 0 && self.status == STATUS_WITHOUT_CONTENT {
                self.warn(WarningKind::BodyOn205);
            }
            self.body = Body::Length(length);
            return Ok(());
        }
        self.is_keep_alive = false;
        self.body = Body::UntilClose;
        Ok(())
    }

    fn feed_body(&mut self, input: &[u8]) -> Result<Fed, FailureKind> {
        match &mut self.body {
            Body::Length(left) => {
                let taken = (*left).min(input.len() as u64);
                *left -= taken;
                if *left == 0 {
                    let used = usize::try_from(taken).unwrap_or(input.len());
                    return Ok(Fed::Complete { used });
                }
            }
            Body::Chunked(chunked) => {
                let left = MAX_BODY_BYTES - self.body_bytes;
                let taken = usize::try_from(left).map_or(input.len(), |left| left.min(input.len()));
                if let ChunkProgress::Complete { used } = chunked.feed(&input[..taken])? {
                    if self.status == STATUS_WITHOUT_CONTENT && chunked.has_data() {
                        self.warn(WarningKind::BodyOn205);
                    }
                    return Ok(Fed::Complete { used });
                }
                self.count_body(input)?;
            }
            Body::UntilClose => {
                if self.status == STATUS_WITHOUT_CONTENT && !input.is_empty() {
                    self.warn(WarningKind::BodyOn205);
                }
                self.count_body(input)?;
            }
            Body::Head => {}
        }
        Ok(Fed::More)
    }

    fn count_body(&mut self, input: &[u8]) -> Result<(), FailureKind> {
        self.body_bytes += input.len() as u64;
        if self.body_bytes > MAX_BODY_BYTES {
            return Err(FailureKind::BodyTooLarge);
        }
        Ok(())
    }
}

/// Header fields that go on in the next line: an abuse of old, to be counted.
#[derive(Clone, Copy, Eq, PartialEq)]
enum FoldedLines {
    Refused,
    Joined,
}

/// The status line on; exactly what the head parser skips, so that no later byte counts.
fn skip_empty_lines(mut bytes: &[u8]) -> &[u8] {
    while let Some(rest) = (bytes.strip_prefix(b"\r\n")).or_else(|| bytes.strip_prefix(b"\n")) {
        bytes = rest;
    }
    bytes
}

/// A handshake or an alert of TLS where plain HTTP was expected.
fn is_tls_record(bytes: &[u8]) -> bool {
    matches!(bytes, [21 | 22, 3, 0..=4, ..])
}

/// Too few bytes to tell, but so far it is one.
fn may_be_tls_record(bytes: &[u8]) -> bool {
    matches!(bytes, [21 | 22] | [21 | 22, 3])
}

fn head_failure(error: HeadError, bytes: &[u8]) -> FailureKind {
    match error {
        HeadError::TooManyHeaders => FailureKind::ProtoHeaderTooLarge,
        HeadError::Status => FailureKind::ProtoStatus,
        HeadError::HeaderName | HeadError::HeaderValue => FailureKind::ProtoHeader,
        HeadError::Version | HeadError::Token | HeadError::NewLine => {
            let start = skip_empty_lines(bytes);
            let has_version = start.starts_with(b"HTTP/") && start.len() > 5;
            if is_tls_record(bytes) {
                FailureKind::TlsNotTls
            } else if !has_version || !start[5].is_ascii_digit() {
                FailureKind::ProtoNotHttp
            } else if matches!(error, HeadError::Version) {
                FailureKind::ProtoVersion
            } else {
                FailureKind::ProtoHeader
            }
        }
    }
}

#[cfg(test)]
#[path = "response_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "response_warnings_tests.rs"]
mod warnings_tests;
