//! What does the server do with which request, and how long does that take?
//!
//! Pure and seeded: the same request number gets the same treatment in every run of a seed. On the
//! command line a script is a list of words such as `seed=7 service=exponential:2000 status=0.05`;
//! durations are microseconds.

use std::str::FromStr;
use std::time::Duration;

use crate::act::Act;

/// How service times are distributed; all in microseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Service {
    /// Always the same.
    Constant(f64),
    /// The first, or with this probability the second.
    Bimodal(f64, f64, f64),
    /// This mean.
    Exponential(f64),
    /// This median, and sigma of the logarithm.
    LogNormal(f64, f64),
    /// This minimum, and exponent; at most a thousand times the minimum.
    Pareto(f64, f64),
}

/// A pause of all connections at once.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Stall {
    /// Counted from the first request.
    pub after: Duration,
    /// How long nothing is answered.
    pub length: Duration,
}

/// The whole behaviour of a server.
#[derive(Clone, Debug, PartialEq)]
pub struct Script {
    /// Another seed, another sequence.
    pub seed: u64,
    /// Before every answer.
    pub service: Service,
    /// Which share of the requests gets which act; the rest is answered.
    pub shares: Vec<(Act, f64)>,
    /// Acts of certain requests: the n-th of each load thread.
    pub certain: Vec<(Act, u64)>,
    /// At most one.
    pub stall: Option<Stall>,
}

/// Between head and body of a slow one.
pub const BODY_PAUSE: Duration = Duration::from_millis(3);
/// Between head and body of a very slow one; more than a second.
pub const LONG_BODY_PAUSE: Duration = Duration::from_millis(1100);
const IDS_PER_THREAD: u64 = 1_000_000_000_000;
const MAX_BODY_BYTES: u64 = 3000;

impl Script {
    /// Answers everything after a service time.
    #[must_use]
    pub fn plain(seed: u64, service: Service) -> Self {
        Self {
            seed,
            service,
            shares: Vec::new(),
            certain: Vec::new(),
            stall: None,
        }
    }

    /// What happens to the request of this number.
    #[must_use]
    pub fn act(&self, id: u64) -> Act {
        let of_thread = id % IDS_PER_THREAD;
        if let Some(&(act, _)) = self.certain.iter().find(|&&(_, nth)| nth == of_thread) {
            return act;
        }
        let mut drawn = self.draw(id, 1);
        for &(act, share) in &self.shares {
            if drawn < share {
                return act;
            }
            drawn -= share;
        }
        Act::Answer
    }

    /// How long this request is served.
    #[must_use]
    pub fn service(&self, id: u64) -> Duration {
        let (first, second) = (self.draw(id, 2), self.draw(id, 3));
        let micros = match self.service {
            Service::Constant(always) => always,
            Service::Bimodal(usual, _, rare) if first >= rare => usual,
            Service::Bimodal(_, other, _) => other,
            Service::Exponential(mean) => -mean * (1.0 - first).ln(),
            Service::LogNormal(median, sigma) => {
                let normal =
                    (-2.0 * (1.0 - first).ln()).sqrt() * (std::f64::consts::TAU * second).cos();
                median * (sigma * normal).exp()
            }
            Service::Pareto(least, exponent) => {
                (least * (1.0 - first).powf(-1.0 / exponent)).min(least * 1000.0)
            }
        };
        Duration::from_secs_f64(micros.max(0.0) / 1e6)
    }

