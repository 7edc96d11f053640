use super::App;
use super::draw::draw;
use crate::domain::media::{MediaFacts, MediaFormat, MediaKind, MediaRef, judge};
use crate::error::{AppError, AppResult};
use crate::ids::AccountId;
use crate::objects::{Fetched, ObjectKey, Objects, PostForm};
use crate::store::{Media, MediaState};

/// How long a file that a client uploads by itself may wait for its first use, in seconds. The bucket forgets it
/// after a day as well.
const AWAITED_SECONDS: i64 = 86_400;

/// What a client uploads a file with by itself.
#[derive(Clone, Debug)]
pub struct AwaitedMedia {
    /// What campaigns name it by.
    pub reference: MediaRef,
    /// The form.
    pub form: PostForm,
}

impl App {
    /// Keeps an uploaded file under a fresh reference. One that is refused leaves nothing behind.
    ///
    /// # Errors
    ///
    /// - [`AppError::MediaType`], [`AppError::MediaSize`] by its content.
    /// - [`AppError::Unavailable`], safe to retry: at worst an object stays that nothing names.
    pub async fn upload_media(&self, account: AccountId, bytes: Vec<u8>) -> AppResult<MediaRef> {
        let facts = judge(&bytes)?;
        let reference = MediaRef::new(facts.format.kind(), &draw(MediaRef::DRAWN)?);
        let key = ObjectKey::Media(account, &reference);
        self.objects()?.put(&key, facts.format.content_type(), bytes).await?;
        let pixels = facts.pixels;
        self.note_media(
            account,
            Media {
                reference,
                format: facts.format,
                size: facts.size_bytes,
                width: pixels.map(|(width, _)| width),
                height: pixels.map(|(_, height)| height),
                state: MediaState::Checked,
                created: self.clock.now(),
                expires_at: None,
            },
        )
        .await
    }

    /// Gives a form to upload a file with that a request is too small for. The file is judged when it is first used.
    ///
    /// # Errors
    ///
    /// - [`AppError::MediaSize`] if it is announced to have more bytes than its kind may.
    /// - [`AppError::Unavailable`], safe to retry.
    pub async fn presign_media(
        &self,
        account: AccountId,
        format: MediaFormat,
        size_bytes: u64,
    ) -> AppResult<AwaitedMedia> {
        let kind = format.kind();
        kind.check_bytes(size_bytes)?;
        let now = self.clock.now();
        let reference = MediaRef::new(kind, &draw(MediaRef::DRAWN)?);
        let key = ObjectKey::Incoming(account, &reference);
        let form = self.objects()?.post_form(&key, format.content_type(), kind.limit_bytes(), now);
        let reference = self
            .note_media(
                account,
                Media {
                    reference,
                    format,
                    size: size_bytes,
                    width: None,
                    height: None,
                    state: MediaState::Awaited,
                    created: now,
                    expires_at: Some(now + AWAITED_SECONDS),
                },
            )
            .await?;
        Ok(AwaitedMedia { reference, form })
    }

    async fn note_media(&self, account: AccountId, media: Media) -> AppResult<MediaRef> {
        if self.store.create_media(account, &media).await? {
            Ok(media.reference)
        } else {
            Err(AppError::unavailable("a drawn media reference is in use"))
        }
    }

    /// Checks that the account has this media, and judges one that its client uploaded by itself. Empty is no media
    /// and always fine.
    ///
    /// # Errors
    ///
    /// - [`AppError::Parameter`] for `media` if it names none of the account's, or what was uploaded is refused.
    /// - [`AppError::Unavailable`], safe to retry.
    pub(super) async fn check_media(&self, account: AccountId, reference: &str) -> AppResult<()> {
        if reference.is_empty() {
            return Ok(());
        }
        let reference = MediaRef::parse(reference).ok_or_else(unknown)?;
        let media = self.store.media(account, &reference).await?.ok_or_else(unknown)?;
        match media.state {
            MediaState::Checked => Ok(()),
            MediaState::Awaited if media.expires_at.is_some_and(|end| end <= self.clock.now()) => {
                Err(unknown())
            }
            MediaState::Awaited => self.take_in_media(account, &reference).await,
        }
    }

    /// Judges what a client uploaded by itself, and moves it to where it stays. The form lives on for a while, so the
    /// copy is of the very bytes that were judged.
    async fn take_in_media(&self, account: AccountId, reference: &MediaRef) -> AppResult<()> {
        let objects = self.objects()?;
        let incoming = ObjectKey::Incoming(account, reference);
        let (facts, version) = match objects.fetch(&incoming, reference.kind().limit_bytes()).await? {
            Fetched::Absent => return Err(AppError::parameter("media", "is not uploaded yet")),
            Fetched::TooLong => return refuse(objects, &incoming, &reference.kind().too_long()).await,
            Fetched::Whole { bytes, version } => match judge_as(reference.kind(), &bytes) {
                Ok(facts) => (facts, version),
                Err(error) => return refuse(objects, &incoming, &error).await,
            },
        };
        if !objects.copy(&incoming, &version, &ObjectKey::Media(account, reference)).await? {
            return Err(AppError::unavailable("a media was uploaded again while it was judged"));
        }
        self.store.mark_media_checked(account, reference, &facts).await
    }
}

/// Judges a file whose reference says already whether it moves.
fn judge_as(kind: MediaKind, bytes: &[u8]) -> AppResult<MediaFacts> {
    judge(bytes)
        .and_then(|facts| if facts.format.kind() == kind { Ok(facts) } else { Err(AppError::MediaType) })
}

/// Removes what was refused, and says why.
async fn refuse<T>(objects: &Objects, key: &ObjectKey<'_>, error: &AppError) -> AppResult<T> {
    objects.delete(key).await?;
    Err(AppError::parameter("media", error.to_string()))
}

fn unknown() -> AppError {
    AppError::parameter("media", "names no uploaded media")
}
