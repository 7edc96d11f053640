//! `GET /api/leads/export.csv`

use futures::future::BoxFuture;
use shared::app::{LeadQuestion, ListExport, ListFile};
use shared::edge::export::{CSV, LEADS_CSV, inert, write_line as write_row};
use shared::edge::http::{Answer, Request};
use shared::edge::params::{FromParams, Params};
use shared::edge::user_api::Call;
use shared::store::LeadRow;
use shared::{App, AppResult};

use super::{ListedLead, question};

/// The columns, in the order of [`ListedLead`]'s fields.
const HEADER: &str = "id,campaign,subscriber,username,click,status,start_time,join_time,updated\n";

/// Answers with the file or the way to it.
pub fn answer(app: &App, request: Request) -> BoxFuture<'_, Answer> {
    Box::pin(async move {
        let outcome = async {
            let call = Call::open(app, &request).await?;
            export(app, &call, ExportParams::from_params(&call.params)?).await
        };
        shared::edge::export::leads(outcome.await)
    })
}

/// All leads that the call chooses, newest first, one line each.
async fn export(app: &App, call: &Call, params: ExportParams) -> AppResult<ListExport> {
    let file = ListFile { name: LEADS_CSV, content_type: CSV, header: HEADER.into() };
    app.export_leads(call.account, params.question, file, write_line).await
}

/// What the call takes.
struct ExportParams {
    question: LeadQuestion,
}

impl FromParams for ExportParams {
    fn from_params(params: &Params) -> AppResult<Self> {
        Ok(Self { question: question(params)? })
    }
}

/// Adds a lead's line.
fn write_line(row: LeadRow, file: &mut Vec<u8>) -> AppResult<()> {
    let lead = ListedLead::from(row);
    let lead = ListedLead { username: inert(lead.username), click: inert(lead.click), ..lead };
    write_row(lead, file)
}

#[cfg(test)]
mod tests {
    use shared::domain::lead_event::LeadStatus;
    use shared::ids::{LeadId, TrackingCampaignId, UserId};

    use super::*;

    fn line(click: &str) -> String {
        let row = LeadRow {
            lead: LeadId(7),
            campaign: TrackingCampaignId(12),
            user: UserId(7_000_000_001),
            username: "anna".to_owned(),
            click: click.to_owned(),
            status: LeadStatus::Approve,
            started: 1_778_403_600,
            joined: None,
            updated: 1_778_403_600,
        };
        let mut file = Vec::new();
        write_line(row, &mut file).unwrap();
        String::from_utf8(file).unwrap()
    }

    #[test]
    fn a_line_has_the_fields_of_the_list_in_the_order_of_the_header() {
        let expected =
            "7,12,7000000001,anna,c1,2,2026-05-10 09:00:00,0000-00-00 00:00:00,2026-05-10 09:00:00\n";
        assert_eq!(line("c1"), expected);
    }

    #[test]
    fn commas_quotes_and_line_ends_are_quoted_and_formulas_disarmed() {
        for (click, field) in [
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("-abc_1", "-abc_1"),
            ("=1+1", "'=1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("-1+1|x", "'-1+1|x"),
        ] {
            assert!(line(click).starts_with(&format!("7,12,7000000001,anna,{field},2,")), "{}", line(click));
        }
    }
}
