//! A stream of server-sent events (`text/event-stream`), as far as the API sends them: `event`, `data`, comments.

use std::collections::VecDeque;

use anyhow::{Context, Result};
use axum::body::Body;
use http_body_util::BodyExt;
use serde_json::Value;

/// One event.
#[derive(Debug, PartialEq)]
pub(crate) struct Event {
    /// Its kind; `message` when the server does not say.
    pub(crate) name: String,
    /// Its document.
    pub(crate) data: Value,
}

/// The events of an answer, read as they come.
pub(crate) struct Events {
    body: Body,
    parser: Parser,
}

impl Events {
    pub(super) fn new(body: Body) -> Self {
        Self { body, parser: Parser::default() }
    }

    /// The next event; none at the end of the stream.
    pub(crate) async fn next(&mut self) -> Result<Option<Event>> {
        loop {
            if let Some(event) = self.parser.ready.pop_front() {
                return Ok(Some(event));
            }
            let Some(frame) = self.body.frame().await else { return Ok(None) };
            if let Ok(data) = frame.context("the server's answer broke off")?.into_data() {
                self.parser.feed(&data)?;
            }
        }
    }
}

#[derive(Default)]
struct Parser {
    /// The beginning of a line whose end has not come.
    line: Vec<u8>,
    name: String,
    data: Vec<String>,
    ready: VecDeque<Event>,
}

impl Parser {
    fn feed(&mut self, bytes: &[u8]) -> Result<()> {
        for byte in bytes {
            if *byte == b'\n' {
                let line = String::from_utf8(std::mem::take(&mut self.line)).context("an event of the server is no text")?;
                self.read(line.strip_suffix('\r').unwrap_or(&line))?;
            } else {
                self.line.push(*byte);
            }
        }
        Ok(())
    }

    fn read(&mut self, line: &str) -> Result<()> {
        if line.is_empty() {
            return self.finish();
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.name),
            "data" => self.data.push(value.to_owned()),
            // A comment keeps the connection alive; other fields are for clients that reconnect.
            _ => {}
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<()> {
        let (name, data) = (std::mem::take(&mut self.name), std::mem::take(&mut self.data));
        if !data.is_empty() {
            let data = serde_json::from_str(&data.join("\n")).context("an event of the server is no JSON")?;
            self.ready.push_back(Event { name: if name.is_empty() { "message".to_owned() } else { name }, data });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const STREAM: &str =
        ": hello\n\nevent: progress\ndata: {\"done\": 1,\ndata:  \"total\": 2}\n\ndata: []\r\n\r\nevent: done\ndata: {}\n\nevent: cut";

    fn expected() -> Vec<Event> {
        let event = |name: &str, data| Event { name: name.to_owned(), data };
        vec![event("progress", json!({"done": 1, "total": 2})), event("message", json!([])), event("done", json!({}))]
    }

    #[test]
    fn events_are_the_same_wherever_the_stream_is_cut() {
        for size in 1..STREAM.len() {
            let mut parser = Parser::default();
            for part in STREAM.as_bytes().chunks(size) {
                parser.feed(part).unwrap();
            }
            assert_eq!(Vec::from(parser.ready), expected(), "{size}");
        }
    }

    #[tokio::test]
    async fn the_stream_ends() {
        let mut events = Events::new(Body::from(STREAM));
        for event in expected() {
            assert_eq!(events.next().await.unwrap(), Some(event));
        }
        assert_eq!(events.next().await.unwrap(), None);
    }

    #[test]
    fn what_is_no_json_is_told() {
        assert!(Parser::default().feed(b"data: {\n\n").is_err());
    }
}
