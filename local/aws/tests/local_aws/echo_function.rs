//! A function that speaks the Lambda Runtime API with nothing but the standard library.
//!
//! It answers with its event and what it sees of its environment; `{"do": "fail"}`, `{"do": "exit"}` and
//! `{"do": "sleep"}` make it misbehave.

#![expect(clippy::disallowed_methods, reason = "its environment is what it reports")]

use std::io::{Error, Read as _, Result, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

fn main() -> Result<()> {
    let api = std::env::var("AWS_LAMBDA_RUNTIME_API").map_err(Error::other)?;
    loop {
        let (head, body) = exchange(&api, "GET", "invocation/next", "")?;
        let event: Value = serde_json::from_str(&body)?;
        let id = header(&head, "lambda-runtime-aws-request-id").unwrap_or_default();
        match event["do"].as_str() {
            Some("exit") => std::process::exit(7),
            Some("sleep") => std::thread::sleep(Duration::from_secs(60)),
            Some("fail") => {
                let error = json!({"errorType": "Refused", "errorMessage": "as asked"});
                exchange(&api, "POST", &format!("invocation/{id}/error"), &error.to_string())?;
            }
            _ => {
                std::thread::sleep(Duration::from_millis(event["pause_ms"].as_u64().unwrap_or(0)));
                let answer = json!({
                    "event": event,
                    "process": std::process::id(),
                    "name": std::env::var("AWS_LAMBDA_FUNCTION_NAME").ok(),
                    "greeting": std::env::var("GREETING").ok(),
                    "home": std::env::var("HOME").ok(),
                });
                exchange(&api, "POST", &format!("invocation/{id}/response"), &answer.to_string())?;
            }
        }
    }
}

/// One request on a connection of its own; gives the head and the body.
fn exchange(api: &str, method: &str, path: &str, body: &str) -> Result<(String, String)> {
    let address = api.trim_start_matches("http://");
    let (host, prefix) = address.split_once('/').unwrap_or((address, ""));
    let mut stream = TcpStream::connect(host)?;
    write!(
        stream,
        "{method} /{prefix}/2018-06-01/runtime/{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut response = String::new();
    stream.read_to_string(&mut response)?;
    let (head, body) = response.split_once("\r\n\r\n").ok_or_else(|| Error::other("no head"))?;
    Ok((head.to_owned(), body.to_owned()))
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .find_map(|line| line.split_once(": ").filter(|(key, _)| *key == name))
        .map(|(_, value)| value)
}
