//! What holds for any bytes at all, whether they are an answer or not?
//!
//! No panic, no loop without progress, bounded memory, the same outcome for every split, and never
//! a byte too many or too few. Faults are told as text, so that a fuzzer and a test can show them.

use loadgen::reading::AnswerReader;

use crate::mutation::Random;
use crate::outcome::{Outcome, read};

/// A split head is kept up to the bound of a head, and never beyond it.
pub const MAX_HELD_BYTES: usize = 64 << 10;
/// Inputs up to this length are cut at every position.
const EVERY_CUT_BYTES: usize = 256;

/// How many ways to cut an input are tried.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Cuts {
    /// As many as a fuzzer can afford.
    Few,
    /// Every position of a short input, and many ways for a long one.
    Many,
}

/// Hold all properties against one input.
///
/// # Errors
/// The first property that does not hold.
pub fn check(is_head_request: bool, input: &[u8], cuts: Cuts) -> Result<Outcome, String> {
    let whole = read(is_head_request, [input])?;
    let same = |what: &str, outcome: Outcome| {
        if outcome == whole {
            Ok(())
        } else {
            Err(format!("whole: {whole}, but {what}: {outcome}"))
        }
    };
    same("byte by byte", read(is_head_request, input.chunks(1))?)?;
    let mut random = Random::from_bytes(input);
    let ways = if cuts == Cuts::Few { 3 } else { 24 };
    for _ in 0..ways {
        let pieces = cut(input, &mut random);
        let lengths: Vec<usize> = pieces.iter().map(|piece| piece.len()).collect();
        let outcome = read(is_head_request, pieces.iter().copied())?;
        same(&format!("in pieces of {lengths:?}"), outcome)?;
    }
    if cuts == Cuts::Many && input.len() <= EVERY_CUT_BYTES {
        for position in 0..=input.len() {
            let (left, right) = input.split_at(position);
            same(
                &format!("cut at {position}"),
                read(is_head_request, [left, right])?,
            )?;
        }
    }
    check_end(is_head_request, input, whole)?;
    Ok(whole)
}

/// An answer without what came after it is the same answer, and without its last byte none.
fn check_end(is_head_request: bool, input: &[u8], whole: Outcome) -> Result<(), String> {
    let Outcome::Complete {
        status,
        is_keep_alive,
        left_bytes,
        oddities,
    } = whole
    else {
        return Ok(());
    };
    let answer = &input[..input.len() - left_bytes];
    let alone = read(is_head_request, [answer])?;
    let expected = Outcome::Complete {
        status,
        is_keep_alive,
        left_bytes: 0,
        oddities,
    };
    if alone != expected {
        return Err(format!("{whole}, but alone: {alone}"));
    }
    let short = read(is_head_request, [&answer[..answer.len() - 1]])?;
    if matches!(short, Outcome::Complete { .. }) {
        return Err(format!("{whole}, but without its last byte: {short}"));
    }
    Ok(())
}

/// The parser holds no more than one bounded head.
///
/// # Errors
/// It holds more.
pub fn check_memory(reader: &AnswerReader) -> Result<(), String> {
    let held_bytes = reader.held_bytes();
    if held_bytes > MAX_HELD_BYTES {
        return Err(format!("{held_bytes} bytes held"));
    }
    Ok(())
}

/// A complete answer used bytes that were there, and keeps none that belong to the next one.
///
/// # Errors
/// It claims bytes that were not there, or holds some back.
pub fn check_nothing_lost(
    reader: &AnswerReader,
    used_bytes: usize,
    piece: &[u8],
) -> Result<(), String> {
    if used_bytes > piece.len() {
        return Err(format!("{used_bytes} of {} bytes used", piece.len()));
    }
    if reader.kept_bytes() > 0 {
        return Err(format!("{} bytes kept after the end", reader.kept_bytes()));
    }
    Ok(())
}

/// Cut into pieces; short ones are likely, since a head is mostly cut near its ends.
fn cut<'a>(mut rest: &'a [u8], random: &mut Random) -> Vec<&'a [u8]> {
    let longest = [3, 40, 1500, 1 << 16][random.below(4)];
    let mut pieces = Vec::new();
    while !rest.is_empty() {
        let (piece, after) = rest.split_at((1 + random.below(longest)).min(rest.len()));
        pieces.push(piece);
        rest = after;
    }
    pieces
}
