//! What an account says of a person: attributes and tags.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::field::{is_attribute_name, is_attribute_value};
use super::reader::Reader;
use crate::error::{AppError, AppResult, Fault};

/// A person has no more attributes than this.
const ATTRIBUTES_MAX: usize = 100;

/// What the attributes of a person take together, names and JSON values, in bytes. A walk reads them all.
const ATTRIBUTES_BYTES: usize = 32 * 1024;

/// A person has no more tags than this.
pub(super) const TAGS_MAX: usize = 100;

/// A tag is no longer than this.
pub(super) const TAG_CHARACTERS_MAX: usize = 64;

/// What an account tells of a person.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PersonChange {
    /// Attributes by name; `None` forgets one. Those that are not named stay.
    pub attributes: BTreeMap<String, Option<Value>>,
    /// The tags that they have from now on; `None` leaves them those they have.
    pub tags: Option<BTreeSet<String>>,
    /// Tags that they get.
    pub add_tags: BTreeSet<String>,
    /// Tags that they lose.
    pub remove_tags: BTreeSet<String>,
}

impl PersonChange {
    /// Whether it says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.attributes.is_empty()
            && self.tags.is_none()
            && self.add_tags.is_empty()
            && self.remove_tags.is_empty()
    }

    /// Reads `attributes`, and `tags` or `addTags` and `removeTags`; unknown fields are let be.
    ///
    /// # Errors
    ///
    /// [`AppError::Invalid`] with every fault.
    pub fn read(document: &Map<String, Value>) -> AppResult<Self> {
        let (body, mut faults) = (Reader::of_body(document), Vec::new());
        let attributes = body.object("attributes", &mut faults).map(|attributes| attributes.entries());
        let change = Self {
            attributes: attributes.unwrap_or_default(),
            tags: read_tags(&body, "tags", &mut faults),
            add_tags: read_tags(&body, "addTags", &mut faults).unwrap_or_default(),
            remove_tags: read_tags(&body, "removeTags", &mut faults).unwrap_or_default(),
        };
        if change.tags.is_some() {
            for name in ["addTags", "removeTags"].into_iter().filter(|name| body.given(name).is_some()) {
                body.refuse(name, "cannot be given together with tags", &mut faults);
            }
        }
        faults.extend(change.attribute_faults());
        if faults.is_empty() { Ok(change) } else { Err(AppError::Invalid(faults)) }
    }

    /// Whether names, values and tags are such as may be kept.
    ///
    /// # Errors
    ///
    /// [`AppError::Invalid`] with every fault, under `attributes.<name>` and `tags[<n>]`.
    pub fn check(&self) -> AppResult<()> {
        let tags = self.tags.iter().flatten().chain(&self.add_tags).chain(&self.remove_tags);
        let tags = tags.enumerate().filter(|(_, tag)| !is_tag(tag));
        let tags = tags.map(|(index, _)| fault(format!("tags[{index}]"), tag_rule()));
        let faults: Vec<_> = self.attribute_faults().chain(tags).collect();
        if faults.is_empty() { Ok(()) } else { Err(AppError::Invalid(faults)) }
    }

    /// What is said of a person after it.
    ///
    /// # Errors
    ///
    /// [`AppError::Invalid`] if that is more than is kept of one.
    pub fn applied(
        &self,
        attributes: &BTreeMap<String, Value>,
        tags: &BTreeSet<String>,
    ) -> AppResult<(BTreeMap<String, Value>, BTreeSet<String>)> {
        let (mut attributes, mut tags) = (attributes.clone(), self.tags.as_ref().unwrap_or(tags).clone());
        for (name, value) in &self.attributes {
            match value {
                Some(value) => drop(attributes.insert(name.clone(), value.clone())),
                None => drop(attributes.remove(name)),
            }
        }
        tags.extend(self.add_tags.iter().cloned());
        tags.retain(|tag| !self.remove_tags.contains(tag));
        let size_bytes: usize =
            attributes.iter().map(|(name, value)| name.len() + value.to_string().len()).sum();
        let mut faults = Vec::new();
        if attributes.len() > ATTRIBUTES_MAX {
            faults.push(fault(
                "attributes",
                format!("must be at most {ATTRIBUTES_MAX}, earlier ones included"),
            ));
        } else if size_bytes > ATTRIBUTES_BYTES {
            let reason =
                format!("must take at most {ATTRIBUTES_BYTES} bytes together, earlier ones included");
            faults.push(fault("attributes", reason));
        }
        if tags.len() > TAGS_MAX {
            faults.push(fault("tags", format!("must be at most {TAGS_MAX}, earlier ones included")));
        }
        if faults.is_empty() { Ok((attributes, tags)) } else { Err(AppError::Invalid(faults)) }
    }

    fn attribute_faults(&self) -> impl Iterator<Item = Fault> {
        self.attributes.iter().filter_map(|(name, value)| {
            let reason = match value {
                _ if !is_attribute_name(name) => "must have a name of 1 to 64 letters, digits, _ and -",
                Some(value) if !is_attribute_value(value) => {
                    "must be text of at most 256 characters, a number, true or false, or a list of at most 50 of these"
                }
                _ => return None,
            };
            Some(fault(format!("attributes.{name}"), reason))
        })
    }
}

