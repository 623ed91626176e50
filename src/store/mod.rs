//! Where state lies: the traits, and what implements them.
//!
//! Every operation is atomic, has a name, and takes the time as an argument. Stores move plain
//! records; none of them has authority.

mod audit;
mod counters;
mod credentials;
mod directory;
mod error;
mod keys;
mod links;
pub(crate) mod live;
pub mod memory;
pub mod moka;
mod search;
mod sessions;
#[cfg(feature = "sqlite")]
pub mod sqlite;
mod transient;

pub use audit::{AuditLog, AuditOf, AuditSink};
pub use counters::{CounterKey, Counters};
pub use credentials::{CredentialStore, Version};
pub use directory::{Directory, DirectoryAdmin, FindOrganization, Joining};
pub use error::{StoreError, StoreErrorKind};
pub use keys::{KeyStore, StoredKey};
pub use links::{LinkStore, TakenLink};
pub use search::{Combine, MemberFilter, MemberSearch, OrganizationFilter, OrganizationSearch};
pub use sessions::{LastUse, SessionStore};
pub use transient::{Attempt, CodeKey, TransientStore, TriedCode};

/// The answer of a store, to be awaited.
pub type Answer<'a, T> = std::pin::Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;
