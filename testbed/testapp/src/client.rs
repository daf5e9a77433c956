//! A small HTTP/1.1 client.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

/// What a server said.
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The body, as text.
    pub body: String,
    /// Whether the connection can carry another request.
    pub reusable: bool,
}

/// The parts of an `http://` URL.
#[derive(Clone)]
pub struct Url {
    /// `host:port`, as one connects to it.
    pub authority: String,
    /// What the `Host` header says.
    pub host: String,
    /// The path and query.
    pub path: String,
}

/// Reads an `http://` URL; the scheme may be left out.
pub fn parse(url: &str) -> Result<Url, String> {
    if url.starts_with("https://") {
        return Err("only http:// is understood".to_owned());
    }
    let rest = url.strip_prefix("http://").unwrap_or(url);
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    if host.is_empty() {
        return Err(format!("{url:?} is not a URL; write http://HOST:PORT/PATH"));
    }
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let authority = if has_port { host.to_owned() } else { format!("{host}:80") };
    Ok(Url { authority, host: host.to_owned(), path: format!("/{path}") })
}

/// Connects, trying each address of the name.
pub fn connect(url: &Url, timeout: Duration) -> Result<BufReader<TcpStream>, String> {
    let addresses = url.authority.to_socket_addrs().map_err(|error| format!("resolve: {error}"))?;
    let mut problem = "resolve: no address".to_owned();
    for address in addresses {
        match TcpStream::connect_timeout(&address, timeout) {
            Ok(stream) => {
                let set = stream
                    .set_read_timeout(Some(timeout))
                    .and_then(|()| stream.set_write_timeout(Some(timeout)))
                    .and_then(|()| stream.set_nodelay(true));
                return set.map(|()| BufReader::new(stream)).map_err(|error| format!("socket: {error}"));
            }
            Err(error) => problem = format!("connect: {error}"),
        }
    }
    Err(problem)
}

/// Sends a GET over a connection and reads the answer.
pub fn request(stream: &mut BufReader<TcpStream>, url: &Url, keep: bool) -> Result<Answer, String> {
    let connection = if keep { "keep-alive" } else { "close" };
    let head = format!("GET {} HTTP/1.1\r\nHost: {}\r\nConnection: {connection}\r\n\r\n", url.path, url.host);
    stream.get_mut().write_all(head.as_bytes()).map_err(|error| format!("send: {error}"))?;
    read_answer(stream, keep)
}

fn read_answer(stream: &mut BufReader<TcpStream>, keep: bool) -> Result<Answer, String> {
    let status_line = line(stream)?;
    let status = status_line.split(' ').nth(1).and_then(|code| code.parse().ok());
    let status = status.ok_or_else(|| format!("not an HTTP answer: {status_line:?}"))?;
    let (mut length, mut chunked, mut close) = (None, false, !keep);
    loop {
        let header = line(stream)?.to_ascii_lowercase();
        let Some((name, value)) = header.split_once(':') else { break };
        match (name, value.trim()) {
            ("content-length", value) => length = value.parse::<u64>().ok(),
            ("transfer-encoding", value) => chunked = value.contains("chunked"),
            ("connection", value) => close |= value.contains("close"),
            _ => {}
        }
    }
    let mut body = Vec::new();
    if chunked {
        read_chunks(stream, &mut body)?;
    } else if let Some(length) = length {
        read_exactly(stream, length, &mut body)?;
    } else {
        close = true;
        stream.read_to_end(&mut body).map_err(|error| format!("read: {error}"))?;
    }
    Ok(Answer { status, body: String::from_utf8_lossy(&body).into_owned(), reusable: !close })
}

fn read_chunks(stream: &mut BufReader<TcpStream>, body: &mut Vec<u8>) -> Result<(), String> {
    loop {
        let size = line(stream)?;
        let size = u64::from_str_radix(size.split(';').next().unwrap_or_default().trim(), 16)
            .map_err(|_| format!("not a chunk size: {size:?}"))?;
        read_exactly(stream, size, body)?;
        line(stream)?;
        if size == 0 {
            return Ok(());
        }
    }
}

fn read_exactly(stream: &mut BufReader<TcpStream>, length: u64, body: &mut Vec<u8>) -> Result<(), String> {
    let read = stream.take(length).read_to_end(body).map_err(|error| format!("read: {error}"))?;
    if read as u64 == length { Ok(()) } else { Err("read: the connection ended within the body".to_owned()) }
}

fn line(stream: &mut BufReader<TcpStream>) -> Result<String, String> {
    let mut text = String::new();
    match stream.take(16 << 10).read_line(&mut text) {
        Ok(0) => Err("read: the connection ended before the answer".to_owned()),
        Ok(_) => Ok(text.trim_end().to_owned()),
        Err(error) => Err(format!("read: {error}")),
    }
}

/// Gets a URL over a connection of its own.
pub fn get(url: &str) -> Result<Answer, String> {
    let url = parse(url)?;
    let mut stream = connect(&url, Duration::from_secs(5))?;
    request(&mut stream, &url, false)
}

/// The addresses of a name, a space between them.
pub fn lookup(name: &str) -> Result<String, String> {
    let addresses = (name, 0).to_socket_addrs().map_err(|error| format!("{name}: {error}"))?;
    let mut addresses: Vec<String> = addresses.map(|address| address.ip().to_string()).collect();
    addresses.sort();
    addresses.dedup();
    Ok(addresses.join(" "))
}
