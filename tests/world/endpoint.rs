//! An endpoint of an account's own, on this machine, that says what a test has it say.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use telegram_simulator::ReceivedPostback;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the endpoint does with a request.
pub enum Says {
    /// Answers it.
    Json(u16, Value),
    /// Answers it with 200 after so long.
    Late(Duration, Value),
    /// Sends these bytes, and closes the connection.
    Raw(Vec<u8>),
    /// Never answers.
    Nothing,
}

/// The endpoint, and what it was asked.
#[derive(Clone)]
pub struct Endpoint {
    port: u16,
    asked: Arc<Mutex<Vec<ReceivedPostback>>>,
}

impl Endpoint {
    /// Begins to listen; what it says goes by the body of a request, and by how many came before it.
    pub async fn start(says: impl Fn(&Value, usize) -> Says + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint =
            Self { port: listener.local_addr().unwrap().port(), asked: Arc::new(Mutex::default()) };
        let (known, says) = (endpoint.clone(), Arc::new(says));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (known, says) = (known.clone(), Arc::clone(&says));
                tokio::spawn(async move { known.serve(stream, &*says).await });
            }
        });
        endpoint
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/content?campaign=1", self.port)
    }

    /// Every request that came, in the order of arrival.
    pub fn asked(&self) -> Vec<ReceivedPostback> {
        self.asked.lock().unwrap().clone()
    }

    async fn serve(&self, mut stream: TcpStream, says: &(impl Fn(&Value, usize) -> Says + ?Sized)) {
        let Some(request) = read_request(&mut stream).await else { return };
        let body = serde_json::from_str(&request.body).unwrap_or_default();
        let before = {
            let mut asked = self.asked.lock().unwrap();
            asked.push(request);
            asked.len() - 1
        };
        let answer = match says(&body, before) {
            Says::Json(status, json) => whole(status, &json),
            Says::Late(wait, json) => {
                tokio::time::sleep(wait).await;
                whole(200, &json)
            }
            Says::Raw(bytes) => bytes,
            Says::Nothing => return std::future::pending().await,
        };
        let _ = stream.write_all(&answer).await;
        let _ = stream.shutdown().await;
    }
}

/// A whole answer.
fn whole(status: u16, json: &Value) -> Vec<u8> {
    let text = if json.is_null() { String::new() } else { json.to_string() };
    let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n", text.len());
    format!("{head}connection: close\r\n\r\n{text}").into_bytes()
}

/// A whole request; `None` if the connection ends before.
async fn read_request(stream: &mut TcpStream) -> Option<ReceivedPostback> {
    let mut read = Vec::new();
    loop {
        let mut buffer = [0; 8192];
        let count = stream.read(&mut buffer).await.ok().filter(|count| *count > 0)?;
        read.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&read).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let mut lines = head.lines();
        let mut first = lines.next()?.split(' ');
        let (method, target) = (first.next()?.to_owned(), first.next()?);
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let headers: Vec<_> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let length = headers.iter().find(|(name, _)| name == "content-length");
        if body.len() >= length.map_or(0, |(_, value)| value.parse().unwrap()) {
            let (path, query, body) = (path.to_owned(), query.to_owned(), body.to_owned());
            return Some(ReceivedPostback { number: 0, at_ms: 0, method, path, query, headers, body });
        }
    }
}
