//! Who is in the demo.

use vestibule::domain::{Permission, Role, RoleId};

use crate::Error;

/// The roles of the application, besides those that every project has.
pub(crate) fn roles() -> Result<Vec<Role>, Error> {
    Ok(vec![
        Role {
            role_id: RoleId::admin(),
            description: "may administer the organization".to_owned(),
            permissions: vec![
                Permission { resource_id: "organization".to_owned(), actions: vec!["*".to_owned()] },
                Permission { resource_id: "transfers".to_owned(), actions: vec!["*".to_owned()] },
            ],
        },
        Role {
            role_id: RoleId::new("treasurer")?,
            description: "may transfer money".to_owned(),
            permissions: vec![Permission {
                resource_id: "transfers".to_owned(),
                actions: vec!["create".to_owned()],
            }],
        },
    ])
}
