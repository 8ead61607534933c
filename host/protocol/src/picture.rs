//! Pictures of users, behind an unguessable path segment: any page can show one, nobody can list them.

use argus_storage::{StorageError, users};

use crate::argus::Argus;

/// A picture.
#[derive(Clone, Debug)]
pub struct Picture {
    /// Its media type.
    pub content_type: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// The picture behind a key: the user's initials on a colour of their own.
pub async fn picture(argus: &Argus, key: &str) -> Result<Option<Picture>, StorageError> {
    let name = {
        let mut reader = argus.store().read().await?;
        users::name_by_picture_key(&mut reader, key).await?
    };
    Ok(name.map(|name| Picture { content_type: "image/svg+xml", bytes: initials(&name, key).into_bytes() }))
}

fn initials(name: &str, key: &str) -> String {
    let letters: String = name
        .split_whitespace()
        .filter_map(|word| word.chars().find(|c| c.is_alphanumeric()))
        .take(2)
        .flat_map(char::to_uppercase)
        .collect();
    let hue = key.bytes().fold(0_u32, |sum, byte| (sum * 31 + u32::from(byte)) % 360);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 96 96\" width=\"96\" height=\"96\"><rect width=\"96\" height=\"96\" \
         fill=\"hsl({hue} 45% 40%)\"/><text x=\"48\" y=\"48\" dy=\".35em\" text-anchor=\"middle\" font-family=\"sans-serif\" \
         font-size=\"38\" fill=\"#fff\">{letters}</text></svg>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_letters_only() {
        assert!(initials("alice <b>", "k").contains(">AB</text>"));
        assert!(initials("& <", "k").contains("></text>"));
    }
}
