//! The static memory of a guest: values laid out as the canonical ABI wants to find them.

/// Where the image starts: the first kilobyte stays empty, so that a null pointer points at nothing.
pub(crate) const BASE: u32 = 1024;

/// Bytes from [`BASE`] on.
#[derive(Default)]
pub(crate) struct Image(Vec<u8>);

/// A list or string: address and length.
#[derive(Clone, Copy)]
pub(crate) struct Span(pub(crate) u32, pub(crate) u32);

/// A claim's value.
pub(crate) enum Value<'a> {
    Text(&'a str),
    Integer(i64),
    TextList(Span),
    Json(&'a str),
    /// Text at an address of choice.
    Raw(Span),
}

impl Image {
    /// Puts bytes at the next address of that alignment.
    pub(crate) fn put(&mut self, bytes: &[u8], align: usize) -> u32 {
        self.0.resize(self.0.len().next_multiple_of(align), 0);
        let address = BASE + self.0.len() as u32;
        self.0.extend_from_slice(bytes);
        address
    }

    pub(crate) fn text(&mut self, text: &str) -> Span {
        Span(self.put(text.as_bytes(), 1), text.len() as u32)
    }

    /// A list of strings or lists.
    pub(crate) fn spans(&mut self, spans: &[Span]) -> Span {
        let bytes: Vec<u8> = spans.iter().flat_map(|span| span.bytes()).collect();
        Span(self.put(&bytes, 4), spans.len() as u32)
    }

    pub(crate) fn texts(&mut self, texts: &[&str]) -> Span {
        let spans: Vec<_> = texts.iter().map(|text| self.text(text)).collect();
        self.spans(&spans)
    }

    /// `list<claim>`: a claim is a name and, from the eighth byte on, a variant with room for an `s64`.
    pub(crate) fn claims(&mut self, claims: &[(&str, Value<'_>)]) -> Span {
        let mut bytes = Vec::new();
        for (name, value) in claims {
            bytes.extend(self.text(name).bytes());
            let (case, payload) = match value {
                Value::Text(text) => (0, self.text(text).bytes()),
                Value::Raw(span) => (0, span.bytes()),
                Value::Integer(number) => (1, number.to_le_bytes()),
                Value::TextList(span) => (3, span.bytes()),
                Value::Json(text) => (4, self.text(text).bytes()),
            };
            bytes.extend(u64::to_le_bytes(case));
            bytes.extend(payload);
        }
        Span(self.put(&bytes, 8), claims.len() as u32)
    }

    /// `result::ok` or `result::err`, whose payload starts at the fourth byte.
    pub(crate) fn result(&mut self, is_error: bool, payload: &[u8]) -> u32 {
        let mut bytes = vec![u8::from(is_error), 0, 0, 0];
        bytes.extend_from_slice(payload);
        self.put(&bytes, 4)
    }

    /// First address after the image.
    pub(crate) fn end(&self) -> u32 {
        BASE + self.0.len() as u32
    }

    /// As a string of the text format.
    pub(crate) fn escaped(&self) -> String {
        self.0.iter().map(|byte| format!("\\{byte:02x}")).collect()
    }
}

impl Span {
    pub(crate) fn bytes(self) -> [u8; 8] {
        let mut bytes = [0; 8];
        bytes[..4].copy_from_slice(&self.0.to_le_bytes());
        bytes[4..].copy_from_slice(&self.1.to_le_bytes());
        bytes
    }
}
