//! What can the server do with a request?

/// One way to treat a request that has been read.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[repr(u8)]
pub enum Act {
    /// A proper answer.
    Answer,
    /// A proper answer in chunks.
    Chunked,
    /// A proper answer after which the connection ends, as announced.
    LastAnswer,
    /// Head, pause, body.
    SlowBody,
    /// The same with a pause of more than a second.
    VerySlowBody,
    /// A proper answer of status 503.
    Status,
    /// The connection ends without an answer.
    Close,
    /// The connection is reset without an answer.
    Reset,
    /// The connection ends within the body.
    Truncate,
    /// No answer ever.
    Hang,
}

impl Act {
    /// Every act, in the order of the enum.
    pub const ALL: [Self; 10] = [
        Self::Answer,
        Self::Chunked,
        Self::LastAnswer,
        Self::SlowBody,
        Self::VerySlowBody,
        Self::Status,
        Self::Close,
        Self::Reset,
        Self::Truncate,
        Self::Hang,
    ];

    /// As it is written on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Chunked => "chunked",
            Self::LastAnswer => "last_answer",
            Self::SlowBody => "slow_body",
            Self::VerySlowBody => "very_slow_body",
            Self::Status => "status",
            Self::Close => "close",
            Self::Reset => "reset",
            Self::Truncate => "truncate",
            Self::Hang => "hang",
        }
    }

    /// The act of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.name() == name)
    }

    /// Whether the client is given a complete answer of status 200.
    #[must_use]
    pub const fn is_good(self) -> bool {
        matches!(
            self,
            Self::Answer | Self::Chunked | Self::LastAnswer | Self::SlowBody | Self::VerySlowBody
        )
    }
}
