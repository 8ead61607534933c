//! A small HTTP/1.1 client: plain TCP, keep-alive, one request at a time. Enough for one server that is known.

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// A connection that is opened again when the server has closed it.
pub(crate) struct Connection {
    authority: String,
    stream: Option<BufReader<TcpStream>>,
    request: Vec<u8>,
}

/// A request; the body, if any, is a form.
pub(crate) struct Request<'a> {
    pub(crate) target: &'a str,
    pub(crate) headers: &'a [(&'a str, &'a str)],
    pub(crate) form: Option<&'a str>,
}

/// A response.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Response {
    /// Values of a header, whose name is given in lower case.
    pub(crate) fn header<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

impl Connection {
    /// Nothing is opened yet.
    pub(crate) fn new(authority: &str) -> Self {
        Self { authority: authority.to_owned(), stream: None, request: Vec::new() }
    }

    /// Sends a request and reads the whole response.
    pub(crate) async fn send(&mut self, request: &Request<'_>) -> Result<Response> {
        self.write(request);
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(&self.authority).await?;
                stream.set_nodelay(true)?;
                BufReader::new(stream)
            }
        };
        stream.get_mut().write_all(&self.request).await?;
        let response = read(&mut stream).await.with_context(|| format!("no whole response to {}", request.target))?;
        if !response.header("connection").any(|value| value.eq_ignore_ascii_case("close")) {
            self.stream = Some(stream);
        }
        Ok(response)
    }

    fn write(&mut self, request: &Request<'_>) {
        let method = if request.form.is_some() { "POST" } else { "GET" };
        self.request.clear();
        let mut text = format!("{method} {} HTTP/1.1\r\nhost: {}\r\n", request.target, self.authority);
        for (name, value) in request.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        if let Some(form) = request.form {
            text.push_str(&format!("content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n", form.len()));
        }
        self.request.extend_from_slice(text.as_bytes());
        self.request.extend_from_slice(b"\r\n");
        self.request.extend_from_slice(request.form.unwrap_or_default().as_bytes());
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> Result<Response> {
    let mut line = String::new();
    read_line(stream, &mut line).await?;
    let status = line.split(' ').nth(1).and_then(|status| status.parse().ok()).with_context(|| format!("no status line: {line}"))?;
    let mut headers = Vec::new();
    loop {
        read_line(stream, &mut line).await?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').with_context(|| format!("no header: {line}"))?;
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut response = Response { status, headers, body: String::new() };
    let length = response.header("content-length").next().map(str::parse::<usize>).transpose()?;
    let chunked = response.header("transfer-encoding").any(|value| value.eq_ignore_ascii_case("chunked"));
    let body = match length {
        Some(length) => exactly(stream, length).await?,
        None if chunked => chunks(stream).await?,
        None => Vec::new(),
    };
    response.body = String::from_utf8(body)?;
    Ok(response)
}

async fn read_line(stream: &mut BufReader<TcpStream>, line: &mut String) -> Result<()> {
    line.clear();
    if stream.read_line(line).await? == 0 {
        bail!("the server closed the connection");
    }
    line.truncate(line.trim_end().len());
    Ok(())
}

async fn exactly(stream: &mut BufReader<TcpStream>, length: usize) -> Result<Vec<u8>> {
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok(body)
}

async fn chunks(stream: &mut BufReader<TcpStream>) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    let mut line = String::new();
    loop {
        read_line(stream, &mut line).await?;
        let length = usize::from_str_radix(line.split(';').next().unwrap_or_default(), 16)?;
        body.extend(exactly(stream, length).await?);
        read_line(stream, &mut line).await?;
        if length == 0 {
            return Ok(body);
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    /// Answers each request with the next of the responses, over one connection, then closes it.
    async fn serve(responses: &'static [&'static str]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let authority = listener.local_addr().expect("bound").to_string();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            let mut request = [0; 1024];
            for response in responses {
                assert_ne!(stream.read(&mut request).await.expect("a request"), 0);
                stream.write_all(response.as_bytes()).await.expect("written");
            }
        });
        authority
    }

    #[tokio::test]
    async fn responses_of_a_kept_connection_are_told_apart() {
        let authority = serve(&[
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nsec\r\n3\r\nond\r\n0\r\n\r\n",
            "HTTP/1.1 204 No Content\r\nSet-Cookie: a=b; Path=/\r\n\r\n",
        ])
        .await;
        let mut connection = Connection::new(&authority);
        let request = Request { target: "/", headers: &[("accept", "*/*")], form: None };
        assert_eq!(connection.send(&request).await.expect("a response").body, "first");
        assert_eq!(connection.send(&request).await.expect("a response").body, "second");
        let last = connection.send(&Request { form: Some("a=b"), ..request }).await.expect("a response");
        assert_eq!((last.status, last.header("set-cookie").next()), (204, Some("a=b; Path=/")));
        assert!(connection.send(&request).await.is_err());
    }
}
