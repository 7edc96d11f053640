//! Whether a file is there from its first byte to its last, by the structure of its format.

use super::MediaFormat;

/// Brands of MP4 files, of ISO/IEC 14496-12 and -14 and of the registration authority at mp4ra.org.
const MP4_BRANDS: [&[u8]; 14] = [
    b"isom", b"iso2", b"iso3", b"iso4", b"iso5", b"iso6", b"iso7", b"iso8", b"iso9", b"mp41", b"mp42",
    b"avc1", b"M4V ", b"dash",
];

/// Whether a file of this format has a beginning, at least one picture and its proper end.
pub fn is_whole(format: MediaFormat, bytes: &[u8]) -> bool {
    let mut rest = Rest(bytes);
    let walked = match format {
        MediaFormat::Jpeg => walk_jpeg(&mut rest),
        MediaFormat::Png => walk_png(&mut rest),
        MediaFormat::Webp => walk_webp(&mut rest),
        MediaFormat::Gif => walk_gif(&mut rest),
        MediaFormat::Mp4 => walk_mp4(&mut rest),
    };
    // Phones write a second picture or a short film behind the end of a JPEG.
    walked.is_some() && (format == MediaFormat::Jpeg || rest.0.is_empty())
}

/// What is not walked yet. Every step ends the walk with `None` where the file is too short for it.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn take_array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn byte(&mut self) -> Option<u8> {
        self.take_array().map(|[byte]| byte)
    }

    /// A length of 16 bits, the highest first.
    fn length_16(&mut self) -> Option<usize> {
        self.take_array().map(u16::from_be_bytes).map(usize::from)
    }

    /// A length of 32 bits, the highest first.
    fn length_32(&mut self) -> Option<usize> {
        usize::try_from(u32::from_be_bytes(self.take_array()?)).ok()
    }
}

/// The condition as a step of a walk.
fn ensure(holds: bool) -> Option<()> {
    holds.then_some(())
}

/// The chunks from `IHDR` to `IEND`, with pixels between them.
fn walk_png(rest: &mut Rest<'_>) -> Option<()> {
    rest.take(8)?;
    let chunk = |rest: &mut Rest<'_>| {
        let length = rest.length_32()?;
        let kind: [u8; 4] = rest.take_array()?;
        rest.take(length)?;
        rest.take(4)?;
        Some(kind)
    };
    ensure(&chunk(rest)? == b"IHDR")?;
    let mut has_pixels = false;
    loop {
        match &chunk(rest)? {
            b"IDAT" => has_pixels = true,
            b"IEND" => return ensure(has_pixels),
            _ => {}
        }
    }
}

/// The segments to the end of the image, through the pixels of every scan.
fn walk_jpeg(rest: &mut Rest<'_>) -> Option<()> {
    rest.take(2)?;
    let (mut has_frame, mut has_scan) = (false, false);
    loop {
        ensure(rest.byte()? == 0xFF)?;
        let marker = next_marker(rest)?;
        match marker {
            0xD9 => return ensure(has_frame && has_scan),
            0x00 | 0x01 | 0xD0..=0xD8 => return None,
            _ => {}
        }
        let length = rest.length_16()?;
        rest.take(length.checked_sub(2)?)?;
        match marker {
            0xC4 | 0xC8 | 0xCC => {}
            0xC0..=0xCF => has_frame = true,
            0xDA => {
                ensure(has_frame)?;
                has_scan = true;
                skip_scan(rest)?;
            }
            _ => {}
        }
    }
}

/// The byte behind any number of fill bytes.
fn next_marker(rest: &mut Rest<'_>) -> Option<u8> {
    loop {
        let byte = rest.byte()?;
        if byte != 0xFF {
            return Some(byte);
        }
    }
}

/// Goes to the marker that ends a scan: among its pixels stand only stuffed bytes and restarts.
fn skip_scan(rest: &mut Rest<'_>) -> Option<()> {
    loop {
        let at = rest.0.iter().position(|byte| *byte == 0xFF)?;
        rest.take(at)?;
        match rest.0.get(1)? {
            0x00 | 0xD0..=0xD7 => rest.take(2)?,
            0xFF => rest.take(1)?,
            _ => return Some(()),
        };
    }
}

