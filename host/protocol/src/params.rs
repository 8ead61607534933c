//! Parameters of OAuth requests: `application/x-www-form-urlencoded`, from a query or a body (RFC 6749 §3.1, §3.2, appendix B).

use thiserror::Error;

/// The most parameters one request may have: repeated-key floods end here.
const MAX_PARAMETERS: usize = 64;

/// The parameters of one request, in order. An empty value counts as absent (RFC 6749 §3.1).
#[derive(Clone, Debug, Default)]
pub struct Params(Vec<(String, String)>);

/// A request whose parameters cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ParamsError {
    /// More than anybody needs.
    #[error("more than {MAX_PARAMETERS} parameters")]
    TooMany,
    /// Percent-encoding that is no UTF-8.
    #[error("parameters must be UTF-8")]
    NotUtf8,
    /// A character that no parameter needs and not every database can store.
    #[error("parameters must not hold the character zero")]
    Zero,
}

/// A parameter that was sent twice (RFC 6749 §3.1: at most once).
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{} was sent more than once", named(.0))]
pub struct Repeated(pub String);

/// A parameter by its name, if the name is one that a standard could have given: anything else is not worth repeating.
pub(crate) fn named(name: &str) -> String {
    if name.len() <= 40 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        format!("parameter {name}")
    } else {
        "a parameter".to_owned()
    }
}

impl Params {
    /// Reads a query or form body.
    pub fn parse(urlencoded: &str) -> Result<Self, ParamsError> {
        let mut pairs = Vec::new();
        for (name, value) in form_urlencoded::parse(urlencoded.as_bytes()) {
            if pairs.len() == MAX_PARAMETERS {
                return Err(ParamsError::TooMany);
            }
            // The parser replaces bytes that are no UTF-8; a value that round-trips through `state` must not be altered.
            if name.contains('\u{fffd}') || value.contains('\u{fffd}') {
                return Err(ParamsError::NotUtf8);
            }
            if name.contains('\0') || value.contains('\0') {
                return Err(ParamsError::Zero);
            }
            pairs.push((name.into_owned(), value.into_owned()));
        }
        Ok(Self(pairs))
    }

    /// From pairs that were parsed before.
    pub fn from_pairs(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    /// The first value of a parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// Every value of a parameter, such as those of checkboxes that share a name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.pairs().iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The value of a parameter that counts only if it was sent once.
    pub fn once(&self, name: &str) -> Result<Option<&str>, Repeated> {
        let mut values = self.0.iter().filter(|(key, _)| key == name);
        let first = values.next();
        if values.next().is_some() {
            return Err(Repeated(name.to_owned()));
        }
        Ok(first.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty()))
    }

    /// The first parameter sent more than once, whatever its name.
    pub fn check_unique(&self) -> Result<(), Repeated> {
        let repeated = self.0.iter().enumerate().find(|(i, (name, _))| self.0[..*i].iter().any(|(earlier, _)| earlier == name));
        repeated.map_or(Ok(()), |(_, (name, _))| Err(Repeated(name.clone())))
    }

    /// Every pair, as sent.
    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_decoded_and_empty_ones_absent() {
        let params = Params::parse("a=1%2B+2&b=&c").unwrap();
        assert_eq!((params.get("a"), params.get("b"), params.get("c")), (Some("1+ 2"), None, None));
    }

    #[test]
    fn text_that_is_none_is_refused() {
        assert_eq!(Params::parse("a=%ff").unwrap_err(), ParamsError::NotUtf8);
        assert_eq!(Params::parse("nonce=a%00").unwrap_err(), ParamsError::Zero);
    }

    #[test]
    fn repetition_is_told() {
        let params = Params::parse("a=1&b=2&a=1").unwrap();
        assert_eq!(params.once("a"), Err(Repeated("a".into())));
        assert_eq!(params.once("b"), Ok(Some("2")));
        assert_eq!(params.check_unique(), Err(Repeated("a".into())));
    }

    #[test]
    fn floods_and_broken_text_are_refused() {
        assert_eq!(Params::parse(&"a=1&".repeat(100)).err(), Some(ParamsError::TooMany));
        assert_eq!(Params::parse("state=%ff").err(), Some(ParamsError::NotUtf8));
    }
}