    /// How many body bytes its answer has.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a share of a small number"
    )]
    pub fn body_bytes(&self, id: u64) -> usize {
        1 + (self.draw(id, 4) * MAX_BODY_BYTES as f64) as usize
    }

    /// A number in 0..1 that only depends on seed, request and purpose.
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
    fn draw(&self, id: u64, purpose: u64) -> f64 {
        let mixed = mix(mix(mix(self.seed) ^ id) ^ purpose);
        (mixed >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// The words that `parse` reads.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        let service = match self.service {
            Service::Constant(always) => format!("constant:{always}"),
            Service::Bimodal(usual, other, rare) => format!("bimodal:{usual}:{other}:{rare}"),
            Service::Exponential(mean) => format!("exponential:{mean}"),
            Service::LogNormal(median, sigma) => format!("lognormal:{median}:{sigma}"),
            Service::Pareto(least, exponent) => format!("pareto:{least}:{exponent}"),
        };
        let mut words = vec![format!("seed={}", self.seed), format!("service={service}")];
        for (act, share) in &self.shares {
            words.push(format!("{}={share}", act.name()));
        }
        for (act, nth) in &self.certain {
            words.push(format!("{}@{nth}", act.name()));
        }
        if let Some(stall) = self.stall {
            let (after, length) = (stall.after.as_micros(), stall.length.as_micros());
            words.push(format!("stall={after}:{length}"));
        }
        words
    }

    /// Read what `words` wrote.
    ///
    /// # Errors
    /// The word that is not understood.
    pub fn parse<'a>(words: impl Iterator<Item = &'a str>) -> Result<Self, String> {
        let mut script = Self::plain(0, Service::Constant(0.0));
        for word in words {
            script
                .take(word)
                .ok_or_else(|| format!("not part of a script: {word}"))?;
        }
        Ok(script)
    }

    fn take(&mut self, word: &str) -> Option<()> {
        if let Some((name, nth)) = word.split_once('@') {
            self.certain.push((Act::named(name)?, number(nth)?));
            return Some(());
        }
        let (name, value) = word.split_once('=')?;
        match name {
            "seed" => self.seed = number(value)?,
            "service" => self.service = service(value)?,
            "stall" => {
                let (after, length) = value.split_once(':')?;
                self.stall = Some(Stall {
                    after: Duration::from_micros(number(after)?),
                    length: Duration::from_micros(number(length)?),
                });
            }
            act => self.shares.push((Act::named(act)?, number(value)?)),
        }
        Some(())
    }
}

fn service(text: &str) -> Option<Service> {
    let (name, values) = text.split_once(':')?;
    let values: Option<Vec<f64>> = values.split(':').map(number).collect();
    Some(match (name, values?.as_slice()) {
        ("constant", &[always]) => Service::Constant(always),
        ("bimodal", &[usual, other, rare]) => Service::Bimodal(usual, other, rare),
        ("exponential", &[mean]) => Service::Exponential(mean),
        ("lognormal", &[median, sigma]) => Service::LogNormal(median, sigma),
        ("pareto", &[least, exponent]) => Service::Pareto(least, exponent),
        _ => return None,
    })
}

fn number<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

/// The finishing step of splitmix64: every bit of the input changes half of the output.
const fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    fn mean_micros(service: Service) -> f64 {
        let script = Script::plain(3, service);
        let sum: f64 = (0..100_000)
            .map(|id| script.service(id).as_secs_f64())
            .sum();
        sum * 1e6 / 100_000.0
    }

    #[test]
    fn words_come_back_as_the_same_script() {
        let mut script = Script::plain(7, Service::Bimodal(1000.0, 20_000.0, 0.1));
        script.shares = vec![(Act::Status, 0.05), (Act::Reset, 0.01)];
        script.certain = vec![(Act::Hang, 60)];
        script.stall = Some(Stall {
            after: Duration::from_millis(300),
            length: Duration::from_millis(400),
        });
        let words = script.words();
        let read = Script::parse(words.iter().map(String::as_str)).unwrap();
        assert_eq!(script, read);
        assert!(Script::parse(["burn=1"].into_iter()).is_err());
    }

    #[test]
    fn services_have_the_mean_they_should() {
        for (service, expected_micros) in [
            (Service::Constant(500.0), 500.0),
            (Service::Bimodal(1000.0, 11_000.0, 0.1), 2000.0),
            (Service::Exponential(2000.0), 2000.0),
            // exp(sigma^2 / 2) times the median.
            (Service::LogNormal(1000.0, 1.0), 1648.7),
            (Service::Pareto(1000.0, 3.0), 1500.0),
        ] {
            let actual = mean_micros(service);
            assert!(
                (actual / expected_micros - 1.0).abs() < 0.03,
                "{service:?}: {actual}"
            );
        }
    }

    #[test]
    fn shares_and_certain_acts_are_kept() {
        let mut script = Script::plain(1, Service::Constant(0.0));
        script.shares = vec![(Act::Status, 0.1), (Act::Close, 0.05)];
        script.certain = vec![(Act::Hang, 40)];
        let count = |wanted| {
            let acts = (1..=10_000).map(|id| script.act(id));
            acts.filter(|&act| act == wanted).count()
        };
        assert!((900..1100).contains(&count(Act::Status)));
        assert!((430..570).contains(&count(Act::Close)));
        assert_eq!(Act::Hang, script.act(IDS_PER_THREAD + 40));
        assert_eq!(1, count(Act::Hang));
    }
}
