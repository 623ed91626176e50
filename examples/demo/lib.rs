//! A small application behind Vestibule: a public page, a page for members, one for administrators, one of
//! the organization in the URL, and a transfer of money that takes a fresh second factor.

mod application;
mod pages;
mod people;
mod seed;

use std::path::{Path, PathBuf};

use axum::Router;
use vestibule::{FileKeys, Vestibule, store::sqlite::SqliteStore};

pub use seed::Seeded;

/// What can go wrong at the start.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// The demo over a folder that holds its data and its key.
pub struct Demo {
    /// The handle; it has to be started for mails to arrive.
    pub vestibule: Vestibule,
    /// The application with all its layers.
    pub router: Router,
    /// The people it was seeded with: this time, or when the folder was new.
    pub seeded: Seeded,
}

impl Demo {
    /// Opens the folder, and seeds it if it is new.
    ///
    /// # Errors
    /// When the folder can't be written, or its key does not open its data.
    pub async fn open(folder: &Path, origin: &str) -> Result<Self, Error> {
        std::fs::create_dir_all(folder)?;
        let store = SqliteStore::open(database(folder)).await?;
        let vestibule = Vestibule::development()
            .name("Vestibule demo")
            .origin(origin)
            .home("/member")
            .roles(people::roles()?)
            .master_keys(FileKeys::or_create(folder.join("keys")))
            .store(store)
            .build()
            .await?;
        let seeded = seed::once(&vestibule, &folder.join("people.txt")).await?;
        let router = application::router(&vestibule);
        Ok(Self { vestibule, router, seeded })
    }
}

/// The database in a folder.
#[must_use]
pub fn database(folder: &Path) -> PathBuf {
    folder.join("demo.db")
}
