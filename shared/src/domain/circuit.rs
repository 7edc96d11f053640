//! The circuit of one account to one host: open while the host does not answer, so that it is left alone and holds up
//! nobody else.

use serde::{Deserialize, Serialize};

/// So many failures in a row open a circuit.
pub const FAILURES_TO_OPEN: u32 = 10;

/// From the opening to the first probe, in milliseconds.
const FIRST_WAIT_MS: i64 = 30_000;

/// The longest wait between two probes, in milliseconds.
const WAIT_MAX_MS: i64 = 600_000;

/// What is known of a host that failed; the default is one that did not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Circuit {
    /// How many attempts failed in a row.
    #[serde(default)]
    pub failures: u32,
    /// The wait before the next probe; `None` while it is closed.
    #[serde(default)]
    pub wait: Option<ProbeWait>,
}

/// The wait of an open circuit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeWait {
    /// When the next probe may go through, in Unix milliseconds.
    pub until_ms: i64,
    /// How long it is, in milliseconds.
    pub ms: i64,
}

/// Whether an attempt may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passage {
    /// It may.
    Free,
    /// It may if it is the one that begins the next wait: a probe.
    Probe {
        /// The wait that is over.
        seen: ProbeWait,
        /// The wait that begins with the probe.
        next: ProbeWait,
    },
    /// It may not.
    Blocked {
        /// When the next probe may go through, in Unix milliseconds.
        until_ms: i64,
    },
}

impl Circuit {
    /// Whether an attempt may be made now.
    #[must_use]
    pub fn passage(&self, now_ms: i64) -> Passage {
        match self.wait {
            None => Passage::Free,
            Some(ProbeWait { until_ms, .. }) if now_ms < until_ms => Passage::Blocked { until_ms },
            Some(seen) => {
                let ms = seen.ms.saturating_mul(2).clamp(FIRST_WAIT_MS, WAIT_MAX_MS);
                Passage::Probe { seen, next: ProbeWait { until_ms: now_ms.saturating_add(ms), ms } }
            }
        }
    }

    /// The wait that begins now, if the failures so far are to open it.
    #[must_use]
    pub fn opens(&self, now_ms: i64) -> Option<ProbeWait> {
        let ripe = self.wait.is_none() && self.failures >= FAILURES_TO_OPEN;
        ripe.then_some(ProbeWait { until_ms: now_ms.saturating_add(FIRST_WAIT_MS), ms: FIRST_WAIT_MS })
    }

    /// Whether an answer has to be noted, because something else was known.
    #[must_use]
    pub fn is_closed_by_answer(&self) -> bool {
        *self != Self::default()
    }
}

/// Whether an attempt counts against its host: no answer at all, or an error of the server's own.
#[must_use]
pub fn counts_against_host(status: Option<u16>) -> bool {
    !matches!(status, Some(100..=499))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a process may do with a circuit.
    #[derive(Clone, Copy, Debug)]
    enum Step {
        Wait(i64),
        Attempt { answered: bool },
    }

    /// Makes an attempt as the sender does; whether it went through.
    fn attempt(circuit: &mut Circuit, now_ms: i64, answered: bool) -> bool {
        match circuit.passage(now_ms) {
            Passage::Blocked { .. } => return false,
            Passage::Probe { next, .. } => circuit.wait = Some(next),
            Passage::Free => {}
        }
        if answered {
            *circuit = Circuit::default();
        } else {
            circuit.failures += 1;
            circuit.wait = circuit.opens(now_ms).or(circuit.wait);
        }
        true
    }

    #[test]
    fn ten_failures_in_a_row_open_it_and_probes_come_after_longer_and_longer_waits() {
        let (mut circuit, mut now_ms) = (Circuit::default(), 0);
        for _ in 0..9 {
            assert!(attempt(&mut circuit, now_ms, false));
        }
        assert!(attempt(&mut circuit, now_ms, true), "an answer in between");
        for _ in 0..10 {
            assert!(attempt(&mut circuit, now_ms, false));
        }
        for wait_s in [30, 60, 120, 240, 480, 600, 600] {
            now_ms += wait_s * 1_000 - 1;
            assert!(!attempt(&mut circuit, now_ms, false), "before {wait_s} s");
            now_ms += 1;
            assert!(attempt(&mut circuit, now_ms, false), "after {wait_s} s");
            assert!(!attempt(&mut circuit, now_ms, false), "a second probe after {wait_s} s");
        }
        now_ms += 600_000;
        assert!(attempt(&mut circuit, now_ms, true));
        assert_eq!(circuit, Circuit::default());
    }

    #[test]
    fn silence_and_errors_of_the_server_count_against_a_host() {
        assert!(counts_against_host(None));
        let against: Vec<_> = (100..=599).filter(|status| counts_against_host(Some(*status))).collect();
        assert_eq!(against, (500..=599).collect::<Vec<_>>());
    }

    fn any_steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            (0..700_000i64).prop_map(Step::Wait),
            proptest::bool::weighted(0.1).prop_map(|answered| Step::Attempt { answered }),
            Just(Step::Attempt { answered: false }),
        ];
        proptest::collection::vec(step, 0..200)
    }

    proptest! {
        #[test]
        fn it_blocks_only_after_ten_failures_in_a_row_and_never_for_longer_than_ten_minutes(steps in any_steps()) {
            let (mut circuit, mut now_ms, mut in_a_row, mut through_ms) = (Circuit::default(), 0, 0, 0);
            for step in steps {
                match step {
                    Step::Wait(ms) => now_ms += ms,
                    Step::Attempt { answered } => {
                        if attempt(&mut circuit, now_ms, answered) {
                            if in_a_row >= FAILURES_TO_OPEN {
                                prop_assert!(now_ms - through_ms >= FIRST_WAIT_MS, "one probe at a time");
                            }
                            in_a_row = if answered { 0 } else { in_a_row + 1 };
                            through_ms = now_ms;
                        } else {
                            prop_assert!(in_a_row >= FAILURES_TO_OPEN);
                            prop_assert!(now_ms - through_ms < WAIT_MAX_MS);
                        }
                    }
                }
            }
        }
    }
}
