//! Arguments of statements: the few types both engines share.

use std::borrow::Cow;

use argus_domain::Timestamp;
use argus_domain::ids::{BrowserSessionId, ClientId, ClientSessionId, CustomerId, DomainId, GroupId, SubjectIdentifier, UserId};
use argus_domain::secret::SecretHash;
use sqlx::encode::Encode;
use sqlx::postgres::PgArguments;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, Database, Type};

use crate::error::StorageError;

/// One argument. Absent values keep their type: PostgreSQL fixes a statement's parameter types when it is first prepared.
#[derive(Clone, Debug)]
pub(crate) enum Value<'a> {
    Text(Option<Cow<'a, str>>),
    Int(Option<i64>),
    Blob(Option<&'a [u8]>),
    /// Stored as a signed 64-bit integer; what does not fit is refused when the statement is run.
    Unsigned(Option<u64>),
}

fn bind<'a, A>(arguments: &mut A, values: &'a [Value<'a>]) -> Result<(), StorageError>
where
    A: Arguments,
    Option<&'a str>: Encode<'a, A::Database> + Type<A::Database>,
    Option<&'a [u8]>: Encode<'a, A::Database> + Type<A::Database>,
    Option<i64>: Encode<'a, A::Database> + Type<A::Database>,
    A::Database: Database,
{
    for value in values {
        match value {
            Value::Text(text) => arguments.add(text.as_deref()),
            Value::Int(int) => arguments.add(*int),
            Value::Blob(blob) => arguments.add(*blob),
            Value::Unsigned(number) => arguments.add(number.map(i64::try_from).transpose().map_err(StorageError::driver)?),
        }
        .map_err(StorageError::driver)?;
    }
    Ok(())
}

pub(crate) fn sqlite_arguments(values: &[Value<'_>]) -> Result<SqliteArguments, StorageError> {
    let mut arguments = SqliteArguments::default();
    bind(&mut arguments, values)?;
    Ok(arguments)
}

pub(crate) fn postgres_arguments(values: &[Value<'_>]) -> Result<PgArguments, StorageError> {
    let mut arguments = PgArguments::default();
    bind(&mut arguments, values)?;
    Ok(arguments)
}

macro_rules! value_from {
    ($($type:ty, $variant:ident, $value:ident => $conversion:expr;)*) => {
        $(
            impl<'a> From<$type> for Value<'a> {
                fn from($value: $type) -> Self {
                    Self::$variant(Some($conversion))
                }
            }

            impl<'a> From<Option<$type>> for Value<'a> {
                fn from(value: Option<$type>) -> Self {
                    Self::$variant(value.map(|$value| $conversion))
                }
            }
        )*
    };
}

value_from! {
    &'a str, Text, value => Cow::Borrowed(value);
    &'a String, Text, value => Cow::Borrowed(value.as_str());
    String, Text, value => Cow::Owned(value);
    &'a SecretHash, Text, value => Cow::Borrowed(value.as_str());
    &'a SubjectIdentifier, Text, value => Cow::Borrowed(value.as_str());
    ClientId, Text, value => Cow::Owned(value.to_string());
    ClientSessionId, Text, value => Cow::Owned(value.to_string());
    BrowserSessionId, Text, value => Cow::Owned(value.to_string());
    &'a [u8], Blob, value => value;
    i64, Int, value => value;
    u32, Int, value => i64::from(value);
    bool, Int, value => i64::from(value);
    Timestamp, Int, value => value.unix_millis();
    u64, Unsigned, value => value;
    UserId, Unsigned, value => value.get();
    CustomerId, Unsigned, value => value.get();
    DomainId, Unsigned, value => value.get();
    GroupId, Unsigned, value => value.get();
}
