//! `POST /api/v1/conversions`

use shared::domain::outreach::ConversionReport;
use shared::edge::campaigns_api::Call;
use shared::edge::envelope::Answered;
use shared::{App, AppResult};

use super::Shown;

/// Records a conversion.
///
/// # Errors
///
/// - [`shared::AppError::Invalid`] for what was sent.
/// - As [`App::record_conversion`].
pub async fn create(app: &App, call: Call) -> AppResult<Answered<Shown>> {
    let report = ConversionReport::read(&call.body)?;
    Ok(Shown::answer(app.record_conversion(call.account, report).await?))
}
