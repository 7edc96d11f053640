use serde::{Deserialize, Serialize};

use super::MediaFormat;

/// How Telegram shows a media: each way has its own method, and a file of one way is refused by the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ShownAs {
    /// A picture that stands.
    Photo,
    /// A picture that moves by itself, without sound.
    Animation,
    /// A film.
    Video,
}

impl ShownAs {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Photo, Self::Animation, Self::Video];

    /// How an uploaded file is first sent.
    #[must_use]
    pub const fn of(format: MediaFormat) -> Self {
        match format {
            MediaFormat::Jpeg | MediaFormat::Png | MediaFormat::Webp => Self::Photo,
            MediaFormat::Gif => Self::Animation,
            MediaFormat::Mp4 => Self::Video,
        }
    }

    /// Telegram's word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Photo => "photo",
            Self::Animation => "animation",
            Self::Video => "video",
        }
    }
}

/// A file that Telegram keeps for one bot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TelegramFile {
    /// Telegram's `file_id`; means nothing to another bot.
    pub file_id: String,
    /// How it was shown, by Telegram's answer: a film without sound may have become an animation.
    pub shown_as: ShownAs,
}
