//! What was odd about an answer that could still be understood?
//!
//! An anomaly never changes how a request ends. It is counted, so that a good number which stands
//! on odd answers is seen as such.

macro_rules! warning_kinds {
    ($($variant:ident = $name:literal, $meaning:literal;)*) => {
        /// A fault of a response that does not make it a failure.
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        #[repr(u8)]
        pub enum WarningKind {
            $(#[doc = concat!("`", $name, "`: ", $meaning, ".")] $variant,)*
        }

        impl WarningKind {
            /// Every kind, in the order of the enum.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The stable machine name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

warning_kinds! {
    ConnReopened = "conn.reopened", "closed after a complete response that had not announced it";
    ProtoExtraData = "proto.extra_data", "bytes behind a complete response";
    ProtoTeAndContentLength = "proto.te_and_content_length", "two framings at once";
    ProtoObsFold = "proto.obs_fold", "a header field folded over lines";
    BodyOn205 = "body.on_205", "content in a response that may have none";
}

/// How many kinds exist; the length of every table indexed by kind.
pub(crate) const WARNING_COUNT: usize = WarningKind::ALL.len();

/// The anomalies of one response.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Warnings(u8);

impl Warnings {
    pub(crate) const fn none() -> Self {
        Self(0)
    }

    pub(crate) fn add(&mut self, kind: WarningKind) {
        self.0 |= 1 << kind as u8;
    }

    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) const fn has(self, kind: WarningKind) -> bool {
        self.0 & (1 << kind as u8) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_every_kind_apart() {
        assert!(WARNING_COUNT <= u8::BITS as usize);
        for kind in WarningKind::ALL {
            let mut warnings = Warnings::none();
            assert!(warnings.is_empty());
            warnings.add(*kind);
            for other in WarningKind::ALL {
                assert_eq!(kind == other, warnings.has(*other));
            }
        }
    }
}
