use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// How much is handed on at once. The connection copies what it is handed: a file as one piece would be there twice.
const PIECE_BYTES: usize = 256 * 1024;

/// A multipart form of texts and one file, without a second copy of the file. The HTTP client's own brings a table of
/// every media type along.
#[derive(Debug)]
pub(super) struct Form {
    boundary: String,
    head: String,
}

impl Form {
    /// An empty form. The boundary must not stand in the file.
    pub fn new(boundary: String) -> Self {
        Self { boundary, head: String::new() }
    }

    pub fn text(mut self, name: &str, value: &str) -> Self {
        let disposition = format!("form-data; name=\"{name}\"");
        self.head.push_str(&format!(
            "--{}\r\nContent-Disposition: {disposition}\r\n\r\n{value}\r\n",
            self.boundary
        ));
        self
    }

    /// What the request says it carries.
    pub fn content_type(&self) -> String {
        format!("multipart/form-data; boundary={}", self.boundary)
    }

    /// The form with its file, which comes last.
    pub fn file(self, name: &str, file_name: &str, content_type: &str, bytes: Vec<u8>) -> Pieces {
        let Self { boundary, head } = self;
        let disposition = format!("form-data; name=\"{name}\"; filename=\"{file_name}\"");
        let head = format!(
            "{head}--{boundary}\r\nContent-Disposition: {disposition}\r\nContent-Type: {content_type}\r\n\r\n"
        );
        let tail = format!("\r\n--{boundary}--\r\n");
        Pieces {
            left: VecDeque::from([head.into(), bytes.into(), tail.into()]),
            progress: Progress::default(),
        }
    }
}

/// The bytes of a request, of a length that is known.
#[derive(Debug)]
pub(super) struct Pieces {
    left: VecDeque<Bytes>,
    progress: Progress,
}

/// How far a request has come, seen from outside.
#[derive(Clone, Debug, Default)]
pub(super) struct Progress(Arc<AtomicBool>);

impl Progress {
    /// Whether the connection has taken the last piece: before that, nobody can have carried the request out.
    pub fn is_whole(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

impl Pieces {
    pub fn progress(&self) -> Progress {
        self.progress.clone()
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = self.left.front_mut().map(|piece| piece.split_to(piece.len().min(PIECE_BYTES)));
        if self.left.front().is_some_and(Bytes::is_empty) {
            self.left.pop_front();
        }
        if self.left.is_empty() {
            self.progress.0.store(true, Ordering::Release);
        }
        Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        let bytes = self.left.iter().map(Bytes::len).sum::<usize>();
        SizeHint::with_exact(u64::try_from(bytes).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_its_texts_and_its_file_in_small_pieces() {
        let file = vec![b'x'; PIECE_BYTES + 3];
        let form = Form::new("b0".into()).text("chat_id", "7").text("caption", "Grüße");
        assert_eq!(form.content_type(), "multipart/form-data; boundary=b0");
        let mut pieces = form.file("photo", "photo.png", "image/png", file.clone());
        let announced = pieces.size_hint().exact().unwrap();
        let progress = pieces.progress();
        let mut context = Context::from_waker(std::task::Waker::noop());
        let mut body = Vec::new();
        while let Poll::Ready(Some(frame)) = Pin::new(&mut pieces).poll_frame(&mut context) {
            let piece = frame.unwrap().into_data().unwrap();
            assert!(!piece.is_empty() && piece.len() <= PIECE_BYTES);
            assert_eq!(progress.is_whole(), pieces.is_end_stream());
            body.extend_from_slice(&piece);
        }
        let head = "--b0\r\nContent-Disposition: form-data; name=\"chat_id\"\r\n\r\n7\r\n\
            --b0\r\nContent-Disposition: form-data; name=\"caption\"\r\n\r\nGrüße\r\n\
            --b0\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"photo.png\"\r\n\
            Content-Type: image/png\r\n\r\n";
        let expected = [head.as_bytes(), &file, b"\r\n--b0--\r\n"].concat();
        assert!(body == expected && progress.is_whole());
        assert_eq!(announced, u64::try_from(expected.len()).unwrap());
    }
}
