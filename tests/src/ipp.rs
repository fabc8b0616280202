//! A small IPP client over one kept-alive connection (RFC 8010, RFC 8011), written apart from `wire::ipp`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};

use anyhow::{Context, Result, bail, ensure};

use crate::PATIENCE;

/// One connection.
#[derive(Debug)]
pub struct Client {
    stream: BufReader<TcpStream>,
    host: String,
    path: String,
    printer_uri: String,
    request_id: u32,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// IPP status code; below 0x100 is success.
    pub status: u16,
    /// (name, value) of every attribute in order; integers and enums in decimal, everything else as text.
    pub attributes: Vec<(String, String)>,
}

impl Answer {
    /// The first value of an attribute.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The `job-id` of the answer.
    #[must_use]
    pub fn job_id(&self) -> Option<i64> {
        self.value("job-id")?.parse().ok()
    }
}

impl Client {
    /// Connects to `ipp://ADDRESS/PATH`.
    ///
    /// # Errors
    /// When nobody listens.
    pub fn connect(address: SocketAddr, path: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).context("connecting")?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self {
            stream: BufReader::with_capacity(64 * 1024, stream),
            host: address.to_string(),
            path: path.to_owned(),
            printer_uri: format!("ipp://{address}{path}"),
            request_id: 0,
        })
    }

    /// Sends a document with Print-Job; the answer is the server's acknowledgement.
    ///
    /// # Errors
    /// When the connection breaks or the answer cannot be read. A refusal is an [`Answer`].
    pub fn print_job(&mut self, user: &str, title: &str, format: &str, document: &[u8]) -> Result<Answer> {
        self.print_job_with(user, title, format, &[], document)
    }

    /// The same with job-template attributes given as (value tag, name, value bytes).
    ///
    /// # Errors
    /// As [`Client::print_job`].
    pub fn print_job_with(
        &mut self,
        user: &str,
        title: &str,
        format: &str,
        ticket: &[(u8, &str, &[u8])],
        document: &[u8],
    ) -> Result<Answer> {
        let mut request = self.head(0x0002, user);
        attribute(&mut request, 0x42, "job-name", title.as_bytes());
        attribute(&mut request, 0x49, "document-format", format.as_bytes());
        if !ticket.is_empty() {
            request.push(0x02);
            for (tag, name, value) in ticket {
                attribute(&mut request, *tag, name, value);
            }
        }
        request.push(0x03);
        self.exchange(&request, document)
    }

    /// Any other operation, with operation attributes given as (value tag, name, value bytes).
    ///
    /// # Errors
    /// As [`Client::print_job`].
    pub fn operation(&mut self, code: u16, user: &str, attributes: &[(u8, &str, &[u8])]) -> Result<Answer> {
        let mut request = self.head(code, user);
        for (tag, name, value) in attributes {
            attribute(&mut request, *tag, name, value);
        }
        request.push(0x03);
        self.exchange(&request, &[])
    }

    /// Sends the document of a job that Create-Job (0x0005) has made.
    ///
    /// # Errors
    /// As [`Client::print_job`].
    pub fn send_document(&mut self, user: &str, job: i64, document: &[u8]) -> Result<Answer> {
        let mut request = self.head(0x0006, user);
        let job = i32::try_from(job).context("a job-id has 31 bits")?;
        attribute(&mut request, 0x21, "job-id", &job.to_be_bytes());
        attribute(&mut request, 0x22, "last-document", &[1]);
        request.push(0x03);
        self.exchange(&request, document)
    }

    fn head(&mut self, operation: u16, user: &str) -> Vec<u8> {
        self.request_id += 1;
        let mut request = vec![2, 0];
        request.extend_from_slice(&operation.to_be_bytes());
        request.extend_from_slice(&self.request_id.to_be_bytes());
        request.push(0x01);
        attribute(&mut request, 0x47, "attributes-charset", b"utf-8");
        attribute(&mut request, 0x48, "attributes-natural-language", b"en");
        attribute(&mut request, 0x45, "printer-uri", self.printer_uri.as_bytes());
        attribute(&mut request, 0x42, "requesting-user-name", user.as_bytes());
        request
    }

    fn exchange(&mut self, request: &[u8], document: &[u8]) -> Result<Answer> {
        let head = format!(
            "POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/ipp\r\nContent-Length: {}\r\n\r\n",
            self.path,
            self.host,
            request.len() + document.len()
        );
        let mut first = head.into_bytes();
        first.extend_from_slice(request);
        let stream = self.stream.get_mut();
        stream.write_all(&first)?;
        stream.write_all(document)?;
        let body = self.body()?;
        parse(&body)
    }

    fn body(&mut self) -> Result<Vec<u8>> {
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line)?;
            ensure!(!line.is_empty(), "the server closed the connection instead of answering");
            let status: u16 = line.split_whitespace().nth(1).context("no HTTP status")?.parse()?;
            let (mut length, mut chunked) = (None, false);
            loop {
                let mut header = String::new();
                ensure!(self.stream.read_line(&mut header)? > 0, "the headers were cut short");
                let header = header.trim().to_ascii_lowercase();
                if header.is_empty() {
                    break;
                }
                if let Some(value) = header.strip_prefix("content-length:") {
                    length = Some(value.trim().parse::<usize>()?);
                }
                chunked |= header.starts_with("transfer-encoding:") && header.contains("chunked");
            }
            if status == 100 {
                continue;
            }
            let body = if chunked { self.chunks()? } else { self.exactly(length.unwrap_or(0))? };
            if status != 200 {
                bail!("HTTP status {status}");
            }
            return Ok(body);
        }
    }

    fn exactly(&mut self, length: usize) -> Result<Vec<u8>> {
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok(body)
    }

    fn chunks(&mut self) -> Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line)?;
            let length = usize::from_str_radix(line.trim().split(';').next().unwrap_or(""), 16)?;
            body.extend(self.exactly(length)?);
            self.exactly(2)?;
            if length == 0 {
                return Ok(body);
            }
        }
    }
}

