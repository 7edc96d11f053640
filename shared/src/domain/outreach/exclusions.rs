//! Segments that leave out segments: without end, nobody could say who is in them.

use std::collections::BTreeMap;

use crate::error::Fault;
use crate::ids::SegmentId;

/// How long a chain of segments may get of which each leaves out the next.
pub const CHAIN_MAX: usize = 5;

/// How many segments one may come to by such chains, itself included; one that several chains lead to counts for each. They
/// are read out for each person.
const REACHED_MAX: usize = 100;

/// What is wrong with whom a segment leaves out. `all` has whom each segment of the account leaves out, this one's being
/// what it is to be.
#[must_use]
pub fn exclusion_faults(id: &SegmentId, all: &BTreeMap<SegmentId, Vec<SegmentId>>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (index, other) in all.get(id).into_iter().flatten().enumerate() {
        let reason = match reach(other, id, all, CHAIN_MAX) {
            _ if other == id => "must not be the segment itself".to_owned(),
            _ if !all.contains_key(other) => format!("no such segment: {other}"),
            true => format!("{other} leaves this segment out, directly or through others"),
            false => continue,
        };
        faults.push(Fault { field: format!("exclude[{index}]"), reason });
    }
    let too_long = |first: &&SegmentId| is_longer(first, CHAIN_MAX, all);
    if faults.is_empty()
        && let Some(first) = all.keys().find(too_long)
    {
        let reason =
            format!("must not make a chain of more than {CHAIN_MAX} segments; one begins at {first}");
        faults.push(Fault { field: "exclude".to_owned(), reason });
    }
    if faults.is_empty()
        && let Some(first) = all.keys().find(|first| reached(first, REACHED_MAX, all) > REACHED_MAX)
    {
        let reason =
            format!("must not make a segment come to more than {REACHED_MAX} by chains; {first} would");
        faults.push(Fault { field: "exclude".to_owned(), reason });
    }
    faults
}

/// How many segments chains lead to from this one, itself included; counting ends a little above `most`.
fn reached(from: &SegmentId, most: usize, all: &BTreeMap<SegmentId, Vec<SegmentId>>) -> usize {
    let mut sum = 1;
    for next in all.get(from).into_iter().flatten() {
        if sum > most {
            break;
        }
        sum += reached(next, most - sum.min(most), all);
    }
    sum
}

/// Whether a chain of at most so many steps leads from one segment to another.
fn reach(from: &SegmentId, to: &SegmentId, all: &BTreeMap<SegmentId, Vec<SegmentId>>, steps: usize) -> bool {
    from == to
        || (steps > 0 && all.get(from).into_iter().flatten().any(|next| reach(next, to, all, steps - 1)))
}

/// Whether a chain from this segment has more than so many steps.
fn is_longer(from: &SegmentId, steps: usize, all: &BTreeMap<SegmentId, Vec<SegmentId>>) -> bool {
    all.get(from).into_iter().flatten().any(|next| match steps.checked_sub(1) {
        None => true,
        Some(left) => is_longer(next, left, all),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `a:bc b:` is a segment a that leaves out b and c, and b, which leaves out nobody.
    fn faults(id: &str, all: &str) -> String {
        let segment = |name: char| SegmentId::of(&name.to_string());
        let all = all.split(' ').map(|chain| {
            let (name, others) = chain.split_once(':').unwrap();
            (SegmentId::of(name), others.chars().map(segment).collect())
        });
        let faults = exclusion_faults(&SegmentId::of(id), &all.collect());
        let told = faults.iter().map(|Fault { field, reason }| format!("{field}: {reason}"));
        told.collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn no_segment_leaves_out_itself() {
        assert_eq!(faults("a", "a:bc b: c:d d:"), "");
        assert_eq!(faults("a", "a:ba b:"), "exclude[1]: must not be the segment itself");
        let through = "exclude[0]: segb leaves this segment out, directly or through others";
        assert_eq!(faults("a", "a:b b:a"), through);
        assert_eq!(faults("a", "a:b b:c c:d d:a"), through);
        assert_eq!(faults("a", "a:x"), "exclude[0]: no such segment: segx");
    }

    #[test]
    fn chains_that_fan_out_lead_to_no_more_segments_than_are_read_out() {
        // Each of a layer leaves out all of the next: 1 + 4 + 16 + 64 is still read out.
        let layers = |width: usize| {
            let names = |layer: char| (0..width).map(move |number| format!("{layer}{number}"));
            let segment = |name: &str| SegmentId::of(name);
            let mut all = BTreeMap::from([(segment("top"), names('a').map(|name| segment(&name)).collect())]);
            for (layer, next) in [('a', Some('b')), ('b', Some('c')), ('c', None)] {
                for name in names(layer) {
                    let others = next.into_iter().flat_map(names).map(|name| segment(&name));
                    all.insert(segment(&name), others.collect::<Vec<_>>());
                }
            }
            exclusion_faults(&segment("top"), &all)
        };
        assert_eq!(layers(4), []);
        let reason = "must not make a segment come to more than 100 by chains; segtop would".to_owned();
        assert_eq!(layers(5), [Fault { field: "exclude".to_owned(), reason }]);
    }

    #[test]
    fn a_chain_is_no_longer_than_it_is_followed() {
        assert_eq!(faults("a", "a:b b:c c:d d:e e:f f:"), "");
        let long = "exclude: must not make a chain of more than 5 segments; one begins at sega";
        assert_eq!(faults("a", "a:b b:c c:d d:e e:f f:g g:"), long);
        assert_eq!(faults("e", "a:b b:c c:d d:e e:f f:g g:"), long, "whichever of them is changed");
    }
}
