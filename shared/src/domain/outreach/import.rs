//! Lists of subscribers that an account brings along: what a line of one says.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

use super::field::{is_attribute_name, is_attribute_value};
use super::import_records::FilePosition;
use super::person_change::{PersonChange, TAG_CHARACTERS_MAX, TAGS_MAX};
use crate::ids::{ImportId, UserId};

/// So many errors of lines are kept.
pub const IMPORT_FAULTS_MAX: usize = 100;

const COLUMNS_MAX: usize = 100;

/// What may stand before the name of an attribute.
const ATTRIBUTE: &str = "attributes.";

/// Where an import stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ImportStatus {
    /// Its file is awaited, or its start.
    Waiting,
    /// Its lines are being read.
    Running,
    /// Every line was read; some may have been at fault.
    Completed,
    /// The file as a whole was at fault.
    Failed,
}

/// A list of subscribers, and how much of it is read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SubscriberImport {
    /// Its id.
    pub id: ImportId,
    /// Where it stands.
    pub status: ImportStatus,
    /// What tells its file from another under the same name.
    pub file_version: Option<String>,
    /// How long its file is.
    pub size_bytes: u64,
    /// What its columns are, once they are read.
    pub columns: Option<ImportColumns>,
    /// Where it is read on.
    pub position: FilePosition,
    /// How many lines with people are read.
    pub lines: u64,
    /// How many of them are carried out.
    pub imported: u64,
    /// How many of them are at fault.
    pub failed: u64,
    /// The first of those.
    pub errors: Vec<ImportFault>,
    /// Why all of it failed.
    pub reason: Option<String>,
    /// Until when it is read by nobody else, in Unix milliseconds.
    pub leased_until_ms: i64,
    /// How often it was changed.
    pub version: u64,
    /// Unix seconds.
    pub created: i64,
    /// Unix seconds.
    pub started: Option<i64>,
    /// Unix seconds.
    pub ended: Option<i64>,
}

/// A line that is at fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportFault {
    /// The line of the file, from 1.
    pub line: u64,
    /// The column; empty where it is the whole line.
    pub field: String,
    /// What it must be.
    pub reason: String,
}

/// What the columns of a list are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportColumns {
    /// What stands between cells.
    pub delimiter: u8,
    columns: Vec<Column>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Column {
    Id,
    Tags,
    Attribute(String),
}

/// Who a line is of, and what it says of them; else the column at fault and what it must be.
pub type ImportLine = Result<(UserId, PersonChange), (String, String)>;

impl SubscriberImport {
    /// An import whose file is awaited.
    #[must_use]
    pub fn awaited(id: ImportId, now: i64) -> Self {
        Self {
            id,
            status: ImportStatus::Waiting,
            file_version: None,
            size_bytes: 0,
            columns: None,
            position: FilePosition::default(),
            lines: 0,
            imported: 0,
            failed: 0,
            errors: Vec::new(),
            reason: None,
            leased_until_ms: 0,
            version: 1,
            created: now,
            started: None,
            ended: None,
        }
    }

    /// Counts a line that is at fault.
    pub fn fail_line(&mut self, line: u64, field: String, reason: String) {
        self.failed += 1;
        if self.errors.len() < IMPORT_FAULTS_MAX {
            self.errors.push(ImportFault { line, field, reason });
        }
    }
}

impl ImportColumns {
    /// Reads the first line: `id`, and any of `tags` and names of attributes.
    ///
    /// # Errors
    ///
    /// What the header must be, in plain words.
    pub fn read(delimiter: u8, cells: &[Vec<u8>]) -> Result<Self, String> {
        let columns: Vec<_> =
            (1..).zip(cells).map(|(number, cell)| column(number, cell)).collect::<Result<_, _>>()?;
        let different: BTreeSet<_> = columns.iter().collect();
        if different.len() < columns.len() {
            return Err("the header must name each column once".to_owned());
        }
        if !different.contains(&Column::Id) {
            return Err("the header must have the column id".to_owned());
        }
        if columns.len() > COLUMNS_MAX {
            return Err(format!("the header must have at most {COLUMNS_MAX} columns"));
        }
        Ok(Self { delimiter, columns })
    }

    /// Reads a line. An empty cell changes nothing.
    ///
    /// # Errors
    ///
    /// The column at fault, and what it must be.
    pub fn line(&self, cells: &[Vec<u8>]) -> ImportLine {
        if cells.len() != self.columns.len() {
            let (found, expected) = (cells.len(), self.columns.len());
            return Err((
                String::new(),
                format!("must have {expected} cells as the header has, not {found}"),
            ));
        }
        let (mut user, mut change) = (None, PersonChange::default());
        for (column, cell) in self.columns.iter().zip(cells) {
            let fault = |reason: &str| (column.name().to_owned(), reason.to_owned());
            let cell = std::str::from_utf8(cell).map_err(|_| fault("must be UTF-8"))?.trim();
            match column {
                Column::Id => {
                    user = cell.parse().ok().filter(|user: &UserId| user.0 > 0);
                    user.ok_or_else(|| fault("must be a Telegram user id"))?;
                }
                _ if cell.is_empty() => {}
                Column::Tags => change.add_tags = tags(cell).ok_or_else(|| fault(&tags_expected()))?,
                Column::Attribute(name) => {
                    let value = Some(value(cell)).filter(is_attribute_value);
                    let value = value.ok_or_else(|| fault("must have at most 256 characters"))?;
                    change.attributes.insert(name.clone(), Some(value));
                }
            }
        }
        user.map(|user| (user, change)).ok_or_else(|| (String::new(), "must have an id".to_owned()))
    }
}