fn attribute(request: &mut Vec<u8>, tag: u8, name: &str, value: &[u8]) {
    request.push(tag);
    request.extend_from_slice(&u16::try_from(name.len()).expect("a short name").to_be_bytes());
    request.extend_from_slice(name.as_bytes());
    request.extend_from_slice(&u16::try_from(value.len()).expect("a short value").to_be_bytes());
    request.extend_from_slice(value);
}

fn parse(body: &[u8]) -> Result<Answer> {
    ensure!(body.len() >= 9, "an IPP answer of {} bytes", body.len());
    let status = u16::from_be_bytes([body[2], body[3]]);
    let mut attributes: Vec<(String, String)> = Vec::new();
    let mut rest = &body[8..];
    let take = |rest: &mut &[u8]| -> Result<Vec<u8>> {
        ensure!(rest.len() >= 2, "cut short");
        let length = usize::from(u16::from_be_bytes([rest[0], rest[1]]));
        ensure!(rest.len() >= 2 + length, "cut short");
        let value = rest[2..2 + length].to_vec();
        *rest = &rest[2 + length..];
        Ok(value)
    };
    while let Some((&tag, after)) = rest.split_first() {
        rest = after;
        match tag {
            0x03 => break,
            0x00..=0x0f => {}
            _ => {
                let name = String::from_utf8(take(&mut rest)?)?;
                let value = take(&mut rest)?;
                let text = match (tag, value.as_slice()) {
                    (0x21 | 0x23, &[a, b, c, d]) => i32::from_be_bytes([a, b, c, d]).to_string(),
                    (0x22, &[flag]) => (flag == 1).to_string(),
                    _ => String::from_utf8_lossy(&value).into_owned(),
                };
                let name = if name.is_empty() {
                    attributes.last().map(|(last, _)| last.clone()).unwrap_or_default()
                } else {
                    name
                };
                attributes.push((name, text));
            }
        }
    }
    Ok(Answer { status, attributes })
}