/// Whether somebody may have this tag: 1 to 64 characters, none of which steers a terminal.
#[must_use]
pub fn is_tag(tag: &str) -> bool {
    (1..=TAG_CHARACTERS_MAX).contains(&tag.chars().count()) && !tag.chars().any(char::is_control)
}

fn tag_rule() -> String {
    format!("must be text of 1 to {TAG_CHARACTERS_MAX} characters")
}

fn read_tags(body: &Reader<'_>, name: &str, faults: &mut Vec<Fault>) -> Option<BTreeSet<String>> {
    let expected = format!("must be a list of at most {TAGS_MAX} tags");
    let list =
        body.read(name, &expected, faults, |value| value.as_array().filter(|list| list.len() <= TAGS_MAX))?;
    let mut tags = BTreeSet::new();
    for (index, value) in list.iter().enumerate() {
        match value.as_str().filter(|tag| is_tag(tag)) {
            Some(tag) => drop(tags.insert(tag.to_owned())),
            None => body.refuse(&format!("{name}[{index}]"), tag_rule(), faults),
        }
    }
    Some(tags)
}

fn fault(field: impl Into<String>, reason: impl Into<String>) -> Fault {
    Fault { field: field.into(), reason: reason.into() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(outcome: AppResult<impl std::fmt::Debug>) -> Vec<String> {
        match outcome {
            Err(AppError::Invalid(faults)) => faults.into_iter().map(|fault| fault.field).collect(),
            other => panic!("{other:?}"),
        }
    }

    fn read(body: &Value) -> AppResult<PersonChange> {
        PersonChange::read(body.as_object().unwrap())
    }

    #[test]
    fn every_fault_is_told_by_its_place() {
        let body = json!({
            "attributes": {"a b": 1, "deep": {"x": 1}, "fine": "x", "gone": null, "long": "x".repeat(257)},
            "addTags": ["vip", "", 5, "x".repeat(65), "line\nbreak"],
        });
        let found = [
            "addTags[1]",
            "addTags[2]",
            "addTags[3]",
            "addTags[4]",
            "attributes.a b",
            "attributes.deep",
            "attributes.long",
        ];
        assert_eq!(fields(read(&body)), found);
        assert_eq!(fields(read(&json!({"attributes": 5, "tags": "vip"}))), ["attributes", "tags"]);
        assert_eq!(
            fields(read(&json!({"tags": [], "addTags": [], "removeTags": []}))),
            ["addTags", "removeTags"]
        );
        let unread = PersonChange {
            attributes: [("a b".to_owned(), None)].into(),
            add_tags: ["fine".to_owned(), "x".repeat(65)].into(),
            ..PersonChange::default()
        };
        assert_eq!(fields(unread.check()), ["attributes.a b", "tags[1]"]);
        assert!(read(&json!({})).unwrap().is_empty());
    }

    #[test]
    fn what_is_said_is_merged_into_what_is_known() {
        let known = read(&json!({"attributes": {"a": 1, "b": 2}, "tags": ["x", "y"]})).unwrap();
        let (attributes, tags) = known.applied(&BTreeMap::new(), &BTreeSet::new()).unwrap();
        let change =
            read(&json!({"attributes": {"a": null, "c": [3]}, "addTags": ["z"], "removeTags": ["x"]}));
        let (attributes, tags) = change.unwrap().applied(&attributes, &tags).unwrap();
        assert_eq!(json!([attributes, tags]), json!([{"b": 2, "c": [3]}, ["y", "z"]]));
        let (_, none) = read(&json!({"tags": []})).unwrap().applied(&attributes, &tags).unwrap();
        assert!(none.is_empty());
    }

    #[test]
    fn a_person_has_no_more_than_a_walk_may_read() {
        let hundred: Map<_, _> = (0..100).map(|n| (format!("a{n}"), json!(n))).collect();
        let full = read(
            &json!({"attributes": hundred, "tags": (0..100).map(|n| n.to_string()).collect::<Vec<_>>()}),
        );
        let (attributes, tags) = full.unwrap().applied(&BTreeMap::new(), &BTreeSet::new()).unwrap();
        let more = read(&json!({"attributes": {"more": 1}, "addTags": ["more"]})).unwrap();
        assert_eq!(fields(more.applied(&attributes, &tags)), ["attributes", "tags"]);
        let instead =
            read(&json!({"attributes": {"more": 1, "a0": null}, "addTags": ["more"], "removeTags": ["0"]}));
        assert!(instead.unwrap().applied(&attributes, &tags).is_ok());
        let long = vec!["x".repeat(256); 50];
        let heavy = read(&json!({"attributes": {"a": long, "b": long, "c": long}})).unwrap();
        assert_eq!(fields(heavy.applied(&BTreeMap::new(), &BTreeSet::new())), ["attributes"]);
    }
}
