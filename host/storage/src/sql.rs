//! Statements: one text where both engines agree, two side by side where they cannot.

/// Which engine a store runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// One process, one file.
    Sqlite,
    /// Several processes share it.
    Postgres,
}

/// A statement.
#[derive(Clone, Copy)]
pub(crate) struct Sql {
    sqlite: &'static str,
    postgres: &'static str,
}

impl Sql {
    /// Two texts that mean the same.
    pub(crate) const fn pair(sqlite: &'static str, postgres: &'static str) -> Self {
        Self { sqlite, postgres }
    }

    pub(crate) fn of(self, engine: Engine) -> &'static str {
        match engine {
            Engine::Sqlite => self.sqlite,
            Engine::Postgres => self.postgres,
        }
    }
}

impl From<&'static str> for Sql {
    fn from(both: &'static str) -> Self {
        Self::pair(both, both)
    }
}

/// The pattern, for `LIKE … ESCAPE '!'`, of texts that hold a text.
pub(crate) fn contains(text: &str) -> String {
    format!("%{}%", text.replace('!', "!!").replace('%', "!%").replace('_', "!_"))
}
