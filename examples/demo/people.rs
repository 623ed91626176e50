//! Who is in the demo.

use vestibule::domain::{Permission, Resource, Role, RoleId};

use crate::Error;

/// The roles of the application, besides those that every project has.
pub(crate) fn roles() -> Result<Vec<Role>, Error> {
    Ok(vec![
        Role {
            role_id: RoleId::admin(),
            description: "may administer the organization".to_owned(),
            permissions: ["organization", "transfers", "stytch.organization", "stytch.member", "stytch.self"]
                .map(|resource| Permission {
                    resource_id: resource.to_owned(),
                    actions: vec!["*".to_owned()],
                })
                .to_vec(),
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

/// What they permit actions on.
pub(crate) fn resources() -> Vec<Resource> {
    let resource = |id: &str, description: &str, actions: &[&str]| Resource {
        resource_id: id.to_owned(),
        description: description.to_owned(),
        actions: actions.iter().map(|action| (*action).to_owned()).collect(),
    };
    vec![
        resource("organization", "the organization's page", &["administer"]),
        resource("transfers", "transfers of money", &["create"]),
    ]
}
