use std::time::Duration;

use reqwest::Body;
use reqwest::header::CONTENT_TYPE;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::client::{MessageText, NewMessage, SentMessage, Telegram, read, unsent};
use super::error::TelegramError;
use super::form::Form;
use super::keyboard::Keyboard;
use super::types::lenient;
use crate::domain::media::{MediaFormat, ShownAs, TelegramFile};
use crate::secret::{BotToken, hex, random};

/// What `sendPhoto`, `sendAnimation` and `sendVideo` answer.
#[derive(Debug, Default, Deserialize)]
struct SentMedia {
    #[serde(default)]
    message_id: i64,
    #[serde(default, deserialize_with = "lenient")]
    photo: Vec<SentFile>,
    #[serde(default, deserialize_with = "lenient")]
    animation: Option<SentFile>,
    #[serde(default, deserialize_with = "lenient")]
    video: Option<SentFile>,
}

#[derive(Debug, Deserialize)]
struct SentFile {
    file_id: String,
    #[serde(default, deserialize_with = "lenient")]
    width: u64,
    #[serde(default, deserialize_with = "lenient")]
    height: u64,
}

impl Telegram {
    /// Sends a message below a file that Telegram keeps for this bot. As little idempotent as a text.
    ///
    /// # Errors
    ///
    /// [`TelegramError`]; [`TelegramError::MediaRefused`] if Telegram does not know the file, or not as this bot's.
    pub async fn send_file(
        &self,
        token: &BotToken,
        message: &NewMessage,
        file: &TelegramFile,
    ) -> Result<SentMessage, TelegramError> {
        let mut parameters = caption(message);
        parameters.insert(file.shown_as.name().to_owned(), json!(file.file_id));
        self.call(token, method(file.shown_as), &parameters).await
    }

    /// Sends a message below a file uploaded within `timeout`; the answer is what Telegram keeps of it for this bot, if it
    /// says.
    ///
    /// # Errors
    ///
    /// [`TelegramError`]; [`TelegramError::MediaRefused`] if Telegram does not take the file, or not all of it in time.
    pub async fn upload_file(
        &self,
        token: &BotToken,
        message: &NewMessage,
        format: MediaFormat,
        bytes: Vec<u8>,
        timeout: Duration,
    ) -> Result<(SentMessage, Option<TelegramFile>), TelegramError> {
        let shown_as = ShownAs::of(format);
        let boundary = random::<16>().map_err(|_| TelegramError::NotSent)?;
        let mut form = Form::new(hex(&boundary));
        for (name, value) in caption(message) {
            // Telegram takes texts as they are, and everything else as JSON.
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            form = form.text(&name, &text);
        }
        let request = self.request(token, method(shown_as)).timeout(timeout);
        let request = request.header(CONTENT_TYPE, form.content_type());
        let file = form.file(shown_as.name(), file_name(format), format.content_type(), bytes);
        let progress = file.progress();
        let response = request.body(Body::wrap(file)).send().await.map_err(|error| match unsent(&error) {
            // What Telegram never had whole it has not carried out, and another try would end the same way.
            TelegramError::Ambiguous(reason) if !progress.is_whole() => {
                TelegramError::MediaRefused(format!("the upload broke off: {reason}"))
            }
            error => error,
        })?;
        let sent: SentMedia = read(response).await?;
        Ok((SentMessage { message_id: sent.message_id }, sent.kept()))
    }
}

impl SentMedia {
    /// The largest size of a photo, or whatever else the file has become.
    fn kept(self) -> Option<TelegramFile> {
        let photo = self.photo.into_iter().max_by_key(|size| size.width.saturating_mul(size.height));
        let mut files =
            [(photo, ShownAs::Photo), (self.animation, ShownAs::Animation), (self.video, ShownAs::Video)]
                .into_iter();
        files.find_map(|(file, shown_as)| Some(TelegramFile { file_id: file?.file_id, shown_as }))
    }
}

