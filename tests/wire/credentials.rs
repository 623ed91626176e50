//! The project's secrets: several at once, limited in their failures, told of, and never missing.

use std::time::Duration;

use serde_json::{Value, json};
use vestibule::{
    Vestibule,
    domain::{
        AuditEvent, AuditKind, EmailAddress, Entrance, Member, MemberId, Organization, OrganizationId, Secret,
    },
    store::{Answer, AuditOf, Directory, FindOrganization, Joining},
};

use crate::{
    api::{Api, Ask, PROJECT, SECRET, basic, configured},
    common::{
        TestClock, World,
        stores::{Durable, Transient},
    },
};

fn policy() -> Ask {
    Ask::get("rbac/policy")
}

#[tokio::test]
async fn the_projects_id_and_one_of_its_secrets_and_nothing_else() {
    let api = Api::new().await;
    let wrong = [
        basic(PROJECT, ""),
        basic("", SECRET),
        basic(PROJECT, "secret-test-5f0c9a7d3b2e4187"),
        basic(PROJECT, &SECRET[..SECRET.len() - 1]),
        basic(PROJECT, &format!("{SECRET} ")),
        basic(&PROJECT.to_uppercase(), SECRET),
        basic("project-live-00000000-0000-4000-8000-000000000000", SECRET),
        basic(SECRET, PROJECT),
        format!("Bearer {SECRET}").parse().unwrap(),
        "Basic".parse().unwrap(),
        "Basic !".parse().unwrap(),
        "Basic Og==".parse().unwrap(),
        format!("Basic {}", "A".repeat(100_000)).parse().unwrap(),
    ];
    for wrong in wrong {
        api.ask(policy().with_credentials(wrong)).await.refused(401, "unauthorized_credentials");
    }
    let mut twice = policy();
    twice.headers.append("authorization", basic(PROJECT, SECRET));
    api.ask(twice).await.refused(401, "unauthorized_credentials");
    // What is said of the project in the body or the query is no credential.
    let mut elsewhere = policy().without_credentials();
    elsewhere.path.push_str(&format!("?project_id={PROJECT}&secret={SECRET}"));
    api.ask(elsewhere).await.refused(401, "unauthorized_credentials");
    api.ask(policy()).await.done();
}

/// A server asks for many people, and says of none where they are: what is meant for one of them and one client
/// together must not be the limit of all who ask for the same person. Or whoever asks five times for somebody else's
/// code keeps them out.
#[tokio::test]
async fn five_mails_that_somebody_else_asked_for_keep_nobody_out() {
    let api = Api::new().await;
    let cast = crate::calls::Cast::in_(&api).await;
    let body = json!({"organization_id": "open", "email_address": cast.plain.address});
    for _ in 0..5 {
        api.post("otps/email/login_or_signup", body.clone()).await.done();
    }
    api.post("otps/email/login_or_signup", body).await.done();
}

#[tokio::test]
async fn several_secrets_will_do_until_one_is_taken_away() {
    let world = World::new().await;
    let (old, new) = ("secret-test-old-0123456789", "secret-test-new-0123456789");
    let both = configured(&world).secret("old", Secret::new(old)).secret("new", Secret::new(new));
    let api = Api { service: both.service().unwrap(), world };
    for secret in [old, new] {
        api.ask(policy().with_credentials(basic(PROJECT, secret))).await.done();
    }
    api.ask(policy()).await.refused(401, "unauthorized_credentials");
    let one = configured(&api.world).secret("new", Secret::new(new)).service().unwrap();
    let api = Api { service: one, world: api.world };
    api.ask(policy().with_credentials(basic(PROJECT, old))).await.refused(401, "unauthorized_credentials");
    api.ask(policy().with_credentials(basic(PROJECT, new))).await.done();
}

#[tokio::test]
async fn failures_are_limited_for_each_client_and_the_right_secret_still_works() {
    let api = Api::new().await;
    let wrong = |from: &str| policy().with_credentials(basic(PROJECT, "a wrong secret, again")).from(from);
    let mut refused = 0;
    loop {
        let said = api.ask(wrong("192.0.2.1:1")).await;
        if said.status == 429 {
            said.refused(429, "too_many_requests");
            break;
        }
        said.refused(401, "unauthorized_credentials");
        refused += 1;
        assert!(refused < 100);
    }
    assert!(refused >= 5, "{refused}");
    // From another port of the same client all the same, from another client not.
    api.ask(wrong("192.0.2.1:2")).await.refused(429, "too_many_requests");
    api.ask(policy().without_credentials().from("192.0.2.1:3")).await.refused(429, "too_many_requests");
    api.ask(wrong("192.0.2.2:1")).await.refused(401, "unauthorized_credentials");
    for _ in 0..3 {
        api.ask(policy().from("192.0.2.1:4")).await.done();
    }
    // What is public stays so.
    let jwks = Ask::get(&format!("sessions/jwks/{PROJECT}")).without_credentials().from("192.0.2.1:5");
    api.ask(jwks).await.done();
    api.world.clock.advance_secs(3600);
    api.ask(wrong("192.0.2.1:6")).await.refused(401, "unauthorized_credentials");
}

