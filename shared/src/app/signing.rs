use super::App;
use super::bots::seal_error;
use crate::error::{AppError, AppResult};
use crate::ids::AccountId;
use crate::outbound::{OutboundRequest, Signature};
use crate::secret::{SealedSecret, SigningSecret};
use crate::store::{AccountSigning, RetiredSecret};

/// How long a replaced secret still signs, in seconds: a day for the receiver to learn the new one.
const RETIRED_SECONDS: i64 = 86_400;

/// How many replaced secrets sign at most. More than one, so that a rotation that a client repeats for want of an answer
/// does not silence the secret that the receiver has.
const RETIRED_MAX: usize = 4;

/// What is to happen with an account's signing secret.
#[derive(Clone, Debug)]
pub enum SigningChange {
    /// Sign from now on, with this secret or a fresh one.
    Create(Option<SigningSecret>),
    /// Sign with this secret or a fresh one, and for a day with the one before as well.
    Rotate(Option<SigningSecret>),
    /// Sign no more.
    Remove,
}

impl App {
    /// Changes an account's signing secret, and tells the new one, this once; `None` after a removal. What is sent
    /// follows within five seconds.
    ///
    /// # Errors
    ///
    /// - [`AppError::Parameter`] for `action`: a secret to be created is there already, one to be rotated is not, or
    ///   another call has just changed it.
    /// - [`AppError::NotFound`] if the account is gone.
    /// - [`AppError::Unavailable`]; the secret may have been changed, and is told by no answer: rotate.
    pub async fn change_signing(
        &self,
        account: AccountId,
        change: SigningChange,
    ) -> AppResult<Option<SigningSecret>> {
        let (given, rotates) = match change {
            SigningChange::Remove => {
                self.store.remove_signing(account).await?;
                return Ok(None);
            }
            SigningChange::Create(given) => (given, false),
            SigningChange::Rotate(given) => (given, true),
        };
        let before = self.profile(account).await?.signing;
        match (&before, rotates) {
            (Some(_), false) => {
                return Err(refused("a signing secret is there already; rotate or remove it"));
            }
            (None, true) => return Err(refused("there is no signing secret to rotate; create one")),
            (Some(_), true) | (None, false) => {}
        }
        let secret = given.map_or_else(SigningSecret::generate, Ok)?;
        let sealed = self.seal()?.seal_signing(account, &secret).await.map_err(seal_error)?;
        let replaced = before.as_ref().map(|before| before.secret.clone());
        let after = replacing(before, sealed, self.clock.now());
        if self.store.replace_signing(account, replaced.as_ref(), &after).await? {
            Ok(Some(secret))
        } else {
            Err(refused("another call has just changed the signing secret"))
        }
    }

    /// The signature of a request by every secret that signs now.
    pub(super) async fn signature(
        &self,
        account: AccountId,
        signing: &AccountSigning,
        request: &OutboundRequest,
    ) -> AppResult<Signature> {
        let timestamp = self.clock.now();
        let retired = signing.retired.iter().filter(|retired| retired.until > timestamp);
        let mut values = Vec::new();
        for sealed in std::iter::once(&signing.secret).chain(retired.map(|retired| &retired.secret)) {
            let body = request.body.as_ref().map_or("", |body| body.text.as_str());
            values.push(self.signing_secret(account, sealed).await?.sign(&request.id, timestamp, body));
        }
        Ok(Signature { timestamp, value: values.join(" ") })
    }

    async fn signing_secret(&self, account: AccountId, sealed: &SealedSecret) -> AppResult<SigningSecret> {
        let open =
            || async { self.seal()?.open_signing(account, sealed).await.map(Some).map_err(seal_error) };
        let secret = self.webhook_cache.signing_secrets.get_or(sealed.clone(), open).await?;
        secret.ok_or_else(|| AppError::unavailable("the signing secret is not there"))
    }
}

/// The new secret before those that may still sign.
pub(super) fn replacing(before: Option<AccountSigning>, secret: SealedSecret, now: i64) -> AccountSigning {
    let mut retired = Vec::new();
    if let Some(before) = before {
        retired.push(RetiredSecret { secret: before.secret, until: now + RETIRED_SECONDS });
        retired.extend(before.retired.into_iter().filter(|retired| retired.until > now));
        retired.truncate(RETIRED_MAX);
    }
    AccountSigning { secret, retired }
}

fn refused(reason: &str) -> AppError {
    AppError::parameter("action", reason)
}