/// All parameters but the file.
fn caption(message: &NewMessage) -> Map<String, Value> {
    let (text, parse_mode) = match &message.text {
        MessageText::Html(html) => (html, Some("HTML")),
        MessageText::Plain(plain) => (plain, None),
    };
    let mut parameters = Map::new();
    parameters.insert("chat_id".to_owned(), json!(message.user));
    parameters.insert("caption".to_owned(), json!(text));
    if let Some(mode) = parse_mode {
        parameters.insert("parse_mode".to_owned(), json!(mode));
    }
    if let Some(keyboard) = Keyboard::of(&message.buttons) {
        parameters.insert("reply_markup".to_owned(), json!(keyboard));
    }
    if message.paid {
        parameters.insert("allow_paid_broadcast".to_owned(), json!(true));
    }
    parameters
}

const fn method(shown_as: ShownAs) -> &'static str {
    match shown_as {
        ShownAs::Photo => "sendPhoto",
        ShownAs::Animation => "sendAnimation",
        ShownAs::Video => "sendVideo",
    }
}

/// Telegram goes by the name's ending: a GIF of another name is a document.
const fn file_name(format: MediaFormat) -> &'static str {
    match format {
        MediaFormat::Jpeg => "photo.jpg",
        MediaFormat::Png => "photo.png",
        MediaFormat::Webp => "photo.webp",
        MediaFormat::Gif => "animation.gif",
        MediaFormat::Mp4 => "video.mp4",
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::net::TcpListener;

    use super::*;
    use crate::ids::UserId;

    fn kept(answer: &str) -> Option<(String, ShownAs)> {
        let sent: SentMedia = serde_json::from_str(answer).unwrap();
        sent.kept().map(|file| (file.file_id, file.shown_as))
    }

    #[test]
    fn the_largest_photo_is_kept_and_a_file_as_what_it_has_become() {
        let photo = r#"{"photo":[{"file_id":"s","width":90,"height":51},{"file_id":"l","width":800,"height":450},
            {"file_id":"m","width":320,"height":180}]}"#;
        assert_eq!(kept(photo), Some(("l".to_owned(), ShownAs::Photo)));
        let gif = r#"{"animation":{"file_id":"a"},"document":{"file_id":"a"}}"#;
        assert_eq!(kept(gif), Some(("a".to_owned(), ShownAs::Animation)));
        assert_eq!(kept(r#"{"video":{"file_id":"v"}}"#), Some(("v".to_owned(), ShownAs::Video)));
        assert_eq!(kept(r#"{"document":{"file_id":"d"},"photo":null}"#), None);
    }

    #[test]
    fn every_format_has_its_method() {
        let methods = MediaFormat::ALL.map(|format| method(ShownAs::of(format)));
        assert_eq!(methods, ["sendPhoto", "sendPhoto", "sendPhoto", "sendAnimation", "sendVideo"]);
    }

    const PATIENT: Duration = Duration::from_secs(10);

    /// What becomes of an upload of so many bytes within some time to a server that reads as many, waits, and hangs up.
    async fn upload_to(
        (read_bytes, waits): (usize, Duration),
        file_bytes: usize,
        timeout: Duration,
    ) -> TelegramError {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
            let (mut piece, mut seen) = (vec![0; 65_536], 0);
            while seen < read_bytes {
                match stream.read(&mut piece) {
                    Ok(count) if count > 0 => seen += count,
                    _ => break,
                }
            }
            std::thread::sleep(waits);
        });
        let telegram = Telegram::new(format!("http://{address}")).unwrap();
        let token = BotToken::parse("7000000001:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").unwrap();
        let text = MessageText::Plain("Join".into());
        let message = NewMessage { user: UserId(1), text, buttons: Vec::new(), paid: false };
        let sent =
            telegram.upload_file(&token, &message, MediaFormat::Mp4, vec![0; file_bytes], timeout).await;
        server.join().unwrap();
        sent.unwrap_err()
    }

    #[tokio::test]
    async fn an_upload_that_breaks_off_was_not_carried_out_and_one_that_was_handed_over_may_have_been() {
        let broken = upload_to((1, Duration::ZERO), 20 << 20, PATIENT).await;
        assert!(matches!(broken, TelegramError::MediaRefused(_)), "{broken}");
        let too_late = upload_to((1, Duration::from_secs(3)), 20 << 20, Duration::from_secs(1)).await;
        assert!(matches!(too_late, TelegramError::MediaRefused(_)), "{too_late}");
        let unanswered = upload_to((usize::MAX, Duration::ZERO), 1_000, PATIENT).await;
        assert!(matches!(unanswered, TelegramError::Ambiguous(_)), "{unanswered}");
    }
}