/// The chunks that the file's header counts, among them one picture. A moving one has its pictures deeper inside:
/// it is no photo.
fn walk_webp(rest: &mut Rest<'_>) -> Option<()> {
    let length = |rest: &mut Rest<'_>| usize::try_from(u32::from_le_bytes(rest.take_array()?)).ok();
    rest.take(4)?;
    ensure(length(rest)? == rest.0.len())?;
    rest.take(4)?;
    let mut has_picture = false;
    while !rest.0.is_empty() {
        let kind: [u8; 4] = rest.take_array()?;
        let bytes = length(rest)?;
        rest.take(bytes)?;
        rest.take(bytes % 2)?;
        has_picture |= matches!(&kind, b"VP8 " | b"VP8L");
    }
    ensure(has_picture)
}

/// The blocks to the trailer, among them at least one picture.
fn walk_gif(rest: &mut Rest<'_>) -> Option<()> {
    rest.take(6)?;
    let [.., flags, _, _] = rest.take_array::<7>()?;
    skip_colours(rest, flags)?;
    let mut has_picture = false;
    loop {
        match rest.byte()? {
            0x2C => {
                let [.., flags] = rest.take_array::<9>()?;
                skip_colours(rest, flags)?;
                rest.byte()?;
                skip_sub_blocks(rest)?;
                has_picture = true;
            }
            0x21 => {
                rest.byte()?;
                skip_sub_blocks(rest)?;
            }
            0x3B => return ensure(has_picture),
            _ => return None,
        }
    }
}

/// A table of three bytes for each colour, if the flags announce one.
fn skip_colours(rest: &mut Rest<'_>, flags: u8) -> Option<()> {
    let colours = if flags & 0x80 == 0 { 0 } else { 2_usize << (flags & 7) };
    rest.take(3 * colours).map(drop)
}

fn skip_sub_blocks(rest: &mut Rest<'_>) -> Option<()> {
    loop {
        match rest.byte()? {
            0 => return Some(()),
            length => rest.take(length.into())?,
        };
    }
}

/// The boxes, first the file type, among them the description of a video track and the media itself.
fn walk_mp4(rest: &mut Rest<'_>) -> Option<()> {
    let (kind, file_type) = next_box(rest)?;
    ensure(&kind == b"ftyp" && is_mp4_type(file_type))?;
    let (mut has_video, mut has_media) = (false, false);
    while !rest.0.is_empty() {
        let (kind, content) = next_box(rest)?;
        match &kind {
            b"moov" => has_video |= has_video_track(content),
            b"mdat" => has_media |= !content.is_empty(),
            _ => {}
        }
    }
    ensure(has_video && has_media)
}

/// One box: its kind and its content. A length of 0, "to the end of the file", is refused: it cannot tell a whole
/// file from a part.
fn next_box<'a>(rest: &mut Rest<'a>) -> Option<([u8; 4], &'a [u8])> {
    let length = rest.length_32()?;
    let kind = rest.take_array()?;
    let content = match length {
        1 => usize::try_from(u64::from_be_bytes(rest.take_array()?)).ok()?.checked_sub(16)?,
        length => length.checked_sub(8)?,
    };
    Some((kind, rest.take(content)?))
}

/// Whether the major brand or one of the compatible ones is of MP4. QuickTime files may name them too, but come first
/// with their own.
fn is_mp4_type(file_type: &[u8]) -> bool {
    let brands: Vec<&[u8]> =
        file_type.chunks(4).enumerate().filter(|(at, _)| *at != 1).map(|(_, b)| b).collect();
    let major_is_quicktime = brands.first().is_some_and(|major| *major == b"qt  ");
    !major_is_quicktime && brands.iter().any(|brand| MP4_BRANDS.contains(brand))
}

/// Whether a `moov` has a track whose handler is of video: `trak`, `mdia`, `hdlr`.
fn has_video_track(moov: &[u8]) -> bool {
    let inside = |content, wanted: &'static [u8; 4]| {
        let mut rest = Rest(content);
        std::iter::from_fn(move || next_box(&mut rest))
            .filter(move |(kind, _)| kind == wanted)
            .map(|(_, c)| c)
    };
    let media = inside(moov, b"trak").flat_map(|track| inside(track, b"mdia"));
    let mut handlers = media.flat_map(|media| inside(media, b"hdlr"));
    handlers.any(|handler| handler.get(8..12) == Some(b"vide"))
}
