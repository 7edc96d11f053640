//! `Idempotency-Key`: what a client repeats under one key is carried out once, and answered alike for a day; of what is
//! shown once, or shows people, only the rest is kept ([`Answered::kept_as`]).

use http::{HeaderValue, StatusCode};
use serde::Serialize;

use super::campaigns_api::{Call, invalid};
use super::envelope::{Answered, campaigns_api};
use super::http::{Answer, Request, json};
use crate::app::{App, CallOnce};
use crate::error::AppResult;
use crate::store::KeptAnswer;

/// The header with the client's key, as faults name it.
const KEY_HEADER: &str = "Idempotency-Key";

/// Says that an answer is the one of an earlier call.
const REPLAYED_HEADER: &str = "Idempotent-Replayed";

const KEY_CHARACTERS_MAX: usize = 255;

/// Answers a call whose method may be repeated under a key: carries it out, or repeats what it was answered.
pub async fn answer_once<T: Serialize>(
    app: &App,
    request: Request,
    act: impl AsyncFnOnce(&App, Call) -> AppResult<Answered<T>>,
) -> Answer {
    let opened = async {
        let call = Call::open(app, &request).await?;
        let begun = match key(&request)? {
            Some(key) => Some(app.begin_call(call.account, key, &spelled(&request)).await?),
            None => None,
        };
        Ok((call, begun))
    };
    let (call, first) = match opened.await {
        Err(error) => return campaigns_api::<T>(Err(error)),
        Ok((_, Some(CallOnce::Repeated(kept)))) => return replayed(kept),
        Ok((call, Some(CallOnce::First(first)))) => (call, Some(first)),
        Ok((call, None)) => (call, None),
    };
    let (outcome, repeated) = match act(app, call).await.map(Answered::apart) {
        Ok((shown, repeated)) => (Ok(shown), repeated),
        Err(error) => (Err(error), None),
    };
    let answer = campaigns_api(outcome);
    if let Some(first) = first {
        let repeated = repeated.map(|repeated| campaigns_api(Ok(repeated)));
        app.settle_call(&first, kept(repeated.as_ref().unwrap_or(&answer))).await;
    }
    answer
}

/// The client's key, if it gave one.
fn key(request: &Request) -> AppResult<Option<&str>> {
    let Some(key) = request.headers().get(KEY_HEADER) else { return Ok(None) };
    let printable = |key: &&str| key.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    let key = key.to_str().ok().filter(|key| (1..=KEY_CHARACTERS_MAX).contains(&key.len()));
    let refused = || invalid(KEY_HEADER, "must have 1 to 255 printable ASCII characters");
    key.filter(printable).map(Some).ok_or_else(refused)
}

/// All that tells a request from others.
fn spelled(request: &Request) -> String {
    let path = request.uri().path_and_query().map(|path| path.as_str()).unwrap_or_default();
    format!("{} {path}\n{}", request.method(), String::from_utf8_lossy(request.body().as_ref()))
}

/// An answer that is worth keeping: what another attempt may change is not.
fn kept(answer: &Answer) -> Option<KeptAnswer> {
    let status = answer.status();
    let passing = [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN, StatusCode::TOO_MANY_REQUESTS];
    if status.is_server_error() || passing.contains(&status) {
        return None;
    }
    let body = String::from_utf8(answer.body().as_ref().to_vec()).ok()?;
    Some(KeptAnswer { status: status.as_u16(), body })
}

fn replayed(kept: KeptAnswer) -> Answer {
    let status = StatusCode::from_u16(kept.status).unwrap_or(StatusCode::OK);
    let mut answer = json(status, kept.body);
    answer.headers_mut().insert(REPLAYED_HEADER, HeaderValue::from_static("true"));
    answer
}
