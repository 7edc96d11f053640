//! Uploaded media: what is taken, by its content alone. Nothing is decoded; only structure and dimensions are read.

mod reference;
#[cfg(test)]
mod samples;
mod shown;
mod structure;

use serde::{Deserialize, Serialize};

pub use reference::MediaRef;
pub use shown::{ShownAs, TelegramFile};
use structure::is_whole;

use crate::error::{AppError, AppResult};

/// Telegram's limit for a photo, in bytes.
const PHOTO_BYTES: u64 = 10 << 20;

/// Telegram's limit for a video or an animation that a bot sends, in bytes.
const VIDEO_BYTES: u64 = 50 << 20;

/// Telegram's limit for a photo's width and height together, in pixels.
const PHOTO_EDGES: u64 = 10_000;

/// How many times as long as the other one edge of a photo may be, by Telegram.
const PHOTO_RATIO: u64 = 20;

/// How an image or a video is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MediaFormat {
    /// JPEG.
    Jpeg,
    /// PNG, moving or not; Telegram shows the first picture.
    Png,
    /// WebP with one picture.
    Webp,
    /// GIF.
    Gif,
    /// MP4 with a video track.
    Mp4,
}

/// What a subscriber sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaKind {
    /// A picture that stands.
    Photo,
    /// A picture that moves.
    Video,
}

/// What is known of a file that may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MediaFacts {
    /// How it is written down.
    pub format: MediaFormat,
    /// Its length in bytes.
    pub size_bytes: u64,
    /// Width and height in pixels; `None` for a video.
    pub pixels: Option<(u32, u32)>,
}

impl MediaFormat {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Jpeg, Self::Png, Self::Webp, Self::Gif, Self::Mp4];

    /// The media type as HTTP spells it.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
            Self::Gif => "image/gif",
            Self::Mp4 => "video/mp4",
        }
    }

    /// The format of a media type.
    ///
    /// # Errors
    ///
    /// [`AppError::MediaType`] if it is none of these formats.
    pub fn of_content_type(content_type: &str) -> AppResult<Self> {
        let same = |format: &Self| format.content_type().eq_ignore_ascii_case(content_type.trim());
        Self::ALL.into_iter().find(same).ok_or(AppError::MediaType)
    }

    /// Whether it stands or moves.
    #[must_use]
    pub const fn kind(self) -> MediaKind {
        match self {
            Self::Jpeg | Self::Png | Self::Webp => MediaKind::Photo,
            Self::Gif | Self::Mp4 => MediaKind::Video,
        }
    }

    /// The format that the first bytes announce.
    fn announced(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0xFF, 0xD8, 0xFF, ..] => Some(Self::Jpeg),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => Some(Self::Png),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::Webp),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Self::Gif),
            [_, _, _, _, b'f', b't', b'y', b'p', ..] => Some(Self::Mp4),
            _ => None,
        }
    }
}

impl MediaKind {
    /// The longest file of this kind, in bytes.
    #[must_use]
    pub const fn limit_bytes(self) -> u64 {
        match self {
            Self::Photo => PHOTO_BYTES,
            Self::Video => VIDEO_BYTES,
        }
    }

    /// Checks the length of a file.
    ///
    /// # Errors
    ///
    /// [`AppError::MediaSize`] if it is over the limit.
    pub fn check_bytes(self, size_bytes: u64) -> AppResult<()> {
        if size_bytes <= self.limit_bytes() { Ok(()) } else { Err(self.too_long()) }
    }

    /// What a file over the limit is refused with.
    #[must_use]
    pub const fn too_long(self) -> AppError {
        AppError::MediaSize(match self {
            Self::Photo => "a photo may have at most 10 MB",
            Self::Video => "a video or a GIF may have at most 50 MB",
        })
    }
}

/// Judges a file by its content: its format, whether it is there to its end, and its size.
///
/// # Errors
///
/// - [`AppError::MediaType`] if it is none of the formats, or not whole.
/// - [`AppError::MediaSize`] if it has too many bytes, too many pixels or too long an edge.
pub fn judge(bytes: &[u8]) -> AppResult<MediaFacts> {
    let format = MediaFormat::announced(bytes).ok_or(AppError::MediaType)?;
    let size_bytes = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    format.kind().check_bytes(size_bytes)?;
    if !is_whole(format, bytes) {
        return Err(AppError::MediaType);
    }
    let pixels = match format {
        MediaFormat::Mp4 => None,
        MediaFormat::Jpeg | MediaFormat::Png | MediaFormat::Webp | MediaFormat::Gif => Some(pixels(bytes)?),
    };
    if let (MediaKind::Photo, Some(pixels)) = (format.kind(), pixels) {
        check_pixels(pixels)?;
    }
    Ok(MediaFacts { format, size_bytes, pixels })
}

fn pixels(bytes: &[u8]) -> AppResult<(u32, u32)> {
    let size = imagesize::blob_size(bytes).map_err(|_| AppError::MediaType)?;
    match (u32::try_from(size.width), u32::try_from(size.height)) {
        (Ok(width @ 1..), Ok(height @ 1..)) => Ok((width, height)),
        _ => Err(AppError::MediaType),
    }
}