impl Column {
    fn name(&self) -> &str {
        match self {
            Self::Id => "id",
            Self::Tags => "tags",
            Self::Attribute(name) => name,
        }
    }
}

/// What is no name is not quoted: in a file without a header it is something of a person, and the reason is kept.
fn column(number: usize, cell: &[u8]) -> Result<Column, String> {
    let name = String::from_utf8_lossy(cell);
    match name.trim() {
        "id" => Ok(Column::Id),
        "tags" => Ok(Column::Tags),
        name => {
            let attribute = name.strip_prefix(ATTRIBUTE).unwrap_or(name);
            let legal = is_attribute_name(attribute).then(|| Column::Attribute(attribute.to_owned()));
            legal.ok_or_else(|| {
                format!(
                    "column {number} of the header has no name; a name has 1 to 64 letters, digits, _ and -"
                )
            })
        }
    }
}

fn tags_expected() -> String {
    format!("must be at most {TAGS_MAX} tags of at most {TAG_CHARACTERS_MAX} characters, with ; between them")
}

fn tags(cell: &str) -> Option<BTreeSet<String>> {
    let tags: BTreeSet<_> = cell.split(';').map(str::trim).filter(|tag| !tag.is_empty()).collect();
    let fit = tags.len() <= TAGS_MAX && tags.iter().all(|tag| tag.chars().count() <= TAG_CHARACTERS_MAX);
    fit.then(|| tags.into_iter().map(str::to_owned).collect())
}

/// What a cell holds: yes or no, a number that is spelled as JSON spells it and exact as a number, or text.
fn value(cell: &str) -> Value {
    /// A fraction of so many characters is told from its neighbours.
    const FRACTION_CHARACTERS_MAX: usize = 16;
    match cell {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => match serde_json::from_str::<Number>(cell) {
            Ok(number) if !number.is_f64() || cell.len() <= FRACTION_CHARACTERS_MAX => Value::Number(number),
            _ => Value::String(cell.to_owned()),
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn cells(line: &str) -> Vec<Vec<u8>> {
        line.split('|').map(|cell| cell.as_bytes().to_vec()).collect()
    }

    fn header(line: &str) -> Result<ImportColumns, String> {
        ImportColumns::read(b',', &cells(line))
    }

    #[test]
    fn a_line_says_who_it_is_of_and_what_is_known_of_them() {
        let columns = header("id| tags |city|attributes.age|vip").unwrap();
        let (user, change) = columns.line(&cells("7000000001|a; b;;a|Riga|30|true")).unwrap();
        assert_eq!(user, UserId(7_000_000_001));
        assert!(change.add_tags.iter().eq(["a", "b"]) && change.remove_tags.is_empty());
        let known: Vec<_> = change.attributes.into_iter().collect();
        let expected = [("age", json!(30)), ("city", json!("Riga")), ("vip", json!(true))];
        assert_eq!(known, expected.map(|(name, value)| (name.to_owned(), Some(value))));
        let (_, nothing) = columns.line(&cells("7| | ||")).unwrap();
        assert!(nothing.is_empty(), "an empty cell changes nothing");
    }

    #[test]
    fn numbers_words_and_texts_are_told_apart() {
        for (cell, expected) in [
            ("0", json!(0)),
            ("-12", json!(-12)),
            ("1.5", json!(1.5)),
            ("9007199254740993", json!(9_007_199_254_740_993_u64)),
            ("false", json!(false)),
            ("True", json!("True")),
            ("007", json!("007")),
            ("+371200", json!("+371200")),
            ("1,5", json!("1,5")),
            ("123456789012345678901234", json!("123456789012345678901234")),
            ("NaN", json!("NaN")),
            ("null", json!("null")),
            ("\"x\"", json!("\"x\"")),
        ] {
            assert_eq!(value(cell), expected, "{cell}");
        }
    }

    #[test]
    fn each_fault_of_a_line_names_its_column() {
        let columns = header("id|tags|city").unwrap();
        let long = format!("1||{}", "x".repeat(257));
        let tag = format!("1|{}|", "x".repeat(65));
        let tags = format!("1|{}|", (0..101).map(|tag| tag.to_string()).collect::<Vec<_>>().join(";"));
        for (line, field) in [
            ("1|a", ""),
            ("1|a|b|c", ""),
            ("|a|b", "id"),
            ("x|a|b", "id"),
            ("-5|a|b", "id"),
            (&long, "city"),
            (&tag, "tags"),
            (&tags, "tags"),
        ] {
            assert_eq!(columns.line(&cells(line)).unwrap_err().0, field, "{line}");
        }
        let broken = [b"1".to_vec(), Vec::new(), vec![0xff]];
        assert_eq!(columns.line(&broken).unwrap_err(), ("city".to_owned(), "must be UTF-8".to_owned()));
    }

    #[test]
    fn a_header_that_cannot_be_followed_is_refused() {
        for line in ["tags|city", "id|id", "id|city|attributes.city", "id|first name", "id|", "", "ID"] {
            let reason = header(line).unwrap_err();
            assert!(reason.contains("the header") && !reason.contains("first name"), "{line}: {reason}");
        }
        assert_eq!(header("id").unwrap().line(&cells("5")).unwrap().0, UserId(5));
    }
}