async fn told(api: &Api, name: &str) -> Vec<AuditEvent> {
    for _ in 0..100 {
        let log = api.world.vestibule.audit_log().unwrap();
        let mut events = log.events(AuditOf::Everything, None, 10_000).await.unwrap();
        events.retain(|event| event.kind.name() == name);
        if !events.is_empty() {
            return events;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("nothing was told of {name}");
}

#[tokio::test]
async fn uses_and_failures_are_told_of() {
    let api = Api::new().await;
    for _ in 0..5 {
        api.ask(policy().from("192.0.2.1:1")).await.done();
        api.ask(policy().without_credentials().from("192.0.2.9:1"))
            .await
            .refused(401, "unauthorized_credentials");
    }
    let used = told(&api, "secret_used").await;
    assert_eq!(used.len(), 1, "{used:?}");
    assert_eq!(used[0].kind, AuditKind::SecretUsed { secret_id: "test".to_owned() });
    let text = serde_json::to_string(&used[0]).unwrap();
    assert!(text.contains("192.0.2.1") && !text.contains(SECRET), "{text}");
    let refused = told(&api, "secret_refused").await;
    assert_eq!(refused.len(), 1, "{refused:?}");
    assert!(serde_json::to_string(&refused[0]).unwrap().contains("192.0.2.9"));
    // A minute later again.
    api.world.clock.advance_secs(61);
    api.ask(policy().from("192.0.2.1:1")).await.done();
    for _ in 0..100 {
        if told(&api, "secret_used").await.len() == 2 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("a use a minute later is not told of");
}

#[tokio::test]
async fn a_store_that_does_not_count_refuses_whoever_has_no_secret_all_the_same() {
    let api = Api::new().await;
    for faults in [&api.world.durable.faults, &api.world.transient.faults] {
        faults.set("*", crate::common::Fault::Fails);
    }
    let said = api.ask(policy().without_credentials().from("192.0.2.1:1")).await;
    assert!(matches!(said.status, 401 | 429 | 503), "{}", said.body);
    api.ask(policy().from("192.0.2.1:1")).await.done();
}

#[tokio::test]
async fn the_service_is_not_built_without_what_it_takes() {
    let world = World::new().await;
    let wire = || configured(&world);
    let problems = |api: vestibule::WireApi| api.service().map(|_| ()).unwrap_err().to_string();
    assert!(problems(wire()).contains("secret"));
    for short in ["", "secret", "x".repeat(23).as_str()] {
        let said = problems(wire().secret("one", Secret::new(short)));
        assert!(
            said.contains("shorter") && (short.is_empty() || !said.contains(short) || short == "secret"),
            "{said}"
        );
    }
    let long = || Secret::new(SECRET);
    assert!(problems(wire().secret("", long())).contains("name"));
    assert!(problems(wire().secret("a\nb", long())).contains("name"));
    assert!(problems(wire().secret("x".repeat(65), long())).contains("name"));
    assert!(
        problems(wire().secret("one", long()).secret("one", Secret::new("another-secret-0123456789")))
            .contains("two")
    );
    for url in ["", "/relative", "javascript:alert(1)", "https://", "data:text/html,x"] {
        let api = wire().secret("one", long()).redirect_url(vestibule::Redirect::Login, url);
        assert!(problems(api).contains("redirect_url"), "{url}");
    }
    assert!(wire().secret("one", long()).service().is_ok());
    // A bad second one spoils it, too.
    assert!(problems(wire().secret("one", long()).secret("two", Secret::new("short"))).contains("shorter"));
}

#[tokio::test]
async fn the_service_is_not_built_over_a_directory_that_can_only_be_read() {
    let durable = Durable::default();
    let vestibule = Vestibule::development()
        .store(durable.clone())
        .directory(ReadOnly(durable))
        .transient(Transient::default())
        .clock(TestClock::new())
        .build()
        .await
        .unwrap();
    let api = vestibule.wire_api().secret("one", Secret::new(SECRET));
    let said = api.service().map(|_| ()).unwrap_err().to_string();
    assert!(said.contains("DirectoryAdmin"), "{said}");
}

/// A directory that can be read alone.
struct ReadOnly(Durable);

impl Directory for ReadOnly {
    fn organization<'a>(&'a self, find: FindOrganization<'a>) -> Answer<'a, Option<Organization>> {
        self.0.organization(find)
    }

    fn member<'a>(&'a self, member_id: &'a MemberId) -> Answer<'a, Option<Member>> {
        self.0.member(member_id)
    }

    fn entrance<'a>(
        &'a self,
        organization_id: &'a OrganizationId,
        address: &'a EmailAddress,
    ) -> Answer<'a, Option<Entrance>> {
        self.0.entrance(organization_id, address)
    }

    fn entrances<'a>(&'a self, address: &'a EmailAddress) -> Answer<'a, Vec<Entrance>> {
        self.0.entrances(address)
    }

    fn join<'a>(&'a self, joining: &'a Joining) -> Answer<'a, Member> {
        self.0.join(joining)
    }
}

#[tokio::test]
async fn nothing_of_a_secret_is_said_or_printed() {
    let world = World::new().await;
    let api = configured(&world).secret("one", Secret::new(SECRET));
    assert!(!format!("{api:?} {api:#?}").contains(SECRET));
    let service = api.service().unwrap();
    assert!(!format!("{service:?} {service:#?}").contains(SECRET));
    let api = Api { service, world };
    let said = api.ask(policy().with_credentials(basic(PROJECT, "a wrong secret, again"))).await;
    let text = Value::to_string(&said.body);
    assert!(!text.contains("a wrong secret") && !text.contains(SECRET) && !text.contains(PROJECT), "{text}");
    assert_eq!(said.body["error_details"], json!(null));
}
