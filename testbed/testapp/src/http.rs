//! The server's half of HTTP/1.1: one connection, many requests.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;

const HEAD_LIMIT: u64 = 32 << 10;

/// A request, its body read and dropped.
pub struct Request {
    /// The method.
    pub method: String,
    /// The path without its query.
    pub path: String,
    /// The query, decoded.
    pub query: Vec<(String, String)>,
    /// Whether the client wants to send another one.
    pub keep: bool,
}

impl Request {
    /// A parameter of the query.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// A response.
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The body.
    pub body: String,
}

/// What came over a connection.
pub enum Received {
    /// A request.
    Request(Request),
    /// Something that is not one, with the status to answer.
    Bad(u16),
    /// The end.
    End,
}

/// Reads the next request.
pub fn receive(stream: &mut BufReader<TcpStream>) -> Received {
    let mut head = Vec::new();
    let mut limited = stream.take(HEAD_LIMIT);
    loop {
        let before = head.len();
        match limited.read_until(b'\n', &mut head) {
            Ok(0) => return Received::End,
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(_) => return Received::End,
        }
        let line = head.get(before..).unwrap_or_default();
        if line == b"\r\n" || line == b"\n" {
            if before == 0 {
                head.clear(); // An empty line before a request is allowed.
                continue;
            }
            break;
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    match parse(&head) {
        Ok((request, length)) => match std::io::copy(&mut stream.take(length), &mut std::io::sink()) {
            Ok(read) if read == length => Received::Request(request),
            _ => Received::End,
        },
        Err(status) => Received::Bad(status),
    }
}

fn parse(head: &str) -> Result<(Request, u64), u16> {
    let mut lines = head.lines();
    let mut words = lines.next().unwrap_or_default().split(' ');
    let (Some(method), Some(target), Some(version)) = (words.next(), words.next(), words.next()) else {
        return Err(400);
    };
    let mut keep = version != "HTTP/1.0";
    let mut length = 0;
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let value = value.trim().to_ascii_lowercase();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().map_err(|_| 400_u16)?,
            "transfer-encoding" => return Err(501),
            "connection" if value.contains("close") => keep = false,
            "connection" if value.contains("keep-alive") => keep = true,
            _ => {}
        }
    }
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let query = query.split('&').filter(|pair| !pair.is_empty());
    let query = query.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let query = query.map(|(key, value)| (decode(key), decode(value))).collect();
    Ok((Request { method: method.to_owned(), path: path.to_owned(), query, keep }, length))
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let pair = [rest.next().unwrap_or(b'0'), rest.next().unwrap_or(b'0')];
                std::str::from_utf8(&pair)
                    .ok()
                    .and_then(|hex| u8::from_str_radix(hex, 16).ok())
                    .unwrap_or(b'?')
            }
            other => other,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Sends a response.
pub fn send(stream: &mut TcpStream, response: &Response, head_only: bool, keep: bool) -> std::io::Result<()> {
    let reason = match response.status {
        200 => "OK",
        400 => "Bad Request",
        404 => "Not Found",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        _ => "Unknown",
    };
    let mut text = format!(
        "HTTP/1.1 {} {reason}\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: {}\r\n\r\n",
        response.status,
        if response.body.starts_with('{') { "application/json" } else { "text/plain" },
        response.body.len(),
        if keep { "keep-alive" } else { "close" },
    );
    if !head_only {
        text.push_str(&response.body);
    }
    // One write: one segment, and nothing for Nagle's algorithm to hold back.
    stream.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn reads_requests() {
        let (request, length) =
            parse("GET /ready?set=false&x=%2Fa+b HTTP/1.1\r\nHost: a\r\n\r\n").ok().unwrap();
        assert_eq!((request.path.as_str(), request.parameter("set"), length), ("/ready", Some("false"), 0));
        assert_eq!(request.parameter("x"), Some("/a b"));
        assert!(request.keep);
        let (request, length) =
            parse("POST / HTTP/1.1\r\nconnection: Close\r\nContent-Length: 5\r\n\r\n").ok().unwrap();
        assert!(!request.keep);
        assert_eq!(length, 5);
        assert!(!parse("GET / HTTP/1.0\r\n\r\n").ok().unwrap().0.keep);
        assert_eq!(parse("nonsense\r\n\r\n").err(), Some(400));
    }
}
