//! Is every answer, however odd, read to the right end, and can none hurt the parser?
//!
//! The corpus says what the answers are and what they mean; the properties hold for any bytes. One
//! harness serves the tests, which replay and mutate the corpus, and the coverage-guided fuzzer.

#![forbid(unsafe_code)]

pub mod corpus;
pub mod differences;
pub mod hyper_reading;
pub mod mutation;
pub mod outcome;
pub mod properties;
