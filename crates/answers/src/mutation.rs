//! What does a slightly broken copy of an answer look like? Seeded, so that a failure can be seen again.

use crate::corpus::Case;

/// Pieces that matter to a parser: dropped into an answer they break it in telling places.
const TELLING: &[&[u8]] = &[
    b"\r\n",
    b"\n",
    b"\r",
    b"\r\n\r\n",
    b"\n\n",
    b":",
    b" ",
    b"\t",
    b";",
    b",",
    b"\0",
    b"\x7f",
    b"\xff",
    b"0",
    b"9",
    b"f",
    b"-",
    b"chunked",
    b"gzip",
    b"close",
    b"keep-alive",
    b"0\r\n\r\n",
    b"Content-Length: 3\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Connection: close\r\n",
    b"HTTP/1.0 200\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\n",
    b"HTTP/1.1 204 No Content\r\n\r\n",
    b"18446744073709551616",
];
/// Larger answers have their own cases; broken copies of them would only be slow.
const MAX_SEED_BYTES: usize = 4 << 10;

/// A small generator of numbers (xorshift), the same on every machine.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// Numbers that follow from a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut random = Self(seed ^ 0x9e37_79b9_7f4a_7c15);
        // Neighbouring seeds begin with like numbers.
        for _ in 0..8 {
            random.next();
        }
        random
    }

    /// Numbers that follow from an input.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        // FNV-1a
        let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self::new(hash)
    }

    /// A number from 0 to `bound` - 1; 0 when there is none.
    pub fn below(&mut self, bound: usize) -> usize {
        let number = self.next();
        usize::try_from(number % bound.max(1) as u64).unwrap_or(0)
    }

    const fn next(&mut self) -> u64 {
        // Zero would stay zero.
        self.0 |= (self.0 == 0) as u64;
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

/// `count` broken copies of the corpus; the same seed gives the same ones.
pub fn mutations(
    corpus: &[Case],
    seed: u64,
    count: usize,
) -> impl Iterator<Item = (bool, Vec<u8>)> {
    let seeds: Vec<&Case> = corpus
        .iter()
        .filter(|case| case.input.len() <= MAX_SEED_BYTES)
        .collect();
    let mut random = Random::new(seed);
    (0..count).map(move |_| {
        let case = seeds[random.below(seeds.len())];
        let other = seeds[random.below(seeds.len())];
        let input = mutate(&case.input, &other.input, &mut random);
        (case.is_head_request ^ (random.below(16) == 0), input)
    })
}

/// A copy of `input` with one to four faults in it, some of them out of `other`.
fn mutate(input: &[u8], other: &[u8], random: &mut Random) -> Vec<u8> {
    let mut broken = input.to_vec();
    for _ in 0..=random.below(4) {
        let position = random.below(broken.len() + 1);
        let end = (position + 1 + random.below(12)).min(broken.len());
        match random.below(8) {
            0 => drop(broken.drain(position..end)),
            1 => {
                let copy = broken[position..end].to_vec();
                drop(broken.splice(position..position, copy));
            }
            2 => broken.truncate(position),
            3 => {
                let start = random.below(other.len() + 1);
                broken.truncate(position);
                broken.extend_from_slice(&other[start..]);
            }
            4 if position < broken.len() => {
                broken[position] = u8::try_from(random.below(256)).unwrap_or(0);
            }
            5 if position < broken.len() => broken[position] ^= 1 << random.below(8),
            _ => {
                let telling = TELLING[random.below(TELLING.len())];
                let replaced = random.below(2).min(broken.len() - position);
                drop(broken.splice(position..position + replaced, telling.iter().copied()));
            }
        }
    }
    broken
}