fn check_pixels((width, height): (u32, u32)) -> AppResult<()> {
    let (width, height) = (u64::from(width), u64::from(height));
    if width + height > PHOTO_EDGES {
        return Err(AppError::MediaSize("a photo's width and height may be at most 10000 pixels together"));
    }
    if width.max(height) > width.min(height) * PHOTO_RATIO {
        return Err(AppError::MediaSize("a photo may be at most 20 times as long as it is wide"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::samples::{gif, jpeg, mp4, png, webp};
    use super::*;

    fn samples() -> [(MediaFormat, Vec<u8>); 5] {
        [
            (MediaFormat::Jpeg, jpeg(640, 480)),
            (MediaFormat::Png, png(640, 480)),
            (MediaFormat::Webp, webp(640, 480)),
            (MediaFormat::Gif, gif(640, 480)),
            (MediaFormat::Mp4, mp4(b"isom", b"vide")),
        ]
    }

    fn word(bytes: &[u8]) -> &'static str {
        match judge(bytes) {
            Ok(_) => "ok",
            Err(AppError::MediaType) => "type",
            Err(AppError::MediaSize(_)) => "size",
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_format_is_known_by_its_content_with_its_dimensions() {
        for (format, bytes) in samples() {
            let facts = judge(&bytes).unwrap();
            let pixels = (format != MediaFormat::Mp4).then_some((640, 480));
            assert_eq!((facts.format, facts.pixels), (format, pixels));
            assert_eq!(facts.size_bytes, u64::try_from(bytes.len()).unwrap());
        }
    }

    #[test]
    fn a_part_of_a_file_is_no_file() {
        for (format, bytes) in samples() {
            for length in 0..bytes.len() {
                assert_eq!(word(&bytes[..length]), "type", "{length} bytes of a {format:?}");
            }
        }
    }

    #[test]
    fn what_stands_behind_the_end_is_no_part_of_a_file_but_for_jpeg() {
        for (format, mut bytes) in samples() {
            bytes.extend_from_slice(b"PK\x03\x04 and more");
            let expected = if format == MediaFormat::Jpeg { "ok" } else { "type" };
            assert_eq!(word(&bytes), expected, "{format:?}");
        }
    }

    #[test]
    fn other_files_are_refused_whatever_they_are_called() {
        let svg: &[u8] = br#"<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>"#;
        let executable = [b"\x7fELF\x02\x01\x01".as_slice(), &[0; 200]].concat();
        for bytes in [svg, &executable, b"", b"MZ\x90\x00", b"GIF89a", b"\xFF\xD8\xFF\xD9", b"%PDF-1.7"] {
            assert_eq!(word(bytes), "type", "{bytes:?}");
        }
        assert_eq!(word(&mp4(b"qt  ", b"vide")), "type", "QuickTime is not MP4");
        assert_eq!(word(&mp4(b"M4A ", b"soun")), "type", "sound alone is no video");
        assert_eq!(word(&mp4(b"heic", b"vide")), "type", "a sequence of HEIC pictures is not MP4");
    }

    #[test]
    fn a_photo_has_at_most_10000_pixels_of_width_and_height_and_a_ratio_of_20() {
        for (width, height, expected) in [
            (5_000, 5_000, "ok"),
            (5_001, 5_000, "size"),
            (30_000, 30_000, "size"),
            (2_000, 100, "ok"),
            (2_001, 100, "size"),
            (100, 2_001, "size"),
            (0, 100, "type"),
        ] {
            assert_eq!(word(&png(width, height)), expected, "PNG {width} × {height}");
            if width < 16_384 && width > 0 {
                let (narrow, low) = (u16::try_from(width).unwrap(), u16::try_from(height).unwrap());
                assert_eq!(word(&jpeg(narrow, low)), expected, "JPEG {width} × {height}");
                assert_eq!(word(&webp(narrow, low)), expected, "WebP {width} × {height}");
            }
        }
        assert_eq!(word(&gif(9_000, 9_000)), "ok", "a GIF is sent as a video");
    }

    #[test]
    fn photos_have_10_mb_and_videos_50() {
        let padded = |mut bytes: Vec<u8>, length: u64| {
            bytes.resize(usize::try_from(length).unwrap(), 0);
            word(&bytes)
        };
        assert_eq!(padded(jpeg(64, 48), PHOTO_BYTES), "ok");
        assert_eq!(padded(jpeg(64, 48), PHOTO_BYTES + 1), "size");
        assert_eq!(padded(mp4(b"isom", b"vide"), VIDEO_BYTES + 1), "size");
        assert_eq!(padded(mp4(b"isom", b"vide"), VIDEO_BYTES), "type", "but not whole");
    }

    proptest! {
        #[test]
        fn damage_is_judged_without_a_panic(
            sample in 0..5_usize,
            place in any::<prop::sample::Index>(),
            with in prop::collection::vec(any::<u8>(), 0..12),
        ) {
            let (_, mut bytes) = samples()[sample].clone();
            let start = place.index(bytes.len());
            let end = bytes.len().min(start + with.len());
            bytes[start..end].copy_from_slice(&with[..end - start]);
            let _ = judge(&bytes);
        }

        #[test]
        fn noise_is_judged_without_a_panic(sample in 0..5_usize, noise in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = judge(&noise);
            let (_, bytes) = &samples()[sample];
            let _ = judge(&[&bytes[..16], &noise].concat());
        }
    }
}
