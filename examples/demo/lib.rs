//! A small application behind Vestibule: a public page, a page for members, one for administrators, one of
//! the organization in the URL, and a transfer of money that takes a fresh second factor.

mod application;
mod pages;
mod people;
mod seed;

use std::path::{Path, PathBuf};

use axum::Router;
use vestibule::{FileKeys, Redirect, Vestibule, WireService, domain::Secret, store::sqlite::SqliteStore};

pub use seed::Seeded;

/// The demo's project, as the API is told.
const PROJECT: &str = "project-test-00000000-0000-4000-8000-0000000000de";

/// Where links lead that are asked for without an address.
pub const LINKS_LEAD_TO: &str = "http://localhost:8080/authenticate";

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
    /// Stytch's B2B API over the same organizations and people.
    pub api: Api,
}

/// The API for servers, and what it takes to call it.
pub struct Api {
    /// To be served on a listener of its own.
    pub service: WireService,
    /// The project's id.
    pub project_id: &'static str,
    /// The project's secret, which the folder keeps.
    pub secret: String,
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
            .project_id(PROJECT)
            .name("Vestibule demo")
            .origin(origin)
            .home("/member")
            .roles(people::roles()?)
            .resources(people::resources())
            .master_keys(FileKeys::or_create(folder.join("keys")))
            .store(store)
            .build()
            .await?;
        let seeded = seed::once(&vestibule, &folder.join("people.txt")).await?;
        let router = application::router(&vestibule);
        let api = Api::over(&vestibule, folder)?;
        Ok(Self { vestibule, router, seeded, api })
    }
}

impl Api {
    fn over(vestibule: &Vestibule, folder: &Path) -> Result<Self, Error> {
        let secret = secret_in(folder)?;
        let kinds = [
            Redirect::Login,
            Redirect::Signup,
            Redirect::Invite,
            Redirect::Discovery,
            Redirect::ResetPassword,
        ];
        let api = vestibule.wire_api().secret("demo", Secret::new(secret.as_str()));
        let api = kinds.into_iter().fold(api, |api, kind| api.redirect_url(kind, LINKS_LEAD_TO));
        let service = api.service()?;
        Ok(Self { service, project_id: PROJECT, secret })
    }
}

/// The secret that lies in a folder; a new one is put there if there is none.
fn secret_in(folder: &Path) -> Result<String, Error> {
    let file = folder.join("api-secret");
    match std::fs::read_to_string(&file) {
        Ok(secret) => Ok(secret.trim().to_owned()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let mut random = [0; 24];
            getrandom::fill(&mut random)?;
            let text: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
            let secret = format!("secret-test-{text}");
            std::fs::write(&file, &secret)?;
            Ok(secret)
        }
        Err(error) => Err(error.into()),
    }
}

/// The database in a folder.
#[must_use]
pub fn database(folder: &Path) -> PathBuf {
    folder.join("demo.db")
}
