//! What an answer to a postback or a webhook means for its delivery.

/// What is to be done after one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The receiver took it.
    Delivered,
    /// Another attempt may help.
    Retry,
    /// The receiver wants no more of it, ever: its endpoint is disabled.
    Disable,
    /// Another attempt would end as this one did.
    GiveUp,
}

/// Judges one attempt by its status. `None` stands for: no answer at all (connection failure or time-out).
///
/// Redirects are never followed, so a 3xx is as final as a 4xx.
#[must_use]
pub fn judge(status: Option<u16>) -> Verdict {
    match status {
        Some(200..=299) => Verdict::Delivered,
        None | Some(408 | 425 | 429 | 500..=599) => Verdict::Retry,
        Some(410) => Verdict::Disable,
        Some(_) => Verdict::GiveUp,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(verdict: Verdict) -> Vec<u16> {
        (100..=599).filter(|status| judge(Some(*status)) == verdict).collect()
    }

    #[test]
    fn every_status_has_one_verdict() {
        assert_eq!(judged(Verdict::Delivered), (200..=299).collect::<Vec<_>>());
        assert_eq!(judged(Verdict::Disable), [410]);
        let again: Vec<_> = [408, 425, 429].into_iter().chain(500..=599).collect();
        assert_eq!(judged(Verdict::Retry), again);
        assert_eq!(judged(Verdict::GiveUp).len(), 500 - 100 - 1 - 103);
    }

    #[test]
    fn no_answer_may_be_followed_by_one() {
        assert_eq!(judge(None), Verdict::Retry);
    }
}
