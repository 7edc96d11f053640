//! What came of the lives, beside what must have.

use std::collections::{BTreeMap, BTreeSet};

use comfy_table::{Cell, CellAlignment, Table, presets};
use shared::domain::lead_event::LeadStatus;
use shared::ids::UserId;

use super::DemoError;
use super::lives::{Life, Step};
use super::stage::Stage;

/// One line of the table.
struct Line {
    what: String,
    expected: usize,
    found: usize,
}

/// Everything that must agree.
pub struct Reckoning {
    lines: Vec<Line>,
}

impl Reckoning {
    /// Whether every line agrees.
    pub fn adds_up(&self) -> bool {
        self.lines.iter().all(|line| line.expected == line.found)
    }

    /// For the terminal.
    pub fn table(&self) -> Table {
        let mut table = Table::new();
        table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_header(["", "must be", "is", ""]);
        for line in &self.lines {
            let mark = if line.expected == line.found { "ok" } else { "WRONG" };
            let number = |value: usize| Cell::new(value).set_alignment(CellAlignment::Right);
            table.add_row([
                Cell::new(&line.what),
                number(line.expected),
                number(line.found),
                Cell::new(mark),
            ]);
        }
        table
    }

    fn line(&mut self, what: impl Into<String>, expected: usize, found: usize) {
        self.lines.push(Line { what: what.into(), expected, found });
    }
}

/// Compares leads, counters, welcomes and postbacks with what the lives must have led to.
pub async fn reckon(stage: &Stage, lives: &[Life], users: &[i64]) -> Result<Reckoning, DemoError> {
    let mut reckoning = Reckoning { lines: Vec::new() };
    let people = look_at_people(stage, lives, users).await?;
    count_leads(&people, &mut reckoning);
    count_counters(stage, lives, &mut reckoning).await?;
    count_messages(stage, lives, users, &mut reckoning);
    count_plots(&people, &mut reckoning);
    Ok(reckoning)
}

/// A person's life and what the system made of it.
struct Outcome<'a> {
    life: &'a Life,
    status: Option<&'static str>,
    click: String,
    told: Vec<String>,
}

impl Outcome<'_> {
    fn is_right(&self) -> bool {
        let told: Vec<_> = self.told.iter().map(String::as_str).collect();
        let click = if self.status.is_some() { self.life.click.as_str() } else { "" };
        self.status == self.life.plot.status && self.click == click && told == self.life.plot.postbacks
    }
}

async fn look_at_people<'a>(
    stage: &Stage,
    lives: &'a [Life],
    users: &[i64],
) -> Result<Vec<Outcome<'a>>, DemoError> {
    let mut told: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (status, click, _) in stage.postbacks() {
        told.entry(click).or_default().push(status);
    }
    let mut people = Vec::with_capacity(lives.len());
    for (life, user) in lives.iter().zip(users) {
        let lead = stage.system.app.store.lead(stage.campaign_of(life), UserId(*user)).await?;
        people.push(Outcome {
            life,
            status: lead.as_ref().and_then(|lead| lead.facts.status()).map(LeadStatus::name),
            click: lead.map(|lead| lead.facts.click().to_owned()).unwrap_or_default(),
            told: told.remove(&life.click).unwrap_or_default(),
        });
    }
    Ok(people)
}

fn count_leads(people: &[Outcome<'_>], reckoning: &mut Reckoning) {
    for status in LeadStatus::ALL.map(LeadStatus::name) {
        let expected = people.iter().filter(|person| person.life.plot.status == Some(status)).count();
        let found = people.iter().filter(|person| person.status == Some(status)).count();
        reckoning.line(format!("leads in {status}"), expected, found);
    }
}

async fn count_counters(stage: &Stage, lives: &[Life], reckoning: &mut Reckoning) -> Result<(), DemoError> {
    let told = |event: &str| lives.iter().filter(|life| life.plot.postbacks.contains(&event)).count();
    let away = lives.iter().filter(|life| matches!(life.plot.status, Some("cancel" | "trash"))).count();
    for (name, expected) in [("starts", told("wait")), ("confirms", told("approve")), ("unsubs", away)] {
        reckoning.line(format!("counter {name}"), expected, stage.counter(name).await?);
    }
    Ok(())
}

fn count_messages(stage: &Stage, lives: &[Life], users: &[i64], reckoning: &mut Reckoning) {
    let starts = |life: &Life| life.plot.steps.iter().filter(|step| **step == Step::Start).count();
    let welcomes = users.iter().map(|user| stage.welcomes_to(*user)).sum();
    reckoning.line("welcomes sent, one for each start", lives.iter().map(starts).sum(), welcomes);
    let received = stage.postbacks();
    for event in LeadStatus::ALL.map(LeadStatus::name) {
        let expected =
            lives.iter().flat_map(|life| life.plot.postbacks).filter(|told| **told == event).count();
        let found = received.iter().filter(|(status, ..)| status == event).count();
        reckoning.line(format!("postbacks delivered: {event}"), expected, found);
    }
    let ids: BTreeSet<_> = received.iter().map(|(_, _, id)| id).collect();
    reckoning.line("postbacks that came once", received.len(), ids.len());
}

/// For each kind of life: people whose status, click and postbacks, in their order, are all right.
fn count_plots(people: &[Outcome<'_>], reckoning: &mut Reckoning) {
    let plots: BTreeSet<_> = people.iter().map(|person| person.life.plot.name).collect();
    for plot in plots {
        let of_plot = || people.iter().filter(|person| person.life.plot.name == plot);
        reckoning.line(
            format!("right: {plot}"),
            of_plot().count(),
            of_plot().filter(|person| person.is_right()).count(),
        );
    }
}
