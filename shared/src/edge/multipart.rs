//! `multipart/form-data`: one file in the field `file`, and texts.

use futures::stream;
use multer::{Constraints, Field, Multipart, SizeLimit};

use crate::error::{AppError, AppResult};

/// The longest file that a request carries, in bytes: Lambda takes 6 MB, and the body comes to it in base64.
const FILE_BYTES: u64 = 4_500_000;

/// What a longer file is refused with.
const FILE_TOO_LONG: &str = "an upload carries at most 4500000 bytes; use media/presign for a longer file";

/// How much of the body is handed to the reader at a time, in bytes.
const STEP_BYTES: usize = 64 * 1024;

/// A form as it was read.
#[derive(Debug, Default)]
pub struct Form {
    /// The fields with text, in the order of the body.
    pub fields: Vec<(String, String)>,
    /// The bytes of the last field `file`.
    pub file: Option<Vec<u8>>,
}

/// Whether a body of this media type is such a form.
pub fn is_multipart(media_type: &str) -> bool {
    let kind = media_type.split(';').next().unwrap_or_default();
    kind.trim().eq_ignore_ascii_case("multipart/form-data")
}

/// Reads a form. Files in other fields are passed over.
///
/// # Errors
///
/// - [`AppError::MediaSize`] if the file is longer than a request may carry.
/// - [`AppError::Parameter`] for `body` if it is cut off or malformed, or a text is longer than `text_bytes`.
pub async fn read(media_type: &str, body: &[u8], text_bytes: usize) -> AppResult<Form> {
    let boundary = multer::parse_boundary(media_type).map_err(|_| malformed())?;
    let text_limit = u64::try_from(text_bytes).unwrap_or(u64::MAX);
    let limits = SizeLimit::new().per_field(text_limit).for_field("file", FILE_BYTES);
    let steps = stream::iter(body.chunks(STEP_BYTES).map(|step| Ok::<_, std::io::Error>(step.to_vec())));
    let mut parts = Multipart::with_constraints(steps, boundary, Constraints::new().size_limit(limits));
    let mut form = Form::default();
    while let Some(mut part) = parts.next_field().await.map_err(refusal)? {
        let name = part.name().unwrap_or_default().to_owned();
        if name == "file" {
            form.file = Some(bytes(&mut part).await?);
        } else if part.file_name().is_none() {
            let text = bytes(&mut part).await?;
            form.fields.push((name, String::from_utf8_lossy(&text).into_owned()));
        }
    }
    Ok(form)
}

async fn bytes(part: &mut Field<'_>) -> AppResult<Vec<u8>> {
    let mut bytes = Vec::new();
    while let Some(chunk) = part.chunk().await.map_err(refusal)? {
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn refusal(error: multer::Error) -> AppError {
    match error {
        multer::Error::FieldSizeExceeded { field_name: Some(name), .. } if name == "file" => {
            AppError::MediaSize(FILE_TOO_LONG)
        }
        multer::Error::FieldSizeExceeded { .. } => AppError::parameter("body", "has a text that is too long"),
        _ => malformed(),
    }
}

fn malformed() -> AppError {
    AppError::parameter("body", "must be a whole multipart form")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPE: &str = "multipart/form-data; boundary=XX";

    fn part(disposition: &str, content: &[u8]) -> Vec<u8> {
        let head = format!("--XX\r\nContent-Disposition: form-data; {disposition}\r\n\r\n");
        [head.as_bytes(), content, b"\r\n"].concat()
    }

    async fn read_parts(parts: &[Vec<u8>]) -> AppResult<Form> {
        read(TYPE, &[&parts.concat()[..], b"--XX--\r\n"].concat(), 100).await
    }

    #[tokio::test]
    async fn a_file_and_texts_are_read_and_other_files_passed_over() {
        let file = part(r#"name="file"; filename="../../x.exe""#, b"\x00\r\n--X\xff");
        let text = part(r#"name="note""#, "Grüße".as_bytes());
        let other = part(r#"name="other"; filename="y""#, b"y");
        let form = read_parts(&[text, other, file]).await.unwrap();
        assert_eq!(form.file.as_deref(), Some(&b"\x00\r\n--X\xff"[..]));
        assert_eq!(form.fields, [("note".to_owned(), "Grüße".to_owned())]);
    }

    #[tokio::test]
    async fn a_file_may_have_as_many_bytes_as_a_request_carries() {
        let length = usize::try_from(FILE_BYTES).unwrap();
        let file = |length| part(r#"name="file"; filename="x""#, &vec![7; length]);
        assert_eq!(read_parts(&[file(length)]).await.unwrap().file.unwrap().len(), length);
        let refused = read_parts(&[file(length + 1)]).await.unwrap_err();
        assert!(matches!(refused, AppError::MediaSize(reason) if reason.contains("presign")));
    }

    #[tokio::test]
    async fn a_form_that_is_cut_off_or_malformed_is_param_body() {
        let whole = [&part(r#"name="file"; filename="x""#, b"abc")[..], b"--XX--\r\n"].concat();
        let long = [&part(r#"name="note""#, &[b'x'; 101])[..], b"--XX--\r\n"].concat();
        let bodies = [&whole[..whole.len() - 6], &whole[..30], b"", b"no form", &long[..]];
        let read_all =
            bodies.into_iter().map(|body| (TYPE, body)).chain([("multipart/form-data", &whole[..])]);
        for (media_type, body) in read_all {
            let refused = read(media_type, body, 100).await.unwrap_err();
            assert!(
                matches!(refused, AppError::Parameter { name: "body", .. }),
                "{:?}",
                String::from_utf8_lossy(body)
            );
        }
    }

    #[test]
    fn only_multipart_forms_are_multipart() {
        for (media_type, expected) in [
            ("multipart/form-data; boundary=x", true),
            ("Multipart/Form-Data;boundary=x", true),
            ("application/json", false),
            ("text/plain; note=multipart/form-data", false),
            ("", false),
        ] {
            assert_eq!(is_multipart(media_type), expected, "{media_type}");
        }
    }
}
