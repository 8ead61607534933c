//! What no JSON from outside may hold: a member twice, since readers disagree on which of the two counts, or the character zero, which not
//! every database can store.

use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::problem::{Pointer, Problem};

/// Checks a text that is JSON.
pub(crate) fn check(text: &str) -> Result<(), Problem> {
    let found = RefCell::new(None);
    let value = Plain { pointer: &Pointer::root(), found: &found };
    match value.deserialize(&mut serde_json::Deserializer::from_str(text)) {
        Ok(()) => Ok(()),
        Err(error) => Err(found.take().unwrap_or_else(|| Problem::new(Pointer::root(), error.to_string()))),
    }
}

/// A value at a place.
struct Plain<'p> {
    pointer: &'p Pointer,
    found: &'p RefCell<Option<Problem>>,
}

impl Plain<'_> {
    fn refuse<E: Error>(&self, pointer: Pointer, message: &str) -> E {
        self.found.replace(Some(Problem::new(pointer, message)));
        E::custom(message)
    }

    fn check_text<E: Error>(&self, pointer: &Pointer, text: &str) -> Result<(), E> {
        if text.contains('\0') { Err(self.refuse(pointer.clone(), "must not hold the character zero")) } else { Ok(()) }
    }
}

impl<'de> DeserializeSeed<'de> for Plain<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Plain<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.check_text(self.pointer, text)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        let mut index = 0_usize;
        while elements.next_element_seed(Plain { pointer: &self.pointer.join(index), found: self.found })?.is_some() {
            index += 1;
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut seen = HashSet::new();
        while let Some(name) = members.next_key::<String>()? {
            let pointer = self.pointer.join(&name);
            self.check_text(&pointer, &name)?;
            if seen.contains(&name) {
                return Err(self.refuse(pointer, "is there twice"));
            }
            seen.insert(name);
            members.next_value_seed(Plain { pointer: &pointer, found: self.found })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_twice_is_told_at_its_place() {
        assert_eq!(check(r#"{"a": [1, -2, 0.5, null, true, "x"], "b": {"c": 1, "d": {"c": 1}}}"#), Ok(()));
        for (text, pointer) in [
            (r#"{"admin": false, "admin": true}"#, "/admin"),
            (r#"{"a": [0, {"b": 1, "b": 1}]}"#, "/a/1/b"),
            (r#"{"a": "x\u0000"}"#, "/a"),
            (r#"{"a\u0000": 1}"#, "/a\0"),
        ] {
            assert_eq!(check(text).map_err(|problem| problem.pointer.as_str().to_owned()), Err(pointer.to_owned()), "{text}");
        }
        assert_eq!(check(r#"{"a": "\\u0000"}"#), Ok(()), "the text of the escape is not the character");
    }
}
