//! Which bytes break a property of the answer parser? Guided by the coverage of its code.
#![no_main]

use answers::corpus::from_fuzzer;
use answers::properties::{Cuts, check};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let (is_head_request, input) = from_fuzzer(bytes);
    let outcome = check(is_head_request, input, Cuts::Few);
    assert!(outcome.is_ok(), "{outcome:?}");
});
