//! The application's own tables: companies, their users, and what was paid. Nothing here knows Vestibule.

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use serde::Deserialize;
use sqlx::{
    Row, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteRow},
};

use crate::failure::Error;

/// Everybody's password. A real application has none in its sources.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS companies (
        id TEXT PRIMARY KEY, slug TEXT NOT NULL UNIQUE, name TEXT NOT NULL, plan TEXT NOT NULL
    );
    CREATE TABLE IF NOT EXISTS users (
        id TEXT PRIMARY KEY, company_id TEXT NOT NULL REFERENCES companies, password TEXT NOT NULL,
        email TEXT NOT NULL COLLATE NOCASE UNIQUE, admin INTEGER NOT NULL, disabled INTEGER NOT NULL DEFAULT 0
    );
    CREATE TABLE IF NOT EXISTS payments (
        id INTEGER PRIMARY KEY, company_id TEXT NOT NULL REFERENCES companies, user_id TEXT NOT NULL
    );";

const PEOPLE: &str = "
    INSERT OR IGNORE INTO companies VALUES ('company-acme', 'acme', 'Acme', 'enterprise');
    INSERT OR IGNORE INTO companies VALUES ('company-globex', 'globex', 'Globex', 'starter');
    INSERT OR IGNORE INTO users VALUES ('user-ada', 'company-acme', ?1, 'ada@acme.example', 1, 0);
    INSERT OR IGNORE INTO users VALUES ('user-gina', 'company-globex', ?1, 'gina@globex.example', 1, 0);
    INSERT OR IGNORE INTO users VALUES ('user-henk', 'company-globex', ?1, 'henk@globex.example', 0, 0);";

/// A hash of nobody's password, so that an unknown address takes as long as a known one.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

#[derive(Clone)]
pub(crate) struct Users(pub(crate) SqlitePool);

/// Somebody of a company.
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) company_id: String,
    pub(crate) email: String,
    pub(crate) admin: bool,
}

/// What the login form sends.
#[derive(Deserialize)]
pub(crate) struct Credentials {
    email: String,
    password: String,
}

/// What an administrator says of a user.
#[derive(Deserialize)]
pub(crate) struct Change {
    pub(crate) email: String,
    #[serde(default)]
    pub(crate) admin: bool,
    #[serde(default)]
    pub(crate) disabled: bool,
}

impl Users {
    /// Opens the database, and fills it if it is new.
    pub(crate) async fn open(path: &str) -> Result<Self, Error> {
        if let Some(folder) = std::path::Path::new(path).parent() {
            std::fs::create_dir_all(folder)?;
        }
        let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
        let pool = SqlitePool::connect_with(options).await?;
        sqlx::raw_sql(TABLES).execute(&pool).await?;
        let mut salt = [0; 16];
        getrandom::fill(&mut salt)?;
        let hash = Argon2::default().hash_password_with_salt(PASSWORD.as_bytes(), &salt)?;
        sqlx::query(PEOPLE).bind(hash.to_string()).execute(&pool).await?;
        Ok(Self(pool))
    }

    /// The user with this address and password.
    pub(crate) async fn authenticate(&self, tried: Credentials) -> Result<Option<User>, Error> {
        let question = "SELECT * FROM users WHERE email = ?1 AND NOT disabled";
        let row = sqlx::query(question).bind(&tried.email).fetch_optional(&self.0).await?;
        let hash = row.as_ref().map_or(NOBODY.to_owned(), |row| row.get("password"));
        // Hashing takes long: off the threads that serve.
        let right = tokio::task::spawn_blocking(move || is_right(&tried.password, &hash)).await?;
        Ok(row.filter(|_| right).as_ref().map(user))
    }

    /// The user with this id, unless they are disabled.
    pub(crate) async fn by_id(&self, id: &str) -> Result<Option<User>, Error> {
        let question = "SELECT * FROM users WHERE id = ?1 AND NOT disabled";
        let row = sqlx::query(question).bind(id).fetch_optional(&self.0).await?;
        Ok(row.as_ref().map(user))
    }

    /// Changes a user of the administrator's own company; says what they were before.
    pub(crate) async fn change(&self, by: &User, id: &str, to: &Change) -> Result<Option<User>, Error> {
        let question = sqlx::query("SELECT * FROM users WHERE id = ?1 AND company_id = ?2");
        let row = question.bind(id).bind(&by.company_id).fetch_optional(&self.0).await?;
        let Some(was) = row.as_ref().map(user) else { return Ok(None) };
        let write = "UPDATE users SET email = ?2, admin = ?3, disabled = ?4 WHERE id = ?1";
        let write = sqlx::query(write).bind(id).bind(&to.email).bind(to.admin).bind(to.disabled);
        write.execute(&self.0).await?;
        Ok(Some(was))
    }

    pub(crate) async fn pay(&self, by: &User) -> Result<(), Error> {
        let write = sqlx::query("INSERT INTO payments (company_id, user_id) VALUES (?1, ?2)");
        write.bind(&by.company_id).bind(&by.id).execute(&self.0).await?;
        Ok(())
    }

    /// How often the user's company has paid.
    pub(crate) async fn payments(&self, user: &User) -> Result<i64, Error> {
        let question = sqlx::query_scalar("SELECT count(*) FROM payments WHERE company_id = ?1");
        Ok(question.bind(&user.company_id).fetch_one(&self.0).await?)
    }
}

fn user(row: &SqliteRow) -> User {
    User {
        id: row.get("id"),
        company_id: row.get("company_id"),
        email: row.get("email"),
        admin: row.get("admin"),
    }
}

fn is_right(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash)
        .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}
