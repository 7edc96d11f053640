//! The smallest files that have the structure of their format, for tests. Their pixels are nonsense.

/// A PNG with its header, one chunk of pixels and its end.
pub fn png(width: u32, height: u32) -> Vec<u8> {
    let chunk = |kind: &[u8], content: &[u8]| {
        let length = u32::try_from(content.len()).unwrap().to_be_bytes();
        [&length, kind, content, &[0; 4]].concat()
    };
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
    let signature = b"\x89PNG\r\n\x1a\n".to_vec();
    [signature, chunk(b"IHDR", &header), chunk(b"IDAT", &[1, 2, 3]), chunk(b"IEND", &[])].concat()
}

/// A JPEG with a thumbnail's end in a comment, a frame, a scan with stuffing and a restart, and its end.
pub fn jpeg(width: u16, height: u16) -> Vec<u8> {
    let segment = |marker: u8, content: &[u8]| {
        let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
        [&[0xFF, marker], &length[..], content].concat()
    };
    let frame = [&[8][..], &height.to_be_bytes(), &width.to_be_bytes(), &[1, 1, 0x11, 0]].concat();
    [
        vec![0xFF, 0xD8],
        segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"),
        segment(0xFE, &[0xFF, 0xD9]),
        segment(0xC0, &frame),
        segment(0xDA, &[1, 1, 0, 0, 63, 0]),
        vec![0x12, 0xFF, 0x00, 0x34, 0xFF, 0xD0, 0x56],
        vec![0xFF, 0xD9],
    ]
    .concat()
}

/// A GIF with a global colour table, an extension, a picture and its trailer.
pub fn gif(width: u16, height: u16) -> Vec<u8> {
    let screen = [&b"GIF89a"[..], &width.to_le_bytes(), &height.to_le_bytes(), &[0x80, 0, 0]].concat();
    let colours = vec![0; 6];
    let extension = vec![0x21, 0xF9, 4, 0, 0, 0, 0, 0];
    let picture = vec![0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 0x01, 0];
    [screen, colours, extension, picture, vec![0x3B]].concat()
}

/// A lossy WebP of one picture.
pub fn webp(width: u16, height: u16) -> Vec<u8> {
    let frame =
        [&[0x10, 0, 0, 0x9D, 0x01, 0x2A][..], &width.to_le_bytes(), &height.to_le_bytes(), &[0; 7]].concat();
    let length = |bytes: usize| u32::try_from(bytes).unwrap().to_le_bytes();
    let chunk = [&b"VP8 "[..], &length(frame.len()), &frame, &[0]].concat();
    [&b"RIFF"[..], &length(4 + chunk.len()), b"WEBP", &chunk].concat()
}

/// An MP4 of this brand with one track of this handler; its media comes last.
pub fn mp4(brand: &[u8; 4], handler: &[u8; 4]) -> Vec<u8> {
    let nested = |kind: &[u8], content: &[u8]| {
        let length = u32::try_from(content.len() + 8).unwrap().to_be_bytes();
        [&length, kind, content].concat()
    };
    let file_type = nested(b"ftyp", &[&brand[..], &[0, 0, 2, 0], brand].concat());
    let handler = nested(b"hdlr", &[&[0; 8][..], handler, &[0; 13]].concat());
    let movie = nested(b"moov", &nested(b"trak", &nested(b"mdia", &handler)));
    [file_type, movie, nested(b"mdat", &[1, 2, 3, 4])].concat()
}
