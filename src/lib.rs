//! Multi-tenant sign-in.
pub mod deliver;
pub mod domain;
pub mod extract;
mod factor;
mod flow;
mod http;
mod judge;
mod layer;
pub mod store;
mod token;
mod vestibule;

pub use factor::{PasswordStrength, WeakPassword, password_strength};
pub use flow::{
    Caller, Clock, Engine, Error, ErrorKind, Limit, Limits, Rotation, SystemClock, Terms, Vouched,
};
pub use http::{Handoff, Refusal, RefusalReason};
pub use judge::{
    InvalidDuration, LockoutPolicy, MemberSession, Requirement, SessionDuration, SessionPolicy, Unmet,
};
pub use layer::{
    Auth, AuthLayer, FromBytes, PeerAddress, Require, RequireLayer, Respond, Session, SessionLayer, Standard,
};
pub use token::{EnvironmentKeys, FileKeys, JwtAlgorithm, KeyError, KeyProvider, MasterKey};
pub use vestibule::{Background, BuildError, Builder, Vestibule};
