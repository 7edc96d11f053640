/// One page of a list that is read whole and put in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListPage {
    /// From 1.
    pub page: u64,
    /// How many a page has.
    pub limit: u64,
    /// The highest first.
    pub descending: bool,
}

impl ListPage {
    /// The page of what was found, each with its rank, and how many there are on all pages. Ranks differ, so that the order
    /// is whole.
    #[must_use]
    pub fn of<R: Ord, T>(self, mut found: Vec<(R, T)>) -> (Vec<T>, u64) {
        found.sort_by(|(rank, _), (other, _)| {
            let order = rank.cmp(other);
            if self.descending { order.reverse() } else { order }
        });
        let total = u64::try_from(found.len()).unwrap_or(u64::MAX);
        let passed = self.limit.saturating_mul(self.page.saturating_sub(1));
        let [passed, limit] = [passed, self.limit].map(|count| usize::try_from(count).unwrap_or(usize::MAX));
        (found.into_iter().map(|(_, item)| item).skip(passed).take(limit).collect(), total)
    }
}

/// Whether a text has another in it, in any letter case.
pub(super) fn has_text(text: &str, search: &str) -> bool {
    text.to_lowercase().contains(&search.to_lowercase())
}
