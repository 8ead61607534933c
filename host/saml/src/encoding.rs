//! The form parameter `SAMLResponse` of the HTTP-POST binding (Bindings §3.5.4).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::refusal::{Refusal, Rule, refuse};
use crate::response::MAX_BYTES;

/// Decodes the parameter: base64 with padding. Line breaks are allowed between characters, since senders follow RFC 2045; nothing
/// else is.
pub fn decode_parameter(parameter: &str) -> Result<Vec<u8>, Refusal> {
    if parameter.len() > MAX_BYTES.div_ceil(3) * 4 + MAX_BYTES / 16 {
        return refuse(Rule::Size, "The parameter is larger than a response may be.");
    }
    decode(parameter).map_or_else(|| refuse(Rule::Encoding, "The parameter is not base64."), Ok)
}

/// Base64 as XML has it (`xs:base64Binary`): with padding; spaces and line breaks do not count.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let compact: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).collect();
    if compact.is_empty() { None } else { STANDARD.decode(compact).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_strict_but_for_line_breaks() {
        assert_eq!(decode_parameter("aGVs\r\nbG8=").unwrap(), b"hello");
        for text in ["", "aGVsbG8", "aGVsbG9=", "aGVsbG8==", "aGVs_G8=", "aGVs*bG8=", "aGVsbG8=aGVs", "%61GVs"] {
            assert_eq!(decode_parameter(text).unwrap_err().rule, Rule::Encoding, "{text}");
        }
        assert_eq!(decode_parameter(&"A".repeat(1 << 20)).unwrap_err().rule, Rule::Size);
    }
}
